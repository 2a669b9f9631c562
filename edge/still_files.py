"""Stills on disk, by day. A file's name is the still's id: no name of a person, no number."""

import hashlib
import os
from pathlib import Path
from typing import Any

from edge.clock import Stamp
from edge.sop.events import StillTaken
from edge.sop.state import PendingStill
from edge.store import StillRow


class StillFiles:
    """The folder ``stills`` of the data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def write(self, still: str, at: Stamp, jpeg: bytes) -> StillTaken:
        """Write *jpeg* durably; it is either whole under its name or not there.

        :raises OSError: if it cannot be written
        """
        path = self._path(still, at)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            file.write(jpeg)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
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
