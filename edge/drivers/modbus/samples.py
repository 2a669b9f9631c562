"""The level of an input by its samples: bounces filtered, changes stamped. Pure.

Rules
-----
1. A change lies between two samples: it is stamped with the moment in the middle, so its error is
   at most half the time between the two (10 ms at 50 Hz).
2. A new level counts once it has lasted for the bounce time, and has been read twice unless the
   bounce time is 0. A level that ends sooner was a bounce, or too short for the polls.
"""


class Samples:
    """One input.

    :param level: the level of the first sample, at *moment* (seconds)
    :ivar level: the level that counts
    """

    def __init__(self, level: bool, moment: float, bounce_s: float) -> None:  # noqa: FBT001 - a level
        self.level = level
        self._bounce_s = bounce_s
        self._last = moment
        self._since: float | None = None
        self._seen = 0

    @property
    def steady(self) -> bool:
        """True if the last sample had the level that counts."""
        return self._since is None

    def add(self, level: bool, moment: float) -> float | None:  # noqa: FBT001 - a level
        """Add a sample; return the moment of the change if a new level counts now, else None."""
        before, self._last = self._last, moment
        if level == self.level:
            self._since = None
            return None
        if self._since is None:
            self._since, self._seen = (before + moment) / 2, 0
        self._seen += 1
        enough = self._seen > 1 or not self._bounce_s
        if not enough or moment - self._since < self._bounce_s:
            return None
        since, self._since = self._since, None
        self.level = level
        return since
