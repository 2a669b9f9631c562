"""Snapshot: a checkpoint's database at one moment, read beside the running daemon.

Opened read-only, in one transaction, without Gardu's lock: the daemon continues, and the file is
not changed. During a long read the daemon's write-ahead log grows a little.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

from edge.errors import StoreError
from edge.store.chain import KeptRecord, Mark, genesis
from edge.store.database import checksum
from edge.store.outbox import COUNTERS, ONLY, Counters
from edge.store.rows import KeptRow
from edge.store.store import FILE, FORMAT


class Snapshot:
    """The database in the data *folder*.

    :ivar stream: the stream that is recorded now
    :raises StoreError: from every method, if it cannot be read
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        if not self._path.exists():
            raise StoreError(f"{self._path} is not there: nothing was ever recorded here")
        try:
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
            )
        except sqlite3.Error as error:
            raise self._failure(error) from error
        try:
            self.stream = self._begin()
        except StoreError:
            self._connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    @property
    def start(self) -> Mark:
        """The last record that was removed, or the genesis if none was."""
        removed = self._document("removed")
        if not removed:
            return Mark(0, genesis(self.stream))
        return msgspec.convert(removed, Mark)

    @property
    def head(self) -> Mark:
        """The newest record and its link, as they were stored when it was recorded."""
        return Mark(self._counters.sequence, self._counters.head or genesis(self.stream))

    def records(self, *, backwards: bool = False) -> Iterator[KeptRecord]:
        """Iterate over the stored records, in order of their sequence."""
        order = "DESC" if backwards else "ASC"
        for sequence, body, crc in self._rows(
            f"SELECT id, body, crc FROM outbox ORDER BY id {order}"  # noqa: S608 - no input
        ):
            yield _record(sequence, body, crc)

    def bodies(self, table: str, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Iterate over the documents *first* to *last* of *table*, as JSON.

        A missing table has none.
        """
        rows = self._rows(
            f'SELECT id, body, crc FROM "{table}" WHERE id BETWEEN ? AND ? ORDER BY id',  # noqa: S608 - our own names
            first,
            last,
        )
        for number, body, crc in rows:
            if not isinstance(body, bytes) or checksum(table, number, body) != crc:
                raise StoreError(
                    f"{self._path}: document {number} of table {table} has a wrong checksum: "
                    "restart Gardu, which looks through the file"
                )
            yield number, body

    def state(self, sequence: int) -> str:
        """Return the record's state: ``waiting``, ``parked`` or ``delivered``."""
        if sequence in self._counters.waiting:
            return "waiting"
        parked = any(self._rows("SELECT 1 FROM parked WHERE id = ?", sequence))
        return "parked" if parked else "delivered"

    def _begin(self) -> str:
        # Wait up to 5 s for a daemon that is just recovering its log.
        list(self._execute("PRAGMA busy_timeout = 5000"))
        list(self._execute("BEGIN"))
        tables = self._execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        self._tables = {name for (name,) in tables}
        identity = self._document("database")
        if identity.get("format") != FORMAT:
            raise StoreError(
                f"{self._path} has format {identity.get('format')}, this Gardu reads {FORMAT}"
            )
        self._counters = msgspec.convert(self._document("checkpoint", COUNTERS), Counters)
        return str(identity["stream"])

    def _document(self, table: str, number: int = ONLY) -> dict[str, Any]:
        """Return the document *number* of *table*, empty if there is none."""
        for (body,) in self._rows(f"SELECT body FROM {table} WHERE id = ?", number):  # noqa: S608
            try:
                return msgspec.json.decode(body, type=dict[str, Any])
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise StoreError(f"{self._path}: table {table} cannot be read: {error}") from error
        return {}

    def _rows(self, sql: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Iterate over the rows of a statement; a missing table has none."""
        table = sql.partition(" FROM ")[2].partition(" ")[0].strip('"')
        if table in self._tables:
            yield from self._execute(sql, *parameters)

    def _execute(self, sql: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _failure(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self._path} cannot be read: {error}")


def _record(sequence: int, body: Any, crc: int) -> KeptRecord:
    """Return the record of a row; damage is described in its *fault*, not raised."""
    if not isinstance(body, bytes) or checksum("outbox", sequence, body) != crc:
        return KeptRecord(sequence, fault="the checksum of its row is wrong")
    try:
        kept = msgspec.json.decode(body, type=KeptRow)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return KeptRecord(sequence, fault=f"its row cannot be read: {error}")
    return KeptRecord(sequence, kept.topic, bytes(kept.event), kept.link)
