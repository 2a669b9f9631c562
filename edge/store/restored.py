"""Restored data: moves it from a folder within the data folder to its places, whole or not at all.

A restore fills the folder ``restoring.part`` (:func:`begin`), which is of no account while it has
that name. It is then renamed to ``restored-20261122T031507Z`` (:func:`seal`). From that moment the
data counts as restored, and :func:`put_in_place` moves its files to their places; a crash or power
cut within that only repeats the rest of it, because the start of the daemon calls it first.

What is at the places of the databases before is renamed: ``gardu.db.replaced-20261122T031507Z``,
with its log, and its mark if it was damaged. A database that an earlier start has saved
(edge/store/unlinked.py) would take the restored one's place, so it is renamed likewise. Stills are
added to those that are there: their names are unique.
"""

import logging
import shutil
from pathlib import Path

from edge.store import data_folder
from edge.store.damage_mark import moment

log = logging.getLogger(__name__)

_PART = "restoring.part"
_SEALED = "restored-"
# The database itself last: while it is there, the rest belongs to it.
_PARTS = ("-shm", "-wal", ".suspect", "")


def begin(folder: Path) -> Path:
    """Return the new, empty folder for the files to restore in the data *folder*.

    :raises OSError: if it cannot be made
    """
    part = folder / _PART
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    return part


def abandon(folder: Path) -> None:
    """Remove what an interrupted restore has left in the data *folder*; it does not count."""
    shutil.rmtree(folder / _PART, ignore_errors=True)


def seal(folder: Path) -> None:
    """Make the restore of the data *folder* final; all files must have been synced.

    :raises OSError: if the disk failed
    """
    (folder / _PART).rename(folder / f"{_SEALED}{moment()}")
    data_folder.sync(folder)


def pending(folder: Path) -> bool:
    """Return True if the data *folder* has restored data that is not in its place yet."""
    return _sealed(folder) is not None


def in_the_way(folder: Path) -> list[str]:
    """Return the names of databases in the data *folder* that a restore would rename."""
    return sorted(
        file.name
        for pattern in ("*.db", "*.db.suspect", "*.db.saved-*Z", f"{_SEALED}*Z")
        for file in folder.glob(pattern)
    )


def put_in_place(folder: Path) -> None:
    """Move restored data to its place in the data *folder*, if there is some.

    Only for the process that holds the folder's lock.

    :raises OSError: if the disk failed; it may be called again
    """
    abandon(folder)
    sealed = _sealed(folder)
    if sealed is None:
        return
    when = sealed.name.removeprefix(_SEALED)
    for day in sorted(sealed.glob("stills/*")):
        place = folder / "stills" / day.name
        data_folder.make(place)
        for still in day.iterdir():
            still.rename(place / still.name)
        data_folder.sync(place)
    # gardu.db is the last: the rest belongs to it.
    for database in sorted(sealed.glob("*.db"), key=lambda file: file.name == "gardu.db"):
        _set_aside(folder / database.name, when)
        database.rename(folder / database.name)
        data_folder.sync(folder)
    shutil.rmtree(sealed)
    data_folder.sync(folder)
    log.info("restored data was put in its place in %s", folder)


def _sealed(folder: Path) -> Path | None:
    return max(folder.glob(f"{_SEALED}*Z"), default=None)


def _set_aside(database: Path, when: str) -> None:
    """Rename *database*, if it is there, and all that belongs to it."""
    for saved in database.parent.glob(f"{database.name}.saved-*Z"):
        saved.rename(saved.with_name(saved.name.replace(".saved-", ".replaced-")))
    aside = f"{database}.replaced-{when}"
    for part in _PARTS:
        there = Path(f"{database}{part}")
        if there.exists():
            there.rename(f"{aside}{part}")
    data_folder.sync(database.parent)
