"""The access doors, which a host releases for a guest."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.sections.pins import Contact, Output
from edge.sections.words import Name, Section


class Door(Section, frozen=True, kw_only=True):
    """One access door: the relay of its strike, and where fitted the contact of its leaf.

    :ivar procedures: whose visits it lets through
    :ivar strike: the relay, and the level that switches it on
    :ivar fail: what the door does when the relay drops out (the Pi is off, the daemon is gone):
        ``secure``: it is locked, and the relay releases it; ``safe``: it is released, and the
        relay keeps it locked
    :ivar contact: active while the door stands open; without one nobody sees it open
    :ivar release_s: how long one release lasts
    :ivar held_s: how long the door may stand open before that is an alarm
    """

    procedures: list[Name]
    strike: Output
    fail: Literal["secure", "safe"] = "secure"
    contact: Contact | None = None
    release_s: Annotated[float, Meta(ge=0.5, le=60, description="seconds from 0.5 to 60")] = 5.0
    held_s: Annotated[float, Meta(ge=5, le=3600, description="seconds from 5 to 3600")] = 30.0

    @property
    def releasing(self) -> Output:
        """The strike as an output that is on while the door is released."""
        if self.fail == "secure":
            return self.strike
        locks: Literal["high", "low"] = self.strike.active
        return msgspec.structs.replace(self.strike, active="low" if locks == "high" else "high")
