"""Records of visits: their steps, their course, what they owe. ``records.py`` has the others.

No name, card number or ID number is ever in one.
"""

from typing import Literal

import msgspec

# A step's own outcome: completed, skipped, or the outcome of the visit that ended it here.
StepOutcome = str


class StillReference(msgspec.Struct, frozen=True):
    """A still that belongs to a step; *sha256* is None until (unless) it was taken."""

    id: str
    purpose: str
    sha256: str | None = None


class StepCompleted(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a visit has ended.

    :ivar uncertainty_s: how wrong ``duration_s`` (and ``over_s``) can be: 0 unless the machine was
        restarted meanwhile; None if nobody can say, and then ``duration_s`` is the least it was
    :ivar waited_uncertainty_s: the same of ``waited_s``
    :ivar extended_s: by how much the aide moved the step's limit; ``over_s`` does not heed it
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


class StepOverdue(msgspec.Struct, frozen=True, kw_only=True):
    """A step has taken longer than its standard; said once a step."""

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


class VisitExtended(msgspec.Struct, frozen=True, kw_only=True):
    """The aide has given a step more time; its legal standard stays what it is.

    :ivar extensions: how often in this step, with this one
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


class VisitUnseen(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing has been seen of a visit for long: the panel asks whether the guest is still here.

    :ivar unseen_s: since something was seen of it last
    :ivar uncertainty_s: how wrong ``unseen_s`` can be, as in StepCompleted
    :ivar asked: how often it was asked since then, with this one
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


class VisitOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A guest (or group) has arrived and a visit was opened.

    :ivar persons: how many people they are, as far as is known then
    """

    visit: str
    procedure: str
    procedure_version: str
    clock_synced: bool
    persons: int = 1


class VisitClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A visit has ended in exactly one outcome; *card_out* and *locker_out* are still owed.

    :ivar uncertainty_s: how wrong ``duration_s`` can be, as in StepCompleted
    :ivar persons: the head count of the group
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


class VisitCorrected(msgspec.Struct, frozen=True, kw_only=True):
    """An officer has put right a mistake. What was recorded before it stands.

    :ivar correction: ``back``: the visit went back from step *from* to step *to*, and that step
        will have one more record; ``card``: the card that was bound to it in step *from* is free
        again; ``next``: it gave up its place, the next in line goes first
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


class VisitJoined(msgspec.Struct, frozen=True, kw_only=True):
    """More people belong to the group of an open visit than were known; it was opened with one.

    :ivar persons: how many people they are
    :ivar station: where they were then
    """

    visit: str
    procedure: str
    procedure_version: str
    persons: int
    station: str
    clock_synced: bool


class CardLost(msgspec.Struct, frozen=True, kw_only=True):
    """An officer has declared the card of *visit* lost: it is out of the pool until it is found."""

    visit: str
    clock_synced: bool


class LockerOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor has ordered a locker open.

    :ivar visit: the visit whose belongings it holds, open or closed; None if it holds nobody's
    :ivar who: the duty that the supervisor's card stands for, never a person's name
    :ivar why: the word that the reason's button stands for
    """

    locker: int
    visit: str | None
    who: str
    why: str
    clock_synced: bool


class VisitReconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What a closed visit still owed has come back: its card, or its emptied locker.

    :ivar by: what shows it: the reader or the door's contact, or an officer's word
    """

    visit: str
    returned: str
    clock_synced: bool
    by: Literal["equipment", "officer"] = "equipment"
