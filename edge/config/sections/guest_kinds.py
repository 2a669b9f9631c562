"""Kinds of guests: which cards they get, and who is called first."""

from typing import Annotated

from msgspec import Meta

from edge.config.sections.hosts import Title
from edge.config.sections.values import Name, Section

Priority = Annotated[int, Meta(ge=0, le=9, description="a priority from 0 to 9")]


class GuestKind(Section, frozen=True, kw_only=True):
    """A kind of guests, such as contractors, chosen by the button *arrive* or by a request.

    :ivar id: its name in records, requests and buttons
    :ivar title: its name for people, such as ``Tamu VIP``; never a person's name
    :ivar card_pool: its guests get cards of this pool: NAME of [cards.pools]; without it those of
        the procedure
    :ivar priority: guests who wait are called in order of their priority, the highest first
    """

    id: Name
    title: Title
    card_pool: Name | None = None
    priority: Priority = 0
