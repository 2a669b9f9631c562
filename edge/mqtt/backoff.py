"""How long to wait before something is tried again."""

import random

import msgspec


class Backoff(msgspec.Struct, frozen=True):
    """How long to wait before trying again: doubling from *first_s* to *most_s*, real seconds.

    Each wait is drawn from its upper half, so that many checkpoints do not return as one.
    """

    first_s: float = 0.5
    most_s: float = 30.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after *failures* failures in a row (at least 1)."""
        longest = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 30))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, not a secret
