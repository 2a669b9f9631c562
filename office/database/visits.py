"""The table of visits: what a visit's records say together, in any order of their arrival."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from office.database.bulk import insert_rows
from office.database.tables import visits


class VisitChange(NamedTuple):
    """What a record says of its visit; None: nothing.

    Each ``…_seq`` is the sequence of the record that says it: of two statements that of the higher
    one holds.

    :ivar overdue: the step that is over its standard time; empty: none is
    """

    checkpoint: int
    visit: str
    procedure: str | None
    outcome: str | None
    opened_ms: int | None
    closed_ms: int | None
    last_ms: int
    host: str | None
    host_seq: int
    persons: int | None
    persons_seq: int
    step: str | None
    step_seq: int
    overdue: str | None
    overdue_seq: int

    def merged(self, other: "VisitChange") -> "VisitChange":
        """Return what this and *other*, of the same visit, say together."""
        values = self._asdict() | {"last_ms": max(self.last_ms, other.last_ms)}
        for name in _ONCE:
            if values[name] is None:
                values[name] = getattr(other, name)
        for name in _NEWEST:
            if getattr(other, f"{name}_seq") > values[f"{name}_seq"]:
                values[name] = getattr(other, name)
                values[f"{name}_seq"] = getattr(other, f"{name}_seq")
        return VisitChange(**values)


# Statements that one record of a visit makes, and those that several make.
_ONCE = ("procedure", "outcome", "opened_ms", "closed_ms")
_NEWEST = ("host", "persons", "step", "overdue")
# In SQL what `merged` does.
_LARGER = "{0} = CASE WHEN excluded.{1} > visits.{1} THEN excluded.{0} ELSE visits.{0} END"
_MERGE = "ON CONFLICT (checkpoint, visit) DO UPDATE SET " + ", ".join(
    [f"{name} = COALESCE(visits.{name}, excluded.{name})" for name in _ONCE]
    + [_LARGER.format(name, f"{name}_seq") for name in _NEWEST]
    + [_LARGER.format(name, name) for name in ("last_ms", *(f"{name}_seq" for name in _NEWEST))]
)


def change_visits(connection: Connection, changes: Iterable[VisitChange]) -> None:
    """Apply *changes*; several of one visit are merged first."""
    merged: dict[tuple[int, str], VisitChange] = {}
    for change in changes:
        key = (change.checkpoint, change.visit)
        before = merged.get(key)
        merged[key] = change if before is None else before.merged(change)
    rows = [merged[key]._asdict() for key in sorted(merged)]
    insert_rows(connection, visits, rows, _MERGE)
