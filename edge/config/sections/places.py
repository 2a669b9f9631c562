"""Places in which only so many guests may be at once."""

from typing import Annotated

from msgspec import Meta

from edge.config.sections.values import Name, Section


class Place(Section, frozen=True, kw_only=True):
    """A place, such as a reading room, that guests enter only while it has room for them.

    :ivar id: its name in procedures (``needs = "room:ID"``) and in ``state/occupancy``
    :ivar at_most: the most guests who may be there at once; each person of a group counts
    """

    id: Name
    at_most: Annotated[int, Meta(ge=1, le=999, description="persons from 1 to 999")]
