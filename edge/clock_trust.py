"""Trust in the wall clock: a bound of its error, which grows until the clock is confirmed again.

Rules
-----
1. A *confirmation* is a moment at which a time server has set the clock (the kernel's error bound
   of adjtimex(2) is small again), or a battery-backed clock has shown that it is right.
2. From then on the error may grow by the drift of the clock's crystal, :data:`DRIFT_PPM`. The
   kernel assumes 500 ppm, and calls the clock unsynchronised when its bound passes 16 s: about nine
   hours after the last contact with a time server. Such a clock is off by some seconds at most.
3. The bound never becomes smaller without a confirmation (but a small step that is taken back takes
   its error with it).
4. Wall clock and boot time run at the same rate, because the kernel corrects both; only a step sets
   them apart. A step without a confirmation (the date was set by hand) counts as error; one of
   more than :data:`STEP_MS` ends the trust.
5. A confirmation holds within its boot. Across a reboot only a battery-backed clock can prove the
   time (edge/daemon/machine/clock_file.py): the time that systemd or fake-hwclock saves is no
   proof.
"""

import ctypes
from collections import deque
from collections.abc import Callable

import msgspec

DRIFT_PPM = 100
"""Drift of the clock without a time server, at most, parts per million: 8.6 s a day.

Crystals of such boards are within 20 to 50 ppm, temperature and age included; and the kernel goes
on with the correction of the rate that the time server has taught it. 100 is twice that. (A
Raspberry Pi 5 with 35 s a day has been reported, DietPi #7762: for such a machine it is a
setting.)"""

CONFIRMED_MS = 500
"""Error of a clock that was confirmed just now, at most, ms.

systemd-timesyncd slews differences below 0.4 s and steps larger ones (NTP_MAX_ADJUST in its
source), but sets the kernel's bound to 0 at once; the rest is for the way through the network."""

STEP_MS = 1000
"""A larger step without a confirmation ends the trust, ms."""

# adjtimex(2): the return value TIME_ERROR means that the clock is not synchronised.
_TIME_ERROR = 5
# A smaller step is none, ms: the two clocks are not read at the same moment.
_JITTER_MS = 10
# A confirmation must improve the bound by more, ms: rounding does not.
_BETTER_MS = 1
# Two readings of boot time so close together have the wall clock's reading between them, ns.
_CLOSE_NS = 100_000_000
_TRIES = 5
# Corrections that wait to be reported, at most.
_MOST_WAITING = 20


class _Timex(ctypes.Structure):
    """The beginning of ``struct timex`` as the C library's ``adjtimex`` has it.

    On 32-bit machines its fields are ``long`` too: the symbol ``adjtimex`` has stayed the one for
    32-bit time in glibc, and musl's structure differs only behind ``tolerance``.
    """

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        # Larger than the rest on every architecture (the whole has 208 bytes on 64-bit machines).
        ("rest", ctypes.c_char * 448),
    )


# PyDLL: the call takes a microsecond, so it keeps the interpreter's lock; then threads can share
# one structure.
_libc = ctypes.PyDLL(None)
_timex = _Timex()
_timex_pointer = ctypes.byref(_timex)


def kernel_error_us() -> int | None:
    """Return the kernel's bound of the wall clock's error, microseconds (adjtimex, read only).

    None if the clock is not synchronised, or if the call is forbidden.
    """
    _timex.modes = 0
    state = _libc.adjtimex(_timex_pointer)
    return _timex.maxerror if 0 <= state < _TIME_ERROR else None


class Confirmation(msgspec.Struct, frozen=True):
    """A moment at which the wall clock was confirmed.

    :ivar boot: the id of the boot that ``boot_ns`` counts from
    :ivar boot_ns: nanoseconds of boot time
    :ivar wall_ms: milliseconds since 1970 UTC by the wall clock
    :ivar error_ms: the wall clock's error at that moment, at most
    """

    boot: str
    boot_ns: int
    wall_ms: int
    error_ms: int

    def jump_ms(self, boot_ns: int, wall_ms: int) -> int:
        """Return by how much the wall clock was stepped from then to the given moment."""
        jump_ms = wall_ms - self.wall_ms - (boot_ns - self.boot_ns) // 1_000_000
        return jump_ms if abs(jump_ms) > _JITTER_MS else 0


class Correction(msgspec.Struct, frozen=True):
    """A step of a clock that was trusted.

    :ivar by_ms: its size; positive if the clock was slow
    :ivar bound_ms: the bound of the clock's error before it
    :ivar confirmed: True if a time server made it; False if it ended the trust
    """

    by_ms: int
    bound_ms: int
    confirmed: bool


Clocks = Callable[[], tuple[int, int]]
"""Returns boot time (ns) and wall clock (ms), read one after the other."""


class Trust:
    """The bound of one wall clock's error. Any thread may call.

    :param clocks: reads the clocks again, to make sure of a step
    :ivar boot: the id of this boot
    :ivar drift_ppm: growth of the bound, parts per million
    :ivar confirmed: the last confirmation in this boot, None if there is none
    :ivar corrections: steps that were not reported yet, the oldest first
    """

    def __init__(self, boot: str, clocks: Clocks, drift_ppm: int = DRIFT_PPM) -> None:
        self.boot = boot
        self.drift_ppm = drift_ppm
        self.confirmed: Confirmation | None = None
        self.corrections: deque[Correction] = deque(maxlen=_MOST_WAITING)
        self._clocks = clocks

    def error_ms(self, boot_ns: int, wall_ms: int, kernel_us: int | None) -> int | None:
        """Return the bound of the clock's error at a moment, ms; None if it is unknown.

        :param boot_ns: boot time of the moment
        :param wall_ms: the wall clock then
        :param kernel_us: the kernel's own bound, None if it does not trust the clock
        """
        last = self.confirmed
        jump_ms = bound_ms = 0
        if last is not None:
            jump_ms = last.jump_ms(boot_ns, wall_ms)
            if not -STEP_MS <= jump_ms <= STEP_MS:
                jump_ms = self._sure_jump_ms(last)
            bound_ms = self._grown_ms(last, boot_ns)
        if kernel_us is not None:
            fresh_ms = CONFIRMED_MS + kernel_us // 1000
            if last is None or fresh_ms < bound_ms + abs(jump_ms) - _BETTER_MS:
                self.confirmed = Confirmation(self.boot, boot_ns, wall_ms, fresh_ms)
                if abs(jump_ms) > bound_ms or abs(jump_ms) > STEP_MS:
                    self.corrections.append(Correction(jump_ms, bound_ms, confirmed=True))
                return fresh_ms
        elif abs(jump_ms) > STEP_MS:
            self.confirmed = None
            self.corrections.append(Correction(jump_ms, bound_ms, confirmed=False))
            return None
        return None if last is None else bound_ms + abs(jump_ms)

    def offer(self, confirmation: Confirmation) -> bool:
        """Use *confirmation* if it gives a smaller bound than the last one; return True if so."""
        last = self.confirmed
        if confirmation.boot != self.boot:
            return False
        if last is not None:
            jump_ms = last.jump_ms(confirmation.boot_ns, confirmation.wall_ms)
            bound_ms = self._grown_ms(last, confirmation.boot_ns) + abs(jump_ms)
            if confirmation.error_ms >= bound_ms - _BETTER_MS:
                return False
        self.confirmed = confirmation
        return True

    def _grown_ms(self, last: Confirmation, boot_ns: int) -> int:
        grown = max(0, boot_ns - last.boot_ns) * self.drift_ppm // 10**12
        return last.error_ms + grown

    def _sure_jump_ms(self, last: Confirmation) -> int:
        """Return the step since *last*; 0 if the clocks cannot be read close together now.

        A thread may be stopped for long between its readings of the two clocks.
        """
        for _ in range(_TRIES):
            boot_ns, wall_ms = self._clocks()
            if self._clocks()[0] - boot_ns < _CLOSE_NS:
                return last.jump_ms(boot_ns, wall_ms)
        return 0
