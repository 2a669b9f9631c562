"""Quarantine: sets a damaged database aside and makes a new one.

The mark beside a database (edge/store/damage_mark.py) shows that it is damaged, and its moment
names the file that it becomes: ``gardu.db.damaged-20261122T031507Z``, its log and shared memory
likewise. The steps below are repeated at the next start if a crash or power cut interrupts them,
because the mark is removed last:

1. write the mark;
2. rename database, log and shared memory;
3. make a new database under a temporary name, with the data that could be salvaged
   (edge/store/salvage.py);
4. rename it to the old one's name;
5. remove the mark.

The damaged file and the alarm about it stay until the file is moved or deleted by hand.

A database of another format is never set aside: only a version that reads it can salvage it.
"""

import errno
import logging
from collections.abc import Callable
from pathlib import Path

from edge.errors import StoreDamaged, StoreError, StoreFormat, StoreFull
from edge.store import data_folder
from edge.store.damage_mark import mark, mark_of, moment_of
from edge.store.documents import Documents, SqliteStorage
from edge.store.formats import Formats, Notify, identity, read_identity, refusal
from edge.store.integrity import file_damage, log_damage, table_damage
from edge.store.migration import migrate, quiet
from edge.store.unlinked import put_back

log = logging.getLogger(__name__)

_PARTS = ("-shm", "-wal", "")

Salvage = Callable[[Path, Path], None]
"""Makes a new database (the second path) from the sound data of a damaged one (the first)."""


def open_sound(
    path: Path,
    formats: Formats,
    salvage: Salvage,
    *,
    secret: bool = False,
    notify: Notify = quiet,
) -> Documents:
    """Open the database *path*, migrating it; if it is damaged, set it aside and open the new one.

    :param formats: the format that this Gardu reads, and the steps from older ones
    :param secret: deleted data is overwritten (:class:`~edge.store.database.Database`)
    :param notify: called with the progress of a migration
    :raises StoreFormat: if it has a format that this Gardu cannot read
    :raises StoreError: if it cannot be used, or the new one cannot be made
    """
    how = ""
    try:
        put_back(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be put back: {error.strerror}; check the disk") from error
    if not mark_of(path).exists():
        try:
            return _open(path, formats, secret=secret, notify=notify)
        except StoreDamaged as error:
            how = str(error)
    _refuse_other_format(path, formats)
    try:
        mark(path, how)
        aside = _set_aside(path, salvage)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreFull(f"{path} is damaged; to set it aside needs room on the disk") from error
        raise StoreError(
            f"{path} is damaged and cannot be set aside: {error.strerror}; move it, its -wal and "
            f"its -shm file elsewhere, remove {mark_of(path).name}, and start again"
        ) from error
    log.error("%s was damaged and is now %s; a new database was begun", path.name, aside.name)
    return _open(path, formats, secret=secret, notify=notify)


def damaged_beside(path: Path) -> Path | None:
    """Return the newest damaged database beside *path*; None if there is none."""
    return max(all_damaged_beside(path), default=None)


def all_damaged_beside(path: Path) -> list[Path]:
    """Return the damaged databases beside *path*, without their logs."""
    return [file for file in path.parent.glob(f"{path.name}.damaged-*Z") if file.is_file()]


def remove_damaged(aside: Path) -> None:
    """Delete the damaged database *aside* durably, with its log and shared memory."""
    for part in _PARTS:
        Path(f"{aside}{part}").unlink(missing_ok=True)
    data_folder.sync(aside.parent)


def _open(path: Path, formats: Formats, *, secret: bool, notify: Notify) -> Documents:
    try:
        _raise_if(path, file_damage(path) or log_damage(path))
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}; check the disk") from error
    documents = Documents(path, secret=secret)
    try:
        assert isinstance(documents.storage, SqliteStorage)
        database = documents.storage.database
        formats.admit(path.name, identity(database))  # before any other access
        _raise_if(path, table_damage(database))
        migrate(documents, path, formats, notify)
    except BaseException:
        documents.close()
        raise
    return documents


def _refuse_other_format(path: Path, formats: Formats) -> None:
    """Refuse a damaged database of another format: this Gardu would not know what is sound."""
    found = read_identity(path)
    if found is not None and not formats.reads(found.format):
        raise StoreFormat(
            f"{path} is damaged, and it cannot be salvaged here: "
            f"{refusal(path.name, found, formats.number)}"
        )


def _raise_if(path: Path, damage: str) -> None:
    if damage:
        raise StoreDamaged(f"{path} cannot be used: {damage}")


def _set_aside(path: Path, salvage: Salvage) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{moment_of(path)}")
    if not aside.exists():  # else interrupted later, and *path* is the new one
        for part in _PARTS:
            _rename(Path(f"{path}{part}"), Path(f"{aside}{part}"))
        if not aside.exists():
            aside.touch()  # an empty one shows that the file was missing
    data_folder.sync(path.parent)
    new = path.with_name(f"{path.name}.new")
    for part in _PARTS:
        Path(f"{new}{part}").unlink(missing_ok=True)
    salvage(aside, new)
    new.rename(path)
    data_folder.sync(path.parent)
    mark_of(path).unlink()
    data_folder.sync(path.parent)
    return aside


def _rename(old: Path, new: Path) -> None:
    if old.exists():
        old.rename(new)
