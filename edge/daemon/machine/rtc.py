"""The battery-backed clock (RTC), as the kernel shows it in sysfs.

Rules
-----
1. It counts whole seconds, so a reading is :data:`RESOLUTION_MS` off at most.
2. It proves the time only if its own error is known: while a time server confirms the machine's
   clock, the two are compared (:class:`Comparison`), and the comparison is stored. Later, also
   after a power cut, the RTC's time less its error then is the time, give or take its drift since.
3. An RTC that goes back (its battery is empty: it starts again in 1970 or 2000), or another one,
   proves nothing.

A Raspberry Pi 5 has an RTC whether a battery is connected or not, and reports the battery's
voltage; other drivers refuse to be read after the battery was empty.
"""

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from edge.clock_trust import Confirmation
from edge.daemon.machine.sysfs import SYS, number, text

RESOLUTION_MS = 500
"""Error of one reading: the moment is taken as the middle of the second that the RTC shows."""

# A Pi 5's battery is a lithium cell of 3 V; without one the firmware measures some millivolts.
_EMPTY_MV = 2000
_MISSING_MV = 100

# An RTC that differs by more proves nothing useful, ms.
_MOST_MS = 3_600_000


class Rtc(NamedTuple):
    """One reading.

    :ivar name: its driver and bus address
    :ivar time_ms: the time that it shows, ms since 1970 UTC; None if it cannot be read
    :ivar battery_mv: its battery's voltage, millivolts; None where the driver does not report it
    """

    name: str
    time_ms: int | None
    battery_mv: int | None

    def ahead_s(self, wall_ms: int) -> float | None:
        """Return how far it is ahead of *wall_ms*, the machine's clock; None if it is unread."""
        return None if self.time_ms is None else round((self.time_ms - wall_ms) / 1e3, 1)

    @property
    def battery(self) -> Literal["good", "empty", "missing"] | None:
        """The state of its battery; None if that is unknown."""
        if self.battery_mv is None:
            return None
        if self.battery_mv < _MISSING_MV:
            return "missing"
        return "empty" if self.battery_mv < _EMPTY_MV else "good"


class Comparison(msgspec.Struct, frozen=True):
    """A comparison of the RTC *name* with the machine's clock, while that was confirmed.

    :ivar rtc_ms: the time that the RTC showed, ms since 1970 UTC
    :ivar wall_ms: the time by the machine's clock, likewise
    :ivar error_ms: the error of the machine's clock then, at most
    """

    name: str
    rtc_ms: int
    wall_ms: int
    error_ms: int


def read_rtc(sys: Path = SYS) -> Rtc | None:
    """Return a reading of the first RTC; None if there is none."""
    folder = sys / "class/rtc/rtc0"
    name = text(folder / "name")
    if name is None:
        return None
    seconds = number(folder / "since_epoch")
    microvolts = number(folder / "battery_voltage")
    return Rtc(
        name,
        None if seconds is None else seconds * 1000 + RESOLUTION_MS,
        None if microvolts is None else microvolts // 1000,
    )


def proof(
    rtc: Rtc | None, before: Comparison | None, now: Confirmation, drift_ppm: int
) -> Confirmation | None:
    """Return *now* with the error that the RTC proves; None if it proves nothing.

    :param before: the last comparison
    :param now: boot, boot time and wall clock at the moment of the reading
    :param drift_ppm: the RTC's drift, at most
    """
    if rtc is None or before is None or rtc.time_ms is None or rtc.name != before.name:
        return None
    since_ms = rtc.time_ms - before.rtc_ms
    if since_ms < 0:
        return None
    difference_ms = abs(now.wall_ms - (before.wall_ms + since_ms))
    error_ms = before.error_ms + 2 * RESOLUTION_MS + since_ms * drift_ppm // 10**6
    if difference_ms + error_ms > _MOST_MS:
        return None
    return msgspec.structs.replace(now, error_ms=difference_ms + error_ms)
