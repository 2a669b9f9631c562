"""Counts small troubles of one kind, and posts their number at intervals: never one event each."""

from edge.clock import Clock
from edge.sop.events import InputRefused, Post

EVERY_S = 60.0
"""Shortest interval between two posts, seconds of the clock."""


class Tally:
    """Posts InputRefused at the first trouble, and then their sum at most every :data:`EVERY_S`.

    Its owner serialises the calls.

    :param device: the name in the event
    :param what: the kind of trouble, after its number
    """

    def __init__(self, device: str, what: str, clock: Clock, post: Post | None) -> None:
        self._device = device
        self._what = what
        self._clock = clock
        self._post = post
        self._waiting = 0
        self._posted_ns: int | None = None

    def add(self, count: int = 1) -> None:
        """Count *count* troubles more; post if it is time."""
        self._waiting += count
        now = self._clock.boot_ns()
        if self._posted_ns is not None and now - self._posted_ns < EVERY_S * 1e9:
            return
        if self._post is not None:
            self._post(lambda at: InputRefused(at, self._device, self._what))
        self._waiting, self._posted_ns = 0, now
