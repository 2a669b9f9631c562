"""Who is in the house: the count that a fire alarm carries, for those who must find everybody."""

from collections.abc import Iterable

import msgspec

from edge.sop.state import Visit

FIRE = "fire"
"""The alarm during which every door is held released."""


class Inside(msgspec.Struct, frozen=True):
    """Open visits, and the people that they are. Guests only: staff do not pass the desk."""

    visits: int
    persons: int


def inside(visits: Iterable[Visit]) -> Inside:
    """Count *visits*, the open ones."""
    persons = [visit.persons for visit in visits]
    return Inside(len(persons), sum(persons))
