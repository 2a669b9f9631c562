"""The whole state of a checkpoint, as frozen values.

``State`` is what a restart needs and nothing more: what follows from it (lamps, occupancy, timers)
is computed, never stored.
"""

from datetime import tzinfo
from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.events import InputKind
from edge.sop.procedures.model import Outcome, Procedure, procedure_key
from edge.sop.records import StillReference

Pace = Literal["good", "amber", "red"]


class Advance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a visit left behind when it came to its step: where the button *back* leads.

    :ivar timed: the standard time of that step was running
    :ivar held: what the visit held then: its card, its locker
    """

    step: str
    phase: str
    outcome: Outcome | None = None
    reason: str | None = None
    timed: bool = False
    held: tuple[Literal["card", "locker"], ...] = ()


# One object: what is this default is not written.
NOT_EXTENDED = 0.0


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One guest or group on the way through a procedure.

    :ivar number: running number of the visit on this checkpoint, from 1
    :ivar version: the procedure version under which the visit began and goes on
    :ivar place: its place in line; lower goes first
    :ivar picked: its card was shown at its station, and nothing has happened to it since
    :ivar started: when the standard time of the step began to run; None while it does not yet
    :ivar entered: when the present phase was entered
    :ivar entries: how many phases were entered so far; tells a timer from one of an earlier phase
    :ivar steps: how many steps were completed so far
    :ivar outcome: decided already, while the guest still gives back card and belongings
    :ivar persons: how many people they are (the head count of a group)
    :ivar came: where the present step was entered from; None if nothing can be taken back
    :ivar carded: the phase of the present step in which its card was bound to it
    :ivar pace: how the step's time stands to its limit (edge/sop/visit/pace.py); ``overdue`` is
        only whether that was said
    :ivar extended_s: by how much the step's limit was moved, by *extensions* times
    :ivar chosen: the reason that an officer or the office gave, for an end that has not come yet
    :ivar seen: when something was last seen of the guest; None if that was when it *entered*
    :ivar asked: how often the panel has asked for the guest since something was last seen of it
    """

    id: str
    number: int
    procedure: str
    version: str
    opened: Stamp
    place: int
    step: str
    phase: str
    arrived: Stamp
    started: Stamp | None
    entered: Stamp
    entries: int = 0
    attempts: int = 1
    evidence: tuple[str, ...] = ()
    stills: tuple[StillReference, ...] = ()
    overdue: bool = False
    card: str | None = None
    locker: int | None = None
    outcome: Outcome | None = None
    reason: str | None = None
    steps: int = 0
    persons: int = 1
    came: Advance | None = None
    carded: str | None = None
    pace: Pace = "good"
    extensions: int = 0
    extended_s: float = NOT_EXTENDED
    chosen: str | None = None
    seen: Stamp | None = None
    asked: int = 0
    picked: bool = False

    @property
    def procedure_key(self) -> str:
        """Which procedure text this visit goes through."""
        return procedure_key(self.procedure, self.version)


class LockerState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one locker.

    :ivar visit: the visit (open, or closed and still owing it) whose belongings it holds
    :ivar unlocking: a pulse was ordered and the door has not been seen open since
    :ivar usable: it has not jammed
    :ivar reachable: its lock can be worked from here
    :ivar opened: since when the door has stood open; None if it does not
    :ivar supervised: a supervisor has ordered it open: what a closed visit owes there is settled
    """

    door: Literal["open", "closed", "unknown"] = "unknown"
    visit: str | None = None
    unlocking: bool = False
    usable: bool = True
    reachable: bool = True
    opened: Stamp | None = None
    supervised: bool = False


class Supervision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A supervisor's card was shown at *reader*; who that is, and the locker chosen so far.

    :ivar choice: how many times the locker button was pressed since; 0 is what is owed longest
    """

    who: str
    reader: str
    at: Stamp
    choice: int = 0


class Release(msgspec.Struct, frozen=True):
    """A door was released for *visit* at moment ``at``."""

    visit: str
    at: Stamp


class DoorState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one access door.

    :ivar releases: those that no opening has used yet, first come first served
    :ivar passing: the visit that the present opening is for
    :ivar opened: since when the door has stood open, a fire aside; None if it does not
    """

    releases: tuple[Release, ...] = ()
    passing: str | None = None
    opened: Stamp | None = None


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that stands now."""

    since: Stamp
    visit: str | None = None
    detail: str | None = None
    acknowledged: Stamp | None = None


class HostAvailability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the office has last said of a host: *until_ms* is when that ends (wall clock, ms)."""

    receiving: bool
    until_ms: int | None = None
    reason: str | None = None


class DayState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The office day that is open, or was last.

    :ivar number: running number of the days of this checkpoint, from 1
    :ivar closing: the panel where its closing was asked for; None before that, and afterwards
    :ivar carried: visits that were open already when it began
    :ivar visits: visits opened in it, of *persons* people
    :ivar outcomes: visits that ended in it, by outcome
    :ivar reconciled: what an officer has settled by button in it
    """

    number: int
    opened: Stamp
    closed: Stamp | None = None
    closing: str | None = None
    carried: int = 0
    visits: int = 0
    persons: int = 0
    outcomes: dict[str, int] = {}
    reconciled: int = 0


class PendingStill(msgspec.Struct, frozen=True, kw_only=True):
    """A still that was asked for and has not come yet."""

    visit: str
    step: str
    purpose: str


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything the checkpoint must remember.

    :ivar visits: the open visits by id, in order of opening
    :ivar cards: visitor cards that are out, and the visit that has each
    :ivar lost: cards that were declared lost, and the visit that had each
    :ivar supervision: a supervisor is about to open a locker
    :ivar faults: devices that do not work now, and why
    :ivar refusals: how often each kind of input was refused
    :ivar invitations: those that opened a visit, and when each expires (wall clock, ms)
    :ivar availability: what the office has said of hosts, by procedure or official
    :ivar day: the office day; None before the first, and where no days are kept
    :ivar alarming: the metal detector's alarm contact is active
    :ivar opened: visits opened so far; ``places`` and ``stills_asked`` count likewise
    """

    visits: dict[str, Visit] = {}
    lockers: dict[int, LockerState] = {}
    doors: dict[str, DoorState] = {}
    cards: dict[str, str] = {}
    lost: dict[str, str] = {}
    supervision: Supervision | None = None
    alarms: dict[str, Alarm] = {}
    stills: dict[str, PendingStill] = {}
    faults: dict[str, str] = {}
    refusals: dict[str, int] = {}
    invitations: dict[str, int] = {}
    availability: dict[str, HostAvailability] = {}
    day: DayState | None = None
    alarming: bool = False
    opened: int = 0
    places: int = 0
    stills_asked: int = 0


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """What the core knows of an access door.

    :ivar procedures: those whose guests go through it
    :ivar release_s: how long one release lasts, seconds
    :ivar held_s: how long it may stand open, seconds
    """

    procedures: tuple[str, ...]
    release_s: float
    held_s: float


class DayRules(msgspec.Struct, frozen=True, kw_only=True):
    """When an office day can begin by itself.

    :ivar opens_s: the earliest, seconds after local midnight
    :ivar zone: the office's time zone
    """

    opens_s: int
    zone: tzinfo


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the core knows of its checkpoint; it changes only with the config.

    :ivar stream: salt of the ids that the core mints
    :ivar procedures: procedure texts by key (id and version); running visits may need older ones
    :ivar current: for each procedure id the key under which new visits open
    :ivar panels: the stations of each panel; ``readers`` likewise of each card reader and scanner
    :ivar aiphones: the procedures that each called station serves
    :ivar cards: the pool of visitor cards
    :ivar supervisors: the supervisors' cards, and the duty of whoever has each
    :ivar opening_reasons: why a supervisor opens a locker, by the buttons reason-1, reason-2 …
    :ivar passage: whether the metal detector has a passage contact
    :ivar left_open_s: how long a locker may stand open while nobody waits for it, seconds
    :ivar doors: the access doors
    :ivar day: when an office day can begin; None where no days are kept
    :ivar abandoned_after_s: after how long a silence the panel asks for a guest, seconds
    :ivar inputs: the inputs that are fitted, of those that are alarms by themselves
    """

    stream: str
    procedures: dict[str, Procedure]
    current: dict[str, str]
    panels: dict[str, tuple[str, ...]]
    readers: dict[str, tuple[str, ...]]
    aiphones: dict[str, tuple[str, ...]]
    cards: frozenset[str]
    lockers: tuple[int, ...]
    passage: bool
    left_open_s: float = 120.0
    doors: dict[str, Door] = {}
    day: DayRules | None = None
    abandoned_after_s: float = 7200.0
    inputs: frozenset[InputKind] = frozenset()
    supervisors: dict[str, str] = {}
    opening_reasons: tuple[str, ...] = ("forgotten", "jammed", "inspection", "other")
