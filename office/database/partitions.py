"""Monthly partitions of PostgreSQL: created some months ahead.

An id is a UUIDv7, which begins with the milliseconds since 1970: the ids of a month are a range.
Ids of other months (a clock that was wrong) are in the default partition,
which the first migration creates. To delete a month, drop
its partition (docs/office.md).
"""

import logging
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)

TABLES = ("records", "stills")
# Months before and after the present one: before, for what checkpoints send again.
BEFORE, AFTER = 4, 3
_YEAR = 12


def create_partitions(engine: Engine, now_ms: int) -> None:
    """Create the partitions of the months around *now_ms* that are not there."""
    if engine.dialect.name != "postgresql":
        return
    at = datetime.fromtimestamp(now_ms / 1e3, UTC)
    present = at.year * _YEAR + at.month - 1
    for month in range(present - BEFORE, present + AFTER + 1):
        for table in TABLES:
            _create(engine, table, month)


def first_id(month: int) -> str:
    """Return the least id of *month*, counted from January of the year 0."""
    year, number = divmod(month, _YEAR)
    begin_ms = round(datetime(year, number + 1, 1, tzinfo=UTC).timestamp() * 1e3)
    digits = f"{begin_ms:012x}"
    return f"{digits[:8]}-{digits[8:]}-0000-0000-000000000000"


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
