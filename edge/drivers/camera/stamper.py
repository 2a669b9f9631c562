"""Stamps stills with time, place and purpose: in a strip below the picture, and in EXIF.

Rules of this device
--------------------
1. Pixels are decoded in a child process with a deadline and a memory limit, never in the daemon:
   a picture library needs as much memory as the daemon, and decodes data from a network.
2. One still at a time, of any camera, in a child that ends afterwards.
3. No part of the picture is covered: the strip is added below it.
4. Strip and EXIF hold the site, the checkpoint, the purpose and the time of the office's clock, and
   no data of a person.
5. A clock that is not trusted is marked as such, in the strip and in EXIF.
6. An error here never loses the still: EXIF is written without decoding the picture.
"""

import importlib.util
import json
import sys
import threading
from collections.abc import Sequence
from datetime import datetime

from edge import __version__
from edge.clock import Clock, Stamp
from edge.config.model import CheckpointSection
from edge.config.office_time import office_time
from edge.config.sections.cameras import WORDS, Stills
from edge.drivers.camera import jpeg
from edge.drivers.camera.base import Deadline, checked_jpeg
from edge.drivers.camera.child import Child
from edge.drivers.camera.exif import ROOM, exif, orientation_of
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

# The work needs real time, also where the simulator's clock runs faster.
_MACHINE = Clock()


class Stamper:
    """Finishes a still before it is stored.

    :param name: the device's name in records
    :param command: the child's command; None: the real one
    :param stamp_s: the longest time for one still, real seconds
    :param memory_mb: resident memory above which the child is killed, MiB
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
        self._zone = checkpoint.zone
        self._one = threading.Lock()

    def open(self) -> None:
        """Check that the picture library is installed; it is not loaded.

        :raises DeviceUnavailable: if the config needs it and it is not installed
        """
        if self._config.stamp and importlib.util.find_spec("PIL") is None:
            raise DeviceUnavailable(
                f"{self.name}: stills get no strip with time and place: Pillow is not installed",
                "Install it: pip install 'gardu[stills]'; or set stamp = false in [stills].",
            )

    def close(self) -> None:
        """No child is held between stills."""

    def stamp(self, picture: bytes, purpose: str, at: Stamp) -> bytes:
        """Return *picture* with the strip (if the config wants one), within the size limit.

        Room for the EXIF of :meth:`describe` is left.

        :raises DeviceUnavailable: if the child fails or is late
        :raises DeviceFault: if the child's answer is no JPEG
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
        """Return *picture* with Gardu's EXIF in place of any EXIF it had; never fails.

        The camera's orientation is kept, so that a picture that was not redrawn is shown upright.
        """
        place = f"site={self._checkpoint.site} checkpoint={self._checkpoint.id}"
        clock = "trusted" if at.synced else "not-trusted"
        try:
            turned = orientation_of(jpeg.exif_of(picture))
        except (jpeg.NotJpeg, jpeg.CutShort):  # not from one of our cameras; it stays as it is
            return picture
        block = exif(
            moment=office_time(at.wall_ms, self._zone),
            description=f"{place} purpose={purpose} clock={clock}",
            unique_id=still.replace("-", ""),
            software=f"Gardu {__version__}",
            orientation=turned,
        )
        return jpeg.with_exif(picture, block)

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
    """Return the texts of the strip by their place in it."""
    return {
        "time": indonesian(office_time(at.wall_ms, checkpoint.zone)),
        "warning": "" if at.synced else _UNSURE,
        "purpose": purpose,
        "place": checkpoint.place or checkpoint.id,
        "checkpoint": f"{checkpoint.site} / {checkpoint.id}",
    }


def indonesian(moment: datetime) -> str:
    """Return *moment* in Indonesian: ``Sabtu, 21 November 2026 10.51.37 WIB (UTC+07:00)``."""
    offset = moment.isoformat()[-6:]
    zone = _ZONES.get(int(offset[:3])) if offset.endswith(":00") else None
    named = f"{zone} (UTC{offset})" if zone else f"UTC{offset}"
    day = f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{day} {moment:%H.%M.%S} {named}"
