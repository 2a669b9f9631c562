"""Rate limit: bounds events and log lines that others can cause."""


class RateLimit:
    """Allows *burst* at once, and then one each *every_s* seconds."""

    def __init__(self, burst: int, every_s: float) -> None:
        self._burst_s = burst * every_s
        self._every_s = every_s
        self._used_until = float("-inf")

    def allows(self, now: float) -> bool:
        """Count one more at time *now*, seconds; return False if that is too many."""
        used_until = max(self._used_until, now) + self._every_s
        if used_until - now > self._burst_s:
            return False
        self._used_until = used_until
        return True
