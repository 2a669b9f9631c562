"""Questions of the page about checkpoints. Each function is one query.

A checkpoint is named ``site/checkpoint``; times are milliseconds since 1970 UTC.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, func, select

from office.database.tables import alarms, breaks, checkpoints, gaps, live, streams, visits

MOST_CHECKPOINTS = 500
"""Checkpoints of one answer, at most; the page says how many there are more."""

_NAME = checkpoints.c.site + "/" + checkpoints.c.checkpoint
_health = live.alias("health")
_is_health = and_(_health.c.checkpoint == checkpoints.c.number, _health.c.topic == "health")


class CheckpointRow(NamedTuple):
    """A checkpoint and the figures of it.

    :ivar status: ``online``, ``offline`` or ``unknown``, since *status_ms*
    :ivar visits: open visits, with *persons*; *overdue*: those of a step that is over its time
    :ivar gaps: missing records that stand, as rows; *breaks*: places where a chain is broken
    :ivar health_ms: when its newest ``health`` arrived
    """

    checkpoint: str
    status: str
    reason: str | None
    status_ms: int | None
    visits: int
    persons: int
    overdue: int
    alarms: int
    gaps: int
    breaks: int
    health_ms: int | None


class Totals(NamedTuple):
    """The figures of all checkpoints together.

    :ivar silent: those that are online, and not counted there: they give no sign of life
    """

    checkpoints: int
    online: int
    offline: int
    silent: int
    visits: int
    persons: int
    overdue: int


class LiveRow(NamedTuple):
    """The newest value of a live topic."""

    topic: str
    arrived_ms: int
    payload: bytes


class CheckpointValue(NamedTuple):
    """The newest value of a live topic of a checkpoint, such as ``meta``."""

    checkpoint: str
    arrived_ms: int
    payload: bytes


class StreamRow(NamedTuple):
    """A stream of a checkpoint: its front, its last record, and when its front last moved."""

    stream: str
    front: int
    last_seq: int
    acked_seq: int
    moved_ms: int


class GapRow(NamedTuple):
    """Missing records of a checkpoint that stand."""

    first: int
    last: int
    opened_ms: int
    asked_ms: int | None
    answer: str | None


class BreakRow(NamedTuple):
    """A place where the chain of a checkpoint is broken."""

    sequence: int
    what: str
    found_ms: int


class BrokenRow(NamedTuple):
    """A checkpoint with a broken chain: the number of places, and when the newest was found."""

    checkpoint: str
    places: int
    found_ms: int


def totals(connection: Connection, silent_ms: int = 0) -> Totals:
    """Return the figures of all checkpoints together.

    :param silent_ms: a checkpoint whose newest ``health`` arrived earlier gives no sign of life
    """
    status, silent = func.count().filter, _silent(silent_ms)
    known = select(
        func.count(),
        status(and_(checkpoints.c.status == "online", ~silent)),
        status(checkpoints.c.status == "offline"),
        status(silent),
    ).select_from(checkpoints.outerjoin(_health, _is_health))
    inside = select(
        func.count(),
        func.coalesce(func.sum(func.coalesce(visits.c.persons, 1)), 0),
        status(func.coalesce(visits.c.overdue, "") != ""),
    ).where(visits.c.closed_ms.is_(None))
    counted = connection.execute(known).one(), connection.execute(inside).one()
    return Totals(*(int(count) for row in counted for count in row))


def checkpoint_rows(
    connection: Connection,
    *,
    site: str = "",
    checkpoint: str = "",
    skipped: int = 0,
    most: int | None = MOST_CHECKPOINTS,
    hidden: Collection[str] = (),
    silent_ms: int = 0,
) -> list[CheckpointRow]:
    """Return the checkpoints: what needs a person comes first (:func:`_urgency`), then by name.

    :param site: only of that site
    :param checkpoint: only that one (``site/checkpoint``)
    :param skipped: without so many at the beginning
    :param most: so many at most; None: all of them
    :param hidden: kinds of alarms that are not counted
    :param silent_ms: a checkpoint whose newest ``health`` arrived earlier gives no sign of life
    """
    inside, alarmed, missing, broken = _inside(), _alarmed(hidden), _missing(), _broken()
    query = select(
        _NAME, checkpoints.c.status, checkpoints.c.reason, checkpoints.c.status_ms,
        *(func.coalesce(column, 0) for column in (
            inside.c.visits, inside.c.persons, inside.c.overdue,
            alarmed.c.found, missing.c.found, broken.c.found,
        )),
        _health.c.arrived_ms,
    )  # fmt: skip
    joined = checkpoints.outerjoin(_health, _is_health)
    for table in (inside, alarmed, missing, broken):
        joined = joined.outerjoin(table, table.c.checkpoint == checkpoints.c.number)
    urgency = _urgency(alarmed, inside, silent_ms)
    query = query.select_from(joined).order_by(urgency, _NAME)
    if site:
        query = query.where(checkpoints.c.site == site)
    found = connection.execute(only(query, checkpoint).offset(skipped).limit(most))
    return [CheckpointRow(*row) for row in found]


def checkpoint_names(
    connection: Connection, site: str = "", *, skipped: int = 0, most: int = MOST_CHECKPOINTS
) -> list[str]:
    """Return the names of the checkpoints, of a site or of all, in their order.

    :param skipped: without so many at the beginning
    :param most: so many at most
    """
    query = _of_site(select(_NAME), site).order_by(_NAME).offset(skipped).limit(most)
    return list(connection.scalars(query))


def checkpoint_count(connection: Connection, site: str = "") -> int:
    """Return the number of checkpoints, of a site or of all."""
    return int(connection.scalar(_of_site(select(func.count()), site)) or 0)


def alarm_count(connection: Connection, hidden: Collection[str] = ()) -> int:
    """Return the number of alarms that stand, without the kinds *hidden*."""
    query = select(func.count()).select_from(alarms).where(alarms.c.kind.not_in(hidden))
    return int(connection.scalar(query) or 0)


def sites(connection: Connection) -> list[str]:
    """Return the sites by name."""
    return list(connection.scalars(select(checkpoints.c.site).distinct().order_by("site")))


def metas_since(connection: Connection, arrived_ms: int) -> list[CheckpointValue]:
    """Return the values of ``meta`` that have arrived at *arrived_ms* or later."""
    query = (
        select(_NAME, live.c.arrived_ms, live.c.payload)
        .join(checkpoints, checkpoints.c.number == live.c.checkpoint)
        .where(live.c.topic == "meta", live.c.arrived_ms >= arrived_ms)
    )
    return [CheckpointValue(*row) for row in connection.execute(query)]


def live_of(connection: Connection, checkpoint: str) -> dict[str, LiveRow]:
    """Return the live values of *checkpoint*, by topic."""
    query = select(live.c.topic, live.c.arrived_ms, live.c.payload).join(
        checkpoints, checkpoints.c.number == live.c.checkpoint
    )
    return {row.topic: LiveRow(*row) for row in connection.execute(only(query, checkpoint))}


def live_values(connection: Connection, topic: str, names: Sequence[str]) -> list[CheckpointValue]:
    """Return the newest values of a live topic, of the checkpoints *names*: a page of them."""
    query = (
        select(_NAME, live.c.arrived_ms, live.c.payload)
        .join(checkpoints, checkpoints.c.number == live.c.checkpoint)
        .where(live.c.topic == topic, _NAME.in_(names))
    )
    return [CheckpointValue(*row) for row in connection.execute(query)]


def records_waiting(connection: Connection) -> dict[str, int]:
    """Return how many records each checkpoint has that are not here yet, if there are some."""
    waiting = func.sum(streams.c.last_seq - streams.c.front)
    query = (
        select(_NAME, waiting)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .where(streams.c.last_seq > streams.c.front)
        .group_by(checkpoints.c.number, checkpoints.c.site, checkpoints.c.checkpoint)
    )
    return {name: int(count) for name, count in connection.execute(query)}


def streams_of(connection: Connection, checkpoint: str) -> list[StreamRow]:
    """Return the streams of *checkpoint*, the newest first."""
    query = select(
        streams.c.stream, streams.c.front, streams.c.last_seq, streams.c.acked_seq,
        streams.c.moved_ms,
    ).join(checkpoints, checkpoints.c.number == streams.c.checkpoint)  # fmt: skip
    found = connection.execute(only(query, checkpoint).order_by(streams.c.moved_ms.desc()))
    return [StreamRow(*row) for row in found]


def gaps_of(connection: Connection, checkpoint: str, most: int = 100) -> list[GapRow]:
    """Return the missing records of *checkpoint*, the oldest first."""
    query = (
        select(gaps.c.first, gaps.c.last, gaps.c.opened_ms, gaps.c.asked_ms, gaps.c.answer)
        .join(streams, streams.c.number == gaps.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .where(gaps.c.closed_ms.is_(None))
        .order_by(gaps.c.opened_ms, gaps.c.first)
    )
    return [GapRow(*row) for row in connection.execute(only(query, checkpoint).limit(most))]


def breaks_of(connection: Connection, checkpoint: str, most: int = 100) -> list[BreakRow]:
    """Return the places where the chain of *checkpoint* is broken, the newest first."""
    query = (
        select(breaks.c.sequence, breaks.c.what, breaks.c.found_ms)
        .join(streams, streams.c.number == breaks.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .order_by(breaks.c.found_ms.desc(), breaks.c.sequence)
    )
    return [BreakRow(*row) for row in connection.execute(only(query, checkpoint).limit(most))]


def broken_since(connection: Connection, since_ms: int) -> list[BrokenRow]:
    """Return the checkpoints of which a broken place was found after *since_ms*, newest first."""
    newest = func.max(breaks.c.found_ms)
    query = (
        select(_NAME, func.count(), newest)
        .select_from(breaks)
        .join(streams, streams.c.number == breaks.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .where(breaks.c.found_ms > since_ms)
        .group_by(checkpoints.c.number, checkpoints.c.site, checkpoints.c.checkpoint)
        .order_by(newest.desc(), _NAME)
        .limit(MOST_CHECKPOINTS)
    )
    return [BrokenRow(*row) for row in connection.execute(query)]


def only(query: Select[Any], checkpoint: str) -> Select[Any]:
    """Return *query* for one checkpoint; for all if it is empty."""
    if not checkpoint:
        return query
    site, _, name = checkpoint.partition("/")
    return query.where(checkpoints.c.site == site, checkpoints.c.checkpoint == name)


def _of_site(query: Select[Any], site: str) -> Select[Any]:
    """Return *query* about the checkpoints of *site*; about all if it is empty."""
    query = query.select_from(checkpoints)
    return query.where(checkpoints.c.site == site) if site else query


def _urgency(alarmed: Subquery, inside: Subquery, silent_ms: int) -> ColumnElement[int]:
    """Return the place of a checkpoint in the order: the least number first."""
    return case(
        (func.coalesce(alarmed.c.found, 0) > 0, 0),
        (checkpoints.c.status == "offline", 1),
        (_silent(silent_ms), 1),
        (func.coalesce(inside.c.overdue, 0) > 0, 2),
        else_=3,
    )


def _silent(before_ms: int) -> ColumnElement[bool]:
    """Return the condition of a checkpoint that is online, and gives no sign of life."""
    old = func.coalesce(_health.c.arrived_ms, before_ms) < before_ms
    return and_(checkpoints.c.status == "online", old)


def _inside() -> Subquery:
    overdue = func.coalesce(visits.c.overdue, "") != ""
    return (
        select(
            visits.c.checkpoint,
            func.count().label("visits"),
            func.sum(func.coalesce(visits.c.persons, 1)).label("persons"),
            func.count().filter(overdue).label("overdue"),
        )
        .where(visits.c.closed_ms.is_(None))
        .group_by(visits.c.checkpoint)
        .subquery()
    )


def _alarmed(hidden: Collection[str]) -> Subquery:
    query = select(alarms.c.checkpoint, func.count().label("found"))
    query = query.where(alarms.c.kind.not_in(hidden))
    return query.group_by(alarms.c.checkpoint).subquery()


def _missing() -> Subquery:
    query = select(streams.c.checkpoint, func.count().label("found")).join(
        gaps, gaps.c.stream == streams.c.number
    )
    return query.where(gaps.c.closed_ms.is_(None)).group_by(streams.c.checkpoint).subquery()


def _broken() -> Subquery:
    query = select(streams.c.checkpoint, func.count().label("found")).join(
        breaks, breaks.c.stream == streams.c.number
    )
    return query.group_by(streams.c.checkpoint).subquery()
