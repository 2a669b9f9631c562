"""`gardu guestbook open`: opens what checkpoints have sealed, where the private key is."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfoNotFoundError

import msgspec
import typer

from edge.commands.guestbook.keys import KeyOption, private_keys
from edge.commands.options import refuse, say
from edge.config.zone import zone_of
from edge.config.zone_advice import zone_problem
from edge.errors import GarduError, StoreError
from edge.guestbook.guest_list import (
    SEALED_KIND,
    GuestList,
    SealedList,
    as_csv,
    as_json,
    open_all,
    read_stored,
)
from edge.paper.deliver import write_secret
from edge.printable import counted
from edge.sealing.boxes import SUFFIX, BoxClosed, PrivateKeys, is_sealed

_DATABASE = b"SQLite format 3\x00"
# A sealed export of ninety busy days has a few megabytes.
_LONGEST = 256 * 2**20


class OpenFormat(StrEnum):
    """The file formats of the opened guest list."""

    csv = "csv"
    json = "json"


_WRITERS = {OpenFormat.csv: as_csv, OpenFormat.json: as_json}


def open_sealed(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            help="A sealed export, a guestbook.db, a sealed still (.jpg.sealed), or a folder with "
            "such files.",
        ),
    ],
    key: KeyOption,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", help="The folder for the opened files; each is new, for you alone."
        ),
    ],
    format_: Annotated[
        OpenFormat, typer.Option("--format", help="The format of the guest list.")
    ] = OpenFormat.csv,
    timezone: Annotated[
        str,
        typer.Option(
            envvar="GARDU_TIMEZONE",
            help="The office's time zone, for the times in the list. Default: this computer's.",
        ),
    ] = "",
) -> None:
    """Open guests' details and stills with the office's private key; write them to a folder.

    The details of all sources become one list, guests.csv or guests.json. A still has its own name
    without .sealed. What cannot be opened is named with its reason and does not stop the others;
    the command then ends with 1.

    Example: gardu guestbook open tamu.sealed stills/ --key kantor.key -o terbuka
    """
    try:
        zone = zone_of(timezone)
    except ZoneInfoNotFoundError:
        raise GarduError(f"--timezone {zone_problem(timezone)}") from None
    keys = private_keys(key)
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    problems, pictures, lists = list[str](), 0, list[GuestList]()
    for place, file in _files(sources, problems):
        try:
            content = _content(file)
            if is_sealed(content):
                _write(out / place.removesuffix(SUFFIX), keys.open(content))
                pictures += 1
            else:
                found = _list_of(file, content, keys)
                problems += [f"{file}: {problem}" for problem in found.problems]
                lists.append(found)
        except BoxClosed as error:
            problems.append(f"{file}: {error}")
        except (GarduError, OSError) as error:
            problems.append(str(error))
    if lists:
        entries = sorted(
            (entry for found in lists for entry in found.entries),
            key=lambda entry: (entry.at.wall_ms, entry.visit),
        )
        target = out / f"guests.{format_}"
        write_secret(target, _WRITERS[format_](entries, zone))
        say(f"{target}: the details of {counted(len(entries), 'visit')}")
    if pictures:
        say(f"{out}: {counted(pictures, 'file')} opened")
    for problem in problems:
        say(problem, err=True)
    if problems:
        refuse(f"{counted(len(problems), 'problem')}: the rest was opened", code=1)


def _files(sources: list[Path], problems: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield the files of *sources*, each with the name that it has below the output folder."""
    for source in sources:
        if not source.is_dir():
            yield source.name, source
            continue
        found = sorted([*source.rglob(f"*{SUFFIX}"), *source.rglob("guestbook.db")])
        if not found:
            problems.append(f"{source}: has no sealed file")
        for file in found:
            yield str(file.relative_to(source)), file


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LONGEST + 1)
    except OSError as error:
        raise GarduError(f"{file} cannot be read: {error.strerror}") from None
    if len(content) > _LONGEST:
        raise GarduError(f"{file} has more than {_LONGEST // 2**20} MiB: no file of Gardu has")
    return content


def _list_of(file: Path, content: bytes, keys: PrivateKeys) -> GuestList:
    """Return the entries of a guest book or of a sealed export."""
    damaged = list[str]()
    if content.startswith(_DATABASE):
        entries = read_stored(file, damaged=damaged)
    else:
        try:
            packed = msgspec.json.decode(content, type=SealedList)
        except (msgspec.DecodeError, UnicodeDecodeError):
            packed = None
        if packed is None or packed.kind != SEALED_KIND:
            raise StoreError(
                f"{file}: is neither sealed nor a guest book, or its beginning is damaged"
            )
        entries = packed.entries
    found = open_all(entries, keys)
    return GuestList(found.entries, [*damaged, *found.problems])


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_secret(target, content)
