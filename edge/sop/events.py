"""Events: inputs of the core, named in the past tense. Frozen, each with its moment."""

from collections.abc import Callable
from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.entered import Entered
from edge.sop.records import Ending

InputKind = Literal[
    "fire", "duress", "enclosure-tamper", "mains-lost", "battery-low", "detector-tamper",
    "beam-blocked",
]  # fmt: skip
"""Inputs that raise an alarm of the same name; one of a named metal detector with its name."""

WalkDirection = Literal["in", "out"]
"""Direction of a walk through a metal detector: to the host, or out of the building."""

IdentityKind = Literal["ktp", "sim", "student-card", "assignment-letter", "other"]
"""The ID that is left at the desk for the visitor card: KTP, SIM, student card, *surat tugas*, or
another valid one. Only the kind: no procedure asks for a copy of the number."""


class Event(msgspec.Struct, frozen=True, tag=True, tag_field="event"):
    """One event, at moment ``at``."""

    at: Stamp


Post = Callable[[Callable[[Stamp], Event]], None]
"""Posts an event to the checkpoint: ``post(make)`` calls ``make(now)``; from any thread."""


class Started(Event, frozen=True):
    """The daemon has started: timers must be set again, and lost stills recorded."""


class RunEnded(Event, frozen=True):
    """The daemon's previous run was not stopped on purpose.

    *crashes* is the number of crashes within the last ten minutes.
    """

    ending: Ending
    crashes: int


class ButtonPressed(Event, frozen=True):
    """An officer pressed (or held) the button *action* of *panel*.

    :ivar procedure: of ``arrive``: the procedure of the visit that it opens
    :ivar host: the host that the button names
    :ivar guest_kind: of ``arrive``: the kind of the guest that the button names
    """

    panel: str
    action: str
    procedure: str | None = None
    host: str | None = None
    guest_kind: str | None = None


class PressRepeated(Event, frozen=True):
    """An officer pressed the button again before its press at *first* was answered."""

    panel: str
    action: str
    procedure: str | None = None
    first: Stamp | None = None
    host: str | None = None
    guest_kind: str | None = None


class HostAnswered(Event, frozen=True):
    """The aide at *aiphone* used a contact of the intercom."""

    aiphone: str
    answer: Literal["accept", "decline", "release", "extend"]


class CardPresented(Event, frozen=True):
    """A card was presented at *reader* (one event, even if the reader repeats it)."""

    reader: str
    card: str


class TwoCardsPresented(Event, frozen=True):
    """Two cards lie at *reader*: it is unclear which is meant, so neither is accepted."""

    reader: str


class LockerOpened(Event, frozen=True):
    """A locker's door opened; *initial*: it was open at the start."""

    locker: int
    initial: bool = False


class LockerClosed(Event, frozen=True):
    """A locker's door closed; *initial*: it was closed at the start."""

    locker: int
    initial: bool = False


class LockerFailed(Event, frozen=True):
    """A locker is out of order (its board is silent, its contact is loose).

    *why* in words, *remedy*: what a technician does first.
    """

    locker: int
    why: str
    remedy: str = ""


class LockerRestored(Event, frozen=True):
    """A locker is in order again; after a loose contact with its tally, as DeviceRestored."""

    locker: int
    changes: int | None = None
    lasted_s: float | None = None


class DoorOpened(Event, frozen=True):
    """The access door *door* opened; *initial*: it was open at the start."""

    door: str
    initial: bool = False


class DoorClosed(Event, frozen=True):
    """The access door *door* closed; *initial*: it was closed at the start."""

    door: str
    initial: bool = False


class InputAlarmed(Event, frozen=True):
    """A safety or metal detector input is in alarm; *initial*: it was so at the start.

    :ivar detector: the metal detector that it belongs to, as in :class:`DetectorAlarmed`
    """

    kind: InputKind
    initial: bool = False
    detector: str = ""


class InputRestored(Event, frozen=True):
    """The input *kind* (of *detector*) is at rest; *initial*: it was so at the start."""

    kind: InputKind
    initial: bool = False
    detector: str = ""


class DetectorAlarmed(Event, frozen=True):
    """A metal detector's alarm contact became active; *initial*: it was so at the start.

    :ivar detector: the detector's name in the config; "" for the only one of the checkpoint
    """

    initial: bool = False
    detector: str = ""


class DetectorCleared(Event, frozen=True):
    """The alarm contact of *detector* is at rest; *initial*: it was so at the start."""

    initial: bool = False
    detector: str = ""


class PassageMade(Event, frozen=True):
    """A person has passed through the metal detector *detector* (its beams are free again).

    :ivar direction: None if it is not known: one beam that is passed in both directions
    """

    detector: str = ""
    direction: WalkDirection | None = "in"


class PassageTooFast(Event, frozen=True):
    """A person passed *detector* faster than it can detect: it is no passage.

    :ivar direction: as in :class:`PassageMade`
    """

    detector: str = ""
    direction: WalkDirection | None = "in"


class StationBusy(Event, frozen=True):
    """The called station *aiphone* could not be rung: it is in use by another call."""

    aiphone: str


class InvitationPresented(Event, frozen=True):
    """A valid invitation was shown at *reader*: a guest for *procedure* is here.

    The daemon has checked its signature, its time and that it is for this checkpoint.

    :ivar invitation: its id; *expires_ms*: when it expires (wall clock, ms since 1970 UTC)
    :ivar host: the host whom it names; None if it names none
    """

    reader: str
    invitation: str
    procedure: str
    expires_ms: int
    host: str | None = None


class InvitationRefused(Event, frozen=True):
    """An invalid invitation was shown at *reader*; *why* is one of a few words."""

    reader: str
    why: str


class AvailabilitySet(Event, frozen=True):
    """The central office has announced that *host* receives guests, or does not.

    :ivar host: the id of a host; or of a procedure or a called station, for all their hosts
    :ivar said_ms: when the office said it (wall clock, ms since 1970 UTC); None if not known
    :ivar until_ms: when that ends (wall clock, ms since 1970 UTC); None if not given
    :ivar reason: one word of the wording file, never free text; None if not given
    """

    host: str
    receiving: bool
    until_ms: int | None = None
    reason: str | None = None
    said_ms: int | None = None


class HostNamed(Event, frozen=True):
    """A desk application has named the *host* of *visit* (its id)."""

    visit: str
    host: str


class ValueEntered(Event, frozen=True):
    """A value was entered with *visit* (its id) by request; ``repr`` hides a value from logs.

    :ivar value: the id of the value in the visit's procedure
    :ivar entered: the value itself; a personal one is on the guest book's disk already
    """

    visit: str
    value: str
    entered: Entered

    def __repr__(self) -> str:
        return f"ValueEntered({self.visit}, {self.value}, …)"


class GuestKindNamed(Event, frozen=True):
    """A desk application has named the kind of the guest of *visit* (its id)."""

    visit: str
    guest_kind: str


class DetailsAttached(Event, frozen=True):
    """The guest book has the details of *visit* (its id); only the guest book stores them.

    :ivar persons: the number of persons in these details
    :ivar identity: the kind of the ID that the desk has taken, if it said so
    """

    visit: str
    persons: int = 1
    identity: IdentityKind | None = None


class TimerFired(Event, frozen=True):
    """The timer *key*, which the core has set, has run out."""

    key: str


class StillTaken(Event, frozen=True):
    """The file of the still *still* is written; *size* in bytes."""

    still: str
    sha256: str
    size: int


class StillMissed(Event, frozen=True):
    """The still *still* could not be taken; *why* in words."""

    still: str
    why: str


class DeviceFailed(Event, frozen=True):
    """The device *device* does not work; *why* in words, *remedy*: what a technician does first.

    *times*: how often it failed since it last worked for long; None if that is not counted.
    """

    device: str
    why: str
    times: int | None = None
    remedy: str = ""


class DeviceRestored(Event, frozen=True):
    """The device *device* works again.

    *times*: how often it failed meanwhile; None if that is not counted.

    :ivar changes: of a loose contact: how often its level changed, within *lasted_s* seconds
    """

    device: str
    times: int | None = None
    changes: int | None = None
    lasted_s: float | None = None


class InputRefused(Event, frozen=True):
    """A driver dropped malformed input (a bad checksum, noise): counted under *why*.

    :ivar count: how often
    """

    device: str
    why: str
    count: int = 1


class SystemAlarmRaised(Event, frozen=True):
    """The checkpoint itself has a problem (``disk-full``, ``crash-loop``, …); *detail* in words.

    The code that raises *kind* also clears it, after a restart too: the state stores the alarm.
    *silent*: without the alarm's beep, because officers can do nothing about it.
    """

    kind: str
    detail: str
    silent: bool = False


class SystemAlarmCleared(Event, frozen=True):
    """The problem *kind* of the checkpoint is over; ignored if no such alarm stands.

    *detail*: its sum, in words; None: the detail of its beginning.
    """

    kind: str
    detail: str | None = None
