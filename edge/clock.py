"""Gardu's only clock: no other module reads the time.

- Durations come from ``CLOCK_BOOTTIME``: it never jumps and counts suspended time.
- Wall time is only for people and records; ``synced`` is True while it is trusted: its error is
  known, and small enough (edge/clock_trust.py).
- Boot time starts from 0 at every boot. A duration across a reboot needs two trusted wall clocks;
  without them :class:`Span` gives the shortest possible duration and marks it as such.
- The simulator scales time: ``GARDU_CLOCK=speed,boot_ns,wall_ns`` makes every process that has
  it run *speed* times as fast from one common origin. Or it keeps its own time:
  ``GARDU_CLOCK=own-time,boot_ns,wall_ns,folder`` (edge/own_time.py).
"""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from edge import waits
from edge.clock_trust import CONFIRMED_MS, Trust, kernel_error_us

ENVIRONMENT = waits.ENVIRONMENT

TRUSTED_ERROR_S = 60.0
"""A clock with a larger error is not trusted, unless the config has another limit, seconds."""


class Span(msgspec.Struct, frozen=True):
    """A duration and its uncertainty.

    :ivar seconds: never negative
    :ivar uncertainty_s: the error of *seconds*, at most: 0 within one boot; across a reboot the
        sum of the clock's errors at both ends, if it was trusted at both; None if unknown:
        *seconds* is then the shortest possible duration
    """

    seconds: float
    uncertainty_s: float | None


class Stamp(msgspec.Struct, frozen=True, array_like=True):
    """One moment, as this device knew it.

    :ivar boot_ns: nanoseconds of ``CLOCK_BOOTTIME``; compare only within one ``boot``
    :ivar wall_ms: milliseconds since 1970 UTC by the wall clock
    :ivar synced: True if the wall clock was trusted
    :ivar boot: the id of the boot that ``boot_ns`` counts from
    :ivar error_ms: the wall clock's error, at most; None if it is unknown, or was stored by an
        older version
    """

    boot_ns: int
    wall_ms: int
    synced: bool = False
    boot: str = ""
    error_ms: int | None = None

    def since(self, earlier: "Stamp") -> Span:
        """Return the duration from *earlier* to this moment.

        A moment before this boot is at least as old as the boot. If two trusted wall clocks give
        less than that, they contradict it: the uncertainty is then None.
        """
        if self.boot == earlier.boot:
            return Span(max(0.0, (self.boot_ns - earlier.boot_ns) / 1e9), 0.0)
        least = max(0.0, self.boot_ns / 1e9)
        by_wall = (self.wall_ms - earlier.wall_ms) / 1e3
        uncertainty = self.error_s + earlier.error_s
        if self.synced and earlier.synced and by_wall >= least - uncertainty:
            return Span(max(0.0, by_wall), uncertainty)
        return Span(least, None)

    @property
    def error_s(self) -> float:
        """The wall clock's error, at most, seconds; only if it is trusted."""
        return (CONFIRMED_MS if self.error_ms is None else self.error_ms) / 1e3

    def seconds_since(self, earlier: "Stamp") -> float:
        """Seconds from *earlier* to this moment, never negative; see :meth:`since`."""
        return self.since(earlier).seconds

    def dating(self, earlier: "Stamp") -> int:
        """Return the wall time of *earlier* (ms) as it is known now.

        It is corrected only if the clock was not trusted at *earlier* and is trusted now: then it
        is this moment's wall time less the time that has passed since *earlier*.
        """
        if earlier.synced or not self.synced:
            return earlier.wall_ms
        return self.wall_ms - round(self.since(earlier).seconds * 1e3)

    def iso(self) -> str:
        """The wall time as RFC 3339 UTC with milliseconds, the form used in every record."""
        return iso(self.wall_ms)


def iso(wall_ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 UTC, for example ``2026-11-21T03:51:37.412Z``."""
    seconds, milliseconds = divmod(wall_ms, 1000)
    return f"{_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=16)  # the times of one record are mostly of one second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()


class Clock:
    """Boot time, wall time and sleeping, at *speed* times real time (1 on a Pi).

    :param own_now: returns the present moment (boot ns) of a simulation with its own time, which
        has no speed: a second of the clock is a second of every wait
    :ivar trust: the bound of the wall clock's error
    """

    def __init__(
        self,
        speed: float = 1.0,
        boot_ns: int = 0,
        wall_ns: int = 0,
        own_now: Callable[[], int] | None = None,
    ) -> None:
        self.speed = speed
        self._own_now = own_now
        self._boot_origin = boot_ns
        self._wall_origin = wall_ns
        self._boot = _boot_id()
        self._trusted_ms = round(TRUSTED_ERROR_S * 1e3)
        self.trust = Trust(self._boot, lambda: (self.boot_ns(), self.wall_ms()))

    @classmethod
    def from_environment(cls) -> "Clock":
        """Return the clock that ``GARDU_CLOCK`` names, or the real one.

        :raises ValueError: if the variable has neither of its two forms
        """
        value = os.environ.get(ENVIRONMENT)
        if not value:
            return cls()
        speed, boot_ns, wall_ns, *_ = value.split(",")
        own = waits.own_time()
        if own is not None:
            return cls(1.0, int(boot_ns), int(wall_ns), own.now)
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
        if self._own_now is not None:
            return self._own_now()
        now = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        if self.speed == 1.0:
            return now
        return self._boot_origin + int((now - self._boot_origin) * self.speed)

    def wall_ms(self) -> int:
        """Milliseconds since 1970 UTC by the wall clock."""
        if self.speed == 1.0 and self._own_now is None:
            return time.time_ns() // 1_000_000
        return (self._wall_origin + self.boot_ns() - self._boot_origin) // 1_000_000

    @property
    def own(self) -> bool:
        """True in a simulation with its own time."""
        return self._own_now is not None

    def kernel_error_us(self) -> int | None:
        """Return the kernel's bound of the wall clock's error, microseconds; None if unknown."""
        return kernel_error_us()

    def now(self) -> Stamp:
        """Return the present moment."""
        boot_ns, wall_ms = self.boot_ns(), self.wall_ms()
        error_ms = self.trust.error_ms(boot_ns, wall_ms, self.kernel_error_us())
        trusted = error_ms is not None and error_ms <= self._trusted_ms
        return Stamp(boot_ns, wall_ms, trusted, self._boot, error_ms)

    def set_limits(self, *, trusted_error_s: float, drift_ppm: int) -> None:
        """Trust the wall clock up to an error of *trusted_error_s*, which grows by *drift_ppm*."""
        self._trusted_ms = round(trusted_error_s * 1e3)
        self.trust.drift_ppm = drift_ppm

    def real(self, seconds: float) -> float:
        """Convert *seconds* of this clock to real seconds, which waits need."""
        return seconds / self.speed

    def sleep(self, seconds: float) -> None:
        """Block this thread for *seconds* of this clock."""
        waits.sleep(self.real(seconds))

    def timer(self, seconds: float, call: Callable[[threading.Timer], None]) -> threading.Timer:
        """Return a started timer that calls *call* with itself after *seconds* of this clock.

        :raises RuntimeError: if no thread can be started
        """
        timer = waits.timer(self.real(seconds), lambda: call(timer))
        timer.start()
        return timer

    async def pause(self, seconds: float) -> None:
        """Wait for *seconds* of this clock without blocking the loop."""
        await asyncio.sleep(self.real(seconds))


def _boot_id() -> str:
    """Return eight digits that differ for every boot of the machine."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123
            return file.read(8)
    except OSError:
        return ""
