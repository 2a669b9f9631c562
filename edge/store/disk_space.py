"""Disk space: deletes delivered stills when it runs short, and holds a reserve for records.

1. New stills are refused while less than ``STILLS_NEED`` is free; before that, delivered stills
   are deleted, the oldest first.
2. Copies of databases from before a migration (edge/store/migration.py) are deleted.
3. Records have a reserve: the file ``gardu.reserve``, which is deleted when no other room is left.
   While it is missing the alarm ``disk-full`` stands; it is made again as soon as there is room.
4. If there is still no room, changes wait for it (edge/store/patient_worker.py).
"""

import contextlib
import logging
import os
import shutil
import threading
from pathlib import Path

from edge.errors import StoreError, StoreFull
from edge.store import data_folder
from edge.store.documents import Documents

log = logging.getLogger(__name__)

ALARM = "disk-full"
FILE = "gardu.reserve"

# Bytes. A decision needs about 30 kB of log: the reserve suffices for some five hundred.
RESERVE = 16 * 2**20
STILLS_NEED = 64 * 2**20

_MOST_AT_ONCE = 256  # stills checked in one call


class Space:
    """The disk under the data folder *folder*.

    :param reserve: size of the reserve, bytes; 0 for none
    :param stills_need: bytes that must be free for a new still
    """

    def __init__(
        self, folder: Path, *, reserve: int = RESERVE, stills_need: int = STILLS_NEED
    ) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._size = reserve
        self._stills_need = stills_need
        self._lock = threading.Lock()

    @property
    def free_bytes(self) -> int:
        """Free space for this user, bytes."""
        return shutil.disk_usage(self._folder).free

    @property
    def reserved(self) -> bool:
        """True if the reserve exists, or if its size is 0; or if the folder is away."""
        return not self._size or self._path.exists() or not self._folder.is_dir()

    def reserve(self) -> bool:
        """Make the reserve if twice its size is free; return True if it exists."""
        with self._lock:
            if not self.reserved and self.free_bytes >= 2 * self._size:
                self._make()
            return self.reserved

    def release(self) -> bool:
        """Delete the reserve; return True if there was one."""
        with self._lock:
            if not self._path.exists():
                return False
            self._path.unlink()
            return True

    def make_room(self, documents: Documents) -> bool:
        """Make room for records; return True if some was made.

        First of delivered stills, then of copies from before a migration, then of the reserve.
        """
        return (
            self.delete_delivered(documents, self._size or 1)
            or self.delete_copies()
            or self.release()
        )

    def delete_copies(self) -> bool:
        """Delete copies from before a migration; return True if there was one."""
        copies = list(self._folder.glob("*.db.format-*"))
        for copy in copies:
            log.warning("%s was deleted: the disk is full", copy.name)
            copy.unlink(missing_ok=True)
        return bool(copies)

    def room_for_still(self, documents: Documents) -> bool:
        """Return True if a new still may be written; delete delivered ones first if needed."""
        lacking = self._stills_need - self.free_bytes
        if lacking <= 0:
            return True
        try:
            return self.delete_delivered(documents, lacking)
        except StoreError as error:  # the next commit raises it too
            log.warning("no room for stills: %s", error)
            return False

    def delete_delivered(self, documents: Documents, wanted: int) -> bool:
        """Delete delivered stills, the oldest first; return True if *wanted* bytes were freed.

        Files are deleted before their rows: deleting a file needs no room.
        """
        table, freed, gone = documents.table("stills-sent"), 0, list[int]()
        for row in table.scan(0, _MOST_AT_ONCE):
            if freed >= wanted:
                break
            file = self._folder / row["path"]
            with contextlib.suppress(FileNotFoundError):
                freed += file.stat().st_blocks * 512
                file.unlink()
            gone.append(row.doc_id)
        if gone:
            log.warning("%d delivered stills were deleted: the disk is nearly full", len(gone))
            with contextlib.suppress(StoreFull):  # rows without files do no harm
                table.remove(doc_ids=gone)
        return freed >= wanted

    def _make(self) -> None:
        part = self._path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            part.rename(self._path)
            data_folder.sync(self._folder)
        except OSError as error:
            log.warning("no reserve could be made: %s", error)
            part.unlink(missing_ok=True)
