"""Records of visits: their steps, their course, the items they owe (others: ``records.py``).

No record contains a name, a card number or an ID number. ``host`` is the id of the host whom the
guest visits; None until one of several is chosen, and in records from before there were hosts.
"""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from edge.sop.entered import Entered

# A step's own outcome: completed, skipped, or the outcome of the visit that ended it here.
StepOutcome = str


class StillReference(msgspec.Struct, frozen=True):
    """A still that belongs to a step; *sha256* is None until the still is written."""

    id: str
    purpose: str
    sha256: str | None = None


class StepCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a visit has ended.

    :ivar uncertainty_s: the possible error of ``duration_s`` (and ``over_s``): 0 unless the machine
        was restarted meanwhile; None if not known: then ``duration_s`` is a minimum
    :ivar waited_uncertainty_s: the same for ``waited_s``
    :ivar extended_s: by how much the aide moved the step's limit; it does not change ``over_s``
    :ivar persons: the head count of the group at the end of the step
    :ivar passed: of a screening: how many of them have passed clear; None for other steps
    :ivar aiphone: the called station whose answers the step took in place of the host's aide's;
        absent in all other steps
    :ivar values: the values that were entered in it, by their ids, without personal ones; absent if
        there are none
    :ivar guest_kind: the kind of the guest; missing where none was named
    :ivar escort: the number or function of the escort who went with the guest; missing without one
    """

    visit: str
    procedure: str
    procedure_version: str
    step: str
    number: int
    station: str
    role: str
    outcome: StepOutcome
    reason: str | None
    started: str
    duration_s: float
    waited_s: float
    standard_s: float | None
    over_s: float
    attempts: int
    evidence: tuple[str, ...]
    clock_synced: bool
    stills: tuple[StillReference, ...]
    uncertainty_s: float | None = None
    waited_uncertainty_s: float | None = None
    extended_s: float = 0.0
    persons: int = 1
    host: str | None = None
    passed: int | None = None
    aiphone: str | UnsetType = UNSET
    values: dict[str, Entered] | UnsetType = UNSET
    guest_kind: str | UnsetType = UNSET
    escort: str | UnsetType = UNSET


class StepOverdue(msgspec.Struct, frozen=True, kw_only=True):
    """A step is over its limit (standard time and extensions); recorded once a step."""

    visit: str
    procedure: str
    procedure_version: str
    step: str
    number: int
    station: str
    role: str
    started: str
    standard_s: float
    clock_synced: bool
    host: str | None = None


class VisitExtended(msgspec.Struct, frozen=True, kw_only=True):
    """The aide has given a step more time; its legal standard time does not change.

    :ivar extensions: number of extensions in this step, including this one
    :ivar extended_s: by how much its limit was moved in all; the limit is now that much above
        ``standard_s``
    """

    visit: str
    procedure: str
    procedure_version: str
    step: str
    number: int
    extensions: int
    extended_s: float
    standard_s: float
    clock_synced: bool
    host: str | None = None


class VisitUnseen(msgspec.Struct, frozen=True, kw_only=True):
    """Inactivity: no evidence of a visit for long, so the panel asks if the guest is still here.

    :ivar unseen_s: the time since the last evidence
    :ivar uncertainty_s: the possible error of ``unseen_s``, as in StepCompleted
    :ivar asked: number of times that the panel has asked since then, including this one
    """

    visit: str
    procedure: str
    procedure_version: str
    step: str
    number: int
    station: str
    unseen_s: float
    uncertainty_s: float | None
    asked: int
    clock_synced: bool
    host: str | None = None


class VisitOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A guest (or group) has arrived and a visit was opened.

    :ivar persons: the head count, as far as it is known then
    :ivar guest_kind: the kind of the guest, if the button names one
    """

    visit: str
    procedure: str
    procedure_version: str
    clock_synced: bool
    persons: int = 1
    host: str | None = None
    guest_kind: str | UnsetType = UNSET


class VisitClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A visit has ended in exactly one outcome; *cards_out* and *lockers_out* are still owed.

    :ivar card_out: a card is out, of *cards_out* cards
    :ivar locker_out: the first of *lockers_out*
    :ivar uncertainty_s: the possible error of ``duration_s``, as in StepCompleted
    :ivar persons: the head count of the group
    :ivar ids_held: number of IDs of its guests that are still held
    :ivar guest_kind: the kind of the guest; missing where none was named
    """

    visit: str
    procedure: str
    procedure_version: str
    outcome: str
    reason: str | None
    opened: str
    duration_s: float
    steps: int
    card_out: bool
    locker_out: int | None
    clock_synced: bool
    uncertainty_s: float | None = None
    persons: int = 1
    cards_out: int = 0
    lockers_out: tuple[int, ...] = ()
    host: str | None = None
    ids_held: int = 0
    guest_kind: str | UnsetType = UNSET


class VisitCorrected(msgspec.Struct, frozen=True, kw_only=True):
    """An officer has corrected a mistake. Earlier records do not change.

    :ivar correction: ``back``: the visit went back from step *from* to step *to*, and that step
        will have one more record; ``card``: the card that was bound to it in step *from* is free
        again; ``next``: it moved to the end of the line, and the next in line is first
    :ivar station: where the guest was in line
    """

    visit: str
    procedure: str
    procedure_version: str
    correction: Literal["back", "card", "next"]
    from_step: str = msgspec.field(name="from")
    to_step: str = msgspec.field(name="to")
    station: str
    clock_synced: bool
    host: str | None = None


class VisitJoined(msgspec.Struct, frozen=True, kw_only=True):
    """The group of an open visit has more persons than were counted (at its opening: one).

    :ivar persons: the new head count
    :ivar station: where the group was then
    """

    visit: str
    procedure: str
    procedure_version: str
    persons: int
    station: str
    clock_synced: bool
    host: str | None = None


class HostChosen(msgspec.Struct, frozen=True, kw_only=True):
    """The host of a visit was chosen, or changed, where the procedure has several.

    :ivar before: the host until then; None: none was chosen
    :ivar by: what made the choice: an officer's ``button``, an ``invitation``, or ``register``
        (``cmd/register``)
    :ivar called: the host's aide is called now (again), as the choice came after a call
    :ivar station: where the guest was in line
    """

    visit: str
    procedure: str
    procedure_version: str
    host: str
    before: str | None
    by: Literal["button", "invitation", "register"]
    called: bool
    station: str
    clock_synced: bool


class CardLost(msgspec.Struct, frozen=True, kw_only=True):
    """An officer has declared the card of *visit* lost: it is out of the pool until it is found."""

    visit: str
    clock_synced: bool


class LockerOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor has ordered a locker open.

    :ivar visit: the visit, open or closed, that has the locker; None if it is free
    :ivar who: the duty of the supervisor's card, never a person's name
    :ivar why: the reason, one word of the config
    """

    locker: int
    visit: str | None
    who: str
    why: str
    clock_synced: bool


class VisitReconciled(msgspec.Struct, frozen=True, kw_only=True):
    """A card or an emptied locker that a visit owed is back, or an ID was given back.

    :ivar returned: ``card``, ``locker/3`` (its number) or ``identity``
    :ivar found: the card had been declared lost
    :ivar by: ``equipment``: the reader or the door's contact has shown it; ``officer``: an officer
        has confirmed it
    """

    visit: str
    returned: str
    clock_synced: bool
    by: Literal["equipment", "officer"] = "equipment"
    found: bool = False
