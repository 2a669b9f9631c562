"""The database: one SQLite file with documents in it, as durable as SQLite can be made.

- A change is on the disk when its transaction has ended (write-ahead log, ``synchronous=FULL``),
  whole or not at all.
- Each row carries a CRC-32 of its table, id and body: SQLite itself would not notice a bit that
  flipped inside a body. ``PRAGMA quick_check`` would read the whole file at every start, seconds
  on an SD card; damage is noticed where it is read instead.
- After an I/O error, damage or a failed commit the file is not used again, and above all not
  synced again: the kernel forgets the pages that it failed to write, so a second fsync would lie.
- One thread at a time; a second one waits for the end of the transaction.
"""

import functools
import re
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from edge.errors import StoreError

Body = dict[str, Any]

_NAME = re.compile(r"_?[a-z0-9]+(-[a-z0-9]+)*")

_SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA journal_size_limit = 16777216",  # bytes that the log may keep after a flood
)

# Statements about one table; {0} is its name, which has been checked against _NAME.
_STATEMENTS = {
    "create": 'CREATE TABLE "{0}" (id INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INT NOT NULL)',
    "drop": 'DROP TABLE "{0}"',
    "get": 'SELECT id, body, crc FROM "{0}" WHERE id = ?',
    "has": 'SELECT 1 FROM "{0}" WHERE id = ?',
    "put": 'INSERT OR REPLACE INTO "{0}" (id, body, crc) VALUES (?, ?, ?)',
    "delete": 'DELETE FROM "{0}" WHERE id = ? RETURNING id',
    "clear": 'DELETE FROM "{0}"',
    "count": 'SELECT count(*) FROM "{0}"',
    "first": 'SELECT min(id) FROM "{0}"',
    "last": 'SELECT max(id) FROM "{0}"',
    "ids": 'SELECT id FROM "{0}" WHERE id > ? ORDER BY id LIMIT ?',
    "after": 'SELECT id, body, crc FROM "{0}" WHERE id > ? ORDER BY id LIMIT ?',
    "before": 'SELECT id, body, crc FROM "{0}" WHERE id < ? ORDER BY id DESC LIMIT ?',
}

# How SQLite's name of the error begins → what to do about it.
_ADVICE = {
    "SQLITE_FULL": "the disk is full: free some space; this change was not kept, all before it are",
    "SQLITE_BUSY": "another program is writing in it: end that program",
    "SQLITE_CORRUPT": "it is damaged: stop Gardu, move it and its -wal file aside, start again",
    "SQLITE_NOTADB": "it is damaged: stop Gardu, move it and its -wal file aside, start again",
    "SQLITE_IOERR": "the disk failed: restart Gardu; if it happens again, replace the card or disk",
    "SQLITE_CANTOPEN": "check that its folder exists and belongs to Gardu's user",
    "SQLITE_READONLY": "check that it belongs to Gardu's user and the disk is mounted writable",
}
_FATAL = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Body).decode


@functools.cache
def _sql(statement: str, table: str) -> str:
    return _STATEMENTS[statement].format(table)


def _crc(table: str, doc_id: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{table}/{doc_id}".encode()))


class Database:
    """The SQLite file *path*: tables of documents by number.

    :ivar tables: names of the tables there are
    :raises StoreError: from every method, if the file cannot be used (any more)
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._depth = 0
        self._spoilt = False  # a part of the transaction under way has failed
        self._refusal = ""  # why the file is not used any more
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise self._failure(error) from error
        try:
            for setting in _SETTINGS:
                self._execute(setting)
            self.tables = self._list_tables()
        except StoreError:
            self._connection.close()
            raise

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with self._lock:
            self._refusal = self._refusal or f"{self._path} is closed"
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all changes made within, durably, or none if an exception comes out.

        A transaction within another joins it; if a part has failed, the whole cannot be kept.
        """
        with self._lock:
            if not self._depth:
                self._execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._spoilt = True
                self._leave()
                raise
            if not self._leave():
                raise StoreError(f"{self._path}: a part of this change failed; nothing was kept")

    def create(self, table: str) -> None:
        """Create *table* unless it is there.

        :raises ValueError: if the name is not lower-case letters, digits and single dashes
        """
        if table in self.tables:
            return
        if not _NAME.fullmatch(table):
            raise ValueError(f"table name {table!r}: lower-case letters, digits, single dashes")
        self._execute(_sql("create", table))
        self.tables.add(table)

    def drop(self, table: str) -> None:
        """Remove *table* with all that is in it."""
        self.run("drop", table)
        self.tables.discard(table)

    def run(self, statement: str, table: str, *parameters: Any) -> list[Any]:
        """Run a statement of the list above; a table that is not there has no rows."""
        return self._execute(_sql(statement, table), parameters) if table in self.tables else []

    def put(self, table: str, doc_id: int, document: Mapping[str, Any]) -> None:
        """Write one document, whether or not there was one of that id.

        :raises TypeError: if it is not JSON
        """
        body = encode(document)
        self.run("put", table, doc_id, body, _crc(table, doc_id, body))

    def document(self, table: str, doc_id: int, body: bytes, crc: int) -> Body:
        """Return the document of a row that was read."""
        if crc != _crc(table, doc_id, body):
            error = sqlite3.DatabaseError(f"wrong checksum of document {doc_id} in table {table}")
            error.sqlite_errorname = "SQLITE_CORRUPT"
            raise self._failure(error)
        return _decode(body)

    def _list_tables(self) -> set[str]:
        rows = self._execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {name for (name,) in rows}

    def _execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            if self._refusal or self._spoilt:
                raise StoreError(self._refusal or f"{self._path}: this change has failed already")
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise self._failure(error, ending=sql in ("COMMIT", "ROLLBACK")) from error

    def _leave(self) -> bool:
        """Leave one level of the transaction; return False if it cannot be kept."""
        self._depth -= 1
        if self._depth:
            return True
        spoilt, self._spoilt = self._spoilt, False
        if not spoilt:
            self._commit()
        elif not self._refusal:
            self._roll_back()
        return not spoilt

    def _commit(self) -> None:
        try:
            self._execute("COMMIT")
        except StoreError:
            if not self._refusal:
                self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # on a full disk SQLite has rolled back by itself
            self._execute("ROLLBACK")
        self.tables = self._list_tables()

    def _failure(self, error: sqlite3.Error, *, ending: bool = False) -> StoreError:
        """Return the error to raise; refuse further use unless the file is surely as it was."""
        name = getattr(error, "sqlite_errorname", "")
        advice = [text for begin, text in _ADVICE.items() if name.startswith(begin)]
        message = f"{self._path} cannot be used: {error}; " + (advice or ["restart Gardu"])[0]
        if name.startswith(_FATAL) or (ending and name != "SQLITE_FULL"):
            self._refusal = message
        return StoreError(message)
