"""Config sections for guests: cards, the office day, the guest book, invitations."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.config.sections.panels import TimeOfDay
from edge.config.sections.values import CardNumber, Days, Name, Section

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


class Day(Section, frozen=True, kw_only=True):
    """Days are kept where this section is.

    :ivar opens: the earliest local time at which an arrival opens a day by itself
    """

    opens: TimeOfDay = "07:30"


class GuestBookSection(Section, frozen=True, kw_only=True):
    """The guest book (docs/guestbook.md).

    :ivar keep: False: no details are kept here; requests are refused, those of invitations dropped
    :ivar keep_days: how long details are kept, days
    :ivar stations: where a guest stands whose details come without a visit's id
    :ivar need_synced_clock: False where the Pi has a battery-backed clock and no time server
    """

    keep: bool = True
    keep_days: Days = 90
    stations: Annotated[list[Name], Meta(min_length=1, description="a list of stations")] = (
        msgspec.field(default_factory=lambda: ["reception"])
    )
    need_synced_clock: bool = True


PublicKey = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$",
        description="a public key as `gardu invitation key` prints it (44 characters)",
    ),
]


class Invitations(Section, frozen=True, kw_only=True):
    """Who may invite: public keys by name.

    :ivar need_synced_clock: False where the Pi has a battery-backed clock and no time server
    """

    keys: dict[Name, PublicKey] = msgspec.field(default_factory=dict)
    need_synced_clock: bool = True
