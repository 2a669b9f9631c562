"""Time, place and purpose: in a strip below the still's picture, and in its EXIF.

Rules this device keeps
-----------------------
1. Pixels are opened in a child process with a deadline and a memory ceiling, never in the daemon:
   a picture library costs as much memory as the daemon, and reads what comes from a network.
2. One still at a time, whichever camera it is of, in a child that ends afterwards.
3. Nothing of the picture is covered: the strip is added below it.
4. What it is made of are the site, the checkpoint, the purpose and the time; nothing of a person.
5. A clock that nobody vouches for is said to be one, in the strip and in EXIF.
6. Whatever goes wrong here, the still is kept: EXIF is written without opening the picture.
"""

import importlib.util
import json
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from edge import __version__
from edge.clock import Clock, Stamp
from edge.config.model import CheckpointSection
from edge.config.sections.cameras import WORDS, Stills
from edge.drivers.camera import jpeg
from edge.drivers.camera.base import Deadline, checked_jpeg
from edge.drivers.camera.child import Child
from edge.drivers.camera.exif import ROOM, exif
from edge.errors import DeviceUnavailable

# Real seconds for one still, the start of its child included: the slowest Pi needs two or three.
STAMP_S = 20.0

# Resident memory of the child, MiB: the library (40) and the picture of a 12-megapixel camera.
MEMORY_MB = 192

# Indonesia's time zones by their offset from UTC, hours.
_ZONES = {7: "WIB", 8: "WITA", 9: "WIT"}

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
)  # fmt: skip
_UNSURE = "JAM BELUM DIPASTIKAN"

# The work is this machine's own, also where the simulator's clock runs faster.
_MACHINE = Clock()


class Stamper:
    """What finishes a still before it is kept.

    :param name: what it is called in records
    :param command: what runs as the child; the real one if None
    """

    def __init__(
        self,
        name: str,
        config: Stills,
        checkpoint: CheckpointSection,
        command: Sequence[str] | None = None,
        stamp_s: float = STAMP_S,
        memory_mb: int = MEMORY_MB,
    ) -> None:
        self.name = name
        self._config = config
        self._checkpoint = checkpoint
        self._command = command or (sys.executable, "-m", "edge.drivers.camera.stamper_child")
        self._stamp_s = stamp_s
        self._memory_mb = memory_mb
        self._one = threading.Lock()

    def open(self) -> None:
        """See whether the picture library is there; it is not loaded.

        :raises DeviceUnavailable: if it is wanted and is not
        """
        if self._config.stamp and importlib.util.find_spec("PIL") is None:
            raise DeviceUnavailable(
                f"{self.name}: stills get no strip with time and place: Pillow is not installed "
                "(pip install 'gardu[stills]', or stamp = false)"
            )

    def close(self) -> None:
        """Nothing is held between stills."""

    def stamp(self, picture: bytes, purpose: str, at: Stamp) -> bytes:
        """Return *picture* with the strip (if the config wants one), within the size limit.

        Room for :meth:`describe` is left.

        :raises DeviceUnavailable: if that cannot be done, or not in time
        :raises DeviceFault: if what came of it is no JPEG
        """
        limit = self._config.limit_kib * 1024 - ROOM
        if not self._config.stamp and len(picture) <= limit:
            return picture
        lines = strip(self._checkpoint, self._word(purpose), at) if self._config.stamp else None
        order = json.dumps({"limit": limit, "strip": lines}).encode()
        request = len(order).to_bytes(4, "big") + order + picture
        with self._one:
            return checked_jpeg(self._ask(request), self.name)

    def describe(self, picture: bytes, still: str, purpose: str, at: Stamp) -> bytes:
        """Return *picture* with EXIF of ours for whatever EXIF it had; never fails."""
        place = f"site={self._checkpoint.site} checkpoint={self._checkpoint.id}"
        clock = "trusted" if at.synced else "not-trusted"
        block = exif(
            moment=local(at),
            description=f"{place} purpose={purpose} clock={clock}",
            unique_id=still.replace("-", ""),
            software=f"Gardu {__version__}",
        )
        try:
            return jpeg.with_exif(picture, block)
        except (jpeg.NotJpeg, jpeg.CutShort):  # not from a camera of ours; it is kept as it is
            return picture

    def _ask(self, request: bytes) -> bytes:
        deadline = Deadline(_MACHINE, self._stamp_s)
        child = Child(self.name, self._command, self._memory_mb)
        try:
            child.ready(deadline)
            return child.ask(request, deadline)
        finally:
            child.end()

    def _word(self, purpose: str) -> str:
        return self._config.words.get(purpose) or WORDS.get(purpose, purpose)


def strip(checkpoint: CheckpointSection, purpose: str, at: Stamp) -> dict[str, str]:
    """Return the words of the strip, by where they stand in it."""
    return {
        "time": indonesian(local(at)),
        "warning": "" if at.synced else _UNSURE,
        "purpose": purpose,
        "place": checkpoint.place or checkpoint.id,
        "checkpoint": f"{checkpoint.site} / {checkpoint.id}",
    }


def local(at: Stamp) -> datetime:
    """Return the wall time of *at* in the machine's own time zone."""
    return datetime.fromtimestamp(at.wall_ms / 1000, UTC).astimezone()


def indonesian(moment: datetime) -> str:
    """Return *moment* as people write it: ``Sabtu, 21 November 2026 10.51.37 WIB (UTC+07:00)``."""
    offset = moment.isoformat()[-6:]
    zone = _ZONES.get(int(offset[:3])) if offset.endswith(":00") else None
    named = f"{zone} (UTC{offset})" if zone else f"UTC{offset}"
    day = f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{day} {moment:%H.%M.%S} {named}"
