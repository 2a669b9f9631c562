"""Deletes what is older than the retention allows, in small transactions.

Rules
-----
1. A record goes when both its id (a UUIDv7, which begins with its time) and its arrival are older:
   a checkpoint whose clock was wrong has old ids, and what was sent late has been here for a short
   time only.
2. No deletion is taken for a gap or a broken chain: only records up to their stream's front go, and
   the front has the link of its record (office/ingest/front.py). Places where a chain was broken,
   and heads that differ, stay for good.
3. Published months stay: they are counts, without persons.
4. In PostgreSQL a month that is long over is dropped as a whole; what stays of it is moved.

Times are milliseconds since 1970 UTC.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
)

from office.database.live import add_counts
from office.database.partitions import drop_month, droppable, id_at
from office.database.tables import (
    aside,
    availability,
    checkpoints,
    gaps,
    heads,
    records,
    still_references,
    stills,
    streams,
    visits,
)
from office.database.visit_queries import REPORT

RECORDS, STILLS, ASIDE = "deleted record", "deleted still", "deleted refused"
"""The words of the counts."""

# Rows of one transaction, at most. A still has up to 256 KiB.
_PORTION, _STILLS_PORTION = 500, 50

Deleted = tuple[str, int]


def delete_stills(engine: Engine, before_ms: int, now_ms: int) -> Iterator[Deleted]:
    """Delete the stills that are older than *before_ms*; yield the count after each transaction."""
    yield from _drop_months(engine, "stills", STILLS, before_ms, now_ms)
    for number in _checkpoints(engine):
        yield from _delete_keyed(engine, stills, _old_stills(before_ms), number, STILLS)


def delete_records(engine: Engine, before_ms: int, now_ms: int) -> Iterator[Deleted]:
    """Delete the records that are older than *before_ms*, and the visits that ended before."""
    yield from _drop_months(engine, "records", RECORDS, before_ms, now_ms)
    for number in _checkpoints(engine):
        yield from _delete_keyed(engine, records, _old_records(before_ms), number, RECORDS)
    for table, condition in _beside_records(before_ms):
        yield from _delete_all(engine, table, condition, "")


def delete_aside(engine: Engine, before_ms: int) -> Iterator[Deleted]:
    """Delete the refused messages that came before *before_ms*."""
    yield from _delete_all(engine, aside, aside.c.arrived_ms < before_ms, ASIDE)


def count_old(
    connection: Connection,
    *,
    records_ms: int | None,
    stills_ms: int | None,
    aside_ms: int | None,
) -> dict[str, int]:
    """Return how many rows of each kind are older; None: that kind is kept."""
    queries: dict[str, Select[Any]] = {}
    if records_ms is not None:
        query = select(func.count()).select_from(records.join(streams, _OF_STREAM))
        queries[RECORDS] = query.where(_old_records(records_ms))
    if stills_ms is not None:
        queries[STILLS] = select(func.count()).where(_old_stills(stills_ms))
    if aside_ms is not None:
        queries[ASIDE] = select(func.count()).where(aside.c.arrived_ms < aside_ms)
    return {word: int(connection.scalar(query) or 0) for word, query in queries.items()}


_OF_STREAM = streams.c.number == records.c.stream


def _old_records(before_ms: int) -> ColumnElement[bool]:
    return and_(
        records.c.id < id_at(before_ms),
        records.c.arrived_ms < before_ms,
        records.c.type != REPORT,
        records.c.sequence <= streams.c.front,
    )


def _old_stills(before_ms: int) -> ColumnElement[bool]:
    return and_(stills.c.id < id_at(before_ms), stills.c.arrived_ms < before_ms)


def _beside_records(before_ms: int) -> list[tuple[Any, ColumnElement[bool]]]:
    """Return what goes with the records: the table, and the condition of its rows."""

    def has_records(table: Any) -> ColumnElement[bool]:
        of_visit = and_(
            records.c.visit == table.c.visit, records.c.checkpoint == table.c.checkpoint
        )
        return exists().where(of_visit)

    front = select(streams.c.front).where(streams.c.number == heads.c.stream).scalar_subquery()
    checked = or_(heads.c.holds.is_(True), and_(heads.c.holds.is_(None), heads.c.sequence <= front))
    newer = availability.alias("newer")
    replaced = exists().where(
        newer.c.checkpoint == availability.c.checkpoint,
        newer.c.host == availability.c.host,
        newer.c.asked_ms > availability.c.asked_ms,
    )
    return [
        (
            visits,
            and_(
                visits.c.closed_ms.is_not(None),
                visits.c.last_ms < before_ms,
                ~has_records(visits),
            ),
        ),
        (
            still_references,
            and_(still_references.c.id < id_at(before_ms), ~has_records(still_references)),
        ),
        (heads, and_(heads.c.arrived_ms < before_ms, checked)),
        (gaps, gaps.c.closed_ms < before_ms),
        (availability, and_(availability.c.asked_ms < before_ms, replaced)),
    ]


def _checkpoints(engine: Engine) -> list[int]:
    with engine.begin() as connection:
        return list(connection.scalars(select(checkpoints.c.number)))


def _delete_keyed(
    engine: Engine, table: Any, condition: ColumnElement[bool], checkpoint: int, word: str
) -> Iterator[Deleted]:
    """Delete rows of one checkpoint, the oldest first, by the table's key."""
    most = _STILLS_PORTION if table is stills else _PORTION
    query = select(table.c.id).where(table.c.checkpoint == checkpoint, condition)
    if table is records:
        query = query.join(streams, _OF_STREAM)
    while True:
        with engine.begin() as connection:
            # Looked up first: with their ids PostgreSQL knows the partitions that have them.
            ids = list(connection.scalars(query.order_by(table.c.id).limit(most)))
            if ids:
                own = and_(table.c.checkpoint == checkpoint, table.c.id.in_(ids))
                connection.execute(delete(table).where(own))
                add_counts(connection, {word: len(ids)})
        if ids:
            yield word, len(ids)
        if len(ids) < most:
            return


def _delete_all(
    engine: Engine, table: Any, condition: ColumnElement[bool], word: str
) -> Iterator[Deleted]:
    """Delete the rows of *table* that meet *condition*; they are counted if *word* is not empty."""
    keys = list(table.primary_key.columns)
    while True:
        with engine.begin() as connection:
            found = connection.execute(select(*keys).where(condition).limit(_PORTION)).all()
            for row in found:
                own = (key == value for key, value in zip(keys, row, strict=True))
                connection.execute(delete(table).where(*own))
            if word and found:
                add_counts(connection, {word: len(found)})
        if found:
            yield word, len(found)
        if len(found) < _PORTION:
            return


def _drop_months(
    engine: Engine, table: str, word: str, before_ms: int, now_ms: int
) -> Iterator[Deleted]:
    """Drop the months of PostgreSQL that are over for so long that all of their rows may go."""
    for name in droppable(engine, table, before_ms, now_ms):
        count = drop_month(engine, table, name, before_ms, word)
        if count:
            yield word, count
