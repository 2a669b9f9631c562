"""The guest list: reads the guest book beside the running daemon, and exports it for people.

Opened read-only, in one transaction, without Gardu's lock, like the history
(edge/store/snapshot.py). The export is personal data: it is written into a file that only its owner
can read (edge/paper/deliver.py). Sealed entries are opened with the office's private keys, or are
exported as they are (*sealed form*), to be opened elsewhere.
"""

import csv
import io
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

import msgspec

from edge.config.office_time import office_time
from edge.errors import GarduError, StoreError
from edge.guestbook.book import FILE
from edge.guestbook.entry import Details, Entry
from edge.guestbook.expected import StoredGuest
from edge.guestbook.stored_entry import StoredEntry, as_entry, opened
from edge.sealing.boxes import BoxClosed, PrivateKeys
from edge.store.database import checksum

HEADS = (
    "time", "visit", "procedure", "name", "organisation", "purpose", "id_kind", "persons", "phone",
    "source", "values",
)  # fmt: skip

# A cell that begins with one of these would be a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class GuestList(NamedTuple):
    """Opened entries; *problems*: the entries that could not be opened, and why, in words."""

    entries: list[Entry]
    problems: list[str]


class SealedList(msgspec.Struct, frozen=True):
    """The sealed form of an export: entries as the guest book stores them."""

    kind: str
    site: str
    checkpoint: str
    entries: list[StoredEntry]


SEALED_KIND = "gardu-sealed-guest-book"


def read_stored(
    path: Path, first_ms: int = 0, end_ms: int = 2**63, damaged: list[str] | None = None
) -> list[StoredEntry]:
    """Return the entries of the guest book *path* from *first_ms* on and before *end_ms*, in order.

    :param damaged: gets the damaged rows, in words, which are left out; None: they are an error
    :raises StoreError: if it cannot be read
    """
    rows = _bodies(path, "entries", damaged)
    entries = [msgspec.json.decode(body, type=StoredEntry) for body in rows]
    chosen = [entry for entry in entries if first_ms <= entry.at.wall_ms < end_ms]
    return sorted(chosen, key=lambda entry: (entry.at.wall_ms, entry.visit))


def read_expected(path: Path) -> list[StoredGuest]:
    """Return the expected guests of the guest book *path*.

    :raises StoreError: if it cannot be read
    """
    return [msgspec.json.decode(body, type=StoredGuest) for body in _bodies(path, "expected")]


def readable_here(path: Path) -> set[str]:
    """Return the visits of the guest book *path* whose details are wrapped under the local key.

    :raises StoreError: if it cannot be read
    """
    return {msgspec.json.decode(body)["visit"] for body in _bodies(path, "readable")}


def open_all(entries: Iterable[StoredEntry], keys: PrivateKeys | None) -> GuestList:
    """Return *entries* opened with *keys*; one that cannot be opened does not stop the others."""
    found, problems = list[Entry](), list[str]()
    for entry in entries:
        try:
            found.append(opened(entry, keys or PrivateKeys([])) if entry.boxes else _plain(entry))
        except BoxClosed as error:
            problems.append(f"visit {entry.visit}: {error}")
    return GuestList(found, problems)


def read(
    folder: Path, first_ms: int = 0, end_ms: int = 2**63, keys: PrivateKeys | None = None
) -> list[Entry]:
    """Return the entries from *first_ms* on and before *end_ms* (wall clock, ms), in order.

    :raises StoreError: if the book of the data *folder* cannot be read
    :raises GarduError: if an entry is sealed and cannot be opened with *keys*
    """
    entries = read_stored(folder / FILE, first_ms, end_ms)
    refuse_sealed(entries, keys)
    found = open_all(entries, keys)
    if found.problems:
        raise GarduError("\n".join(found.problems))
    return found.entries


def refuse_sealed(entries: list[StoredEntry], keys: PrivateKeys | None) -> None:
    """Refuse sealed *entries* if there are no *keys*.

    :raises GarduError: what to do then
    """
    sealed = [entry for entry in entries if entry.boxes]
    if sealed and keys is None:
        named = ", ".join(sorted(set[str]().union(*(entry.key_ids for entry in sealed))))
        raise GarduError(
            f"{len(sealed)} of {len(entries)} entries are sealed to the office's key {named}: add "
            "--key FILE where the private key is, or carry them there with --format sealed and "
            "`gardu guestbook open`"
        )


def as_sealed(entries: list[StoredEntry], site: str, checkpoint: str) -> bytes:
    """Return *entries* as they are stored, for `gardu guestbook open` elsewhere."""
    packed = SealedList(SEALED_KIND, site, checkpoint, entries)
    return msgspec.json.format(msgspec.json.encode(packed)) + b"\n"


def as_csv(entries: Iterable[Entry], zone: tzinfo) -> bytes:
    """Return *entries* as CSV in UTF-8, safe to open in a spreadsheet; times are of *zone*."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(HEADS)
    rows = (_row(entry, zone) for entry in entries)
    writer.writerows([_cell(row[head]) for head in HEADS] for row in rows)
    # The byte order mark shows a spreadsheet that it is UTF-8.
    return text.getvalue().encode("utf-8-sig")


def as_json(entries: Iterable[Entry], zone: tzinfo) -> bytes:
    """Return *entries* as a JSON list of objects; times are of *zone*."""
    rows = [_row(entry, zone) for entry in entries]
    return msgspec.json.format(msgspec.json.encode(rows)) + b"\n"


def _bodies(path: Path, table: str, damaged: list[str] | None = None) -> list[bytes]:
    """Return the documents of *table* as JSON; a missing file or table has none."""
    if not path.exists():
        return []
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as file:
            rows = file.execute(f'SELECT id, body, crc FROM "{table}"').fetchall()  # noqa: S608 - our own names
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return []
        raise StoreError(f"{path} cannot be read: {error}") from error
    found = list[bytes]()
    for number, body, crc in rows:
        if isinstance(body, bytes) and crc == checksum(table, number, body):
            found.append(body)
        elif damaged is None:
            raise StoreError(f"{path} is damaged: restart Gardu, which sets it aside")
        else:
            damaged.append(f"row {number} of {table}: its checksum is wrong")
    return found


def _plain(entry: StoredEntry) -> Entry:
    return as_entry(entry, entry.details or Details(name="", persons=entry.persons), entry.values)


def _row(entry: Entry, zone: tzinfo) -> dict[str, object]:
    plain = msgspec.to_builtins(entry.details)
    return {
        "time": office_time(entry.at.wall_ms, zone).isoformat(),
        "visit": entry.visit,
        "procedure": entry.procedure,
        "source": entry.source,
        **plain,
        "values": "; ".join(f"{name}={entered}" for name, entered in entry.values.items()),
    }


def _cell(value: object) -> object:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
