"""Migration: brings a database of an older format to the present one when it is opened.

Steps; a crash or a power cut in any of them leaves the old database or the migrated one, whole:

1. compare the room on the disk with what the migration needs;
2. copy the database to ``gardu.db.format-3`` beside it, and sync the copy; it is made under a
   temporary name;
3. in one transaction, all steps to the present format (edge/store/formats.py), and the number.

The copy stays: an older version can have it back (edge/store/undo_migration.py). The next
migration deletes it.
"""

import logging
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.errors import StoreError, StoreFull
from edge.store import data_folder
from edge.store.database import Database
from edge.store.documents import Documents, SqliteStorage
from edge.store.formats import Formats, Notify, Step, identity, stamped
from edge.store.sqlite_errors import meaning

log = logging.getLogger(__name__)

STATUS = "migrating"
"""First word of each progress text. The upgrade tool knows by it that a start takes longer."""

ROOM = 16 * 2**20
"""Room left free beside the copy and the log, bytes."""

# Pages copied, and rows migrated, between two notifications.
_PAGES = 2048
_ROWS = 256


def migrate(
    documents: Documents, path: Path, formats: Formats, notify: Notify, *, copied: bool = True
) -> None:
    """Bring the open database *documents*, the file *path*, to the format of *formats*.

    :param copied: False: no copy beside it (*path* is a copy itself)
    :raises StoreFormat: if it is newer, or too old
    :raises StoreFull: if there is no room for it
    :raises StoreError: if it cannot be copied or changed; it is as it was
    """
    assert isinstance(documents.storage, SqliteStorage)
    database = documents.storage.database
    found = identity(database)
    steps = formats.admit(path.name, found)
    if found is None or not steps:
        return
    what = f"{STATUS} {path.name} from format {found.format} to {formats.number}"
    log.warning("%s", what)
    _require_room(path, times=3 if copied else 2)
    if copied:
        _copy(path, copy_of(path, found.format), lambda text: notify(f"{what}: {text}"))
    _run(documents, database, steps, formats.number, lambda text: notify(f"{what}: {text}"))
    log.warning("%s has format %d now", path.name, formats.number)


def copy_of(path: Path, number: int) -> Path:
    """Return the path of the copy of *path* in format *number*, from before its migration."""
    return path.with_name(f"{path.name}.format-{number}")


def copies(path: Path) -> list[Path]:
    """Return the copies of *path* from before migrations."""
    return [file for file in path.parent.glob(f"{path.name}.format-*") if file.suffix != ".part"]


def _require_room(path: Path, times: int) -> None:
    """Check that *times* the size of the database is free, and some."""
    log_file = Path(f"{path}-wal")
    size = path.stat().st_size + (log_file.stat().st_size if log_file.exists() else 0)
    needs, free = times * size + ROOM, shutil.disk_usage(path.parent).free
    if free < needs:
        raise StoreFull(
            f"{path.name} must be migrated, which needs {needs // 2**20} MiB of free space; there "
            f"are {free // 2**20}: make room, or return to the version before "
            "(/usr/lib/gardu/upgrade back)"
        )


def _copy(path: Path, copy: Path, notify: Notify) -> None:
    """Copy the database *path* to *copy*, durably; older copies are deleted."""
    part = copy.with_name(f"{copy.name}.part")
    try:
        for old in copies(path):
            old.unlink()
        _write_copy(path, part, notify)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(copy)
        data_folder.sync(path.parent)
    except sqlite3.Error as error:
        raise meaning(error).kind(f"{path} cannot be copied: {error}") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be copied: {error.strerror}; check the disk") from error


def _write_copy(path: Path, part: Path, notify: Notify) -> None:
    part.unlink(missing_ok=True)
    # Made here, so that SQLite does not make it readable for others.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def show(_status: int, left: int, total: int) -> None:
        notify(f"copying it, {100 * (total - left) // max(total, 1)} %")

    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as target:
        target.execute("PRAGMA synchronous = OFF")  # it is synced once, as a whole
        source.backup(target, pages=_PAGES, progress=show)
        target.execute("PRAGMA journal_mode = DELETE")  # one file, which can be renamed


def _run(
    documents: Documents, database: Database, steps: list[Step], number: int, notify: Notify
) -> None:
    """Run *steps*, and write the format *number*, in one transaction."""
    rows = sum(count for table in database.tables for ((count,),) in [database.run("count", table)])
    counted = _Counted(rows, notify)
    with documents.transaction():
        for step in steps:
            step(database, counted)
        about = documents.table("database")
        about.put(1, stamped(about.need(1), number))


class _Counted:
    """Counts rows, and notifies now and then."""

    def __init__(self, total: int, notify: Notify) -> None:
        self._total = total
        self._notify = notify
        self._done = 0

    def __call__(self, rows: int) -> None:
        self._done += rows
        if self._done % _ROWS == 0:
            self._notify(f"{self._done} of {self._total} rows")


def quiet(_text: str) -> None:
    """Notify of nothing."""
