"""A contact with a minimum pulse length: shorter pulses are noise, short rests do not count.

Rules of this driver
--------------------
1. It is reported active once it has been active for ``minimum_s``, at rest once it has been at
   rest for ``hold_s``. The level found at opening is reported at once.
2. For a shorter pulse only *too_short* is called. A second pulse within ``hold_s`` is no longer
   chance but a relay that warbles: it is reported active from its beginning.
3. The length of a pulse is the time between its edges; the time of the callbacks does not matter.
"""

from collections.abc import Callable

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import Report, WiredContact
from edge.drivers.wired.countdown import Countdown


class TimedContact(WiredContact):
    """One such contact; all seconds are seconds of *clock*.

    :param report: called with each level that is reported
    :param too_short: called for each pulse shorter than *minimum_s*
    :param minimum_s: shortest pulse that is reported, seconds
    :param hold_s: shortest rest that is reported, seconds
    :param stuck_s: a contact reported active for longer than this is stuck, seconds; None: never
    """

    def __init__(
        self,
        config: Contact,
        channels: Channels,
        clock: Clock,
        report: Report,
        too_short: Callable[[], None],
        *,
        minimum_s: float,
        hold_s: float = 0.0,
        stuck_s: float | None = None,
    ) -> None:
        super().__init__(config, channels, clock, self._moved, stuck_s)
        self._report_level = report
        self._too_short = too_short
        self._minimum_s = minimum_s
        self._hold_s = hold_s
        self._reported = False
        self._reported_ns = 0
        self._warned = False
        self._countdown = Countdown(clock, self._lock, self._over)

    def close(self) -> None:
        """Release the pin; a pulse or rest that has not been reported is dropped."""
        super().close()
        with self._lock:
            self._countdown.stop()

    def _active_since(self) -> int | None:
        return self._reported_ns if self._reported else None

    def _moved(self, *, active: bool, initial: bool) -> None:
        if initial:
            self._countdown.stop()
            self._post_level(active=active, initial=True)
        elif active and self._reported:
            self._countdown.stop()
        elif active:
            warbles = self._warned and self._lasted_s <= self._hold_s
            self._after(0.0 if warbles else self._minimum_s)
        elif self._reported:
            self._after(self._hold_s)
        elif self._lasted_s >= self._minimum_s:  # the countdown is late
            self._post_level(active=True)
            self._after(self._hold_s)
        else:
            self._countdown.stop()
            self._warned = True
            self._too_short()

    def _after(self, seconds: float) -> None:
        self._countdown.stop()  # a late one must not end for a level that is over
        if seconds > 0:
            self._countdown.start(seconds)
        else:
            self._over()

    def _over(self) -> None:
        self._post_level(active=not self._reported)

    def _post_level(self, *, active: bool, initial: bool = False) -> None:
        self._report_level(active=active, initial=initial)
        self._reported, self._reported_ns, self._warned = active, self._clock.boot_ns(), False
