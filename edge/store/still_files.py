"""Stills on disk, by day. A file's name is the still's id: no name of a person, no number."""

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

    :param room: says whether there is room for a still (edge/store/disk_space.py); by default there
        is
    """

    def __init__(self, data: Path, room: Callable[[], bool] = lambda: True) -> None:
        self._data = data
        self._room = room

    def write(self, still: str, at: Stamp, jpeg: bytes) -> StillTaken:
        """Write *jpeg* durably; it is either whole under its name or not there.

        :raises OSError: if it cannot be written, or the room that is left is for records
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
        """Return what the outbox keeps of the still *taken*."""
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
