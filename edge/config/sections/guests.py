"""Config sections for guests: cards, the office day, the guest book, invitations."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.config.sections.panels import TimeOfDay
from edge.config.sections.values import PUBLIC_KEY, CardNumber, Days, Name, Section

OPENING_REASONS = ["forgotten", "jammed", "inspection", "other"]

CardNumbers = Annotated[list[CardNumber], Meta(min_length=1, description="a list of card numbers")]


class Cards(Section, frozen=True, kw_only=True):
    """The visitor cards, in one pool or several, the supervisors' cards and the escorts'.

    :ivar visitor: the number of every visitor card, as the reader sends it; without it: no guest
        gets a card, or only one of ``pools``
    :ivar pools: further pools: name = the numbers of its cards, for the procedures and the kinds of
        guests that name it
    :ivar escort: card number = the number or the function of the escort, never a person's name
    :ivar supervisor: card number = the duty of its holder, never a person's name
    :ivar opening_reasons: a supervisor's reasons for opening a locker, in the order of the buttons
        reason-1, reason-2 …; showing the same card again means the first
    """

    visitor: CardNumbers = msgspec.field(default_factory=list)
    pools: dict[Name, CardNumbers] = msgspec.field(default_factory=dict)
    escort: dict[CardNumber, Name] = msgspec.field(default_factory=dict)
    supervisor: dict[CardNumber, Name] = msgspec.field(default_factory=dict)
    opening_reasons: Annotated[
        list[Name], Meta(min_length=1, max_length=4, description="a list of 1 to 4 words")
    ] = msgspec.field(default_factory=lambda: list(OPENING_REASONS))

    @property
    def for_guests(self) -> list[tuple[str, str]]:
        """The cards of all pools, each with its key in the config."""
        pools = {"cards.visitor": self.visitor}
        pools |= {f"cards.pools.{name}": numbers for name, numbers in self.pools.items()}
        return [
            (card, f"{key}[{n}]") for key, cards in pools.items() for n, card in enumerate(cards)
        ]


class Day(Section, frozen=True, kw_only=True):
    """The office day; without this section, days are not opened and closed.

    :ivar opens: the earliest local time at which an arrival opens a day by itself
    """

    opens: TimeOfDay = "07:30"


class GuestBookSection(Section, frozen=True, kw_only=True):
    """The guest book (docs/guestbook.md).

    :ivar keep: details of guests are stored; false: none are: requests are refused, and details
        of invitations dropped
    :ivar keep_days: how long details are stored, days
    :ivar stations: details without a visit's id are for the visit at one of these stations
    :ivar need_synced_clock: set false where the Pi has a battery-backed clock and no time server
    """

    keep: bool = True
    keep_days: Days = 90
    stations: Annotated[list[Name], Meta(min_length=1, description="a list of stations")] = (
        msgspec.field(default_factory=lambda: ["reception"])
    )
    need_synced_clock: bool = True


InvitationKey = Annotated[
    str,
    Meta(
        pattern=PUBLIC_KEY,
        description="a public key as `gardu invitation key` prints it (44 characters)",
    ),
]


class Invitations(Section, frozen=True, kw_only=True):
    """The public keys of those who may invite, by name.

    :ivar keys: name = the key as `gardu invitation key` prints it
    :ivar need_synced_clock: set false where the Pi has a battery-backed clock and no time server
    """

    keys: dict[Name, InvitationKey] = msgspec.field(default_factory=dict)
    need_synced_clock: bool = True
