"""Stills on disk, by day. A file is named by the still's id, never by a person or ID number.

With an office key the file is a box (edge/sealing): it is sealed in memory, and its name ends with
``.jpg.sealed``. Digest and size are those of the file, sealed or not.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.clock import Stamp
from edge.config.office_key import OfficeKey
from edge.sealing.boxes import SUFFIX, seal
from edge.sop.events import StillTaken
from edge.sop.state import PendingStill
from edge.store import data_folder
from edge.store.store import StillRow


class StillFiles:
    """The folder ``stills`` of the data folder.

    :param room: returns True if there is room for a still (edge/store/disk_space.py); by default
        always
    :param key: the office's key; None: stills are stored as they are
    """

    def __init__(
        self,
        data: Path,
        room: Callable[[], bool] = lambda: True,
        key: OfficeKey | None = None,
    ) -> None:
        self._data = data
        self._room = room
        self._key = key

    def write(self, still: str, at: Stamp, jpeg: bytes) -> StillTaken:
        """Write *jpeg* durably; the file is either whole under its name or not there.

        :raises OSError: if it cannot be written, or the free space is reserved for records
        """
        if not self._room():
            raise OSError(errno.ENOSPC, "the disk is nearly full; what is left is for records")
        content = jpeg if self._key is None else seal(self._key, jpeg)
        path = self._path(still, at)
        data_folder.make(path.parent)
        part = path.with_name(f"{still}.part")
        try:
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            part.unlink(missing_ok=True)
            raise
        part.rename(path)
        data_folder.sync(path.parent)
        return StillTaken(at, still, hashlib.sha256(content).hexdigest(), len(content))

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
        return self._data / "stills" / at.iso()[:10] / f"{still}.jpg{SUFFIX if self._key else ''}"
