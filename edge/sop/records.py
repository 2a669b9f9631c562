"""Records: facts for the central office, exactly the ``data`` of docs/mqtt.md.

The core decides what is said; the store adds id, sequence and time of recording in the same
transaction. No name, card number or ID number is ever in a record.
"""

from typing import Literal

import msgspec

from edge.clock import Stamp

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


class VisitOpened(msgspec.Struct, frozen=True, kw_only=True):
    """A guest (or group) has arrived and a visit was opened."""

    visit: str
    procedure: str
    procedure_version: str
    clock_synced: bool


class VisitClosed(msgspec.Struct, frozen=True, kw_only=True):
    """A visit has ended in exactly one outcome; *card_out* and *locker_out* are still owed.

    :ivar uncertainty_s: how wrong ``duration_s`` can be, as in StepCompleted
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


class VisitReconciled(msgspec.Struct, frozen=True, kw_only=True):
    """What a closed visit still owed has come back: its card, or its emptied locker."""

    visit: str
    returned: str
    clock_synced: bool


class AlarmChanged(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm was raised, acknowledged or cleared."""

    alarm: str
    visit: str | None
    detail: str | None
    since: str
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


Data = (
    StepCompleted
    | StepOverdue
    | VisitOpened
    | VisitClosed
    | VisitReconciled
    | AlarmChanged
    | EquipmentChanged
    | DaemonRestarted
)

# CloudEvents type → (MQTT topic suffix, type of the data). One row a kind of record.
KINDS: dict[str, tuple[str, type[Data]]] = {
    "gardu.step.completed.v1": ("event/step", StepCompleted),
    "gardu.step.overdue.v1": ("event/step", StepOverdue),
    "gardu.visit.opened.v1": ("event/visit", VisitOpened),
    "gardu.visit.closed.v1": ("event/visit", VisitClosed),
    "gardu.visit.reconciled.v1": ("event/visit", VisitReconciled),
    "gardu.alarm.raised.v1": ("event/alarm", AlarmChanged),
    "gardu.alarm.acknowledged.v1": ("event/alarm", AlarmChanged),
    "gardu.alarm.cleared.v1": ("event/alarm", AlarmChanged),
    "gardu.equipment.fault.v1": ("event/equipment", EquipmentChanged),
    "gardu.equipment.restored.v1": ("event/equipment", EquipmentChanged),
    "gardu.still.missed.v1": ("event/equipment", EquipmentChanged),
    "gardu.daemon.restarted.v1": ("event/equipment", DaemonRestarted),
}


class Record(msgspec.Struct, frozen=True):
    """One fact: a key of :data:`KINDS`, its subject, the moment it happened, and its data."""

    type: str
    subject: str
    at: Stamp
    visit: str | None
    data: Data
