"""The cards: the pool for visitors, and those of the supervisors."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.sections.words import CardNumber, Name, Section

OPENING_REASONS = ["forgotten", "jammed", "inspection", "other"]


class Cards(Section, frozen=True, kw_only=True):
    """The pool of visitor cards, and the cards that open lockers out of turn.

    :ivar supervisor: card number → the duty of whoever has it, never a person's name
    :ivar opening_reasons: why a supervisor opens a locker: what the buttons reason-1, reason-2 …
        then mean, in order; the first also stands for the same card shown again
    """

    visitor: Annotated[list[CardNumber], Meta(min_length=1, description="a list of card numbers")]
    supervisor: dict[CardNumber, Name] = msgspec.field(default_factory=dict)
    opening_reasons: Annotated[
        list[Name], Meta(min_length=1, max_length=4, description="a list of 1 to 4 words")
    ] = msgspec.field(default_factory=lambda: list(OPENING_REASONS))
