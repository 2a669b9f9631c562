"""`gardu watch`: a subscriber that works as the central office does.

Shows a live board, or writes every record as one line of JSON (``--json``, ``--write``). It uses
the contract's consumer (office/watch/consumer.py), so its gaps and duplicates are those of a real
one.
"""

import asyncio
import logging
import sys
import uuid
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from edge.commands.options import refuse
from edge.config.crosscheck.broker import unencrypted
from edge.config.model import Broker
from edge.mqtt.messages import ROOT
from office.watch.consumer import Consumer

# Characters: room for site and checkpoint remains in a topic of MQTT.
_LONGEST_ROOT = 1000


def watch(
    broker: Annotated[
        str,
        typer.Option(help="The broker: mqtt://[user@]host[:port], or mqtts:// for TLS."),
    ] = "mqtt://127.0.0.1:1883",
    *,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="One CloudEvent per line on stdout instead of the board, without duplicates; the "
            'added key "gardu" has the checkpoint and its gaps. Gaps are also printed on stderr.',
        ),
    ] = False,
    topic_root: Annotated[
        str, typer.Option(help="The first levels of the topics, before site and checkpoint.")
    ] = ROOT,
    session: Annotated[
        str | None,
        typer.Option(
            help="Name of a session that the broker stores for an hour: messages sent while this "
            "was stopped arrive at the next start. Two watchers must not share a name."
        ),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Append the lines of --json to FILE, beside the board. A record is acknowledged "
            "to the broker when it is on the disk.",
        ),
    ] = None,
    ca_file: Annotated[str, typer.Option(help="TLS: certificate of the broker's authority.")] = "",
    cert_file: Annotated[str, typer.Option(help="TLS: the client certificate.")] = "",
    key_file: Annotated[str, typer.Option(help="TLS: the client's key.")] = "",
    password_file: Annotated[
        str, typer.Option(help="A file with the password, so that `ps` does not show it.")
    ] = "",
) -> None:
    """Watch checkpoints report, as the central office does.

    Shows alarms, offline checkpoints, overdue steps, gaps, open visits: on a terminal a board,
    elsewhere a line for each change. Reconnects for ever; the broker stores the messages meanwhile,
    for up to an hour. Each record is written before it is acknowledged, so after a failed write
    (exit code 1) it comes again at the next start. Ctrl-C ends it.

    Example: gardu watch --broker mqtt://127.0.0.1:1883 --json | jq .type
    """
    try:
        settings = _broker(broker)
    except ValueError as error:
        refuse(f"--broker {broker}: {error}")
    if session is not None and not session.strip():
        refuse("--session: must be a name, for example audit")
    if set(topic_root) & set("+#") or len(topic_root) > _LONGEST_ROOT:
        refuse(f"--topic-root: without + and #, at most {_LONGEST_ROOT} characters")
    if as_json and write is not None:
        refuse("--json writes to stdout and --write to a file: give one of them")
    if sys.stdout is None:
        refuse("stdout is closed; to write a file only: gardu watch --write FILE > /dev/null")
    settings = Broker(
        url=settings.url,
        username=settings.username,
        password_file=password_file,
        ca_file=ca_file,
        cert_file=cert_file,
        key_file=key_file,
    )
    for key, problem in unencrypted(settings):
        refuse(f"--{key.replace('_', '-')}: {problem}")
    from office.watch.lines import OutputFailed

    try:
        _watch(settings, topic_root.strip("/"), session, write, as_json=as_json)
    except OutputFailed as error:
        refuse(f"gardu watch: {error}", code=1)


def _watch(
    broker: Broker, root: str, session: str | None, write: Path | None, *, as_json: bool
) -> None:
    """Watch until the end.

    :raises OutputFailed: if an output cannot be opened or written
    """
    from office.watch.lines import RecordLines, lines_to_file
    from office.watch.screen import PlainLines, Screen
    from office.watch.session import Watch

    consumer, board = Consumer(root), None
    lines = lines_to_file(write) if write is not None else None
    if as_json:
        lines = RecordLines(sys.stdout.fileno(), "stdout")
    else:
        from edge.terminal import Terminal

        console = Terminal()
        kind = Screen if console.is_terminal and not console.is_dumb_terminal else PlainLines
        board = kind(consumer, f"Gardu checkpoints at {broker.host}:{broker.port}", console)
    name = session or f"gardu-watch-{uuid.uuid4().hex[:12]}"

    # What the connection logs is a message of the watcher too, and must not disturb the board.
    logging.getLogger("edge.mqtt").addHandler(logging.NullHandler())

    async def watching() -> None:
        watch = Watch(
            broker, root, name, consumer, keep=session is not None, board=board, lines=lines
        )
        await watch.run()

    asyncio.run(watching())


def _broker(url: str) -> Broker:
    """Return the broker that *url* names.

    :raises ValueError: if it names none; the message is the reason
    """
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts"):
        raise ValueError("must begin with mqtt:// or mqtts://")
    if not parts.hostname:
        raise ValueError("names no host, as in mqtt://broker.example:1883")
    if parts.port == 0:
        raise ValueError("port 0 is no port")
    if parts.password:
        raise ValueError("give the password with --password-file: `ps` would show it here")
    return Broker(url=url, username=parts.username or "")
