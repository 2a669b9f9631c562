"""Questions that a page or a report asks the database. Each function is one query.

Times are milliseconds since 1970 UTC. A checkpoint is named ``site/checkpoint``.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from edge.sealing.boxes import MAGIC
from office.database.tables import (
    alarms,
    breaks,
    checkpoints,
    gaps,
    live,
    records,
    stills,
    streams,
    visits,
)

# Rows of one answer, at most: a page shows no more.
MOST_ROWS = 1000
# A gap whose records the checkpoint has not counted as delivered may still be on its way, unless
# its front has stood still for this long (docs/mqtt.md), milliseconds.
_REORDER_MS = 10_000

_NAME: ColumnElement[str] = checkpoints.c.site + "/" + checkpoints.c.checkpoint


class AlarmStanding(NamedTuple):
    """An alarm that stands now; *since* and *acknowledged* as the checkpoint published them."""

    checkpoint: str
    kind: str
    since: str | None
    acknowledged: str | None
    payload: bytes


class CheckpointStatus(NamedTuple):
    """The connection of a checkpoint, and since when the office knows it."""

    checkpoint: str
    status: str
    reason: str | None
    status_ms: int | None


class OpenVisit(NamedTuple):
    """An open visit; *step*: the last one that ended; *overdue*: the one that takes too long."""

    checkpoint: str
    visit: str
    procedure: str | None
    host: str | None
    persons: int | None
    step: str | None
    overdue: str | None
    opened_ms: int | None
    last_ms: int


class TimelineRecord(NamedTuple):
    """A record of a visit; the payload is the CloudEvent."""

    id: str
    type: str
    sequence: int
    happened_ms: int
    payload: bytes


class VisitStill(NamedTuple):
    """A still of a visit without its image; *digest*: see the table of stills.

    :ivar sealed: its image is a box, which only the office's private key opens
    """

    checkpoint: str
    id: str
    purpose: str
    happened_ms: int
    digest: str
    sealed: bool


class StandingGap(NamedTuple):
    """Missing records of a checkpoint's stream.

    :ivar certain: False if they may be on their way still
    """

    checkpoint: str
    stream: str
    first: int
    last: int
    opened_ms: int
    asked_ms: int | None
    answer: str | None
    certain: bool


class BrokenChain(NamedTuple):
    """A place where a stream's chain is broken; *what*: see the table of breaks."""

    checkpoint: str
    stream: str
    sequence: int
    what: str
    found_ms: int


class LiveValue(NamedTuple):
    """The newest value of a live topic."""

    checkpoint: str
    arrived_ms: int
    payload: bytes


def standing_alarms(
    connection: Connection, checkpoint: str | None = None, *, hidden: Collection[str] = ()
) -> list[AlarmStanding]:
    """Return the alarms that stand: fire first, then those without an acknowledgement.

    :param checkpoint: those of one only; None: of all
    :param hidden: kinds that are left out
    """
    order = ((alarms.c.kind != "fire"), alarms.c.acknowledged.is_not(None), alarms.c.since.desc())
    query = select(
        _NAME, alarms.c.kind, alarms.c.since, alarms.c.acknowledged, alarms.c.payload
    ).join(checkpoints, checkpoints.c.number == alarms.c.checkpoint)
    query = query.where(alarms.c.kind.not_in(hidden)).order_by(*order)
    return _all(connection, _of(query, checkpoint), AlarmStanding)


def checkpoint_statuses(
    connection: Connection, *, offline_only: bool = False
) -> list[CheckpointStatus]:
    """Return the checkpoints: those that are offline first, the longest of them first."""
    query = select(
        _NAME, checkpoints.c.status, checkpoints.c.reason, checkpoints.c.status_ms
    ).order_by(checkpoints.c.status != "offline", checkpoints.c.status_ms, _NAME)
    if offline_only:
        query = query.where(checkpoints.c.status == "offline")
    return _all(connection, query, CheckpointStatus)


def open_visits(connection: Connection, checkpoint: str | None = None) -> list[OpenVisit]:
    """Return the open visits, of one *checkpoint* or of all: those that are overdue first.

    A visit of which only later records have come so far is open too.
    """
    query = (
        select(
            _NAME, visits.c.visit, visits.c.procedure, visits.c.host, visits.c.persons,
            visits.c.step, func.nullif(visits.c.overdue, ""), visits.c.opened_ms, visits.c.last_ms,
        )
        .join(checkpoints, checkpoints.c.number == visits.c.checkpoint)
        .where(visits.c.closed_ms.is_(None))
        .order_by(func.coalesce(visits.c.overdue, "") == "", visits.c.opened_ms)
    )  # fmt: skip
    return _all(connection, _of(query, checkpoint), OpenVisit)


def visit_timeline(connection: Connection, checkpoint: str, visit: str) -> list[TimelineRecord]:
    """Return the records of *visit* in their order."""
    query = (
        select(
            records.c.id, records.c.type, records.c.sequence, records.c.happened_ms,
            records.c.payload,
        )
        .join(checkpoints, checkpoints.c.number == records.c.checkpoint)
        .where(records.c.visit == visit)
        .order_by(records.c.recorded_ms, records.c.sequence)
    )  # fmt: skip
    return _all(connection, _of(query, checkpoint), TimelineRecord)


def visit_stills(connection: Connection, checkpoint: str, visit: str) -> list[VisitStill]:
    """Return the stills of *visit* in the order in which they were taken."""
    query = (
        select(
            _NAME,
            stills.c.id,
            stills.c.purpose,
            stills.c.happened_ms,
            stills.c.digest,
            (func.substr(stills.c.image, 1, len(MAGIC)) == MAGIC).label("sealed"),
        )
        .join(checkpoints, checkpoints.c.number == stills.c.checkpoint)
        .where(stills.c.visit == visit)
        .order_by(stills.c.happened_ms)
    )
    return _all(connection, _of(query, checkpoint), VisitStill)


def still_image(connection: Connection, checkpoint: str, identifier: str) -> bytes | None:
    """Return the JPEG of a still; None if there is none."""
    query = (
        select(stills.c.image)
        .join(checkpoints, checkpoints.c.number == stills.c.checkpoint)
        .where(stills.c.id == identifier)
    )
    image = connection.scalar(_of(query, checkpoint))
    return None if image is None else bytes(image)


def standing_gaps(connection: Connection, now_ms: int) -> list[StandingGap]:
    """Return the gaps that stand, the oldest first."""
    certain = or_(gaps.c.first <= streams.c.acked_seq, streams.c.moved_ms < now_ms - _REORDER_MS)
    query = (
        select(
            _NAME, streams.c.stream, gaps.c.first, gaps.c.last, gaps.c.opened_ms, gaps.c.asked_ms,
            gaps.c.answer, certain,
        )
        .join(streams, streams.c.number == gaps.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .where(gaps.c.closed_ms.is_(None))
        .order_by(gaps.c.opened_ms, gaps.c.first)
    )  # fmt: skip
    found = _all(connection, query, StandingGap)
    return [gap._replace(certain=bool(gap.certain)) for gap in found]


def broken_chains(connection: Connection) -> list[BrokenChain]:
    """Return the places where a chain is broken, the newest first: a person must examine them."""
    query = (
        select(_NAME, streams.c.stream, breaks.c.sequence, breaks.c.what, breaks.c.found_ms)
        .join(streams, streams.c.number == breaks.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .order_by(breaks.c.found_ms.desc(), breaks.c.sequence)
    )
    return _all(connection, query, BrokenChain)


def live_values(connection: Connection, topic: str) -> list[LiveValue]:
    """Return the newest values of the live topic *topic*, such as ``health``."""
    query = (
        select(_NAME, live.c.arrived_ms, live.c.payload)
        .join(checkpoints, checkpoints.c.number == live.c.checkpoint)
        .where(live.c.topic == topic)
        .order_by(_NAME)
    )
    return _all(connection, query, LiveValue)


def _of(query: Select[Any], checkpoint: str | None) -> Select[Any]:
    """Return *query* for one checkpoint only, if one is named."""
    if checkpoint is None:
        return query
    site, _, name = checkpoint.partition("/")
    return query.where(and_(checkpoints.c.site == site, checkpoints.c.checkpoint == name))


def _all(connection: Connection, query: Select[Any], kind: Any) -> list[Any]:
    return [kind(*row) for row in connection.execute(query.limit(MOST_ROWS))]
