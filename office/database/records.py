"""Records and stills in the database: each is stored once."""

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, select, text, tuple_

from office.database.bulk import array_parameters, arrays, insert_rows
from office.database.tables import records, still_references, stills

Key = tuple[int, str]
"""A checkpoint's number and a record's id."""


class RecordRow(NamedTuple):
    """One row of ``records``."""

    checkpoint: int
    id: str
    stream: int
    sequence: int
    type: str
    visit: str | None
    happened_ms: int
    recorded_ms: int
    arrived_ms: int
    previous: bytes
    link: bytes
    payload: bytes

    @property
    def key(self) -> Key:
        """Its primary key."""
        return (self.checkpoint, self.id)


class StillRow(NamedTuple):
    """One row of ``stills``."""

    checkpoint: int
    id: str
    purpose: str
    visit: str | None
    subject: str
    happened_ms: int
    arrived_ms: int
    sha256: bytes
    image: bytes


class ReferenceRow(NamedTuple):
    """One row of ``still_references``."""

    checkpoint: int
    id: str
    visit: str | None
    sha256: bytes


def insert_records(connection: Connection, rows: Sequence[RecordRow]) -> set[Key]:
    """Insert those of *rows* whose keys are not there; return their keys.

    :param rows: each key once, in the order of the keys, so that two processes cannot block each
        other for ever
    """
    if not rows:
        return set()
    plain = [row._asdict() for row in rows]
    if connection.dialect.name == "postgresql":
        found = connection.execute(_insert_returning(), arrays(RecordRow._fields, plain))
        return {(row[0], row[1]) for row in found}
    # SQLite has one writer, which this transaction is: nothing can come between.
    there = set(links_of(connection, (row.key for row in rows)))
    fresh = [row for row in plain if (row["checkpoint"], row["id"]) not in there]
    insert_rows(connection, records, fresh, "")
    return {row.key for row in rows} - there


@cache
def _insert_returning() -> TextClause:
    names = ", ".join(RecordRow._fields)
    return text(
        f"INSERT INTO records ({names}) "  # noqa: S608 - the names are our own
        f"SELECT * FROM unnest({array_parameters(records, RecordRow._fields)}) "
        "ON CONFLICT (checkpoint, id) DO NOTHING RETURNING checkpoint, id::text"
    )


def links_of(connection: Connection, keys: Iterable[Key]) -> dict[Key, bytes]:
    """Return the links of the records of *keys* that are stored."""
    wanted = list(keys)
    if not wanted:
        return {}
    key = tuple_(records.c.checkpoint, records.c.id)
    query = select(records.c.checkpoint, records.c.id, records.c.link).where(key.in_(wanted))
    return {(row.checkpoint, row.id): row.link for row in connection.execute(query)}


def insert_stills(connection: Connection, rows: Sequence[StillRow]) -> Collection[Key]:
    """Insert those of *rows* that are not there; return the keys of those that were.

    :param rows: each key once, in the order of the keys
    """
    if not rows:
        return set()
    key = tuple_(stills.c.checkpoint, stills.c.id)
    query = select(stills.c.checkpoint, stills.c.id)
    found = connection.execute(query.where(key.in_([(row.checkpoint, row.id) for row in rows])))
    there = {(row.checkpoint, row.id) for row in found}
    _insert(connection, stills, [row for row in rows if (row.checkpoint, row.id) not in there])
    return there


def insert_references(connection: Connection, rows: Sequence[ReferenceRow]) -> None:
    """Insert the references to stills that are not there."""
    _insert(connection, still_references, sorted(set(rows), key=lambda row: row[:2]))


def check_digests(connection: Connection) -> None:
    """Compare the stills that no record has named so far with the references to them."""
    connection.execute(_CHECK)


_CHECK = text(
    "UPDATE stills SET digest = (SELECT CASE WHEN r.sha256 = stills.sha256 THEN 'same' "
    "ELSE 'differs' END FROM still_references r "
    "WHERE r.checkpoint = stills.checkpoint AND r.id = stills.id) "
    "WHERE digest = 'unnamed' AND EXISTS (SELECT 1 FROM still_references r "
    "WHERE r.checkpoint = stills.checkpoint AND r.id = stills.id)"
)


def _insert(connection: Connection, table: Any, rows: Sequence[Any]) -> None:
    insert_rows(
        connection,
        table,
        [row._asdict() for row in rows],
        "ON CONFLICT (checkpoint, id) DO NOTHING",
    )
