"""Durations of the last commits: a card that is about to fail becomes slow first.

A sync takes 5 to 200 ms on a healthy memory card; a worn one now and then stops for seconds to move
its blocks.
"""

from collections import deque
from typing import NamedTuple

from edge import waits

WINDOW_S = 600.0
"""Commits of this time are judged, seconds of the machine."""

SLOW_S = 1.0
"""A commit that takes longer is slow, seconds."""

# About two a second for the whole window; of a flood of commits the last ones are judged.
_MOST = 1200


class Commits(NamedTuple):
    """The commits of the last WINDOW_S.

    :ivar slow: how many took longer than SLOW_S
    :ivar p95_ms: 95 % of them were not slower, ms; None if there was none
    :ivar longest_ms: the slowest, ms; likewise
    """

    slow: int = 0
    p95_ms: int | None = None
    longest_ms: int | None = None


class CommitTimes:
    """Notes the duration of each commit. One thread notes; any thread may ask."""

    def __init__(self) -> None:
        self._times: deque[tuple[float, float]] = deque(maxlen=_MOST)

    def note(self, began: float) -> None:
        """Note a commit that began at *began* and ends now (seconds of ``waits.monotonic``)."""
        now = waits.monotonic()
        self._times.append((now, now - began))

    def commits(self, now: float | None = None) -> Commits:
        """Return the figures of the last WINDOW_S before *now* (``waits.monotonic``)."""
        since = (waits.monotonic() if now is None else now) - WINDOW_S
        took = sorted(took for at, took in tuple(self._times) if at >= since)
        if not took:
            return Commits()
        p95 = took[(len(took) * 95 - 1) // 100]
        slow = sum(one > SLOW_S for one in took)
        return Commits(slow, round(p95 * 1e3), round(took[-1] * 1e3))
