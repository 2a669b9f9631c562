"""The retries of a visit: deeds in doubt, refusals in a row, and deeds that are given up."""

from collections import Counter

from sim.people.course import Standing
from sim.people.way import Aim

# How often a deed that is refused is tried before another way is looked for.
_TRIES = 4
# How often another way is looked for.
_WAYS = 6
# How often people make the same attempt again, where the text lets them.
_AGAINS = 6
# Deeds that leave no trace: a checkpoint that was not ready for one has missed it.
_MOMENTARY = ("aiphone.", "detector.", "door.")


class Retries:
    """The retries of one visit.

    :ivar in_a_row: refusals since the last press that was accepted
    """

    def __init__(self) -> None:
        self.in_a_row = 0
        self._given_up: set[tuple[int, str, str]] = set()
        self._unsure: list[tuple[Standing, Aim]] = []
        self._again: Counter[tuple[int, str, str]] = Counter()
        self._ways = 0

    def give_up(self, at: Standing, event: str) -> None:
        """Do *event* no more at the phase of *at*."""
        self._given_up.add((at.step, at.phase, event))

    def has_given_up(self, at: Standing, event: str) -> bool:
        """Return True if *event* is not to be done at the phase of *at*."""
        return (at.step, at.phase, event) in self._given_up

    def count(self, at: Standing, event: str) -> None:
        """Count *event*, which the text lets people do again; give it up after some times."""
        self._again[at.step, at.phase, event] += 1
        if self._again[at.step, at.phase, event] >= _AGAINS:
            self.give_up(at, event)

    def seen(self, at: Standing, aim: Aim, event: str) -> None:
        """Note *event*, done at *at* without an answer: perhaps it was missed."""
        if event.startswith(_MOMENTARY):
            self._unsure.append((at, aim))

    def accepted(self) -> None:
        """Note that a deed was accepted: none before it was missed."""
        self._unsure.clear()
        self.in_a_row = 0

    def refused(self) -> tuple[Standing, Aim] | None:
        """Note a refusal; return where to go on from, if a deed before it may have been missed.

        With each refusal in a row one deed more is done again.
        """
        self.in_a_row += 1
        if not self._unsure or self.exhausted:
            return None
        first = max(0, len(self._unsure) - self.in_a_row)
        found = self._unsure[first]
        del self._unsure[first:]
        return found

    @property
    def exhausted(self) -> bool:
        """True once a deed was refused too often: another way is to be looked for."""
        return self.in_a_row > _TRIES

    def look_for_another_way(self) -> bool:
        """Note that another way is looked for; return False if that was done too often."""
        self.in_a_row = 0
        self._ways += 1
        return self._ways < _WAYS
