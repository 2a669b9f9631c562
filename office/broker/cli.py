"""The certificates and settings of the office's broker (mosquitto)."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge.commands.options import say
from edge.commands.tables import show_table
from edge.errors import GarduError
from office.broker import kit
from office.broker.authority import CERTIFICATE_DAYS
from office.broker.broker_files import FOLDER
from office.broker.examination import problems
from office.broker.expiry import SOON, Row, is_alarm, rows
from office.broker.identity import checkpoint_name, client_name
from office.broker.kit import Wish
from office.broker.request_keys import asking, key_id, places, section
from office.broker.state import Role, read_kit

app = typer.Typer(no_args_is_help=True)

FolderOption = Annotated[
    Path,
    typer.Option("--folder", "-f", envvar="GARDU_BROKER", help="The folder of the kit."),
]
DaysOption = Annotated[
    int, typer.Option(min=1, max=7300, help="For how long the certificate is valid.")
]
DEFAULT_FOLDER = Path("broker")
SERVER = "server"
_KEYS = "for gardu.toml of each: gardu office broker keys SITE/CHECKPOINT"


@app.callback()
def broker() -> None:
    """Make the broker's certificates, settings and access list.

    The broker is mosquitto. One folder, the kit, has everything: the authority, whose key signs
    each certificate, and the files that the broker reads. Back it up, and let only administrators
    read it (docs/broker.md).
    """


@app.command()
def init(
    folder: Annotated[
        Path, typer.Argument(envvar="GARDU_BROKER", help="The folder of the kit; it is made.")
    ] = DEFAULT_FOLDER,
    *,
    name: Annotated[
        list[str] | None,
        typer.Option(
            help="A host name or address by which clients reach the broker; repeat it for more. "
            "Bundles use the first."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The broker's TCP port.")] = 8883,
    listen: Annotated[str, typer.Option(help="The address it listens on. Default: all.")] = "",
    place: Annotated[
        str,
        typer.Option(
            help="Where the broker finds its files, if they are copied to another place or "
            "machine. Default: the folder mosquitto in the kit."
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Put a kit that is there aside, and make a new one.")
    ] = False,
) -> None:
    """Make an authority, the broker's certificate, and the settings of mosquitto.

    An authority that is there is never overwritten: with another one, every checkpoint needs a new
    certificate.
    """
    with _errors():
        told = kit.init(
            folder, name or [], _now(), port=port, listen=listen, place=place, force=force
        )
    for line in told:
        say(line)
    inside = folder.absolute() / FOLDER
    say(f"made {folder}: only administrators may read it; back it up")
    say(f"the broker's files: {inside}")
    say("next: gardu office broker add SITE/CHECKPOINT; then start the broker (docs/broker.md)")


@app.command()
def add(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="SITE/CHECKPOINT; with --desk or --office a name."),
    ],
    *,
    desk: Annotated[
        bool,
        typer.Option("--desk", help="For desk applications: they send requests to checkpoints."),
    ] = False,
    office: Annotated[
        bool,
        typer.Option(
            "--office",
            help="For the office's ingest: it reads all checkpoints. One for each process.",
        ),
    ] = False,
    at: Annotated[
        list[str] | None,
        typer.Option(metavar="SITE/CHECKPOINT", help="A checkpoint that the desk may ask; repeat."),
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="The desk may ask every checkpoint.")
    ] = False,
    days: DaysOption = CERTIFICATE_DAYS,
    folder: FolderOption = DEFAULT_FOLDER,
) -> None:
    """Add checkpoints, desk applications or the office: a certificate and a bundle for each.

    A checkpoint may write its own topics only, and read its own requests. The bundle has the
    certificate, its key (which is in no other place), and the lines for gardu.toml. Then have the
    broker read its files again: systemctl reload mosquitto.
    """
    with _errors():
        wishes = _wishes(names, desk=desk, office=office, at=at or [], everywhere=everywhere)
        made = kit.add(folder, wishes, _now(), days)
    _tell_bundles(made)
    _tell_keys(folder, [wish.identity for wish in wishes])


@app.command()
def renew(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME", help="Clients, or server for the broker's own."),
    ],
    *,
    name: Annotated[
        list[str] | None,
        typer.Option(help="With server: its new host names and addresses. Default: as before."),
    ] = None,
    days: DaysOption = CERTIFICATE_DAYS,
    folder: FolderOption = DEFAULT_FOLDER,
) -> None:
    """Issue further certificates with new keys, and their bundles.

    The one before stays valid, so that a checkpoint goes on until its bundle has been carried
    there. Then: gardu office broker revoke --older NAME.
    """
    clients = [_identity(one) for one in names if one != SERVER]
    if name and SERVER not in names:
        raise typer.BadParameter("--name is for the server: renew server --name …")
    with _errors():
        made = kit.renew(folder, clients, _now(), days) if clients else []
        if SERVER in names:
            kit.renew_server(folder, name or [], _now(), days)
    _tell_bundles(made)
    if SERVER in names:
        say("the broker's certificate is new; it is used after: systemctl reload mosquitto")
    _tell_keys(folder, clients)


@app.command()
def revoke(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Clients.")],
    *,
    older: Annotated[
        bool, typer.Option("--older", help="All but the newest certificate of each.")
    ] = False,
    folder: FolderOption = DEFAULT_FOLDER,
) -> None:
    """Revoke certificates: the broker refuses them once it has read its files again.

    Do this when a Pi or a bundle is lost. A connection that stands goes on without any right to
    read or write, unless the client has a newer certificate; restart the broker to end it.
    """
    with _errors():
        ended = kit.revoke(folder, [_identity(one) for one in names], _now(), older=older)
    for one in ended:
        say(f"revoked: certificate {one.number} of {one.identity}, serial {one.serial}")
        if one.request_key:
            say(f"key {key_id(one)} may still sign requests to: {places(one)}")
    if any(one.request_key for one in ended):
        say(f"{_KEYS}, and gardu reload there")
    if not ended:
        say("there was none to revoke")
    say("the broker refuses them after: systemctl reload mosquitto")


@app.command()
def keys(
    name: Annotated[str, typer.Argument(metavar="SITE/CHECKPOINT", help="A checkpoint.")],
    *,
    folder: FolderOption = DEFAULT_FOLDER,
) -> None:
    """Print the section [requests] of a checkpoint's config: the keys of those who may ask it.

    They are those of the desks that serve it and of the offices, without revoked certificates. The
    checkpoint refuses every request that none of its keys has signed. After a change put these
    lines into gardu.toml on the Pi, and there: gardu reload.
    """
    identity = checkpoint_name(name).identity
    with _errors():
        state = read_kit(folder)
        kit.known(identity, state.newest())
    say(section(state, identity, _now()).rstrip())
    for one in asking(state, identity, _now()):
        if not one.request_key:
            say(f"{one.identity} has no key: gardu office broker renew {one.identity}", err=True)


@app.command()
def write(folder: FolderOption = DEFAULT_FOLDER) -> None:
    """Write the broker's files again, and complete an interrupted change.

    Also after own.acl was changed: its lines are added to the access list.
    """
    with _errors():
        kit.rewrite(folder)
    say("the broker's files are written; they are used after: systemctl reload mosquitto")


@app.command("list")
def list_(
    *,
    within: Annotated[
        int, typer.Option(min=0, max=7300, metavar="DAYS", help="What counts as expiring soon.")
    ] = SOON.days,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False,
    folder: FolderOption = DEFAULT_FOLDER,
) -> None:
    """List the certificates, and what is wrong with the kit.

    Ends with 1 if a certificate has expired or will soon, or if something is wrong; else with 0.
    """
    now = _now()
    with _errors():
        state = read_kit(folder)
        found = rows(state, now, dt.timedelta(days=within))
        wrong = list(problems(folder, state))
    if as_json:
        say(_json(found, wrong))
    else:
        headers = ["name", "role", "status", "ends", "days", "number", "older valid", "serves"]
        show_table("Certificates", headers, [_cells(row, now) for row in found])
    for line in () if as_json else (*_advice(found, now), *wrong):
        say(line, err=True)
    if wrong or any(map(is_alarm, found)):
        raise typer.Exit(1)


def _wishes(
    names: list[str], *, desk: bool, office: bool, at: list[str], everywhere: bool
) -> list[Wish]:
    if desk and office:
        raise typer.BadParameter("--desk or --office, not both")
    if (at or everywhere) and not desk:
        raise typer.BadParameter("--at and --everywhere are for --desk")
    if desk and bool(at) == everywhere:
        raise typer.BadParameter("a desk needs --at SITE/CHECKPOINT, or --everywhere")
    if len(set(names)) < len(names):
        raise typer.BadParameter("a name is there twice")
    if not desk and not office:
        return [Wish(checkpoint_name(one).identity, "checkpoint") for one in names]
    served = tuple(dict.fromkeys(checkpoint_name(one).identity for one in at))
    role: Role = "desk" if desk else "office"
    return [Wish(client_name(one), role, served, everywhere) for one in names]


def _identity(name: str) -> str:
    return name.replace("/", ".")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@contextmanager
def _errors() -> Iterator[None]:
    """Name the file of an error of the system.

    :raises GarduError: in its place
    """
    try:
        yield
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise GarduError(f"{place}{(error.strerror or str(error)).lower()}") from error


def _tell_bundles(made: list[Path]) -> None:
    for one in made:
        say(f"bundle: {one}")
    if made:
        say("each has the only copy of its key: carry it there, and then delete it")
        say("the broker knows them after: systemctl reload mosquitto")


def _tell_keys(folder: Path, names: list[str]) -> None:
    """Name the checkpoints that must learn the new keys of the clients *names*."""
    newest = read_kit(folder).newest()
    signing = [newest[name] for name in names if newest[name].request_key]
    for one in signing:
        say(f"key {key_id(one)}, for requests to: {places(one)}")
    if signing:
        say(f"{_KEYS}, and gardu reload there")


def _cells(row: Row, now: dt.datetime) -> list[str]:
    return [
        row.name,
        row.role,
        row.status,
        f"{row.ends:%Y-%m-%d}",
        str((row.ends - now).days),
        str(row.number),
        str(row.older or ""),
        ", ".join(row.serves),
    ]


def _advice(found: list[Row], now: dt.datetime) -> Iterator[str]:
    for row in filter(is_alarm, found):
        days = (row.ends - now).days
        when = f"expires in {days} days, on" if row.ends > now else "expired on"
        do = (
            "make a new kit" if row.name == "authority" else f"gardu office broker renew {row.name}"
        )
        yield f"{row.name} {when} {row.ends:%Y-%m-%d}: {do}"


def _json(found: list[Row], wrong: list[str]) -> str:
    listed = [row._asdict() for row in found]
    return msgspec.json.encode({"certificates": listed, "problems": wrong}).decode()
