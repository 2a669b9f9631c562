"""Records: facts for the central office, exactly the ``data`` of docs/mqtt.md.

The core decides the content; the store adds id, sequence and time of recording in the same
transaction. No record contains a name, a card number or an ID number.
"""

from typing import Literal

import msgspec

from edge.clock import Stamp
from edge.sop.monthly_summary import Summary
from edge.sop.visit_records import (
    CardLost,
    HostChosen,
    LockerOpened,
    StepCompleted,
    StepOverdue,
    StillReference,
    VisitClosed,
    VisitCorrected,
    VisitExtended,
    VisitJoined,
    VisitOpened,
    VisitReconciled,
    VisitUnseen,
)

# All kinds of records can be imported from here.
__all__ = [
    "KINDS", "AlarmChanged", "CardLost", "DaemonRestarted", "Data", "DatabaseRestored", "DayClosed",
    "DayOpened", "Ending", "EquipmentChanged", "GuestBookPurged", "HostChosen", "LockerOpened",
    "MonthlyReport", "Record", "StepCompleted", "StepOverdue", "StillReference", "VisitClosed",
    "VisitCorrected", "VisitExtended", "VisitJoined", "VisitOpened", "VisitReconciled",
    "VisitUnseen", "suffix",
]  # fmt: skip

# The end of the daemon's last run, if it was not stopped on purpose.
Ending = Literal["crashed", "power-lost"]


class AlarmChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm was raised, acknowledged or cleared.

    :ivar panel: where it was acknowledged
    :ivar visits: of the fire alarm: number of open visits; *persons*: number of their persons
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
    :ivar by: an officer's ``button``, or the ``arrival`` of the first guest
    :ivar visits_carried: visits that are open from before; *cards_out*, *lockers_out*: likewise
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

    :ivar how: ``closed``: no item was out; ``carried-over``: an officer left the open items to
        the next day, by button; ``not-closed``: the next day began before this one was closed
    :ivar persons: persons of the opened visits, including those who joined them in it
    :ivar outcomes: the number of visits that ended in it, by outcome
    :ivar reconciled: number of items that an officer settled by button
    :ivar cards_out: visitor cards that are out; *cards_lost*: cards that were declared lost
    :ivar ids_held: guests' IDs that are held, of open visits and of guests who left theirs here
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
    """The daemon runs again after an end that was not on purpose.

    :ivar ended: ``crashed``: it died or was killed; ``power-lost``: the whole machine was restarted
    :ivar crashes: the number of its crashes within the last ten minutes
    """

    ended: Ending
    crashes: int
    clock_synced: bool


class DatabaseRestored(msgspec.Struct, frozen=True, kw_only=True):
    """The database was restored from a backup: the first record of its new stream.

    :ivar made: when the backup was made, RFC 3339 UTC
    :ivar stream: the stream of the backup, which goes no further here; *sequence*: its last record
        in the backup; *head*: the link of that record in the hash chain
    :ivar waiting: number of older records that are sent, again perhaps, under their old ids
    :ivar visits: number of visits that were open when the backup was made
    :ivar lost: number of records that were committed here after the backup and are not in it; null
        if unknown: those of a machine that is gone
    """

    made: str
    stream: str
    sequence: int
    head: str
    waiting: int
    visits: int
    lost: int | None
    clock_synced: bool


class EquipmentChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A device failed or was restored, or a still was missed.

    :ivar times: of the link to the broker: how often it failed in this spell so far
    :ivar remedy: what a technician does first about the fault
    :ivar changes: at the end of a loose contact: how often its level changed, within *lasted_s*
        seconds
    """

    device: str
    why: str | None
    visit: str | None
    clock_synced: bool
    times: int | None = None
    remedy: str | None = None
    changes: int | None = None
    lasted_s: float | None = None


class GuestBookPurged(msgspec.Struct, frozen=True, kw_only=True):
    """Guests' details were deleted from the guest book: of *visits* visits from before *before*.

    :ivar by: ``retention``, or ``request`` of the person responsible for personal data
    """

    visits: int
    before: str
    by: Literal["retention", "request"]
    clock_synced: bool


class MonthlyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The recapitulation of a month; a later *revision* (from 1) replaces an earlier one."""

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
    | VisitJoined
    | HostChosen
    | CardLost
    | LockerOpened
    | AlarmChanged
    | DayOpened
    | DayClosed
    | EquipmentChanged
    | DaemonRestarted
    | DatabaseRestored
    | GuestBookPurged
    | MonthlyReport
)

# CloudEvents type → (MQTT topic suffix, type of the data). One row for each kind of record.
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
    "gardu.visit.joined.v1": ("event/visit", VisitJoined),
    "gardu.host.chosen.v1": ("event/visit", HostChosen),
    "gardu.card.lost.v1": ("event/visit", CardLost),
    "gardu.alarm.raised.v1": ("event/alarm", AlarmChanged),
    "gardu.alarm.acknowledged.v1": ("event/alarm", AlarmChanged),
    "gardu.alarm.cleared.v1": ("event/alarm", AlarmChanged),
    "gardu.equipment.fault.v1": ("event/equipment", EquipmentChanged),
    "gardu.equipment.restored.v1": ("event/equipment", EquipmentChanged),
    "gardu.locker.opened.v1": ("event/equipment", LockerOpened),
    "gardu.still.missed.v1": ("event/equipment", EquipmentChanged),
    "gardu.daemon.restarted.v1": ("event/equipment", DaemonRestarted),
    "gardu.database.restored.v1": ("event/equipment", DatabaseRestored),
    "gardu.guestbook.purged.v1": ("event/equipment", GuestBookPurged),
    "gardu.report.monthly.v1": ("report/{month}", MonthlyReport),
}


class Record(msgspec.Struct, frozen=True):
    """One fact: a key of :data:`KINDS`, its subject, the moment when it happened, and its data."""

    type: str
    subject: str
    at: Stamp
    visit: str | None
    data: Data


def suffix(record: Record) -> str:
    """Return the topic suffix of *record*; the field in braces is filled from its data."""
    topic = KINDS[record.type][0]
    if isinstance(record.data, MonthlyReport):
        return topic.format(month=record.data.month)
    return topic
