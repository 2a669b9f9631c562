"""Inserts and changes many rows with one statement.

With PostgreSQL that is much quicker than a statement a row: with a thousand checkpoints the ingest
spent most of its time on the statements for single ledgers and heads.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, TextClause, text
from sqlalchemy.dialects import postgresql


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]], conflict: str
) -> None:
    """Insert *rows*, which all have the same keys, into *table*.

    :param conflict: SQL for rows whose key is there, as both databases understand it
    """
    if not rows:
        return
    columns = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        connection.execute(_of_arrays(table, columns, conflict), arrays(columns, rows))
    else:
        connection.execute(_of_values(table, columns, conflict), list(rows))


def update_rows(
    connection: Connection,
    table: Table,
    change: str,
    kinds: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Change a row of *table* for each of *rows*, which are about different rows of it.

    :param change: SQL after ``SET``, with the values of *rows* as ``{name}``
    :param kinds: the values that *change* names, with their types in PostgreSQL
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        values = {name: [row[name] for row in rows] for name in kinds}
        connection.execute(_update_of_arrays(table, change, tuple(kinds.items())), values)
    else:
        plain = [{name: row[name] for name in kinds} for row in rows]
        connection.execute(_update_of_values(table, change, tuple(kinds)), plain)


@lru_cache(maxsize=100)
def _update_of_values(table: Table, change: str, names: tuple[str, ...]) -> TextClause:
    filled = change.format(**{name: f":{name}" for name in names})
    return text(f"UPDATE {table.name} SET {filled}")  # noqa: S608 - the names are our own


@lru_cache(maxsize=100)
def _update_of_arrays(table: Table, change: str, kinds: tuple[tuple[str, str], ...]) -> TextClause:
    what, _, which = change.format(**{name: f"new.{name}" for name, _ in kinds}).partition(
        " WHERE "
    )
    given = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in kinds)
    names = ", ".join(name for name, _ in kinds)
    return text(
        f"UPDATE {table.name} SET {what} "  # noqa: S608 - the names are our own
        f"FROM unnest({given}) AS new({names}) WHERE {which}"
    )


def arrays(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the *columns* of *rows*, each as one list."""
    return {name: [row[name] for row in rows] for name in columns}


@lru_cache(maxsize=100)
def _of_values(table: Table, columns: tuple[str, ...], conflict: str) -> TextClause:
    values = ", ".join(f":{name}" for name in columns)
    return text(f"INSERT INTO {table.name} ({_named(columns)}) VALUES ({values}) {conflict}")  # noqa: S608


@lru_cache(maxsize=100)
def _of_arrays(table: Table, columns: tuple[str, ...], conflict: str) -> TextClause:
    return text(
        f"INSERT INTO {table.name} ({_named(columns)}) "  # noqa: S608 - the names are our own
        f"SELECT * FROM unnest({array_parameters(table, columns)}) {conflict}"
    )


def array_parameters(table: Table, columns: Sequence[str]) -> str:
    """Return the parameters of ``unnest`` for the *columns* of *table*."""
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    kinds = {
        name: table.c[name].type.compile(dialect=dialect).partition("(")[0] for name in columns
    }
    return ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in kinds.items())


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)
