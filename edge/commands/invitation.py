"""`gardu invitation`: makes keys and invitations on the protocol desk's computer; checks one."""

import base64
import io
import uuid
from datetime import tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfoNotFoundError

import msgspec
import typer

from edge.clock import Clock
from edge.commands.options import say
from edge.config.office_time import in_words, moment_ms
from edge.config.text_files import LIMIT_BYTES, decode, read_text
from edge.config.zone import zone_of
from edge.config.zone_advice import zone_problem
from edge.ed25519 import make_key, public_key
from edge.errors import ConfigError, GarduError
from edge.guestbook.invitations import (
    BadInvitation,
    Guest,
    Invitation,
    key_ring,
    verified,
    write,
)
from edge.guestbook.plain_text import PlainText
from edge.paper.deliver import NEW_ONLY, write_secret
from edge.printable import printable

invitation = typer.Typer(
    no_args_is_help=True,
    help="Invite guests with a QR code that the checkpoint's scanner reads (docs/invitations.md).",
)

_SECRET = "gardu-secret-key "  # noqa: S105 - how the file begins
# QR level M: 15 % of the code may be unreadable. Each module (dot) is 8 pixels in a picture.
_ERROR_CORRECTION = "m"
_SCALE = 8


class _GuestFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The guest's details in a file; the ``repr`` hides them."""

    name: PlainText = ""
    organisation: PlainText = ""
    purpose: PlainText = ""

    def __repr__(self) -> str:
        return "_GuestFile(…)"


ZoneOption = Annotated[
    str,
    typer.Option(
        envvar="GARDU_TIMEZONE",
        help="The office's time zone, as in the checkpoint's config: Asia/Jakarta (WIB), "
        "Asia/Makassar (WITA), Asia/Jayapura (WIT). Default: this computer's.",
    ),
]
KeyOption = Annotated[Path, typer.Option("--key", help="The secret key file.")]


@invitation.command("key", short_help="Make a pair of keys.")
def make_key_file(
    out: Annotated[Path, typer.Option("-o", "--out", help=NEW_ONLY)],
) -> None:
    """Make a pair of keys: FILE, the secret one, and FILE.pub, the public one.

    Store FILE only where invitations are written: every person who has it can invite. The public
    key goes into the config of every checkpoint that is to accept these invitations.
    """
    secret, public = make_key()
    write_secret(out, f"{_SECRET}{_base64(secret)}\n".encode())
    write_secret(_beside(out), f"{_base64(public)}\n".encode(), 0o644)
    say(f"secret key: {out} (keep it here; it can invite)")
    say(f"public key: {_beside(out)}; for the config of each checkpoint:\n")
    say(f'[invitations.keys]\nprotokol = "{_base64(public)}"')


@invitation.command("make")
def make_invitation(
    key: KeyOption,
    site: Annotated[str, typer.Option(help="The site of the checkpoint's config.")],
    procedure: Annotated[str, typer.Option(help="The procedure, for example pimpinan.")],
    until: Annotated[
        str, typer.Option(metavar="TIME", help="End of validity, for example 2026-11-21T12:00.")
    ],
    from_: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Start of validity. Default: now.")
    ] = "",
    checkpoint: Annotated[
        str, typer.Option(help="The id of the checkpoint's config. Default: any of the site.")
    ] = "",
    host: Annotated[
        str,
        typer.Option(help="The host's id, where the procedure has several. Default: none named."),
    ] = "",
    guest: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help='A file with lines such as name = "Siti Aminah", and organisation and purpose '
            "likewise; - reads them from stdin. Default: no details.",
        ),
    ] = "",
    head_count: Annotated[int, typer.Option(help="Number of persons, 1 to 99.")] = 1,
    timezone: ZoneOption = "",
    out: Annotated[
        str,
        typer.Option(
            "-o",
            "--out",
            help="A .svg or .png file that is not there yet, or - for the text. Default: shown.",
        ),
    ] = "",
) -> None:
    """Make one invitation and show it as a QR code.

    Times without an offset are those of --timezone. An invitation is valid for 31 days at most. It
    opens one visit, once. The guest's details in the code are not encrypted:
    every person who photographs it can read them. They are not given as options, because every
    user of this computer can read the options of a command.
    """
    zone = _zone(timezone)
    given = _details(guest)
    invited = Guest(given.name, given.organisation, given.purpose, head_count)
    text = write(
        Invitation(
            id=str(uuid.uuid4()),
            site=site,
            checkpoint=checkpoint,
            procedure=procedure,
            not_before_ms=moment_ms(from_, zone) if from_ else Clock().wall_ms(),
            not_after_ms=moment_ms(until, zone),
            guest=None if invited == Guest("") else invited,
            host=host or None,
        ),
        _secret(key),
    )
    _put_out(text, out)


@invitation.command("read", short_help="Check an invitation and show its content.")
def read_invitation(
    key_file: Annotated[Path, typer.Option(help="The public key file, or the secret one.")],
    text: Annotated[str, typer.Argument(metavar="[-]", help="Reads stdin; no other.")] = "-",
    timezone: ZoneOption = "",
) -> None:
    """Check the signature of an invitation on standard input; show it, with the guest's details.

    Its text is no argument: every user of this computer can read the arguments of a command.

    Ends with 0 if it is valid now at some checkpoint; with 1 and the reason if not. A checkpoint
    also checks that the invitation is for that checkpoint and was not used before.
    """
    zone = _zone(timezone)
    if text != "-":
        raise GarduError("an invitation is read from standard input: other users see arguments")
    try:
        found = verified(_from_stdin().strip(), key_ring([_public(key_file)]))
    except BadInvitation as refused:
        say(refused.why, err=True)
        raise typer.Exit(1) from None
    _show(found, zone)
    now_ms = Clock().wall_ms()
    if not found.not_before_ms <= now_ms < found.not_after_ms:
        say("expired" if now_ms >= found.not_after_ms else "not yet valid", err=True)
        raise typer.Exit(1)


def _show(found: Invitation, zone: tzinfo) -> None:
    rows = [
        ("id", found.id),
        ("site", found.site),
        ("checkpoint", found.checkpoint or "any of the site"),
        ("procedure", found.procedure),
        ("host", found.host or "none named"),
        ("from", in_words(found.not_before_ms, zone)),
        ("until", in_words(found.not_after_ms, zone)),
    ]
    if found.guest is not None:
        guest = found.guest
        rows += [("name", guest.name), ("organisation", guest.organisation)]
        rows += [("purpose", guest.purpose), ("head count", str(guest.head_count))]
    for word, value in rows:
        say(f"{word:12}  {printable(value)}")


def _details(file: str) -> _GuestFile:
    """Return the details in *file*; "-" is stdin, "" is none."""
    where = "stdin" if file == "-" else file
    try:
        if file == "-":
            text = decode(typer.get_binary_stream("stdin").read(LIMIT_BYTES), where)
        else:
            text = read_text(Path(file)) if file else ""
    except ConfigError as error:
        raise GarduError(f"the guest's details cannot be read: {error}") from None
    try:
        return msgspec.toml.decode(text, type=_GuestFile)
    except msgspec.DecodeError as error:
        raise GarduError(f'{where}: {error}; a line is like: name = "Siti Aminah"') from None


def _zone(name: str) -> tzinfo:
    try:
        return zone_of(name)
    except ZoneInfoNotFoundError:
        raise GarduError(f"--timezone {zone_problem(name)}") from None


def _put_out(text: str, out: str) -> None:
    if out == "-":
        say(text)
        return
    try:
        import segno
    except ModuleNotFoundError:
        raise GarduError("QR codes need segno: pip install 'gardu[invitations]'") from None
    code = segno.make(text, error=_ERROR_CORRECTION, micro=False, boost_error=False)
    if not out:
        code.terminal(compact=True)
        say(text)
    elif Path(out).suffix.lower() in (".svg", ".png"):
        picture = io.BytesIO()
        code.save(picture, kind=Path(out).suffix[1:].lower(), scale=_SCALE)
        write_secret(Path(out), picture.getvalue())  # it may hold a guest's name
    else:
        raise GarduError(f"{out}: allowed: a name that ends with .svg or .png, or -")


def _secret(path: Path) -> bytes:
    """Return the secret key in the file *path*."""
    line = _line(path)
    if not line.startswith(_SECRET):
        raise GarduError(f"{path}: is no secret key; make one: gardu invitation key -o FILE")
    return _key(path, line.removeprefix(_SECRET))


def _public(path: Path) -> str:
    """Return the public key in the file *path*, or that of the secret key in it."""
    line = _line(path)
    if line.startswith(_SECRET):
        return _base64(public_key(_secret(path)))
    return _base64(_key(path, line))


def _key(path: Path, text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:  # no base64, or not even ASCII
        key = b""
    if len(key) != 32:
        raise GarduError(f"{path}: holds no key")
    return key


def _from_stdin() -> str:
    try:
        return decode(typer.get_binary_stream("stdin").readline(LIMIT_BYTES), "stdin")
    except ConfigError as error:
        raise GarduError(str(error)) from None


def _line(path: Path) -> str:
    try:
        return read_text(path).strip()
    except ConfigError as error:
        raise GarduError(f"the key cannot be read: {error}") from None


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".pub")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
