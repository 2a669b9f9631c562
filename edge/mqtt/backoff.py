"""Back-off: the wait before an operation is tried again."""

import random

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """Waits between tries: they double from *first_s* up to *most_s*, real seconds.

    Each wait is drawn at random from the upper half of its length, so that many checkpoints do not
    reconnect at the same moment.
    """

    first_s: float = 0.5
    most_s: float = 30.0

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after *failures* failures in a row (at least 1)."""
        longest = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
