"""What is kept of guests' own details, and for how long."""

from typing import Annotated

import msgspec
from msgspec import Meta

from edge.sections.words import Days, Name, Section


class GuestBook(Section, frozen=True, kw_only=True):
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
