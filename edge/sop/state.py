"""The whole state of a checkpoint, as frozen values.

``State`` holds only the facts that a restart needs. Lamps, occupancy and timers are computed from
it, never stored.
"""

from datetime import UTC, tzinfo
from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.entered import Entered
from edge.sop.events import IdentityKind, WalkDirection
from edge.sop.procedures.model import Outcome, Procedure, Step, procedure_key
from edge.sop.procedures.vocabulary import AIDE, Paper
from edge.sop.records import StillReference

Pace = Literal["good", "amber", "red"]

HeldIdentity = IdentityKind | Literal["unstated"]
"""The kind of an ID that is held; ``unstated``: an officer vouches that one was taken."""


class Advance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The step and phase that a visit came from: where the button *back* leads.

    :ivar timed: the standard time of the step runs in that phase
    :ivar cards: number of cards that the visit had then; *lockers* likewise
    :ivar inside: the place with limited room that it was in
    """

    step: str
    phase: str
    outcome: Outcome | None = None
    reason: str | None = None
    timed: bool = False
    cards: int = 0
    lockers: int = 0
    inside: str | None = None


# One shared object: msgspec leaves out a field that is this very default.
NOT_EXTENDED = 0.0


class KnownValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value that was entered with a visit.

    :ivar holds: the words of the procedure's comparisons that hold for it
    :ivar value: the value itself; None for a personal one, which only the guest book has
    """

    holds: tuple[str, ...] = ()
    value: Entered | None = None


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One guest or group on the way through a procedure.

    :ivar number: running number of the visit on this checkpoint, from 1
    :ivar version: the procedure version under which the visit began and continues
    :ivar host: the host whom the guest visits; None until one of several is chosen
    :ivar place: its place in line; the lowest is first
    :ivar picked: its card was shown at its station, and it has had no event since
    :ivar started: when the standard time of the step began to run; None while it does not yet
    :ivar entered: when the present phase was entered
    :ivar entries: number of phases entered so far; identifies the timer of the present phase
    :ivar steps: number of steps that have ended so far
    :ivar outcome: decided already, while the guest still gives back card and belongings
    :ivar persons: the head count of the group
    :ivar came: where the present step was entered from; None if *back* cannot reverse it
    :ivar cards: its visitor cards, in the order in which they were bound to it
    :ivar carded: for each card that was bound to it in the present step, the phase of that
    :ivar shown: those of its cards that were shown in the present step
    :ivar lockers: its lockers, in the order in which it got them; the last is the one at hand
    :ivar pace: the step's time against its limit (edge/sop/visit/pace.py); ``overdue`` only means
        that this was recorded
    :ivar extended_s: total by which the step's limit was moved, in *extensions* extensions
    :ivar chosen: the reason given by an officer or the office, for an end that has not come yet
    :ivar seen: moment of the last evidence of the guest; None if that was when it *entered*
    :ivar asked: number of times that the panel has asked about the guest since that evidence
    :ivar insists: reception calls although the host was announced to be away
    :ivar passed: persons who have passed clear in the last step that screens
    :ivar walked: when the last of them was counted by a walk
    :ivar detector: the metal detector that reported last about it in the present step
    :ivar papers: of the guest book's entry and the signature, those that equipment has shown;
        *vouched*: those for which an officer has vouched
    :ivar identities: the kinds of the IDs that are held for it, one for each person at most
    :ivar counts: how often transitions with a count were followed (edge/sop/visit/conditions.py)
    :ivar values: the values that were entered with it, by their ids
    :ivar stated: those of them that were entered in the present step
    :ivar inside: the place with limited room that its persons are in
    :ivar guest_kind: the kind of its guest; None if none was named
    :ivar escort: the number or function of the escort who goes with its guest
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
    cards: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    lockers: tuple[int, ...] = ()
    outcome: Outcome | None = None
    reason: str | None = None
    steps: int = 0
    persons: int = 1
    came: Advance | None = None
    carded: tuple[str, ...] = ()
    pace: Pace = "good"
    extensions: int = 0
    extended_s: float = NOT_EXTENDED
    chosen: str | None = None
    seen: Stamp | None = None
    asked: int = 0
    picked: bool = False
    host: str | None = None
    insists: bool = False
    passed: int = 0
    walked: Stamp | None = None
    detector: str = ""
    papers: tuple[Paper, ...] = ()
    vouched: tuple[Paper, ...] = ()
    identities: tuple[HeldIdentity, ...] = ()
    counts: dict[str, int] = {}
    values: dict[str, KnownValue] = {}
    stated: tuple[str, ...] = ()
    inside: str | None = None
    guest_kind: str | None = None
    escort: str | None = None

    @property
    def procedure_key(self) -> str:
        """The key of the procedure text that this visit goes through."""
        return procedure_key(self.procedure, self.version)

    @property
    def locker(self) -> int | None:
        """The locker at hand, which the procedure opens now: the last of its lockers."""
        return self.lockers[-1] if self.lockers else None


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


class Release(msgspec.Struct, frozen=True, omit_defaults=True):
    """A door was released for *visit* at moment ``at``.

    :ivar spent: the visit has gone through another of its doors since: an opening is explained by
        it, but is about no visit
    """

    visit: str
    at: Stamp
    spent: bool = False


class DoorState(msgspec.Struct, frozen=True, kw_only=True):
    """State of one access door.

    :ivar releases: those that no opening has used yet, first come, first served
    :ivar passing: the visit that the present opening is for
    :ivar opened: since when the door has been open, not counting a fire; None if it is not
    """

    releases: tuple[Release, ...] = ()
    passing: str | None = None
    opened: Stamp | None = None


class DetectorState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """State of one metal detector; *alarming*: its alarm contact is active."""

    alarming: bool = False


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that stands now."""

    since: Stamp
    visit: str | None = None
    detail: str | None = None
    acknowledged: Stamp | None = None


class HostAvailability(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The latest announcement about a host.

    :ivar until_ms: when it ends (wall clock, ms since 1970 UTC); None: with the next announcement
    :ivar said_ms: when a panel's button made it, by a trusted clock (likewise); else None
    """

    receiving: bool
    until_ms: int | None = None
    reason: str | None = None
    said_ms: int | None = None


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
    :ivar availability: the announcements, by host, procedure or called station
    :ivar identities: the kinds of the IDs that closed visits have left here, by visit
    :ivar day: the office day; None before the first, and without office days
    :ivar detectors: the metal detectors by name
    :ivar alarming: of a database from before detectors had names: the only one's alarm contact was
        active. ``Started`` takes it over into *detectors*
    :ivar opened: visits opened so far; ``places`` and ``stills_asked`` count likewise
    """

    visits: dict[str, Visit] = {}
    lockers: dict[int, LockerState] = {}
    doors: dict[str, DoorState] = {}
    detectors: dict[str, DetectorState] = {}
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


class Detector(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of a metal detector.

    :ivar stations: the stations whose guests are screened there; None: all
    :ivar walks: the directions of the walks that its beams show; empty without a beam, or if its
        only beam is passed in both directions
    """

    stations: tuple[str, ...] | None = None
    walks: frozenset[WalkDirection] = frozenset()

    def serves(self, station: str) -> bool:
        """Return True if guests of *station* are screened there."""
        return self.stations is None or station in self.stations


class DayRules(msgspec.Struct, frozen=True, kw_only=True):
    """The time from which an office day can begin without a button.

    :ivar opens_s: the earliest time, seconds after local midnight
    :ivar zone: the office's time zone
    """

    opens_s: int
    zone: tzinfo


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of one host.

    :ivar procedures: the procedures of this host's guests
    :ivar aiphone: the called station of this host's aide; None: there is none
    :ivar station: the station that is this host's in place of the aide's (``AIDE``); None: that one
    """

    procedures: tuple[str, ...]
    aiphone: str | None = None
    station: str | None = None


class GuestKind(msgspec.Struct, frozen=True, kw_only=True):
    """Rules of one kind of guests.

    :ivar card_pool: its guests get cards of this pool; None: those of the procedure
    :ivar priority: guests who wait are called in order of it, the highest first
    """

    card_pool: str | None = None
    priority: int = 0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The core's data about its checkpoint: from the config and the procedure files.

    :ivar stream: salt of the ids that the core makes
    :ivar procedures: procedure texts by key (id and version); running visits may need older ones
    :ivar current: for each procedure id the key under which new visits open
    :ivar panels: the stations of each panel; ``readers`` likewise of each card reader and scanner
    :ivar card_readers: those of the readers that read cards
    :ivar hosts: the hosts by id, in the order of the config
    :ivar cards: the pool of visitor cards
    :ivar supervisors: the supervisors' cards, and the duty of each
    :ivar opening_reasons: reasons to open a locker, by the buttons reason-1, reason-2 …
    :ivar detectors: the metal detectors by name; "" is the name of the only one
    :ivar left_open_s: how long a locker may stand open while no visit waits for it, seconds
    :ivar return_button: belongings come out by an officer's button, not by the card alone
    :ivar doors: the access doors
    :ivar day: when an office day can begin; None without office days
    :ivar abandoned_after_s: the inactivity after which the panel asks about a guest, seconds
    :ivar inputs: the fitted inputs that raise an alarm by themselves, by the names of their alarms
    :ivar purposes: the purposes of stills for which there is a camera
    :ivar pools: further pools of visitor cards by name, beside *cards*
    :ivar guest_kinds: the kinds of guests by id
    :ivar escorts: the escorts' cards, and the number or function of each
    :ivar limits: the most persons at once in each place with limited room
    :ivar zone: the office's time zone
    """

    stream: str
    procedures: dict[str, Procedure]
    current: dict[str, str]
    panels: dict[str, tuple[str, ...]]
    readers: dict[str, tuple[str, ...]]
    hosts: dict[str, Host]
    cards: frozenset[str]
    lockers: tuple[int, ...]
    detectors: dict[str, Detector] = {}
    left_open_s: float = 120.0
    return_button: bool = True
    doors: dict[str, Door] = {}
    day: DayRules | None = None
    abandoned_after_s: float = 7200.0
    inputs: frozenset[str] = frozenset()
    card_readers: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    supervisors: dict[str, str] = {}
    opening_reasons: tuple[str, ...] = ("forgotten", "jammed", "inspection", "other")
    limits: dict[str, int] = {}
    zone: tzinfo = UTC
    pools: dict[str, frozenset[str]] = {}
    guest_kinds: dict[str, GuestKind] = {}
    escorts: dict[str, str] = {}

    def station(self, visit: Visit, step: Step | None = None) -> str:
        """Return the station of *visit* at *step* (by default the step that it is at)."""
        if step is None:
            step = self.procedures[visit.procedure_key].step(visit.step)
        host = self.hosts.get(visit.host or "")
        own = host.station if host is not None and step.station == AIDE else None
        return own or step.station

    def pool_of(self, card: str) -> str | None:
        """Return the pool of the visitor card *card*, "" for that of *cards*; None if in none."""
        if card in self.cards:
            return ""
        return next((name for name, cards in self.pools.items() if card in cards), None)

    def hosts_of(self, procedure: str) -> tuple[str, ...]:
        """Return the ids of the hosts of *procedure*, in the order of the config."""
        return tuple(name for name, host in self.hosts.items() if procedure in host.procedures)
