"""Config sections for access doors and for the inputs that are alarms by themselves."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from edge.config.sections.pins import Contact, Loop, Output
from edge.config.sections.values import Name, Section


class Door(Section, frozen=True, kw_only=True):
    """One access door: the relay of its strike, and where fitted the contact of its leaf.

    :ivar procedures: the procedures that may release it
    :ivar strike: the relay, and the level that switches it on
    :ivar fail: the door's state while the relay is off (the Pi is off, the daemon does not run):
        ``secure``: locked, and the relay releases it; ``safe``: released, and the relay locks it
    :ivar contact: active while the door stands open; without one an open door is not detected
    :ivar release_s: how long one release lasts
    :ivar held_s: how long the door may stand open before an alarm
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


class Safety(Section, frozen=True, kw_only=True):
    """Contacts of the building and the enclosure; each is active while there is an alarm.

    :ivar fire: the fire alarm's relay: every access door is released while it is active
    :ivar duress: the officers' hidden button; it latches until it is reset with its key
    :ivar enclosure_tamper: the lid of this checkpoint's enclosure
    :ivar mains: the power supply's contact for lost mains
    :ivar battery: the power supply's contact for a low battery
    """

    fire: Loop | None = None
    duress: Loop | None = None
    enclosure_tamper: Loop | None = None
    mains: Loop | None = None
    battery: Loop | None = None
