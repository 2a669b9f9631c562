"""Evacuation count: the guests inside, published with the fire alarm for those who search."""

from collections.abc import Iterable

import msgspec

from edge.sop.state import Visit

FIRE = "fire"
"""The alarm during which every door is held released."""


class Inside(msgspec.Struct, frozen=True):
    """Open visits and their persons. Guests only: staff do not pass the desk."""

    visits: int
    persons: int


def inside(visits: Iterable[Visit]) -> Inside:
    """Count the open visits *visits* and their persons."""
    persons = [visit.persons for visit in visits]
    return Inside(len(persons), sum(persons))
