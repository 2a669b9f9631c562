"""`gardu request`: makes a key for requests, signs a request by hand, and sends it."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from edge.clock import Clock
from edge.commands.options import refuse, say
from edge.config.model import Broker
from edge.config.text_files import LIMIT_BYTES, decode, read_text
from edge.config.toml_text import read_toml
from edge.errors import GarduError
from edge.mqtt.messages import ROOT
from edge.mqtt.request_sender import Sender, ask, completed
from edge.mqtt.signatures import sign
from edge.mqtt.signing_keys import key_file, new_key, public_text, read_key_file
from edge.paper.deliver import NEW_ONLY, write_secret

request = typer.Typer(
    no_args_is_help=True,
    help="Sign requests to a checkpoint, and send them by hand (docs/mqtt.md, Signatures).",
)

_BUNDLE_KEY = "request-key.json"
_BROKER_KEYS = ("url", "ca_file", "cert_file", "key_file")

KeyOption = Annotated[
    Path, typer.Option("--key", help="The key's file: request-key.json of a bundle.")
]
ToOption = Annotated[
    str, typer.Option("--to", metavar="SITE/CHECKPOINT", help="The checkpoint that is asked.")
]
KindArgument = Annotated[
    str,
    typer.Argument(
        metavar="KIND", help="register, values, availability, availability/HOST, or resend."
    ),
]
FileArgument = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="The request as JSON; - reads it from stdin. Without id and time they are added.",
    ),
]


@request.command("key")
def make_key_file(
    key_id: Annotated[
        str, typer.Option("--id", help="The id of the key, for example meja-lobi-1.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help=NEW_ONLY)],
) -> None:
    """Make a key that signs requests, and print the lines for the checkpoint's config.

    `gardu office broker add` makes one for each desk and office; this is for other brokers. Keep
    FILE where the requests are made: who has it can ask in that name.
    """
    key = new_key(key_id)
    write_secret(out, key_file(key))
    say(f"secret key: {out}")
    say("for the config of each checkpoint that is to accept it:\n")
    say(f'[requests.keys.{key.id}]\npublic = "{public_text(key)}"')
    say('may = ["register", "values", "availability"]')


@request.command("sign")
def sign_request(
    kind: KindArgument, file: FileArgument = "-", *, key: KeyOption, to: ToOption
) -> None:
    """Print a signed request, as it is published to gardu/v1/SITE/CHECKPOINT/cmd/KIND.

    It is good for 300 seconds: gardu request sign register … | mosquitto_pub -s -q 1 -t …
    """
    signer = read_key_file(key)
    topic = f"{ROOT}/{_checkpoint(to)}/cmd/{kind}"
    payload = msgspec.json.encode(_request(file))
    sys.stdout.write(sign(topic, payload, signer).decode())


@request.command("send")
def send_request(
    kind: KindArgument,
    file: FileArgument = "-",
    *,
    to: ToOption,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="The folder certificate of a bundle: address, certificate and key are read there."
        ),
    ] = None,
    broker: Annotated[
        str, typer.Option(metavar="URL", help="The broker, such as mqtt://127.0.0.1:1883.")
    ] = "",
    key: Annotated[
        Path | None, typer.Option("--key", help="The key's file. Default: that of the bundle.")
    ] = None,
    retain: Annotated[
        bool, typer.Option("--retain", help="For availability/HOST: the broker keeps it.")
    ] = False,
) -> None:
    """Sign a request, send it, and print the answer.

    Ends with 0 if the checkpoint has carried it out, else with 1. The answers are read below
    reply/NAME/, where NAME is the key's id without its number, as the broker's access list has it.
    """
    if bundle is None and (not broker or key is None):
        refuse("name a --bundle; or a --broker and a --key")
    signer = read_key_file(key or _folder(bundle) / _BUNDLE_KEY)
    name, _, number = signer.id.rpartition("-")
    name = name if name and number.isdecimal() else signer.id
    sender = Sender(_broker(bundle, broker), f"{name}-request", name, signer)
    answer = asyncio.run(ask(sender, _checkpoint(to), f"cmd/{kind}", _request(file), retain=retain))
    say(msgspec.json.format(msgspec.json.encode(answer), indent=1).decode())
    if not answer.ok:
        raise typer.Exit(1)


def _checkpoint(to: str) -> str:
    """Return *to*, which must be ``site/checkpoint``.

    :raises GarduError: if it is not
    """
    levels = to.split("/")
    if len(levels) != 2 or not all(level.replace("-", "").isalnum() for level in levels):
        raise GarduError(f"--to is {to!r}; allowed: SITE/CHECKPOINT")
    return to


def _request(file: str) -> dict[str, Any]:
    """Return the request in *file*, complete.

    :raises GarduError: if it is no JSON object
    """
    if file == "-":
        text = decode(sys.stdin.buffer.read(LIMIT_BYTES), "stdin")
    else:
        text = read_text(Path(file))
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        place = "stdin" if file == "-" else file
        raise GarduError(f"{place}: no request: {error}; allowed: one JSON object") from None
    return completed(found, Clock().wall_ms())


def _folder(bundle: Path | None) -> Path:
    assert bundle is not None
    return bundle.absolute()


def _broker(bundle: Path | None, url: str) -> Broker:
    """Return the settings of the connection: of the *bundle*, or to *url*.

    :raises GarduError: if they cannot be read
    """
    found: dict[str, Any] = {}
    if bundle is not None:
        folder = _folder(bundle)
        read = read_toml(folder / "broker.toml").get("broker", {})
        found = {name: read[name] for name in _BROKER_KEYS if name in read}
        files = {name: str(folder.parent / found[name]) for name in found if name != "url"}
        found |= files
    if url:
        found["url"] = url
    try:
        return msgspec.convert(found, Broker)
    except msgspec.ValidationError as error:
        raise GarduError(f"the broker's settings: {error}") from None
