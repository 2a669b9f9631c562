"""The database: one SQLite file with documents in it, as durable as SQLite can be made.

- A change is on the disk when its transaction has ended (write-ahead log, ``synchronous=FULL``),
  whole or not at all.
- Each row carries a CRC-32 of its table, id and body: SQLite itself would not notice a bit that
  flipped inside a body. edge/store/integrity.py finds other damage that SQLite does not report.
- After an I/O error, damage or a failed commit the file is not used again, and above all not
  synced again: the kernel forgets the pages that it failed to write, so a second fsync would
  succeed without them. SQLite's own checkpoints of the log do not report such an error and sync
  again at the next commit; therefore they are switched off and done by this package.
- Damage leaves a mark beside the file, so that the next start sets it aside
  (edge/store/quarantine.py).
- A full disk refuses only the change at hand; there may be room for the next one. So does another
  program that holds the file for longer than BUSY_S.
- No change goes to a file that was removed or replaced (edge/store/unlinked.py).
- One thread at a time; a second one waits for the end of the transaction.
"""

import contextlib
import functools
import re
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from edge import waits
from edge.errors import StoreDamaged, StoreError, StoreFull, StoreUnavailable
from edge.store import lock_holders
from edge.store.commit_times import CommitTimes
from edge.store.damage_mark import mark
from edge.store.disk_errors import DiskErrors
from edge.store.read_only_disk import ADVICE, refused
from edge.store.sqlite_errors import Meaning, meaning
from edge.store.unlinked import OpenFiles, strangers_protected
from edge.store.write_ahead_log import LogCheckpoints, prewrite

Body = dict[str, Any]

BUSY_S = 1.0
"""Wait of a statement for another program's lock, seconds (``sqlite3_busy_timeout``). A program's
commit holds it for milliseconds; what lasts longer is an edit that a person has left open."""

_NAME = re.compile(r"_?[a-z0-9]+(-[a-z0-9]+)*")

_SETTINGS = (
    # A change writes whole pages: small ones spare the memory card. Applies when the file is made.
    "PRAGMA page_size = 512",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA journal_size_limit = 16777216",  # size of the log after a burst, bytes
    "PRAGMA cache_size = -512",  # KiB: the tables in use are small, history is read once
)

_SECRET_SETTINGS = ("PRAGMA secure_delete = ON",)

# Rows changed between two checkpoints of the log: about as many pages, so about 2 MB of log. Each
# checkpoint writes pages all over the file, so more frequent ones wear the card more.
_CHECKPOINT_EVERY = 3000
# So many times longer the log may become in a flood of changes, if the checkpoints on their own
# thread do not catch up; then a change waits for one.
_AT_ONCE = 4

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

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Body).decode


@functools.cache
def _sql(statement: str, table: str) -> str:
    return _STATEMENTS[statement].format(table)


def checksum(table: str, doc_id: int, body: bytes) -> int:
    """Return the CRC-32 that a row carries."""
    return zlib.crc32(body, zlib.crc32(f"{table}/{doc_id}".encode()))


def _text(raw: bytes) -> str:
    """Decode a text that may be damaged; an undamaged body is a blob, never a text."""
    return raw.decode("utf-8", "backslashreplace")


def create_statement(table: str) -> str:
    """Return the statement that creates *table*, as SQLite stores it."""
    return _sql("create", table)


class _Transaction:
    """The context manager of :meth:`Database.transaction`.

    A class, because every decision enters it and a generator of contextlib's is several times
    slower to enter.
    """

    def __init__(self, enter: Callable[[], None], leave: Callable[[bool], None]) -> None:
        self._enter = enter
        self._leave = leave

    def __enter__(self) -> None:
        self._enter()

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        self._leave(kind is not None)


class Database:
    """The SQLite file *path*: tables of documents by number.

    :param secret: deleted data is overwritten, not only released (personal data), and a file that
        was removed is not saved: the removal may be on purpose
    :ivar tables: names of the tables there are
    :ivar commits: number of transactions committed
    :ivar commit_times: how long the last of them took
    :raises StoreError: from every method, if the file cannot be used (any more)
    """

    def __init__(self, path: Path | str, *, secret: bool = False) -> None:
        self._path = path
        self._disk_errors = DiskErrors(Path(path).parent)
        self._lock = waits.reentrant_lock()
        self._transaction = _Transaction(self._enter, self._end)
        self._depth = 0
        self._failed = False  # a part of the transaction under way has failed
        self._refusal = ""  # why the file is not used any more
        self._checkpoints: LogCheckpoints | None = None
        try:
            self._connection = sqlite3.connect(
                path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise self._failure(error) from error
        self._connection.text_factory = _text
        self._changes = 0  # rows changed up to the last checkpoint of the log
        self._requested = 0  # rows changed up to the last request for one on its own thread
        self.commits = 0
        self.commit_times = CommitTimes()
        try:
            for setting in (*_SETTINGS, *(_SECRET_SETTINGS if secret else ())):
                self._execute(setting)
            self.tables = self._list_tables()
        except StoreError:
            self._connection.close()
            raise
        self._files = OpenFiles(Path(path), rescue=not secret)

    def close(self) -> None:
        """Close the file; may be called twice."""
        with self._lock:
            if not self._refusal:
                with contextlib.suppress(StoreError):  # it is logged
                    self.check_files()
            self._refusal = self._refusal or f"{self._path} is closed"
            if self._checkpoints is not None:
                self._checkpoints.close()
            if not self.unlinked:
                self._connection.close()
                return
            with strangers_protected(Path(self._path)):
                self._connection.close()

    @property
    def unlinked(self) -> bool:
        """True if one of its files was removed or replaced."""
        return bool(self._files.gone())

    def check_files(self) -> None:
        """Save the data and refuse further use, if a file of the database was removed or replaced.

        :raises StoreUnavailable: if its whole folder is not at its path: it may come back
        :raises StoreFull: if there is no room to save it: it may be tried again
        :raises StoreError: if it was saved, or cannot be
        """
        with self._lock:
            gone = [] if self._depth or self._refusal else self._files.gone()
            if not gone:
                return
            failure = self._files.rescue(self._connection, gone)
            if not isinstance(failure, StoreFull | StoreUnavailable):
                self._refusal = str(failure)
                if self._checkpoints is not None:
                    self._checkpoints.close()
            raise failure

    def spare_commits(self) -> None:
        """Write the log in advance, and make its checkpoints on a thread of their own.

        From now on no commit does either (edge/store/write_ahead_log.py).
        """
        with self._lock:
            if self._checkpoints is None:
                prewrite(Path(self._path))
                self._checkpoints = LogCheckpoints(
                    Path(self._path), lambda: self.commits, self.checkpoint_failed
                )

    def checkpoint_failed(self, error: sqlite3.Error) -> bool:
        """Note that a checkpoint of the log failed; return True if the file may still be used."""
        self._failure(error)
        return not self._refusal

    def shorten_log(self) -> None:
        """Have the log emptied if it is long; to be called when no change is due."""
        if self._checkpoints is not None and self._log_is_long:
            self._checkpoints.request()

    def transaction(self) -> AbstractContextManager[None]:
        """Commit all changes made within, durably, or none if an exception is raised.

        A transaction within another joins it; if a part has failed, the whole is rolled back.
        """
        return self._transaction

    def create(self, table: str) -> None:
        """Create *table* unless it exists.

        :raises ValueError: if the name is not lower-case letters, digits and single dashes
        """
        if table in self.tables:
            return
        if not _NAME.fullmatch(table):
            raise ValueError(f"table name {table!r}: lower-case letters, digits, single dashes")
        self._execute(_sql("create", table))
        self.tables.add(table)

    def drop(self, table: str) -> None:
        """Drop *table* with all its rows."""
        self.run("drop", table)
        self.tables.discard(table)

    def run(self, statement: str, table: str, *parameters: Any) -> list[Any]:
        """Run a statement of the list above; a missing table has no rows."""
        return self._execute(_sql(statement, table), parameters) if table in self.tables else []

    def put(self, table: str, doc_id: int, document: Mapping[str, Any] | msgspec.Struct) -> None:
        """Write one document, new or in place of the old one; create *table* if it is missing.

        :raises TypeError: if it is not JSON
        """
        with self._lock:
            if not self._depth:
                with self._transaction:
                    return self._put(table, doc_id, document)
            # A decision writes half a dozen documents: no nested transaction for each.
            try:
                self._put(table, doc_id, document)
            except BaseException:
                self._failed = True
                raise

    def _put(self, table: str, doc_id: int, document: Mapping[str, Any] | msgspec.Struct) -> None:
        body = encode(document)
        self.create(table)
        self._execute(_sql("put", table), (doc_id, body, checksum(table, doc_id, body)))

    def document(self, table: str, doc_id: int, body: bytes, crc: int) -> Body:
        """Check a row that was read, and return its document."""
        self.check(table, doc_id, body, crc)
        return _decode(body)

    def check(self, table: str, doc_id: int, body: bytes, crc: int) -> None:
        """Check a row that was read against its checksum."""
        if not isinstance(body, bytes) or crc != checksum(table, doc_id, body):
            raise self.damaged(f"wrong checksum of document {doc_id} in table {table}")

    def damaged(self, how: str) -> StoreError:
        """Return the error to raise after damage was found; the file is not used any more."""
        error = sqlite3.DatabaseError(how)
        error.sqlite_errorname = "SQLITE_CORRUPT"
        return self._fail(error)

    def scrub(self) -> None:
        """Erase every byte of deleted data from the file and from its log.

        ``secure_delete`` overwrites rows, but a row that was moved within the file before may have
        left a copy in the gap; ``VACUUM`` rewrites the file without gaps, and the log, which has
        the old pages, is truncated. Needs room for twice the file meanwhile.

        :raises StoreError: if another program reads the file: the log could not be truncated
        """
        with self._lock:
            self._execute("VACUUM")
            self._changes = self._connection.total_changes
            if self._execute("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
                raise StoreError(f"{self._path} is being read: try again when that has ended")

    def schema(self) -> list[tuple[Any, ...]]:
        """Return type, name, table name and statement of every entry of the schema."""
        return self._execute("SELECT type, name, tbl_name, sql FROM sqlite_schema")

    def examine(self, table: str = "") -> str:
        """Check the structure of *table*, or of the whole file, with SQLite's ``quick_check``.

        :return: the damage, empty if there is none
        """
        what = f'PRAGMA quick_check("{table}")' if table else "PRAGMA quick_check"
        found = "; ".join(line for (line,) in self._execute(what))
        return "" if found == "ok" else found

    def _list_tables(self) -> set[str]:
        return {name for kind, name, *_ in self.schema() if kind == "table"}

    def _execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        with self._lock:
            if self._refusal or self._failed:
                raise StoreError(self._refusal or f"{self._path}: this change has failed already")
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise self._fail(error, ending=sql in ("COMMIT", "ROLLBACK")) from error
            except UnicodeDecodeError as error:  # in SQLite's message about a damaged schema
                raise self.damaged("the schema is wrong") from error

    def _enter(self) -> None:
        self._lock.acquire()
        try:
            if not self._depth:
                self._begin()
            self._depth += 1
        except BaseException:
            self._lock.release()
            raise

    def _begin(self) -> None:
        self.check_files()
        self._execute("BEGIN IMMEDIATE")
        # The first transaction after a checkpoint of the whole log overwrites it.
        if self._checkpoints is not None and self._checkpoints.emptied_at == self.commits:
            self._checkpoints.emptied_at = -1
            self._changes = self._requested = self._connection.total_changes

    def _end(self, failed: bool) -> None:  # noqa: FBT001 - as the protocol defines it
        try:
            self._failed |= failed
            if not self._leave() and not failed:
                raise StoreError(f"{self._path}: a part of this change failed; nothing was kept")
        finally:
            self._lock.release()

    def _leave(self) -> bool:
        """Leave one level of the transaction; return False if the whole failed."""
        self._depth -= 1
        if self._depth:
            return True
        failed, self._failed = self._failed, False
        if not failed:
            self._commit()
        elif not self._refusal:
            self._roll_back()
        return not failed

    def _commit(self) -> None:
        began = waits.monotonic()
        try:
            self._execute("COMMIT")
        except StoreError:
            if not self._refusal:
                self._roll_back()
            raise
        self.commits += 1
        self.commit_times.note(began)
        total = self._connection.total_changes
        if self._checkpoints is not None and total - self._changes < _AT_ONCE * _CHECKPOINT_EVERY:
            if total - self._requested >= _CHECKPOINT_EVERY:
                self._requested = total
                self._checkpoints.request()
        elif self._log_is_long:
            self._empty_log()

    def _empty_log(self) -> None:
        """Make a checkpoint now; while one is under way on its own thread there is none."""
        total = self._connection.total_changes
        with contextlib.suppress(StoreFull):  # the changes are safe in the log
            ((busy, pages, copied),) = self._execute("PRAGMA wal_checkpoint(PASSIVE)")
            if (not busy and pages == copied) or self._checkpoints is None:
                self._changes = self._requested = total

    @property
    def _log_is_long(self) -> bool:
        return self._connection.total_changes - self._changes >= _CHECKPOINT_EVERY

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # on a full disk SQLite has rolled back already
            self._execute("ROLLBACK")
        self.tables = self._list_tables()

    def _fail(self, error: sqlite3.Error, *, ending: bool = False) -> StoreError:
        """Return the error to raise; if the file is not used any more, checkpoints end first."""
        failure = self._failure(error, ending=ending)
        if self._refusal and self._checkpoints is not None:
            self._checkpoints.close()
        return failure

    def _failure(self, error: sqlite3.Error, *, ending: bool = False) -> StoreError:
        """Return the error to raise; refuse further use unless the file is certainly unchanged."""
        meant = meaning(error)
        read_only = refused(error, Path(self._path).parent, self._disk_errors)
        if read_only:
            meant = Meaning(StoreUnavailable, ADVICE, fatal=False, retry=True)
        # SQLite's own words may mislead there: a disk that cannot be read is "malformed" to it.
        said = "" if read_only else f"{error}; "
        message = f"{self._path} cannot be used: {said}{meant.advice}"
        held = meant.kind is StoreUnavailable and not read_only
        if held and (holder := lock_holders.writers(Path(self._path))):
            message += f"; it is {holder}"
        if meant.fatal or (ending and not meant.retry):
            self._refusal = message
        if meant.kind is StoreDamaged:
            with contextlib.suppress(OSError):  # then the next start must find the damage itself
                mark(self._path, str(error))
        return meant.kind(message)
