"""Reads the rows of an export in portions, from either database, as values of Python."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event, text

from office.export.columns import Kind, Table

Row = list[Any]

# Rows in memory at a time: a record has up to 512 KiB.
_AT_ONCE = 200


class Period(NamedTuple):
    """What to export: rows from *first* on and before *end*, of *sites* (empty: of all)."""

    first: datetime
    end: datetime
    sites: tuple[str, ...] = ()


def replace_bad_text(engine: Engine) -> None:
    """Have SQLite give bytes that are no UTF-8 as replacement characters, not as an error."""

    def set_up(connection: Any, _record: object) -> None:
        connection.text_factory = lambda found: found.decode("utf-8", "replace")

    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", set_up)


def portions(connection: Connection, table: Table, period: Period) -> Iterator[list[Row]]:
    """Yield the rows of *table* in *period*, in the order of their time, in portions.

    A row without that time (a visit whose opening has not come) is in no period.

    :raises DBAPIError: if the database cannot be used
    """
    sqlite = connection.dialect.name == "sqlite"
    names = ", ".join(f'"{name}"' for name in table.columns)
    places = ", ".join(f":site{number}" for number, _ in enumerate(period.sites))
    query = (
        f"SELECT {names} FROM {table.view} "  # noqa: S608 - the names are our own
        f"WHERE {table.period} >= :first AND {table.period} < :end "
        f"{f'AND site IN ({places}) ' if places else ''}"
        f"ORDER BY {table.period}, site, checkpoint"
    )
    values = {f"site{number}": site for number, site in enumerate(period.sites)}
    first, end = (_iso(one) if sqlite else one for one in (period.first, period.end))
    # Not yield_per: with it, memory grew with the rows (SQLAlchemy 2.1 with psycopg).
    streamed = connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE)
    found = streamed.execute(text(query), {**values, "first": first, "end": end})
    readers = [_READERS[kind] for kind in table.columns.values()]
    while portion := found.fetchmany(_AT_ONCE):
        yield [_read(row, readers) for row in portion]


def _read(row: Sequence[Any], readers: Sequence[Callable[[Any], Any]]) -> Row:
    return [
        None if value is None else reader(value) for value, reader in zip(row, readers, strict=True)
    ]


def _time(value: Any) -> datetime:
    made = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return made.astimezone(UTC)


_READERS: dict[Kind, Callable[[Any], Any]] = {
    "text": str,
    "number": float,
    "whole": int,
    "truth": bool,
    "time": _time,
}


def _iso(moment: datetime) -> str:
    """Return *moment* as the views of SQLite have it, so that texts compare as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
