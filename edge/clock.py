"""The one clock. Nothing else in Gardu reads time.

- Durations come from ``CLOCK_BOOTTIME``: it never jumps and counts suspended time.
- Wall time is only for people and records; ``synced`` says whether the kernel trusts it.
- The simulator scales time: ``GARDU_CLOCK=speed,boot_ns,wall_ns`` makes every process that has
  it run *speed* times as fast from one common origin.
"""

import asyncio
import ctypes
import os
import time
from datetime import UTC, datetime

import msgspec

ENVIRONMENT = "GARDU_CLOCK"

# adjtimex(2): the return value TIME_ERROR means that the clock is not synchronised.
_TIME_ERROR = 5
# Larger than struct timex on every architecture (208 bytes on 64-bit).
_TIMEX_SIZE = 512


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """One moment, as this device knew it.

    :ivar boot_ns: nanoseconds of ``CLOCK_BOOTTIME``; compare only within one ``boot``
    :ivar wall_ms: milliseconds since 1970 UTC by the wall clock
    :ivar synced: whether the kernel said that the wall clock is synchronised
    :ivar boot: which boot of the machine ``boot_ns`` counts from
    """

    boot_ns: int
    wall_ms: int
    synced: bool = False
    boot: str = ""

    def seconds_since(self, earlier: "Stamp") -> float:
        """Seconds from *earlier* to this moment, never negative.

        Within one boot this is exact; across a reboot only the wall clock can say.
        """
        if self.boot == earlier.boot:
            return max(0.0, (self.boot_ns - earlier.boot_ns) / 1e9)
        return max(0.0, (self.wall_ms - earlier.wall_ms) / 1e3)

    def iso(self) -> str:
        """The wall time as RFC 3339 UTC with milliseconds, the form used in every record."""
        return iso(self.wall_ms)


def iso(wall_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 UTC, for example ``2026-11-21T03:51:37.412Z``."""
    moment = datetime.fromtimestamp(wall_ms / 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{wall_ms % 1000:03d}Z"


class Clock:
    """Boot time, wall time and sleeping, at *speed* times the speed of the world (1 on a Pi)."""

    def __init__(self, speed: float = 1.0, boot_ns: int = 0, wall_ns: int = 0) -> None:
        self.speed = speed
        self._boot_origin = boot_ns
        self._wall_origin = wall_ns
        self._boot = _boot_id()

    @classmethod
    def from_environment(cls) -> "Clock":
        """Return the clock that ``GARDU_CLOCK`` names, or the real one.

        :raises ValueError: if the variable is not ``speed,boot_ns,wall_ns``
        """
        value = os.environ.get(ENVIRONMENT)
        if not value:
            return cls()
        speed, boot_ns, wall_ns = value.split(",")
        return cls(float(speed), int(boot_ns), int(wall_ns))

    @classmethod
    def scaled(cls, speed: float) -> "Clock":
        """Return a clock that starts now and runs *speed* times as fast."""
        return cls(speed, time.clock_gettime_ns(time.CLOCK_BOOTTIME), time.time_ns())

    def to_environment(self) -> str:
        """Return the value of ``GARDU_CLOCK`` that makes another process share this clock."""
        return f"{self.speed},{self._boot_origin},{self._wall_origin}"

    def boot_ns(self) -> int:
        """Nanoseconds since boot, suspended time included."""
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if self.speed == 1.0:
            return now
        return self._boot_origin + int((now - self._boot_origin) * self.speed)

    def wall_ms(self) -> int:
        """Milliseconds since 1970 UTC by the wall clock."""
        if self.speed == 1.0:
            return time.time_ns() // 1_000_000
        return (self._wall_origin + self.boot_ns() - self._boot_origin) // 1_000_000

    def now(self) -> Stamp:
        """Return the present moment."""
        return Stamp(self.boot_ns(), self.wall_ms(), synchronised(), self._boot)

    def real(self, seconds: float) -> float:
        """Seconds of the world's time for *seconds* of this clock: what libraries must be given."""
        return seconds / self.speed

    def sleep(self, seconds: float) -> None:
        """Block this thread for *seconds* of this clock."""
        time.sleep(self.real(seconds))

    async def pause(self, seconds: float) -> None:
        """Wait for *seconds* of this clock without blocking the loop."""
        await asyncio.sleep(self.real(seconds))


_libc = ctypes.CDLL(None, use_errno=True)


def synchronised() -> bool:
    """Whether the kernel holds the wall clock for synchronised (adjtimex, read only)."""
    return bool(_libc.adjtimex(ctypes.create_string_buffer(_TIMEX_SIZE)) != _TIME_ERROR)


def _boot_id() -> str:
    """Return eight digits that differ for every boot of the machine."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123
            return file.read(8)
    except OSError:
        return ""
