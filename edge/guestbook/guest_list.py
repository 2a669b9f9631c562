"""The guest list: reads the guest book beside the running daemon, and exports it for people.

Opened read-only, in one transaction, without Gardu's lock, like the history
(edge/store/snapshot.py). The export is personal data: it is written into a file that only its owner
can read (edge/paper/deliver.py).
"""

import csv
import io
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import tzinfo
from pathlib import Path

import msgspec

from edge.config.office_time import office_time
from edge.errors import StoreError
from edge.guestbook.book import FILE, Entry
from edge.store.database import checksum

HEADS = (
    "time", "visit", "procedure", "name", "organisation", "purpose", "id_kind", "persons", "phone",
    "source", "values",
)  # fmt: skip

# A cell that begins with one of these would be a formula in a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read(folder: Path, first_ms: int = 0, end_ms: int = 2**63) -> list[Entry]:
    """Return the entries from *first_ms* on and before *end_ms* (wall clock, ms), in order.

    :raises StoreError: if the book of the data *folder* cannot be read
    """
    path = folder / FILE
    if not path.exists():
        return []
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as file:
            rows = file.execute("SELECT id, body, crc FROM entries")
            entries = [_entry(path, *row) for row in rows]
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return []
        raise StoreError(f"{path} cannot be read: {error}") from error
    chosen = [entry for entry in entries if first_ms <= entry.at.wall_ms < end_ms]
    return sorted(chosen, key=lambda entry: (entry.at.wall_ms, entry.visit))


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


def _entry(path: Path, number: int, body: bytes, crc: int) -> Entry:
    if not isinstance(body, bytes) or crc != checksum("entries", number, body):
        raise StoreError(f"{path} is damaged: restart Gardu, which sets it aside")
    return msgspec.json.decode(body, type=Entry)


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
