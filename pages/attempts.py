"""Attempts: limits the PINs or passwords that can be tried, for each address and each account.

An attempt is counted before its secret is compared, so that many at once gain nothing. After some
wrong ones in a row the key is locked, twice as long each time. A right one ends the count of its
address and its account. Screens that are logged in are not affected.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping

LOCKED_S = 60.0
LONGEST_S = 3600.0
_MOST_KEYS = 1000


class _Count:
    def __init__(self) -> None:
        self.tries = 0
        self.locked_s = LOCKED_S
        self.until_s = float("-inf")


class Attempts:
    """Counts wrong secrets by key: (kind, name). Times are seconds of a clock that never jumps.

    :param free: wrong ones in a row before a lock, by the kind of key
    """

    def __init__(self, free: Mapping[str, int]) -> None:
        self._free = free
        self._counts: OrderedDict[tuple[str, Hashable], _Count] = OrderedDict()

    def wait_s(self, keys: Iterable[tuple[str, Hashable]], now_s: float) -> float:
        """Return how long no secret is compared for one of *keys*, seconds; 0: try it now."""
        counts = [self._counts[key] for key in keys if key in self._counts]
        return max([0.0, *(count.until_s - now_s for count in counts)])

    def begin(self, keys: Iterable[tuple[str, Hashable]], now_s: float) -> None:
        """Count an attempt for each of *keys*."""
        for key in keys:
            count = self._counts.setdefault(key, _Count())
            self._counts.move_to_end(key)
            count.tries += 1
            if count.tries >= self._free[key[0]]:
                count.tries = 0
                count.until_s = now_s + count.locked_s
                count.locked_s = min(2 * count.locked_s, LONGEST_S)
        while len(self._counts) > _MOST_KEYS:
            self._counts.popitem(last=False)

    def succeed(self, keys: Iterable[tuple[str, Hashable]]) -> None:
        """End the counts of *keys*: the secret was right."""
        for key in keys:
            self._counts.pop(key, None)
