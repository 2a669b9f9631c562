"""Databases of older and newer formats, for tests of migrations."""

import gzip
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from edge.clock import Clock
from edge.store.database import Database, checksum
from edge.store.documents import Documents
from edge.store.formats import Formats, Rows
from edge.store.migration import migrate, quiet
from edge.store.store import FILE, FORMATS, Store
from tests.store_bench import SOURCE
from tests.store_child import opened

FORMAT_3 = Path(__file__).parent / "format_3" / "gardu.db.gz"
LAST, WAITING = 24, 10
"""The records in it, and how many of them wait."""

FORMAT_4 = Path(__file__).parent / "format_4" / "gardu.db.gz"


def put_format_3(folder: Path) -> Path:
    """Write the database of format 3 into the new data *folder*; return its path."""
    return _put(folder, FORMAT_3)


def put_format_4(folder: Path) -> Path:
    """Write the database of format 4 into the new data *folder*; return its path."""
    return _put(folder, FORMAT_4)


def _put(folder: Path, packed: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / FILE
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


def without_texts(path: Path) -> None:
    """Delete the procedures' texts from a database, which are most of it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("DELETE FROM procedures")
        file.execute("VACUUM")


def documents(path: Path, table: str) -> dict[int, Any]:
    """Return the documents of *table*, by number; their checksums must be right."""
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute(f'SELECT id, body, crc FROM "{table}"').fetchall()
    assert all(crc == checksum(table, number, body) for number, body, crc in rows)
    return {number: msgspec.json.decode(body) for number, body, _ in rows}


def open_store(folder: Path) -> Store:
    """Open the store in *folder*."""
    return Store(folder, SOURCE, Clock())


def filled(folder: Path, records: int = 5) -> Path:
    """Make a store of the present format with *records* records; return its path."""
    with closing(open_store(folder)) as store:
        for number in range(1, records + 1):
            store.commit(checkpoint={"opened": number}, visits={}, records=[opened(number)])
    return folder / FILE


def next_format(database: Database, on_rows: Rows) -> None:
    """Migrate to a format after the present one: the state's document has a field more."""
    for row in database.run("after", "checkpoint", 0, 1):
        state = database.document("checkpoint", *row)
        database.put("checkpoint", row[0], {**state, "later": True})
        on_rows(1)


LATER = Formats(FORMATS.number + 1, {FORMATS.number: next_format})
"""The formats of a later version of Gardu."""


def migrate_on(path: Path, formats: Formats = LATER) -> None:
    """Migrate the database *path* as a later version of Gardu does."""
    with Documents(path) as opened_file:
        migrate(opened_file, path, formats, quiet)


def write_on(path: Path, counters: Mapping[str, object]) -> None:
    """Change the counters, as a later version does when it writes records."""
    with Documents(path) as opened_file:
        table = opened_file.table("checkpoint")
        table.put(2, {**table.need(2), **counters})
