"""Clock file: keeps the clock's last confirmation over a restart, and over a reboot with an RTC.

``clock.json`` in the data folder. Rules
-----
1. A daemon that starts again in the same boot goes on with the last confirmation: boot time shows
   if the wall clock was stepped meanwhile.
2. In another boot the confirmation is void, unless the battery-backed clock (RTC) proves the time
   (edge/daemon/machine/rtc.py). If it does not, the file is deleted: from then on the RTC may have
   been set from a clock that was not confirmed.
3. While no time server confirms the clock, the RTC may do it: a good one drifts less.
4. The file is written at most every :data:`WRITE_S`, to spare the card, and at the end of a run. An
   older confirmation gives a larger error, never a smaller one.
"""

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.clock import Clock
from edge.clock_trust import Confirmation, Correction
from edge.daemon import small_file
from edge.daemon.machine.rtc import Comparison, Rtc, proof, read_rtc

log = logging.getLogger(__name__)

FILE = "clock.json"

WRITE_S = 600.0
"""Shortest time between two writes of the file, seconds."""

# The RTC is compared with a clock that was confirmed so lately, ms of error.
_SURE_MS = 1000


class Kept(msgspec.Struct, frozen=True):
    """The content of the file."""

    confirmed: Confirmation
    rtc: Comparison | None = None


def read_file(folder: Path) -> Kept | None:
    """Return the content of the file in *folder*, None if there is none that can be read."""
    try:
        return small_file.read(folder / FILE, Kept)
    except (OSError, msgspec.MsgspecError) as error:
        log.warning("%s cannot be read (%s): the clock must be confirmed again", FILE, error)
        return None


class ClockFile:
    """Keeps the trust in *clock*. Its methods block on the disk; one thread at a time.

    :param folder: the data folder
    :param rtc_drift_ppm: the RTC's drift, at most
    :param read: reads the RTC
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        rtc_drift_ppm: int,
        read: Callable[[], Rtc | None] = read_rtc,
    ) -> None:
        self._path = folder / FILE
        self._folder = folder
        self._clock = clock
        self._rtc_drift_ppm = rtc_drift_ppm
        self._read = read
        self._compared: Comparison | None = None
        self._written: Kept | None = None
        self._written_ns = 0
        # A simulation's time is not the machine's: neither file nor RTC proves anything there.
        self._real = clock.speed == 1.0

    def restore(self) -> None:
        """Go on with the confirmation of the last run, if it still holds. Writes no file."""
        kept = read_file(self._folder) if self._real else None
        if kept is None:
            return
        self._written, self._compared = kept, kept.rtc
        trust = self._clock.trust
        if trust.offer(kept.confirmed):
            self._written_ns = kept.confirmed.boot_ns
            return
        self._ask_rtc()
        if kept.confirmed.boot != trust.boot and trust.confirmed is None:
            log.warning("no time server and no battery-backed clock has confirmed the clock yet")

    def check(self) -> Rtc | None:
        """Compare the clock with the RTC, store the confirmation; return the RTC's reading."""
        rtc = self._ask_rtc()
        for correction in self._corrections():
            _report(correction)
        self.save(at_least_s=WRITE_S)
        return rtc

    def save(self, at_least_s: float = 0.0) -> None:
        """Store the last confirmation, unless it was stored *at_least_s* ago or later.

        Errors are logged: they must not stop the lobby.
        """
        confirmed = self._clock.trust.confirmed
        kept = None if confirmed is None else Kept(confirmed, self._compared)
        boot_ns = self._clock.boot_ns()
        soon = boot_ns - self._written_ns < at_least_s * 1e9
        same_boot = _boot(kept) == _boot(self._written)
        if kept == self._written or (soon and same_boot) or not self._real:
            return
        try:
            if kept is None:
                self._path.unlink(missing_ok=True)
            else:
                small_file.write(self._path, kept)
        except OSError as error:
            log.warning("%s cannot be written (%s): a restart may end the trust", self._path, error)
        self._written, self._written_ns = kept, boot_ns

    def _ask_rtc(self) -> Rtc | None:
        self._clock.now()  # notes a confirmation by the kernel
        rtc = self._read() if self._real else None
        if rtc is not None:
            self._compare(rtc)
        return rtc

    def _compare(self, rtc: Rtc) -> None:
        clock, trust = self._clock, self._clock.trust
        kernel_us = clock.kernel_error_us()
        boot_ns, wall_ms = clock.boot_ns(), clock.wall_ms()
        error_ms = trust.error_ms(boot_ns, wall_ms, kernel_us)
        if kernel_us is not None and error_ms is not None and error_ms < _SURE_MS:
            if rtc.time_ms is not None:
                self._compared = Comparison(rtc.name, rtc.time_ms, wall_ms, error_ms)
            return
        now = Confirmation(trust.boot, boot_ns, wall_ms, 0)
        proved = proof(rtc, self._compared, now, self._rtc_drift_ppm)
        if proved is not None and trust.offer(proved):
            log.info("the RTC shows that the clock is off by %.1f s at most", proved.error_ms / 1e3)

    def _corrections(self) -> list[Correction]:
        waiting = self._clock.trust.corrections
        return [waiting.popleft() for _ in range(len(waiting))]


def _boot(kept: Kept | None) -> str | None:
    return None if kept is None else kept.confirmed.boot


def _report(correction: Correction) -> None:
    """Log a step of a clock that was trusted."""
    by_s, bound_s = correction.by_ms / 1e3, correction.bound_ms / 1e3
    if not correction.confirmed:
        log.warning(
            "the clock was set by %+.1f s, and no time server confirms that: it is not trusted "
            "until one does",
            by_s,
        )
    elif abs(by_s) > bound_s:
        log.error(
            "a time server corrected the clock by %+.1f s, more than its bound of %.1f s: times "
            "since its last confirmation may be wrong by that. If it was not set by hand, raise "
            "clock.drift_ppm",
            by_s,
            bound_s,
        )
    else:
        log.info("a time server corrected the clock by %+.1f s (bound: %.1f s)", by_s, bound_s)
