"""`gardu guestbook`: exports, opens or removes guests' details."""

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from edge.clock import Clock
from edge.commands.ask import ask_purge
from edge.commands.guestbook.keys import key, private_keys
from edge.commands.guestbook.opening import open_sealed
from edge.commands.options import ConfigOption, data_folder, refuse, say
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.office_time import in_words, moment_ms
from edge.config.places import DEFAULT_CONFIG
from edge.guestbook.book import FILE, GuestBook
from edge.guestbook.guest_list import (
    as_csv,
    as_json,
    as_sealed,
    open_all,
    read_stored,
    refuse_sealed,
)
from edge.guestbook.purge import purge_offline
from edge.paper.deliver import NEW_ONLY, write_secret
from edge.store.cloudevent import source
from edge.store.data_folder import require
from edge.store.store import Store

guestbook = typer.Typer(
    no_args_is_help=True,
    help="Export, open or delete the details that guests gave (docs/guestbook.md).",
)
guestbook.add_typer(key, name="key", short_help="Make the office's key, or show its public half.")
guestbook.command("open", short_help="Open what checkpoints have sealed.")(open_sealed)


class GuestListFormat(StrEnum):
    """The file formats of an export of the guest book."""

    csv = "csv"
    json = "json"
    sealed = "sealed"


_WRITERS = {GuestListFormat.csv: as_csv, GuestListFormat.json: as_json}
_ALL_MS = 2**63


@guestbook.command("export", short_help="Write guests' details to a file that only you can read.")
def export_guestbook(
    out: Annotated[Path, typer.Option("-o", "--out", help=NEW_ONLY)],
    config: ConfigOption = DEFAULT_CONFIG,
    from_: Annotated[
        str, typer.Option("--from", metavar="DATE", help="From that day or time on.")
    ] = "",
    to: Annotated[str, typer.Option("--to", metavar="DATE", help="Before that day or time.")] = "",
    format_: Annotated[
        GuestListFormat,
        typer.Option(
            "--format",
            help="The format of the file; sealed: the entries as they are stored, to be opened "
            "where the private key is (gardu guestbook open).",
        ),
    ] = GuestListFormat.csv,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", help="The office's private key file, if the entries are sealed."),
    ] = None,
) -> None:
    """Write guests' details to a file that only you can read (mode 0600).

    With an office key in the config the entries are sealed, and this machine cannot open them: use
    --format sealed here and `gardu guestbook open` on the computer with the private key, or give
    --key there. Ends with 1 if some entries could not be opened: they are named, the others are in
    the file.

    The daemon may run. Days and times are the office's ([checkpoint] timezone) unless they have an
    offset. The file holds personal data: delete it when it is no longer needed.
    """
    settings = load_config(config, elsewhere=True)
    zone = settings.checkpoint.zone
    first_ms = moment_ms(from_, zone) if from_ else 0
    end_ms = moment_ms(to, zone) if to else _ALL_MS
    entries = read_stored(data_folder(settings) / FILE, first_ms, end_ms)
    if format_ is GuestListFormat.sealed:
        here = settings.checkpoint
        write_secret(out, as_sealed(entries, here.site, here.id))
        say(f"{out}: {len(entries)} visits as they are stored; readable for you alone")
        return
    keys = private_keys(key) if key else None
    refuse_sealed(entries, keys)
    found = open_all(entries, keys)
    for problem in found.problems:
        say(problem, err=True)
    write_secret(out, _WRITERS[format_](found.entries, zone))
    say(f"{out}: the details of {len(found.entries)} visits; readable for you alone")
    if found.problems:
        refuse(f"{len(found.problems)} entries could not be opened", code=1)


@guestbook.command("purge", short_help="Remove guests' details for good.")
def purge_guestbook(
    before: Annotated[
        str, typer.Option(metavar="DATE", help="Remove all details from before that day or time.")
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove guests' details for good, and record the removal without names.

    A day begins at the office's midnight ([checkpoint] timezone). History, counts and reports stay
    as they are. The running daemon does it; if none runs, this
    command does. Exported files are not removed: delete them yourself.
    """
    settings = load_config(config, elsewhere=True)
    zone = settings.checkpoint.zone
    before_ms = moment_ms(before, zone)
    if before_ms > Clock.from_environment().wall_ms() and not yes:
        say("That is in the future: all that is there goes.", err=True)
    if not yes and not typer.confirm(
        f"Remove all details from before {in_words(before_ms, zone)} for good?"
    ):
        raise typer.Exit(1)
    removed = ask_purge(data_folder(settings), before_ms)
    if removed is None:
        removed = _purge_here(settings, before_ms)
    say(f"The details of {removed} visits were removed; that is recorded.")


def _purge_here(config: Config, before_ms: int) -> int:
    folder, clock = data_folder(config), Clock.from_environment()
    require(folder)
    with (
        closing(Store(folder, source(config), clock)) as store,
        closing(GuestBook(folder)) as book,
    ):
        return purge_offline(book, store, before_ms, clock.now())
