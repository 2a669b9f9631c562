"""The onlooker: looks at the lobby once something has happened there, at most so often.

The keeper counts what the lobby's loop does (sim/stage/own_time.py, rule 8), so no device has to
report its changes, and a lobby in which nothing happens costs nothing.
"""

import time
from collections.abc import Callable

BUSY_S = 0.1
"""How long a look waits for the daemon's work to be done, real seconds."""


class Onlooker:
    """Calls *look* after changes.

    :param look: called in the lobby's process, between two of its callbacks; must not raise
    :param every_s: real seconds between two looks, at least
    :param real: the real clock, seconds
    """

    def __init__(
        self,
        look: Callable[[], None],
        every_s: float,
        real: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._every_s = every_s
        self._real = real
        self._seen = -1
        self._noticed_at: float | None = None
        self._looked_at = float("-inf")

    def see(self, happened: int, *, busy: bool = False) -> float | None:
        """Look, if that is due; return the real seconds until it is, None if nothing is new.

        :param happened: how much has happened in the lobby
        :param busy: the daemon is at work: it is left the processor for a moment
        """
        if happened == self._seen:
            return None
        now = self._real()
        if self._noticed_at is None:
            self._noticed_at = now
        due = max(self._looked_at + self._every_s, self._noticed_at + BUSY_S * busy)
        if due > now:
            return due - now
        self._seen, self._looked_at, self._noticed_at = happened, now, None
        self._look()
        return None


def sooner(*waits: float | None) -> float | None:
    """Return the shortest of *waits*, seconds; None: no limit."""
    return min((wait for wait in waits if wait is not None), default=None)
