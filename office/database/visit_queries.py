"""Questions of the page about visits. Each function is one query.

A checkpoint is named ``site/checkpoint``; times are milliseconds since 1970 UTC.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, func, or_, select, tuple_

from office.database.board_queries import only
from office.database.tables import checkpoints, records, visits

STEP, OVERDUE = "gardu.step.completed.v1", "gardu.step.overdue.v1"
REPORT = "gardu.report.monthly.v1"
# Open visits of one answer, at most.
MOST_OPEN = 2000
_NAME = checkpoints.c.site + "/" + checkpoints.c.checkpoint


class VisitRow(NamedTuple):
    """A visit; *step*: the last one that ended; *overdue*: the one that takes too long."""

    checkpoint: str
    visit: str
    procedure: str | None
    host: str | None
    persons: int | None
    step: str | None
    overdue: str | None
    outcome: str | None
    opened_ms: int | None
    closed_ms: int | None
    last_ms: int

    @property
    def key(self) -> tuple[str, str]:
        """Its checkpoint and id."""
        return self.checkpoint, self.visit


class RecordRow(NamedTuple):
    """A record of a visit; the payload is the CloudEvent."""

    checkpoint: str
    visit: str
    happened_ms: int
    arrived_ms: int
    payload: bytes


class Search(NamedTuple):
    """The visits that are searched for; what is empty or None does not matter.

    :ivar overdue: visits with a step that was over its standard time
    :ivar from_ms: opened at that moment or later; *until_ms*: before that one
    :ivar text: the beginning of the visit's id
    :ivar before: only visits behind this one in the order of the answer: its last_ms and id
    """

    site: str = ""
    checkpoint: str = ""
    procedure: str = ""
    host: str = ""
    outcome: str = ""
    overdue: bool = False
    from_ms: int | None = None
    until_ms: int | None = None
    text: str = ""
    before: tuple[int, str] | None = None


def _rows() -> Select[Any]:
    return select(
        _NAME, visits.c.visit, visits.c.procedure, visits.c.host, visits.c.persons, visits.c.step,
        func.nullif(visits.c.overdue, ""), visits.c.outcome, visits.c.opened_ms,
        visits.c.closed_ms, visits.c.last_ms,
    ).join(checkpoints, checkpoints.c.number == visits.c.checkpoint)  # fmt: skip


def found_visits(connection: Connection, search: Search, most: int) -> list[VisitRow]:
    """Return the visits that *search* describes, the one with the newest record first."""
    query = _of_site(only(_rows(), search.checkpoint), search.site)
    for column in ("procedure", "host"):
        if value := getattr(search, column):
            query = query.where(visits.c[column] == value)
    query = _of_moment(_of_outcome(query, search.outcome), search)
    if search.text:
        query = query.where(visits.c.visit.startswith(search.text, autoescape=True))
    if search.overdue:
        query = query.where(_was_overdue())
    if search.before is not None:
        query = query.where(tuple_(visits.c.last_ms, visits.c.visit) < tuple_(*search.before))
    query = query.order_by(visits.c.last_ms.desc(), visits.c.visit.desc())
    return [VisitRow(*row) for row in connection.execute(query.limit(most))]


def visit_row(connection: Connection, checkpoint: str, visit: str) -> VisitRow | None:
    """Return the visit; None if there is none."""
    row = connection.execute(only(_rows(), checkpoint).where(visits.c.visit == visit)).first()
    return None if row is None else VisitRow(*row)


def open_visits(
    connection: Connection, checkpoint: str = "", site: str = "", *, overdue: bool = False
) -> list[VisitRow]:
    """Return the open visits of a checkpoint, a site or all, the ones that came first first.

    :param overdue: only those with a step that is over its standard time
    """
    query = _of_site(only(_rows(), checkpoint), site).where(visits.c.closed_ms.is_(None))
    if overdue:
        query = query.where(visits.c.overdue != "")
    query = query.order_by(func.coalesce(visits.c.opened_ms, visits.c.last_ms), visits.c.visit)
    return [VisitRow(*row) for row in connection.execute(query.limit(MOST_OPEN))]


def newest_records(
    connection: Connection, kind: str, of: Collection[VisitRow]
) -> dict[tuple[str, str], RecordRow]:
    """Return the newest record of the type *kind* of each visit in *of*, by checkpoint and id."""
    query = (
        select(
            _NAME, records.c.visit, records.c.happened_ms, records.c.arrived_ms, records.c.payload
        )
        .join(checkpoints, checkpoints.c.number == records.c.checkpoint)
        .where(records.c.visit.in_({row.visit for row in of}), records.c.type == kind)
        .order_by(records.c.recorded_ms, records.c.sequence)
    )
    found = (RecordRow(*row) for row in connection.execute(query))
    return {(row.checkpoint, row.visit): row for row in found}


def monthly_reports(connection: Connection, kind: str) -> list[tuple[str, bytes]]:
    """Return the published months of all checkpoints with their names, in the order of revision."""
    query = (
        select(_NAME, records.c.payload)
        .join(checkpoints, checkpoints.c.number == records.c.checkpoint)
        .where(records.c.type == kind)
        .order_by(records.c.recorded_ms, records.c.sequence)
    )
    return [(name, payload) for name, payload in connection.execute(query)]


def _of_site(query: Select[Any], site: str) -> Select[Any]:
    return query.where(checkpoints.c.site == site) if site else query


def _of_outcome(query: Select[Any], outcome: str) -> Select[Any]:
    if outcome == "open":
        return query.where(visits.c.closed_ms.is_(None))
    return query.where(visits.c.outcome == outcome) if outcome else query


def _of_moment(query: Select[Any], search: Search) -> Select[Any]:
    began = func.coalesce(visits.c.opened_ms, visits.c.last_ms)
    if search.from_ms is not None:
        # A visit's newest record is not before its first one: the index of last_ms helps.
        query = query.where(visits.c.last_ms >= search.from_ms, began >= search.from_ms)
    return query if search.until_ms is None else query.where(began < search.until_ms)


def _was_overdue() -> Any:
    """Return the condition that a visit has, or had, a step that was over its time."""
    recorded = exists().where(
        and_(
            records.c.visit == visits.c.visit,
            records.c.checkpoint == visits.c.checkpoint,
            records.c.type == OVERDUE,
        )
    )
    return or_(func.coalesce(visits.c.overdue, "") != "", recorded)
