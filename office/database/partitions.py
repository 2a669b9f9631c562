"""Monthly partitions of PostgreSQL: created some months ahead, and dropped when they are old.

An id is a UUIDv7, which begins with the milliseconds since 1970: the ids of a month are a range.
Ids of other months (a clock that was wrong) are in the default partition,
which the first migration creates.
"""

import logging
import re
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from office.database.live import add_counts

log = logging.getLogger(__name__)

TABLES = ("records", "stills")
# Months before and after the present one: before, for what checkpoints send again.
BEFORE, AFTER = 4, 3
_YEAR = 12


def create_partitions(engine: Engine, now_ms: int) -> None:
    """Create the partitions of the months around *now_ms* that are not there."""
    if engine.dialect.name != "postgresql":
        return
    present = _month_at(now_ms)
    for month in range(present - BEFORE, present + AFTER + 1):
        for table in TABLES:
            _create(engine, table, month)


def first_id(month: int) -> str:
    """Return the least id of *month*, counted from January of the year 0."""
    return id_at(_begin_ms(month))


def id_at(at_ms: int) -> str:
    """Return the least id of a moment, milliseconds since 1970 UTC."""
    digits = f"{max(0, at_ms):012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


def droppable(engine: Engine, table: str, before_ms: int, now_ms: int) -> list[str]:
    """Return the partitions of *table* whose month was over before *before_ms*.

    Not those of the months for which :func:`create_partitions` would make them again.
    """
    if engine.dialect.name != "postgresql":
        return []
    with engine.begin() as connection:
        found = connection.scalars(_PARTITIONS, {"table": table})
        months = {name: _month_of(name, table) for name in found}
    latest = _month_at(now_ms) - BEFORE
    return sorted(
        name
        for name, month in months.items()
        if month is not None and month < latest and _begin_ms(month + 1) <= before_ms
    )


def drop_month(engine: Engine, table: str, name: str, before_ms: int, word: str) -> int | None:
    """Drop the partition *name*; return how many rows are deleted with it.

    What must stay is moved to the default partition: what arrived at *before_ms* or later, and of
    records the published months, and those behind the front. None: there is too much of that, or
    the table is in use for long; the rows are then deleted one by one.

    :param word: under which they are counted
    """
    stays = _STAYS[table]
    values = {"before": before_ms, "most": _MOST_MOVED}
    try:
        with engine.begin() as connection:
            connection.execute(text(f"SET LOCAL lock_timeout = {_LOCK_MS}"))
            kept = connection.execute(
                text(f"SELECT 1 FROM {name} r WHERE {stays} LIMIT :most"),  # noqa: S608
                values,
            )
            if len(kept.all()) == _MOST_MOVED:
                return None
            connection.execute(text(f"ALTER TABLE {table} DETACH PARTITION {name}"))
            moved = connection.execute(
                text(f"INSERT INTO {table} SELECT r.* FROM {name} r WHERE {stays}"),  # noqa: S608
                values,
            )
            all_ = connection.scalar(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
            connection.execute(text(f"DROP TABLE {name}"))
            count = int(all_ or 0) - moved.rowcount
            add_counts(connection, {word: count})
    except DBAPIError as error:
        log.warning("partition %s cannot be dropped now: %s", name, str(error.orig).strip())
        return None
    log.info("partition %s is dropped, with %d rows", name, count)
    return count


_PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
    "WHERE i.inhparent = CAST(:table AS regclass)"
)
_STAYS = {
    "stills": "r.arrived_ms >= :before",
    "records": (
        "(r.arrived_ms >= :before OR r.type = 'gardu.report.monthly.v1' OR r.sequence > "
        "coalesce((SELECT s.front FROM streams s WHERE s.number = r.stream), 0))"
    ),
}
# Rows that are moved before a month is dropped, at most.
_MOST_MOVED = 10_000
# Longest wait for those who use the table, milliseconds.
_LOCK_MS = 5000


def _month_of(name: str, table: str) -> int | None:
    """Return the month of the partition *name*; None for the default one, and for foreign ones."""
    found = re.fullmatch(rf"{table}_([0-9]{{4}})_(0[1-9]|1[0-2])", name)
    return None if found is None else int(found[1]) * _YEAR + int(found[2]) - 1


def _month_at(at_ms: int) -> int:
    at = datetime.fromtimestamp(at_ms / 1e3, UTC)
    return at.year * _YEAR + at.month - 1


def _begin_ms(month: int) -> int:
    year, number = divmod(month, _YEAR)
    return round(datetime(year, number + 1, 1, tzinfo=UTC).timestamp() * 1e3)


def _create(engine: Engine, table: str, month: int) -> None:
    year, number = divmod(month, _YEAR)
    name = f"{table}_{year}_{number + 1:02d}"
    limits = f"FROM ('{first_id(month)}') TO ('{first_id(month + 1)}')"
    try:
        with engine.begin() as connection:
            _execute(connection, f"{name} PARTITION OF {table} FOR VALUES {limits}")
    except DBAPIError as error:
        # Records of that month came before its partition was there: they are in the default one.
        log.warning("partition %s cannot be created: %s", name, str(error.orig).strip())


def _execute(connection: Connection, table: str) -> None:
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {table}"))
