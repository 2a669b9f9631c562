"""Unlinked database: one of its files was removed, renamed or replaced while it is in use.

SQLite does not notice it ("How To Corrupt An SQLite Database File", section 4): it goes on with the
files that it has open, which no later start would find. So the names are compared with the open
files (:class:`OpenFiles`) before each transaction and every few seconds. If they differ:

1. all data is written to ``gardu.db.saved-20261122T031507Z``, from the open files, which still have
   it whole (:func:`save`);
2. the database is not used any more, and the process ends;
3. the next start renames the files that it finds at the names to ``gardu.db.replaced-…``, an empty
   file if there was none, and the saved file to ``gardu.db`` (:func:`put_back`). A crash or power
   cut within this step only repeats it.

The ``replaced`` file and the alarm about it stay until the file is moved or deleted by hand. If the
whole folder is not at its path, changes wait until it is there again.
"""

import errno
import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import StoreError, StoreFull, StoreUnavailable
from edge.store import data_folder
from edge.store.damage_mark import mark, moment
from edge.store.sqlite_errors import meaning

log = logging.getLogger(__name__)

PARTS = ("-shm", "-wal", "")

Identity = tuple[int, int]


class OpenFiles:
    """The files of the open database *path*: its own, its log and the log's shared memory.

    They must exist; those of a database in memory do not, and are not compared.

    :param rescue: False if data that was removed must not come back (personal data)
    """

    def __init__(self, path: Path, *, rescue: bool) -> None:
        self._path = path
        self._rescue = rescue
        self._reported = False
        self._opened = {
            file: identity
            for file in (f"{path}{part}" for part in PARTS)
            if (identity := _identity(file))
        }

    def gone(self) -> list[str]:
        """Return the names that do not lead to the open files any more."""
        moved = self._moved()
        # If the folder came back between two of these, they must be examined once more.
        return self._moved() if moved and self._path.parent.is_dir() else moved

    def _moved(self) -> list[str]:
        return [file for file, opened in self._opened.items() if _has_moved(file, opened)]

    def rescue(self, connection: sqlite3.Connection, gone: Sequence[str]) -> StoreError:
        """Save the data of the open database; return the error that ends the change under way.

        :return: StoreUnavailable if there is no folder now, StoreFull if there is no room now:
            either may be tried again. Any other ends the use of the database
        """
        what = f"{', '.join(gone)}: removed or replaced while in use"
        if not self._path.parent.is_dir():
            return StoreUnavailable(f"{what}: put the folder back; the file is now {self._where()}")
        if not self._rescue:
            return StoreError(what)
        if not self._reported:
            log.error("%s; saving the data, which is still in the open file", what)
        self._reported = True
        try:
            saved = save(connection, self._path)
        except (OSError, sqlite3.Error) as error:
            return self._not_saved(what, error)
        return StoreError(f"{what}; all data is in {saved.name}, and the next start puts it back")

    def _not_saved(self, what: str, error: OSError | sqlite3.Error) -> StoreError:
        why = f"{what}; its data cannot be saved: {error}"
        full = isinstance(error, OSError) and error.errno == errno.ENOSPC
        if full or (isinstance(error, sqlite3.Error) and meaning(error).retry):
            return StoreFull(why)
        with suppress(OSError):
            mark(self._path, why)  # the next start salvages what it can, and raises the alarm
        return StoreError(why)

    def _where(self) -> str:
        """Return the present path of the open database; the kernel marks removed files."""
        for link in Path("/proc/self/fd").iterdir():
            with suppress(OSError):
                if _identity(str(link)) == self._opened[str(self._path)]:
                    return str(link.readlink())
        return "unknown"


def save(connection: sqlite3.Connection, path: Path) -> Path:
    """Write the data of the open database *path* to a new file beside it, durably; return its path.

    :raises sqlite3.Error: if it cannot be read or written
    :raises OSError: if the disk failed
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(part),))
    with part.open("rb") as file:
        os.fsync(file.fileno())
    saved = path.with_name(f"{path.name}.saved-{moment()}")
    part.rename(saved)
    data_folder.sync(path.parent)
    return saved


def put_back(path: Path) -> None:
    """Rename the saved file, if there is one, to *path*, and set aside what is there.

    :raises OSError: if the disk failed
    """
    saved = max(path.parent.glob(f"{path.name}.saved-*Z"), default=None)
    if saved is None:
        return
    aside = path.with_name(saved.name.replace(".saved-", ".replaced-"))
    for part in PARTS:
        there = Path(f"{path}{part}")
        if there.exists():
            there.rename(f"{aside}{part}")
    aside.touch()
    data_folder.sync(path.parent)
    saved.rename(path)
    data_folder.sync(path.parent)
    log.error("%s was removed or replaced while in use; all its data is back: %s", path.name, aside)


def replaced_beside(path: Path) -> Path | None:
    """Return the newest file that was set aside beside *path*, None if there is none."""
    return max(path.parent.glob(f"{path.name}.replaced-*Z"), default=None)


@contextmanager
def strangers_protected(path: Path) -> Iterator[None]:
    """Give the log at *path* another name meanwhile: SQLite deletes it by name when it closes.

    It may belong to a database that was put in the place of the open one.
    """
    strangers = [Path(f"{path}{part}") for part in PARTS[:-1]]
    for file in strangers:
        with suppress(OSError):
            file.rename(f"{file}.stranger")
    try:
        yield
    finally:
        for file in strangers:
            with suppress(OSError):
                Path(f"{file}.stranger").rename(file)


def _identity(file: str) -> Identity | None:
    """Return device and number of *file*; None if it cannot be examined."""
    with suppress(OSError):
        found = os.stat(file)  # noqa: PTH116 - before each transaction: a Path would cost more
        return found.st_dev, found.st_ino
    return None


def _has_moved(file: str, opened: Identity) -> bool:
    found = _identity(file)
    # A name that cannot be examined proves nothing: SQLite itself notices a disk that fails.
    return found != opened and (found is not None or not os.path.lexists(file))
