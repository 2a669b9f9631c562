"""Snapshot: a checkpoint's database at one moment, read beside the running daemon.

Opened read-only, in one transaction, without Gardu's lock: the daemon continues, and the file is
not changed. As long as the transaction lasts, the daemon cannot reset its write-ahead log, which
then grows with every commit. So a command that reads many records calls :meth:`Snapshot.release`:
each page of records is then read in a short transaction of its own.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from edge.errors import StoreError, StoreFormat
from edge.store.chain import KeptRecord, Mark, genesis
from edge.store.database import checksum
from edge.store.formats import Identity, refusal
from edge.store.outbox import COUNTERS, ONLY, Counters
from edge.store.ranges import Ranges
from edge.store.record_row import Row, read_record
from edge.store.register import Spans
from edge.store.store import FILE, FORMAT

# Records in one page: larger ones are not read quicker, and hold the log longer.
_PAGE = 256


class Page(NamedTuple):
    """Rows of records that were read in one transaction.

    :ivar start: the last record that had been removed then, as :attr:`Snapshot.start`
    :ivar passed: number of sequences from the beginning of the spans to the end of this page
    """

    rows: list[Row]
    start: Mark
    passed: int


class Snapshot:
    """The database in the data *folder*; any thread may use it, one at a time.

    :ivar stream: the stream that is recorded now
    :raises StoreError: from every method, if it cannot be read
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        if not self._path.exists():
            raise StoreError(f"{self._path} is not there: nothing was ever recorded here")
        try:
            self._connection = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
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

    def release(self) -> None:
        """End the transaction: from now on each page of records is read in one of its own.

        Stream, head, states and the newest record to be read stay those of the opening. Records
        that retention removes meanwhile are missing in later pages.
        """
        self._parked, self._ends  # noqa: B018 - both are read now
        self._execute_now("COMMIT")
        self._held = False

    @property
    def start(self) -> Mark:
        """The last record that was removed until now, or the genesis if none was."""
        removed = self._document("removed")
        if not removed:
            return Mark(0, genesis(self.stream))
        return msgspec.convert(removed, Mark)

    @property
    def head(self) -> Mark:
        """The newest record and its link, as they were stored when it was recorded."""
        return Mark(self._counters.sequence, self._counters.head or genesis(self.stream))

    @property
    def tables(self) -> list[str]:
        """Names of all tables."""
        return sorted(self._tables)

    def count(self, table: str) -> int:
        """Return the number of rows of *table*."""
        return sum(number for (number,) in self._rows(f'SELECT count(*) FROM "{table}"'))  # noqa: S608 - our own names

    @property
    def undelivered(self) -> int:
        """Number of records that wait or are parked."""
        return self._counters.waiting.count + self._parked.count

    def records(self) -> Iterator[KeptRecord]:
        """Iterate over the stored records, in order of their sequence."""
        for page in self.pages(self.everything):
            yield from map(read_record, page.rows)

    @property
    def everything(self) -> Spans:
        """The span of all records that were stored when the database was opened."""
        first, last = self._ends
        return [] if first is None or last is None else [(first, last)]

    def stored(self, spans: Spans) -> Spans:
        """Return the parts of *spans* that lie in :attr:`everything`."""
        return [
            (max(first, low), min(last, high))
            for low, high in self.everything
            for first, last in spans
            if first <= high and last >= low
        ]

    def pages(self, spans: Spans, *, backwards: bool = False) -> Iterator[Page]:
        """Iterate over the records in *spans*, a page at a time, in order of their sequence.

        :param spans: sequences, in order, which lie in :attr:`everything`
        :param backwards: the newest first
        """
        before = 0
        for first, last in reversed(spans) if backwards else spans:
            low, high = first, last
            while True:
                rows, start = self._read_page(low, high, backwards=backwards)
                if len(rows) < _PAGE:
                    break
                low, high = (low, rows[-1][0] - 1) if backwards else (rows[-1][0] + 1, high)
                yield Page(rows, start, before + (last - high) + (low - first))
            before += last - first + 1
            yield Page(rows, start, before)

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
        return "parked" if sequence in self._parked else "delivered"

    @cached_property
    def _parked(self) -> Ranges:
        return Ranges.of(sequence for (sequence,) in self._rows("SELECT id FROM parked"))

    @cached_property
    def _ends(self) -> tuple[int | None, int | None]:
        """The first and the last stored sequence; None if no record is stored."""
        # Two statements, because SQLite would read the whole table for one.
        first = [number for (number,) in self._rows("SELECT min(id) FROM outbox")]
        last = [number for (number,) in self._rows("SELECT max(id) FROM outbox")]
        return (first[0], last[0]) if first and last else (None, None)

    def _read_page(self, first: int, last: int, *, backwards: bool) -> tuple[list[Row], Mark]:
        order = "DESC" if backwards else "ASC"
        with self._transaction():
            rows = self._rows(
                "SELECT id, body, crc FROM outbox WHERE id BETWEEN ? AND ? "  # noqa: S608 - no input
                f"ORDER BY id {order} LIMIT {_PAGE}",
                first,
                last,
            )
            return list(rows), self.start

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Read in one transaction, unless the one of the opening still lasts."""
        if self._held:
            yield
            return
        self._execute_now("BEGIN")
        try:
            yield
        finally:
            self._execute_now("COMMIT")

    def _begin(self) -> str:
        # Wait up to 5 s for a daemon that is just recovering its log.
        self._execute_now("PRAGMA busy_timeout = 5000")
        self._execute_now("BEGIN")
        self._held = True
        self._tables = self._list_tables()
        identity = self._document("database")
        about = msgspec.convert(identity or {"format": 0}, Identity)
        if about.format != FORMAT:
            raise StoreFormat(refusal(str(self._path), about, FORMAT))
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
        if table not in self._tables and not self._held:  # it may have been created since
            self._tables = self._list_tables()
        if table in self._tables:
            yield from self._execute(sql, *parameters)

    def _list_tables(self) -> set[str]:
        tables = self._execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {name for (name,) in tables}

    def _execute(self, sql: str, *parameters: Any) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(sql, parameters)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def _execute_now(self, sql: str) -> None:
        for _ in self._execute(sql):
            pass

    def _failure(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self._path} cannot be read: {error}")
