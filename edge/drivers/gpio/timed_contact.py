"""A contact whose pulses have a length to keep: shorter ones are noise, short rests do not count.

Rules this driver keeps
-----------------------
1. It is reported active once it has been active for ``minimum_s``, at rest once it has been at
   rest for ``hold_s``. The level found at opening is reported at once.
2. A shorter pulse is told to *too_short* and to nobody else. A second one within ``hold_s`` is
   no chance any more but a relay that warbles: it is reported active from there on.
3. How long a pulse was is said by the moments of its edges, not by when somebody looked.
"""

from collections.abc import Callable

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.gpio.contacts import GpioContact, Report
from edge.drivers.gpio.countdown import Countdown


class TimedContact(GpioContact):
    """One such contact; all seconds are seconds of *clock*.

    :param stuck_s: reported active for longer than this it is stuck; None: never
    """

    def __init__(
        self,
        config: Contact,
        factory: Factory,
        clock: Clock,
        report: Report,
        too_short: Callable[[], None],
        *,
        minimum_s: float,
        hold_s: float = 0.0,
        stuck_s: float | None = None,
    ) -> None:
        super().__init__(config, factory, clock, self._moved, stuck_s)
        self._report_level = report
        self._too_short = too_short
        self._minimum_s = minimum_s
        self._hold_s = hold_s
        self._reported = False
        self._reported_ns = 0
        self._warned = False
        self._countdown = Countdown(clock, self._lock, self._over)

    def close(self) -> None:
        """Let go of the pin; a pulse or rest that has not been reported will not be."""
        super().close()
        with self._lock:
            self._countdown.stop()

    def _active_since(self) -> int | None:
        return self._reported_ns if self._reported else None

    def _moved(self, *, active: bool, initial: bool) -> None:
        if initial:
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
        self._countdown.stop()  # one that is late must not end after all that it stood for
        if seconds > 0:
            self._countdown.start(seconds)
        else:
            self._over()

    def _over(self) -> None:
        self._post_level(active=not self._reported)

    def _post_level(self, *, active: bool, initial: bool = False) -> None:
        self._report_level(active=active, initial=initial)
        self._reported, self._reported_ns, self._warned = active, self._clock.boot_ns(), False
