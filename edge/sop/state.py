"""The whole state of a checkpoint, as frozen values.

``State`` is what a restart needs and nothing more: what follows from it (lamps, occupancy, timers)
is computed, never stored.
"""

from typing import Literal

import msgspec

from edge.clock import Stamp
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
    """

    door: Literal["open", "closed", "unknown"] = "unknown"
    visit: str | None = None
    unlocking: bool = False
    usable: bool = True


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
    :ivar alarming: the metal detector's alarm contact is active
    :ivar opened: visits opened so far; ``places`` and ``stills_asked`` count likewise
    """

    visits: dict[str, Visit] = {}
    lockers: dict[int, LockerState] = {}
    cards: dict[str, str] = {}
    alarms: dict[str, Alarm] = {}
    stills: dict[str, PendingStill] = {}
    faults: dict[str, str] = {}
    refusals: dict[str, int] = {}
    alarming: bool = False
    opened: int = 0
    places: int = 0
    stills_asked: int = 0


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What the core knows of its checkpoint; it changes only with the config.

    :ivar stream: salt of the ids that the core mints
    :ivar procedures: procedure texts by key (id and version); running visits may need older ones
    :ivar current: for each procedure id the key under which new visits open
    :ivar panels: the stations of each panel; ``readers`` likewise of each card reader
    :ivar aiphones: the procedures that each called station serves
    :ivar cards: the pool of visitor cards
    :ivar passage: whether the metal detector has a passage contact
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
