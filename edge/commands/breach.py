"""`gardu breach`: lists the personal data that a lost memory card had, for the notice."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from edge import __version__
from edge.clock import Clock
from edge.commands.databases import DATABASES
from edge.commands.options import ConfigOption, data_folder, load_data_config, problems_printed, say
from edge.config.office_time import BadTime, moment_ms
from edge.config.places import DEFAULT_CONFIG
from edge.errors import GarduError
from edge.paper.deliver import REPLACES, write
from edge.report.breach import Breach, breach_of
from edge.report.breach_text import breach_text
from edge.store.backup.reader import examine, is_data, members


def breach(
    period: Annotated[
        str,
        typer.Option(
            metavar="FROM..TO",
            help="The days or times whose data the card had, for example 2026-09-01..2026-11-30; "
            "the last day is included.",
        ),
    ],
    backup: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A backup of the lost card (gardu backup). Default: the data folder of this "
            "machine.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help=REPLACES)
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the visits, categories of personal data and files that a lost memory card had.

    For the written notice within 3 x 24 hours (UU 27/2022, Pasal 46). Nothing is opened and no name
    is printed, so it runs on any machine that has the data or a backup of it; the daemon may run.
    It says of each visit and file whether it is sealed to the office's key or readable.

    A card has the data of [guestbook] keep_days and [retention] stills_days before it was lost.
    What this machine has removed since then is in no list: take the last backup from before the
    loss.

    The text is Indonesian, to be printed. Ends with 1 if the data or the backup cannot be read.

    Example: gardu breach --period 2026-09-01..2026-11-30 --backup gardu-….tar.gz -o daftar.txt
    """
    with problems_printed():
        settings = load_data_config(config)
    here, zone = settings.checkpoint, settings.checkpoint.zone
    first_ms, end_ms = _period(period, zone)
    with _folder(backup, data_folder(settings)) as (folder, source):
        found = breach_of(
            folder,
            site=here.site,
            checkpoint=here.id,
            first_ms=first_ms,
            end_ms=end_ms,
            source=source,
        )
    now = datetime.fromtimestamp(Clock.from_environment().wall_ms() // 1000, UTC)
    text = _json(found) if as_json else breach_text(found, zone, here.place, now)
    if output is None:
        say(text.removesuffix("\n"))
    else:
        write(output, text.encode())
        say(f"{output}: {len(found.visits)} visits, {len(found.files)} files")


def _period(text: str, zone: tzinfo) -> tuple[int, int]:
    """Return the first moment and the end of the period *text*, ms.

    :raises GarduError: if it is none
    """
    first, dots, last = text.partition("..")
    if not dots or not first or not last:
        raise GarduError(f"--period {text!r}: allowed: FROM..TO, as in 2026-09-01..2026-11-30")
    try:
        begin_ms, end_ms = moment_ms(first, zone), moment_ms(_after(last), zone)
    except BadTime as error:
        raise GarduError(f"--period: {error}") from None
    if end_ms <= begin_ms:
        raise GarduError(f"--period {text!r}: ends before it begins")
    return begin_ms, end_ms


def _after(last: str) -> str:
    """Return the day after *last*, if it is a day; a time is the end itself."""
    try:
        return str(date.fromisoformat(last) + timedelta(days=1))
    except (ValueError, OverflowError):
        return last


@contextmanager
def _folder(backup: Path | None, data: Path) -> Iterator[tuple[Path, str]]:
    """Yield the folder to read, and where its data is from, in words."""
    if backup is None:
        yield data, str(data)
        return
    # Databases and stills only, for its owner alone, and deleted at the end.
    with tempfile.TemporaryDirectory(prefix="gardu-breach-") as place:
        try:
            made = _unpack(backup, Path(place))
        except OSError as error:
            raise GarduError(f"{backup} cannot be read: {error.strerror}") from None
        yield Path(place), f"{backup.name} ({made})"


def _unpack(backup: Path, folder: Path) -> str:
    """Unpack databases and stills of *backup*; return when it was made."""
    with backup.open("rb") as file:
        about = examine(file, version=__version__, formats=DATABASES).about
        for piece in members(file):
            target = folder / piece.name
            if is_data(piece.name):
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                with target.open("wb") as new:
                    new.writelines(piece.chunks)
            else:
                for _ in piece.chunks:
                    pass
    return about.made


def _json(found: Breach) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
