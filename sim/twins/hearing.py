"""Groups pulses of sound into patterns by the quiet between them."""

import asyncio
from collections.abc import Callable

from edge.clock import Clock
from sim.world.notice import at_least

# However fast the clock, a pattern is over only after this much real quiet: a busy machine
# delays single pulses by tens of milliseconds.
_LEAST_QUIET_REAL_S = 0.06


class Hearing:
    """Listens to one load and calls ``heard`` with each pattern once it is over.

    :param quiet_s: clock seconds of quiet that end a pattern
    :param heard: called with the lengths of the pulses in clock seconds
    :ivar sounding: a pattern has begun that is not over
    """

    def __init__(self, clock: Clock, quiet_s: float, heard: Callable[[list[float]], None]) -> None:
        self.sounding = False
        self.quiet_real_s = clock.real(at_least(clock, quiet_s, _LEAST_QUIET_REAL_S))
        self._heard = heard
        self._pulses: list[float] = []
        self._since = 0
        self._timer: asyncio.TimerHandle | None = None

    def changed(self, on: bool, at: int) -> None:  # noqa: FBT001 - the signature of a load's watcher
        """Record that the sound went on or off at moment *at* (boot ns)."""
        if self._timer is not None:
            self._timer.cancel()
        if on:
            self.sounding = True
            self._since = at
        else:
            self._pulses.append((at - self._since) / 1e9)
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self.quiet_real_s, self._end)

    def _end(self) -> None:
        pulses, self._pulses = self._pulses, []
        self.sounding = False
        self._heard(pulses)
