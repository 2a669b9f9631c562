"""Removal of bounces from one line's edges, by the moments stamped on them.

Rules of this module
--------------------
1. A level counts once it has been stable for ``bounce_s``; a shorter pulse vanishes with both its
   edges. A late reader changes nothing: only stamps are compared.
2. A level that counts has the moment of the edge that began it.
3. Where edges were lost, the level before does not count by the next edge: it may have changed in
   between.

The kernel could do this too (``debounce_period``). It does not serve: a line that it debounces is
also *read* debounced, so that reading could not find an edge that was lost; and its stamps are
late by the debounce time, rounded to its timer (4 ms on Raspberry Pi OS).
"""

Counted = tuple[float, bool]
"""A level that counts: the moment of the edge that began it, and the level."""


class Debounce:
    """The level of one line.

    :param level: the level found at first; it counts
    :ivar bounce_s: seconds; 0: every edge counts
    :ivar level: the level after the newest edge, counted or not
    """

    def __init__(self, level: bool, bounce_s: float) -> None:  # noqa: FBT001  # a level, as in OnEdge
        self.bounce_s = bounce_s
        self.level = level
        self._counted = level
        self._since = 0.0

    @property
    def due(self) -> float | None:
        """The moment when the present level will count; None if it counts already."""
        return None if self.level == self._counted else self._since + self.bounce_s

    def edge(self, level: bool, at: float, *, lost: bool = False) -> list[Counted]:  # noqa: FBT001
        """Take the edge to *level* at the moment *at*; return the levels that count by it.

        :param lost: edges before this one were lost
        """
        counted = [] if lost else self.settle(at)
        self.level, self._since = level, at
        return counted if self.bounce_s else counted + self.settle(at)

    def settle(self, now: float) -> list[Counted]:
        """Return the present level if it counts by *now*, and has not been returned before."""
        due = self.due
        if due is None or due > now:
            return []
        self._counted = self.level
        return [(self._since, self.level)]
