"""The table of guests' details for a report: only on request, and only in a file."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from edge.config.zone import Month
from edge.guestbook.entry import Details
from edge.report.captions import ReportWords
from edge.report.tables import Cell, CellKind, Column, Table
from edge.store.register import Fact

_COLUMNS: list[tuple[str, CellKind]] = [
    ("day", "date"),
    ("hour", "text"),
    ("procedure", "text"),
    ("name", "text"),
    ("organisation", "text"),
    ("purpose", "text"),
    ("persons", "count"),
    ("outcome", "text"),
]


class _Opened(msgspec.Struct):
    at: str
    procedure: str
    outcome: str | None = None


def guest_table(
    facts: Iterable[Fact], month: Month, details: Mapping[str, Details], words: ReportWords
) -> Table:
    """Return the guests of *month* in order of arrival: the visits with details.

    :param facts: the facts of the month
    :param details: the entries of the guest book, by visit
    """
    visits: dict[str, _Opened] = {}
    for fact in facts:
        if fact.type == "gardu.visit.opened.v1":
            visits[fact.data["visit"]] = _Opened(fact.time, fact.data["procedure"])
        elif fact.type == "gardu.visit.closed.v1" and fact.data["visit"] in visits:
            visits[fact.data["visit"]].outcome = fact.data["outcome"]
    known = ((opened, details.get(visit)) for visit, opened in visits.items())
    rows = [_row(opened, entry, month, words) for opened, entry in known if entry is not None]
    columns = tuple(Column(key, words.say(key), kind) for key, kind in _COLUMNS)
    return Table("guests", words.say("guests"), columns, tuple(rows))


def _row(opened: _Opened, entry: Details, month: Month, words: ReportWords) -> tuple[Cell, ...]:
    at = datetime.fromisoformat(opened.at).astimezone(month.zone)
    return (
        f"{at:%Y-%m-%d}",
        f"{at:%H:%M}",
        words.procedure(opened.procedure),
        entry.name,
        entry.organisation,
        entry.purpose,
        entry.persons,
        words.code("outcome", opened.outcome),
    )
