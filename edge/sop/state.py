"""The whole state of a checkpoint, as frozen values.

``State`` holds only the facts that a restart needs. Lamps, occupancy and timers are computed from
it, never stored.
"""

from datetime import tzinfo
from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.events import IdentityKind, InputKind
from edge.sop.procedures.model import Outcome, Paper, Procedure, procedure_key
from edge.sop.records import StillReference

Pace = Literal["good", "amber", "red"]

HeldIdentity = IdentityKind | Literal["unstated"]
"""The kind of an ID that is held; ``unstated``: an officer vouches that one was taken."""


class Advance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The step and phase that a visit came from: where the button *back* leads.

    :ivar timed: the standard time of the step runs in that phase
    :ivar held: the items that the visit held then: its card, its locker
    """

    step: str
    phase: str
    outcome: Outcome | None = None
    reason: str | None = None
    timed: bool = False
    held: tuple[Literal["card", "locker"], ...] = ()


# One shared object: msgspec leaves out a field that is this very default.
NOT_EXTENDED = 0.0


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One guest or group on the way through a procedure.

    :ivar number: running number of the visit on this checkpoint, from 1
    :ivar version: the procedure version under which the visit began and continues
    :ivar place: its place in line; the lowest is first
    :ivar picked: its card was shown at its station, and it has had no event since
    :ivar started: when the standard time of the step began to run; None while it does not yet
    :ivar entered: when the present phase was entered
    :ivar entries: number of phases entered so far; identifies the timer of the present phase
    :ivar steps: number of steps that have ended so far
    :ivar outcome: decided already, while the guest still gives back card and belongings
    :ivar persons: the head count of the group
    :ivar came: where the present step was entered from; None if *back* cannot reverse it
    :ivar carded: the phase of the present step in which its card was bound to it
    :ivar pace: the step's time against its limit (edge/sop/visit/pace.py); ``overdue`` only means
        that this was recorded
    :ivar extended_s: total by which the step's limit was moved, in *extensions* extensions
    :ivar chosen: the reason given by an officer or the office, for an end that has not come yet
    :ivar seen: moment of the last evidence of the guest; None if that was when it *entered*
    :ivar asked: number of times that the panel has asked about the guest since that evidence
    :ivar papers: of the guest book's entry and the signature, those that equipment has shown;
        *vouched*: those for which an officer has vouched
    :ivar identities: the kinds of the IDs that are held for it, one for each person at most
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
    papers: tuple[Paper, ...] = ()
    vouched: tuple[Paper, ...] = ()
    identities: tuple[HeldIdentity, ...] = ()

    @property
    def procedure_key(self) -> str:
        """The key of the procedure text that this visit goes through."""
        return procedure_key(self.procedure, self.version)


class LockerState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """State of one locker.

    :ivar visit: the visit (open, or closed and still owing it) that has the locker
    :ivar unlocking: a pulse was ordered and the door has not opened since
    :ivar usable: it has not jammed
    :ivar reachable: it is in order: its board answers, its door's contact is not loose
    :ivar opened: since when the door has been open; None if it is not
    :ivar supervised: a supervisor has ordered it open: once closed, a closed visit owes it no more
    """

    door: Literal["open", "closed", "unknown"] = "unknown"
    visit: str | None = None
    unlocking: bool = False
    usable: bool = True
    reachable: bool = True
    opened: Stamp | None = None
    supervised: bool = False


class Supervision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A supervisor's card was shown at *reader*: the duty (*who*), and the locker chosen so far.

    :ivar choice: number of presses of *locker* since then; 0: the locker that is owed longest
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
    """State of one access door.

    :ivar releases: those that no opening has used yet, first come, first served
    :ivar passing: the visit that the present opening is for
    :ivar opened: since when the door has been open, not counting a fire; None if it is not
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
    """The office's latest announcement about a host; *until_ms*: when it ends (wall clock, ms)."""

    receiving: bool
    until_ms: int | None = None
    reason: str | None = None


class CloseRefused(msgspec.Struct, frozen=True):
    """*close-day* was refused at *panel* because guests are inside; once more confirms it."""

    panel: str
    at: Stamp


class DayState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The office day that is open, or the last one.

    :ivar number: running number of the days of this checkpoint, from 1
    :ivar closing: the panel where ``close-day`` was pressed; None before that, and once closed
    :ivar refused: the last ``close-day`` that was refused because guests were inside
    :ivar carried: visits that were open already when it began
    :ivar visits: visits opened in it, of *persons* persons
    :ivar outcomes: visits that ended in it, by outcome
    :ivar reconciled: number of items that an officer has settled by button in it
    """

    number: int
    opened: Stamp
    closed: Stamp | None = None
    closing: str | None = None
    refused: CloseRefused | None = None
    carried: int = 0
    visits: int = 0
    persons: int = 0
    outcomes: dict[str, int] = {}
    reconciled: int = 0


class PendingStill(msgspec.Struct, frozen=True, kw_only=True):
    """A still that was ordered and has not arrived yet."""

    visit: str
    step: str
    purpose: str


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole state that the checkpoint stores.

    :ivar visits: the open visits by id, in order of opening
    :ivar cards: visitor cards that are out, and the visit that has each
    :ivar lost: cards that were declared lost, and the visit that had each
    :ivar supervision: the supervisor's card that was shown last, until it is used
    :ivar foreign: the moments of the last foreign cards at each reader
    :ivar faults: devices that do not work now, and why
    :ivar remedies: the remedy for each of these faults that has one
    :ivar refusals: number of refusals of each kind of input
    :ivar invitations: those that opened a visit, and when each expires (wall clock, ms)
    :ivar availability: the office's announcements, by procedure or called station
    :ivar identities: the kinds of the IDs that closed visits have left here, by visit
    :ivar day: the office day; None before the first, and without office days
    :ivar alarming: the metal detector's alarm contact is active
    :ivar opened: visits opened so far; ``places`` and ``stills_asked`` count likewise
    """

    visits: dict[str, Visit] = {}
    lockers: dict[int, LockerState] = {}
    doors: dict[str, DoorState] = {}
    cards: dict[str, str] = {}
    lost: dict[str, str] = {}
    supervision: Supervision | None = None
    foreign: dict[str, tuple[Stamp, ...]] = {}
    alarms: dict[str, Alarm] = {}
    stills: dict[str, PendingStill] = {}
    faults: dict[str, str] = {}
    remedies: dict[str, str] = {}
    refusals: dict[str, int] = {}
    invitations: dict[str, int] = {}
    availability: dict[str, HostAvailability] = {}
    identities: dict[str, tuple[HeldIdentity, ...]] = {}
    day: DayState | None = None
    alarming: bool = False
    opened: int = 0
    places: int = 0
    stills_asked: int = 0

    @property
    def ids_held(self) -> int:
        """Number of IDs held: those of open visits, and those that closed visits have left."""
        held = sum(len(visit.identities) for visit in self.visits.values())
        return held + sum(map(len, self.identities.values()))


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of an access door.

    :ivar procedures: the procedures that it serves
    :ivar release_s: how long one release lasts, seconds
    :ivar held_s: how long it may stand open, seconds
    """

    procedures: tuple[str, ...]
    release_s: float
    held_s: float


class DayRules(msgspec.Struct, frozen=True, kw_only=True):
    """The time from which an office day can begin without a button.

    :ivar opens_s: the earliest time, seconds after local midnight
    :ivar zone: the office's time zone
    """

    opens_s: int
    zone: tzinfo


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The core's data about its checkpoint: from the config and the procedure files.

    :ivar stream: salt of the ids that the core makes
    :ivar procedures: procedure texts by key (id and version); running visits may need older ones
    :ivar current: for each procedure id the key under which new visits open
    :ivar panels: the stations of each panel; ``readers`` likewise of each card reader and scanner
    :ivar aiphones: the procedures that each called station serves
    :ivar cards: the pool of visitor cards
    :ivar supervisors: the supervisors' cards, and the duty of each
    :ivar opening_reasons: reasons to open a locker, by the buttons reason-1, reason-2 …
    :ivar passage: True if the metal detector has a passage contact
    :ivar left_open_s: how long a locker may stand open while no visit waits for it, seconds
    :ivar return_button: belongings come out by an officer's button, not by the card alone
    :ivar doors: the access doors
    :ivar day: when an office day can begin; None without office days
    :ivar abandoned_after_s: the inactivity after which the panel asks about a guest, seconds
    :ivar inputs: the fitted inputs, of those that raise an alarm by themselves
    :ivar purposes: the purposes of stills for which there is a camera
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
    return_button: bool = True
    doors: dict[str, Door] = {}
    day: DayRules | None = None
    abandoned_after_s: float = 7200.0
    inputs: frozenset[InputKind] = frozenset()
    purposes: frozenset[str] = frozenset()
    supervisors: dict[str, str] = {}
    opening_reasons: tuple[str, ...] = ("forgotten", "jammed", "inspection", "other")
