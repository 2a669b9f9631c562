"""Records: facts for the central office, exactly the ``data`` of docs/mqtt.md.

The core decides what is said; the store adds id, sequence and time of recording in the same
transaction. No name, card number or ID number is ever in a record.
"""

from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.report.summary import Summary

# A step's own outcome: completed, skipped, or the outcome of the visit that ended it here.
StepOutcome = str

# How the daemon's last run ended, if not on purpose.
Ending = Literal["crashed", "power-lost"]


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
    :ivar station: where the button was pressed
    """

    visit: str
    procedure: str
    procedure_version: str
    correction: Literal["back", "card", "next"]
    from_step: str = msgspec.field(name="from")
    to_step: str = msgspec.field(name="to")
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


class AlarmChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm was raised, acknowledged or cleared.

    :ivar panel: where it was acknowledged
    :ivar visits: of the fire alarm: how many visits were open; *persons*: how many people that is
    """

    alarm: str
    visit: str | None
    detail: str | None
    since: str
    clock_synced: bool
    panel: str | None = None
    visits: int | None = None
    persons: int | None = None


class DayOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The office day has begun.

    :ivar number: running number of the days of this checkpoint, from 1
    :ivar date: its date, local time
    :ivar by: an officer's button, or the first guest
    :ivar visits_carried: visits that are open from before; cards and lockers out likewise
    """

    number: int
    date: str
    by: Literal["button", "arrival"]
    visits_carried: int
    cards_out: int
    lockers_out: int
    clock_synced: bool


class DayClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The office day has ended; ``visits_carried + visits_opened = sum(outcomes) + visits_open``.

    :ivar how: ``closed``: nothing was out; ``carried-over``: what was out is left to the next day,
        by an officer's button; ``not-closed``: nobody closed the day, and the next one has begun
    :ivar persons: how many people the opened visits were, as far as was known at their arrival
    :ivar outcomes: the visits that ended in it, by outcome
    :ivar reconciled: how many items an officer settled by button
    :ivar cards_out: visitor cards that are out, so *ids_held*, the IDs kept for them, are as many;
        *cards_lost* were declared lost
    """

    number: int
    date: str
    how: Literal["closed", "carried-over", "not-closed"]
    opened: str
    visits_carried: int
    visits_opened: int
    persons: int
    outcomes: dict[str, int]
    reconciled: int
    visits_open: int
    cards_out: int
    cards_lost: int
    lockers_out: int
    ids_held: int
    clock_synced: bool


class DaemonRestarted(msgspec.Struct, frozen=True, kw_only=True):
    """The daemon runs again after an end that nobody asked for.

    :ivar ended: ``crashed``: it died or was killed; ``power-lost``: the whole machine was restarted
    :ivar crashes: how often it has crashed within the last ten minutes
    """

    ended: Ending
    crashes: int
    clock_synced: bool


class EquipmentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A device failed or was restored, or a still was missed."""

    device: str
    why: str | None
    visit: str | None
    clock_synced: bool


class GuestBookPurged(msgspec.Struct, frozen=True, kw_only=True):
    """Guests' details have left the guest book: those of *visits* visits from before *before*.

    :ivar by: ``retention``, or ``request`` of the person responsible for personal data
    """

    visits: int
    before: str
    by: Literal["retention", "request"]
    clock_synced: bool


class MonthlyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The recapitulation of a month; a later *revision* (from 1) takes the place of an earlier."""

    month: str
    revision: int
    summary: Summary
    clock_synced: bool


Data = (
    StepCompleted
    | StepOverdue
    | VisitOpened
    | VisitExtended
    | VisitUnseen
    | VisitClosed
    | VisitReconciled
    | VisitCorrected
    | CardLost
    | LockerOpened
    | AlarmChanged
    | DayOpened
    | DayClosed
    | EquipmentChanged
    | DaemonRestarted
    | GuestBookPurged
    | MonthlyReport
)

# CloudEvents type → (MQTT topic suffix, type of the data). One row a kind of record.
KINDS: dict[str, tuple[str, type[Data]]] = {
    "gardu.step.completed.v1": ("event/step", StepCompleted),
    "gardu.step.overdue.v1": ("event/step", StepOverdue),
    "gardu.visit.opened.v1": ("event/visit", VisitOpened),
    "gardu.visit.closed.v1": ("event/visit", VisitClosed),
    "gardu.visit.reconciled.v1": ("event/visit", VisitReconciled),
    "gardu.visit.extended.v1": ("event/visit", VisitExtended),
    "gardu.visit.unseen.v1": ("event/visit", VisitUnseen),
    "gardu.day.opened.v1": ("event/visit", DayOpened),
    "gardu.day.closed.v1": ("event/visit", DayClosed),
    "gardu.visit.corrected.v1": ("event/visit", VisitCorrected),
    "gardu.card.lost.v1": ("event/visit", CardLost),
    "gardu.alarm.raised.v1": ("event/alarm", AlarmChanged),
    "gardu.alarm.acknowledged.v1": ("event/alarm", AlarmChanged),
    "gardu.alarm.cleared.v1": ("event/alarm", AlarmChanged),
    "gardu.equipment.fault.v1": ("event/equipment", EquipmentChanged),
    "gardu.equipment.restored.v1": ("event/equipment", EquipmentChanged),
    "gardu.locker.opened.v1": ("event/equipment", LockerOpened),
    "gardu.still.missed.v1": ("event/equipment", EquipmentChanged),
    "gardu.daemon.restarted.v1": ("event/equipment", DaemonRestarted),
    "gardu.guestbook.purged.v1": ("event/equipment", GuestBookPurged),
    "gardu.report.monthly.v1": ("report/{month}", MonthlyReport),
}


class Record(msgspec.Struct, frozen=True):
    """One fact: a key of :data:`KINDS`, its subject, the moment it happened, and its data."""

    type: str
    subject: str
    at: Stamp
    visit: str | None
    data: Data


def suffix(record: Record) -> str:
    """Return the suffix of the topic that *record* goes to; what is in braces is in its data."""
    topic = KINDS[record.type][0]
    if isinstance(record.data, MonthlyReport):
        return topic.format(month=record.data.month)
    return topic
