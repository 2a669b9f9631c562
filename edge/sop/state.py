"""The whole state of a checkpoint, as frozen values.

``State`` is what a restart needs and nothing more: what follows from it (lamps, occupancy, timers)
is computed, never stored.
"""

from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.events import InputKind
from edge.sop.procedure import Outcome, Procedure
from edge.sop.records import StillReference


class Visit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One guest or group on the way through a procedure.

    :ivar number: running number of the visit on this checkpoint, from 1
    :ivar version: the procedure version under which the visit began and goes on
    :ivar place: its place in line; lower goes first
    :ivar started: when the standard time of the step began to run; None while it does not yet
    :ivar entered: when the present phase was entered
    :ivar entries: how many phases were entered so far; tells a timer from one of an earlier phase
    :ivar steps: how many steps were completed so far
    :ivar outcome: decided already, while the guest still gives back card and belongings
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

    @property
    def procedure_key(self) -> str:
        """Which procedure text this visit goes through."""
        return f"{self.procedure}@{self.version}"


class LockerState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one locker.

    :ivar visit: the visit (open, or closed and still owing it) whose belongings it holds
    :ivar unlocking: a pulse was ordered and the door has not been seen open since
    :ivar usable: it has not jammed
    :ivar reachable: its lock can be worked from here
    :ivar opened: since when the door has stood open; None if it does not
    """

    door: Literal["open", "closed", "unknown"] = "unknown"
    visit: str | None = None
    unlocking: bool = False
    usable: bool = True
    reachable: bool = True
    opened: Stamp | None = None


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


class PendingStill(msgspec.Struct, frozen=True, kw_only=True):
    """A still that was asked for and has not come yet."""

    visit: str
    step: str
    purpose: str


class State(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything the checkpoint must remember.

    :ivar visits: the open visits by id, in order of opening
    :ivar cards: visitor cards that are out, and the visit that has each
    :ivar faults: devices that do not work now, and why
    :ivar refusals: how often each kind of input was refused
    :ivar invitations: those that opened a visit, and when each expires (wall clock, ms)
    :ivar alarming: the metal detector's alarm contact is active
    :ivar opened: visits opened so far; ``places`` and ``stills_asked`` count likewise
    """

    visits: dict[str, Visit] = {}
    lockers: dict[int, LockerState] = {}
    doors: dict[str, DoorState] = {}
    cards: dict[str, str] = {}
    alarms: dict[str, Alarm] = {}
    stills: dict[str, PendingStill] = {}
    faults: dict[str, str] = {}
    refusals: dict[str, int] = {}
    invitations: dict[str, int] = {}
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


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the core knows of its checkpoint; it changes only with the config.

    :ivar stream: salt of the ids that the core mints
    :ivar procedures: procedure texts by key (id and version); running visits may need older ones
    :ivar current: for each procedure id the key under which new visits open
    :ivar panels: the stations of each panel; ``readers`` likewise of each card reader and scanner
    :ivar aiphones: the procedures that each called station serves
    :ivar cards: the pool of visitor cards
    :ivar passage: whether the metal detector has a passage contact
    :ivar left_open_s: how long a locker may stand open while nobody waits for it, seconds
    :ivar doors: the access doors
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
    inputs: frozenset[InputKind] = frozenset()
