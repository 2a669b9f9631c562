"""The buzzer, as people in the lobby hear it."""

from typing import Literal

from edge.clock import Clock
from edge.config.sections.pins import Output
from sim.twins.hearing import Hearing
from sim.twins.wiring import Load
from sim.world.header import HeaderPin
from sim.world.notice import Notice, patience

Beep = Literal["accepted", "refused", "alarm"]

# One short beep is 0.1 s (0.02 s in quiet hours), the pause inside two short ones 0.15 s, a long
# one 1.0 s.
_QUIET_S = 0.4
_LONG_S = 0.8


class BuzzerTwin:
    """The buzzer.

    :ivar last: the last pattern that was heard to its end
    :ivar beeps: how many patterns have been heard
    """

    def __init__(self, pin: HeaderPin, output: Output, clock: Clock) -> None:
        self.last: Beep | None = None
        self.beeps = 0
        self._clock = clock
        self._notice = Notice()
        self._hearing = Hearing(clock, _QUIET_S, self._heard)
        self._load = Load(pin, output, self._hearing.changed)

    @property
    def sounding(self) -> bool:
        """True while it sounds."""
        return self._load.on

    async def listen(self, timeout_s: float) -> Beep | None:
        """Return the next pattern that ends after this call, or None after *timeout_s*.

        :param timeout_s: clock seconds in which the pattern must begin
        """
        before = self.beeps
        real_s = patience(self._clock, timeout_s) + self._hearing.quiet_real_s
        heard = await self._notice.until(lambda: self.beeps > before, real_s)
        return self.last if heard else None

    def _heard(self, pulses: list[float]) -> None:
        self.last = classify(pulses)
        self.beeps += 1
        self._notice.tell()


def classify(pulses: list[float]) -> Beep:
    """Return the meaning of a pattern of *pulses* (clock seconds each).

    An alarm that sounds right before or after an answer does not hide the answer.
    """
    short = [length for length in pulses if length < _LONG_S]
    if not short:
        return "alarm"
    return "accepted" if len(short) == 1 else "refused"
