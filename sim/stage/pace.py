"""The pace of a simulation's own time: for people who watch, it passes as real time does.

The keeper asks before each move how far time may go. Without a pace (``max``) it may go to the next
moment at once. With one it goes on in small parts, so that clocks and lamps run evenly; a slow
machine makes it late, and it does not hurry to catch up.
"""

import time
from collections.abc import Callable

# Real seconds between two moves of a time that nothing happens in.
_TICK_S = 0.02
# Behind by more real seconds than this, time goes on from where it is.
_MOST_BEHIND_S = 0.25


class Pace:
    """How fast time passes.

    :param speed: times real time; None: as fast as the work is done
    :param real: the real clock, seconds
    :ivar speed: the same, as it is now
    """

    def __init__(
        self, speed: float | None = None, real: Callable[[], float] = time.monotonic
    ) -> None:
        self.speed = speed
        self._real = real
        self._paused = False
        self._stop_ns = 0  # while paused: time goes on until this moment
        self._anchor: tuple[float, int] | None = None
        self._held: Callable[[], float | None] = lambda: None

    def hold_while(self, held: Callable[[], float | None]) -> None:
        """Slow down a time without a limit: a player is to act, or the lobby is empty.

        :param held: returns the speed then, times real time; 0: time stands still; None: not now
        """
        self._held = held

    @property
    def paused(self) -> bool:
        """True while time does not pass, but for single steps."""
        return self._paused

    @property
    def watched(self) -> bool:
        """True while time passes for people who watch."""
        return self._paused or self.speed is not None or bool(self._held())

    def set_speed(self, speed: float | None) -> None:
        """Let time pass *speed* times as fast as real time from now on; None: without a limit."""
        self.speed, self._anchor = speed, None

    def pause(self) -> None:
        """Let time stand still."""
        self._paused, self._stop_ns = True, 0

    def go_on(self) -> None:
        """Let time pass again."""
        self._paused, self._anchor = False, None

    def step(self, now_ns: int, seconds: float) -> None:
        """Let *seconds* of simulated time pass at once, then let it stand still."""
        self._paused = True
        self._stop_ns = max(now_ns, self._stop_ns) + round(seconds * 1e9)

    def limit(self, now_ns: int, next_ns: int | None) -> tuple[int, float | None]:
        """Return the moment to which time may move now, and the real seconds to wait before that.

        :param now_ns: the present moment
        :param next_ns: the next moment that anybody waits for; None: there is none
        :return: a moment, *now_ns* at least; real seconds, None: until something comes from outside
        """
        if self._paused:
            self._anchor = None
            if now_ns >= self._stop_ns:
                return now_ns, None
            return min(self._stop_ns, next_ns or self._stop_ns), 0.0
        speed = self.speed
        if speed is None:
            speed = self._held()
            if not speed:
                self._anchor = None
                stands = speed is not None or next_ns is None
                return (now_ns, None) if stands else (next_ns or now_ns, 0.0)
        allowed = self._allowed(now_ns, speed)
        if next_ns is not None and next_ns <= allowed:
            return next_ns, 0.0
        if allowed > now_ns:
            return allowed, 0.0
        return now_ns, _TICK_S

    def _allowed(self, now_ns: int, speed: float) -> int:
        """Return how far time may be, whole ticks after the anchor."""
        real = self._real()
        if self._anchor is None:
            self._anchor = (real, now_ns)
        since, from_ns = self._anchor
        tick_ns = round(_TICK_S * speed * 1e9)
        allowed = from_ns + int((real - since) / _TICK_S) * tick_ns
        if allowed - now_ns > _MOST_BEHIND_S * speed * 1e9:
            self._anchor = (real, now_ns)
            return now_ns
        return max(allowed, now_ns)
