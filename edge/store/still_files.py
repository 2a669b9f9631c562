"""Stills on disk, by day. A file is named by the still's id, never by a person or ID number."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.clock import Stamp
from edge.sop.events import StillTaken
from edge.sop.state import PendingStill
from edge.store import data_folder
from edge.store.store import StillRow


class StillFiles:
    """The folder ``stills`` of the data folder.

    :param room: returns True if there is room for a still (edge/store/disk_space.py); by default
        always
    """

    def __init__(self, data: Path, room: Callable[[], bool] = lambda: True) -> None:
        self._data = data
        self._room = room

    def write(self, still: str, at: Stamp, jpeg: bytes) -> StillTaken:
        """Write *jpeg* durably; the file is either whole under its name or not there.

        :raises OSError: if it cannot be written, or the free space is reserved for records
        """
        if not self._room():
            raise OSError(errno.ENOSPC, "the disk is nearly full; what is left is for records")
        path = self._path(still, at)
        data_folder.make(path.parent)
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                file.write(jpeg)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            part.unlink(missing_ok=True)
            raise
        part.rename(path)
        data_folder.sync(path.parent)
        return StillTaken(at, still, hashlib.sha256(jpeg).hexdigest(), len(jpeg))

    def row(self, taken: StillTaken, pending: PendingStill) -> StillRow:
        """Return the outbox's row for the still *taken*."""
        properties: dict[str, Any] = {
            "visit": pending.visit,
            "step": pending.step,
            "time": taken.at.iso(),
        }
        return StillRow(
            id=taken.still,
            purpose=pending.purpose,
            path=str(self._path(taken.still, taken.at).relative_to(self._data)),
            sha256=taken.sha256,
            size=taken.size,
            properties=properties,
        )

    def _path(self, still: str, at: Stamp) -> Path:
        return self._data / "stills" / at.iso()[:10] / f"{still}.jpg"
