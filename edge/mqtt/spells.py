"""Spells: a trouble that comes and goes is one spell, with one beginning and one end.

Pure: the caller gives the time (seconds of a clock that does not jump). Rules
-----
1. A spell begins with its first trouble. It ends when it has been calm for long enough: at once
   the first time, and longer with each return of the trouble, up to :data:`QUIET_S`.
2. A trouble that returns before that belongs to the same spell, and is counted.
3. After :data:`QUIET_S` of calm the next trouble is a first one again.

A link that is lost every few seconds, for days, is then one spell.
"""

# Calm before a spell ends, for each time that the trouble has returned, seconds.
SETTLE_S = 60.0
# Longest such calm, and the calm after which earlier troubles no longer count, seconds.
QUIET_S = 600.0


class Spell:
    """The spells of one kind of trouble.

    :param settle_s: calm before the first spell ends, seconds
    :ivar why: the present reason, in words; empty while no spell lasts
    :ivar times: how often the trouble came in this spell, or in the last one
    :ivar calm: True while there is no trouble; the spell may last on
    """

    def __init__(self, settle_s: float = 0.0) -> None:
        self.why = ""
        self.times = 0
        self.calm = True
        self._settle_s = settle_s
        self._returns = 0
        self._calm_since = float("-inf")

    def begin(self, why: str, now: float) -> bool:
        """Note trouble at time *now*; return True if a spell begins with it."""
        first = not self.why
        if self.calm:
            self._returns = self._returns + 1 if now - self._calm_since < QUIET_S else 0
            self.times = 1 if first else self.times + 1
        self.calm, self.why = False, why
        return first

    def settle(self, now: float) -> float | None:
        """Note at time *now* that the trouble is over.

        :return: the seconds of calm until the spell ends; None if it is calm already
        """
        if self.calm:
            return None
        self.calm, self._calm_since = True, now
        return min(self._settle_s + SETTLE_S * self._returns, QUIET_S)

    def end(self) -> None:
        """End the spell: it has been calm for long enough."""
        self.why = ""
