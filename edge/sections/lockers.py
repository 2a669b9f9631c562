"""The lockers: what unlocks them and what says that a door is open."""

from typing import Annotated

from msgspec import Meta

from edge.sections.pins import Contact, Output
from edge.sections.words import LockerNumber, Section


class Locker(Section, frozen=True, kw_only=True):
    """One locker: the relay of its lock, and the contact that is active while its door is open."""

    number: LockerNumber
    relay: Output
    door: Contact


class Lockers(Section, frozen=True, kw_only=True):
    """The lockers and how long a lock's solenoid is energised."""

    pulse_s: Annotated[float, Meta(gt=0, le=3, description="seconds, above 0, at most 3")] = 0.5
    locker: Annotated[list[Locker], Meta(min_length=1, description="a list of lockers")]
