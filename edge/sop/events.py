"""Events: what happened, in the past tense. Frozen; each carries the moment it was seen."""

from collections.abc import Callable
from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.records import Ending

InputKind = Literal[
    "fire", "duress", "enclosure-tamper", "mains-lost", "battery-low", "detector-tamper",
    "beam-blocked",
]  # fmt: skip
"""Inputs that are alarms by themselves; the alarm has the same name."""


class Event(msgspec.Struct, frozen=True, tag=True, tag_field="event"):
    """Something happened at moment ``at``."""

    at: Stamp


Post = Callable[[Callable[[Stamp], Event]], None]
"""Hand an event over to the checkpoint: ``post(make)`` calls ``make(now)``; from any thread."""


class Started(Event, frozen=True):
    """The daemon has started; timers must be set again and lost work accounted for."""


class RunEnded(Event, frozen=True):
    """The run of the daemon before this one is known to have ended, and not on purpose.

    *crashes* is how often that happened within the last ten minutes.
    """

    ending: Ending
    crashes: int


class ButtonPressed(Event, frozen=True):
    """An officer pressed (or held) a button of *panel* that means *action*."""

    panel: str
    action: str
    procedure: str | None = None


class HostAnswered(Event, frozen=True):
    """The aide at *aiphone* used a contact of the intercom."""

    aiphone: str
    answer: Literal["accept", "decline", "release", "extend"]


class CardPresented(Event, frozen=True):
    """A card came near *reader* (once per presentation, however often the reader repeats it)."""

    reader: str
    card: str


class TwoCardsPresented(Event, frozen=True):
    """Two cards lie at *reader*: nobody knows which is meant, so neither is taken."""

    reader: str


class LockerOpened(Event, frozen=True):
    """A locker's door opened; *initial* if it was found so at start."""

    locker: int
    initial: bool = False


class LockerClosed(Event, frozen=True):
    """A locker's door closed; *initial* if it was found so at start."""

    locker: int
    initial: bool = False


class LockerFailed(Event, frozen=True):
    """The lock of a locker cannot be worked from here (its board is silent); *why* in words."""

    locker: int
    why: str


class LockerRestored(Event, frozen=True):
    """The lock of a locker can be worked again."""

    locker: int


class DoorOpened(Event, frozen=True):
    """The access door *door* stands open; *initial* if it was found so at start."""

    door: str
    initial: bool = False


class DoorClosed(Event, frozen=True):
    """The access door *door* is shut; *initial* if it was found so at start."""

    door: str
    initial: bool = False


class InputAlarmed(Event, frozen=True):
    """A safety input, or one of the metal detector's own, is in alarm; *initial* if found so."""

    kind: InputKind
    initial: bool = False


class InputRestored(Event, frozen=True):
    """The input *kind* is at rest again; *initial* if it was found so at start."""

    kind: InputKind
    initial: bool = False


class DetectorAlarmed(Event, frozen=True):
    """The metal detector's alarm contact became active; *initial* if found so at start."""

    initial: bool = False


class DetectorCleared(Event, frozen=True):
    """The metal detector's alarm contact came back to rest; *initial* if found so at start."""

    initial: bool = False


class PassageMade(Event, frozen=True):
    """Somebody has passed through the metal detector (its beam is free again)."""


class PassageTooFast(Event, frozen=True):
    """Somebody went through the metal detector faster than it can look: it does not count."""


class StationBusy(Event, frozen=True):
    """The called station *aiphone* is in use by another call: it could not be rung."""

    aiphone: str


class InvitationPresented(Event, frozen=True):
    """A valid invitation was shown at *reader*: a guest for *procedure* is here.

    The daemon has checked its signature, its time and that it is for this checkpoint.

    :ivar invitation: its id; *expires_ms* is when nobody can show it any more (wall clock, ms)
    """

    reader: str
    invitation: str
    procedure: str
    expires_ms: int


class InvitationRefused(Event, frozen=True):
    """What was shown at *reader* is no valid invitation; *why* is one of a few words."""

    reader: str
    why: str


class AvailabilitySet(Event, frozen=True):
    """The central office says whether *host* is in place and receiving guests.

    :ivar host: the id of a procedure of this checkpoint, or of the called station that serves it
    :ivar until_ms: when that ends (wall clock, ms since 1970 UTC); None if nobody has said
    :ivar reason: one word of the reasons' data, never free text; None if none was given
    """

    host: str
    receiving: bool
    until_ms: int | None = None
    reason: str | None = None


class DetailsAttached(Event, frozen=True):
    """The guest book has the details of *visit* (its id); what they are is there and not here.

    :ivar persons: how many people they are, by those details
    """

    visit: str
    persons: int = 1


class TimerFired(Event, frozen=True):
    """The timer *key* that the core asked for has run out."""

    key: str


class StillTaken(Event, frozen=True):
    """The still *still* is in its file."""

    still: str
    sha256: str
    size: int


class StillMissed(Event, frozen=True):
    """The still *still* could not be taken; *why* in words."""

    still: str
    why: str


class DeviceFailed(Event, frozen=True):
    """The device *device* does not work; *why* in words."""

    device: str
    why: str


class DeviceRestored(Event, frozen=True):
    """The device *device* works again."""

    device: str


class InputRefused(Event, frozen=True):
    """A driver dropped something malformed (a bad checksum, noise): counted under *why*."""

    device: str
    why: str


class SystemAlarmRaised(Event, frozen=True):
    """The checkpoint itself is unwell (``disk-full``, ``crash-loop``, …); *detail* in words.

    Whoever raises *kind* also clears it, after a restart too: the alarm stands in the state.
    """

    kind: str
    detail: str


class SystemAlarmCleared(Event, frozen=True):
    """The checkpoint is well again as regards *kind*; means nothing if no such alarm stands."""

    kind: str
