"""Inserts many rows with one statement: much quicker than a statement a row in PostgreSQL."""

from collections.abc import Sequence
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
