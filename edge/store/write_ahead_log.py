"""Write-ahead log of a database: written in advance, and emptied beside the changes.

- A commit that makes the file longer makes the file system write its own journal too, which costs
  a memory card one more sync or two. So the log is filled with zeros at the start; SQLite
  recognises its own pages by their checksums. Later it overwrites pages that it needs no longer.
- A *checkpoint* copies the log's pages into the database and syncs both: seconds on a slow card. It
  runs on a thread and a connection of its own, so that no change waits for it.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from edge import waits
from edge.worker import Worker

PREWRITTEN = 2 * 2**20
"""Bytes written in advance: about the log's size at a checkpoint (edge/store/database.py)."""

# Free space below which no log is written in advance, bytes: records need it more.
_NEED = 64 * 2**20
# Written in small pieces: of a large one the kernel's page cache makes one folio, and counts (with
# some file systems: writes) the whole of it at each commit.
_CHUNK = 4096
# Checkpoints in a row, at most, if changes are committed meanwhile.
_TRIES = 3


def prewrite(database: Path) -> None:
    """Fill the log of *database* with zeros up to PREWRITTEN, if there is room.

    No other connection may write meanwhile. The log must exist, possibly empty.
    """
    log = Path(f"{database}-wal")
    with suppress(OSError):  # then commits make the file longer
        if shutil.disk_usage(database.parent).free < _NEED:
            return
        with log.open("r+b") as file:
            end = file.seek(0, os.SEEK_END)
            while end < PREWRITTEN:
                end += file.write(bytes(min(_CHUNK, PREWRITTEN - end)))
            file.flush()
            os.fdatasync(file.fileno())


def log_bytes(database: Path) -> int:
    """Return the size of the log of *database*, bytes; 0 if there is none."""
    try:
        return Path(f"{database}-wal").stat().st_size
    except OSError:
        return 0


class LogCheckpoints:
    """Makes checkpoints of the log of *database* on a thread of its own.

    :param commits: returns the number of commits so far
    :param on_error: called on that thread with an error of SQLite's; returns True if the file may
        still be used
    :ivar emptied_at: the number of commits whose pages have all been copied: if there is no further
        one, the next transaction overwrites the log; -1 if unknown
    """

    def __init__(
        self,
        database: Path,
        commits: Callable[[], int],
        on_error: Callable[[sqlite3.Error], bool],
    ) -> None:
        self.emptied_at = -1
        self._path = database
        self._commits = commits
        self._on_error = on_error
        self._worker: Worker | None = None
        self._connection: sqlite3.Connection | None = None
        self._using = waits.lock()
        self._requested = False
        self._closed = False

    def request(self) -> None:
        """Make a checkpoint soon, unless one is under way; return at once."""
        if self._requested:
            return
        self._requested = True
        if self._worker is None:
            self._worker = Worker("log")
        self._worker.submit(self._make)

    def close(self) -> None:
        """Make no more; wait for the end of one under way. May be called twice."""
        with self._using:
            self._closed = True
            if self._connection is not None:
                self._connection.close()
        if self._worker is not None:
            self._worker.stop()

    def _make(self) -> None:
        with self._using:
            try:
                # Later ones have only the pages to copy that were committed meanwhile.
                for _ in range(0 if self._closed else _TRIES):
                    commits = self._commits()
                    if self._copy() and commits == self._commits():
                        self.emptied_at = commits
                        break
            except sqlite3.Error as error:
                self._closed = not self._on_error(error)
            finally:
                self._requested = False

    def _copy(self) -> bool:
        """Make one checkpoint; return True if no page of the log was left."""
        if self._connection is None:
            self._connection = sqlite3.connect(
                self._path, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA synchronous = FULL")
        (found,) = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        busy, pages, copied = found  # busy: another program makes one; the others are then -1
        return bool(not busy and pages == copied)
