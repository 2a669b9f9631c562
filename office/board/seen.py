"""Open visits with what was last seen of them: the step that ended, or the one that is overdue."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from office.board.moments import moment_of
from office.database.visit_queries import OVERDUE, STEP, RecordRow, VisitRow, newest_records


class StepFacts(msgspec.Struct, frozen=True):
    """The data of a step's record that the page uses."""

    step: str = ""
    number: int = 0
    station: str = ""
    outcome: str | None = None
    reason: str | None = None
    started: str = ""
    duration_s: float | None = None
    uncertainty_s: float | None = 0.0
    waited_s: float = 0.0
    standard_s: float | None = None
    over_s: float = 0.0
    extended_s: float = 0.0
    attempts: int = 1
    evidence: tuple[str, ...] = ()
    clock_synced: bool = True

    @property
    def evidence_runs(self) -> list[tuple[str, int]]:
        """The evidence in order, with how often a word stands in a row."""
        return [(word, len(list(run))) for word, run in groupby(self.evidence)]


class _Envelope(msgspec.Struct, frozen=True):
    data: StepFacts = StepFacts()


class Seen(NamedTuple):
    """An open visit.

    :ivar last: the step that ended last, at *last_ms*; None: none has ended
    :ivar late: the step that is over its standard time; None: none is
    :ivar late_s: how long it takes so far, seconds
    """

    row: VisitRow
    last: StepFacts | None
    last_ms: int | None
    late: StepFacts | None
    late_s: float

    @property
    def station(self) -> str:
        """The station where the visit was last seen; a visit begins at reception."""
        facts = self.late or self.last
        return facts.station if facts is not None else "reception"

    @property
    def persons(self) -> int:
        """Its persons: one if no number is known."""
        return 1 if self.row.persons is None else self.row.persons


_decode = msgspec.json.Decoder(_Envelope).decode


def facts_of(payload: bytes) -> StepFacts:
    """Return the facts of a step's record; empty ones for a record of another form."""
    try:
        return _decode(payload).data
    except msgspec.DecodeError:
        return StepFacts()


def seen_visits(connection: Connection, rows: Sequence[VisitRow], now_ms: int) -> list[Seen]:
    """Return the open visits of *rows* with what was last seen of them."""
    steps = newest_records(connection, STEP, rows)
    overdue = newest_records(connection, OVERDUE, [row for row in rows if row.overdue])
    return [_seen(row, steps.get(row.key), overdue.get(row.key), now_ms) for row in rows]


def _seen(row: VisitRow, step: RecordRow | None, overdue: RecordRow | None, now_ms: int) -> Seen:
    late = None
    if row.overdue:
        late = StepFacts(step=row.overdue) if overdue is None else facts_of(overdue.payload)
    return Seen(
        row=row,
        last=None if step is None else facts_of(step.payload),
        last_ms=None if step is None else step.happened_ms,
        late=late,
        late_s=0.0 if late is None or overdue is None else _elapsed_s(late, overdue, now_ms),
    )


def _elapsed_s(late: StepFacts, record: RecordRow, now_ms: int) -> float:
    """Return how long a step takes so far.

    By a clock that was not trusted it is counted from the record's arrival, when the standard time
    was just over.
    """
    started_ms = moment_of(late.started)
    if late.clock_synced and started_ms is not None:
        return max(0.0, (now_ms - started_ms) / 1000)
    return (late.standard_s or 0.0) + max(0.0, (now_ms - record.arrived_ms) / 1000)
