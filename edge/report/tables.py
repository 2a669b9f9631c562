"""The tables of a report, as every format of it shows them. Pure.

A cell is a plain value; the kind of its column defines the value:

========= =========================================================
text      str
count     int
seconds   float: seconds; None if unknown
share     float: from 0 to 1; None if the whole is 0
date      str: ``2026-11-21``
========= =========================================================
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Literal

import msgspec

from edge.report.captions import ReportWords
from edge.sop.monthly_summary import Figures, Summary

CellKind = Literal["text", "count", "seconds", "share", "date"]
Cell = str | int | float | None


class Column(msgspec.Struct, frozen=True):
    """A column: *key* for programs, *title* for people."""

    key: str
    title: str
    kind: CellKind


class Table(msgspec.Struct, frozen=True):
    """A table: *key* for programs, *title* for people.

    :ivar total: True: the last row is the sum of the others
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False


# Key of the column, its kind, and the source of its value: a field, or a function of the row.
Spec = tuple[str, CellKind, str | Callable[[Any, ReportWords], Cell]]

_DAYS: list[Spec] = [
    ("day", "date", "day"),
    ("weekday", "text", lambda row, words: words.weekday(date.fromisoformat(row.day).weekday())),
    ("visits", "count", "visits"),
    ("persons", "count", "persons"),
    ("closed", "count", "closed"),
]
_BUSIEST: list[Spec] = [
    ("day", "date", "day"),
    ("weekday", "text", lambda row, words: words.weekday(date.fromisoformat(row.day).weekday())),
    ("hour", "text", lambda row, _words: clock_hour(row.hour)),
    ("visits", "count", "visits"),
]
_PROCEDURES: list[Spec] = [
    ("procedure", "text", lambda row, words: words.procedure(row.procedure)),
    ("visits", "count", "visits"),
    ("persons", "count", "persons"),
    ("closed", "count", "closed"),
    ("completed", "count", "completed"),
    ("median", "seconds", "duration_median_s"),
    ("p95", "seconds", "duration_p95_s"),
]
_HOSTS: list[Spec] = [
    ("host", "text", lambda row, words: words.host(row.host)),
    ("visits", "count", "visits"),
    ("persons", "count", "persons"),
]
_STEPS: list[Spec] = [
    ("procedure", "text", lambda row, words: words.procedure(row.procedure)),
    ("number", "count", "number"),
    ("step", "text", "step"),
    ("ended", "count", "ended"),
    ("completed", "count", "completed"),
    ("skipped", "count", "skipped"),
    ("median", "seconds", "median_s"),
    ("p95", "seconds", "p95_s"),
    ("longest", "seconds", "longest_s"),
    ("waited", "seconds", "waited_median_s"),
    ("standard", "seconds", "standard_s"),
    ("within", "share", lambda row, _words: share(row.within, row.timed)),
    ("overdue", "count", "overdue"),
]
_ALARMS: list[Spec] = [
    ("alarm", "text", lambda row, words: words.code("alarm", row.alarm)),
    ("raised", "count", "raised"),
    ("acknowledged", "count", "acknowledged"),
    ("median", "seconds", "median_s"),
    ("longest", "seconds", "longest_s"),
    ("total", "seconds", "total_s"),
    ("standing", "count", "standing"),
]
_EQUIPMENT: list[Spec] = [
    ("device", "text", "device"),
    ("faults", "count", "faults"),
    ("downtime", "seconds", "downtime_s"),
    ("down_at_end", "text", lambda row, words: words.say("yes") if row.down_at_end else ""),
]

_OFFICE_DAYS: list[Spec] = [
    ("day", "date", "day"),
    ("opened_at", "text", "opened"),
    ("opened_by", "text", lambda row, words: words.code("by", row.by)),
    ("closed_at", "text", "closed"),
    ("how", "text", lambda row, words: words.code("day", row.how)),
    ("carried", "count", "carried"),
    ("visits", "count", "visits"),
    ("persons", "count", "persons"),
    ("reconciled", "count", "reconciled"),
    ("left_open", "count", "visits_open"),
    ("out_cards", "count", "cards_out"),
    ("lost_cards", "count", "cards_lost"),
    ("out_lockers", "count", "lockers_out"),
]
_OPENINGS: list[Spec] = [
    ("who", "text", "who"),
    ("why", "text", lambda row, words: words.code("opening", row.why)),
    ("times_done", "count", "openings"),
]
_CORRECTED: list[Spec] = [
    ("correction", "text", lambda row, words: words.code("correction", row.correction)),
    ("station", "text", lambda row, words: words.station(row.station)),
    ("times_done", "count", "corrections"),
]

_TOTALS: list[tuple[str, CellKind]] = [
    ("visits", "count"),
    ("persons", "count"),
    ("closed", "count"),
    ("open_at_end", "count"),
    ("duration_median_s", "seconds"),
    ("duration_p95_s", "seconds"),
    ("steps_timed", "count"),
    ("share_within", "share"),
    ("overdue", "count"),
    ("cards_out", "count"),
    ("cards_lost", "count"),
    ("cards_found", "count"),
    ("lockers_out", "count"),
    ("returned", "count"),
    ("settled", "count"),
    ("lockers_opened", "count"),
    ("alarms", "count"),
    ("equipment_faults", "count"),
    ("stills_missed", "count"),
    ("corrections", "count"),
    ("extensions", "count"),
    ("unseen", "count"),
    ("crashes", "count"),
    ("power_losses", "count"),
    ("untrusted", "count"),
]


def tables(summary: Summary, words: ReportWords) -> list[Table]:
    """Return the tables of *summary*, without its totals (:func:`figures`)."""
    return [
        _table("days", _DAYS, summary.days, words, total=True),
        hours(summary, words),
        _table("busiest", _BUSIEST, summary.busiest, words),
        _table("procedures", _PROCEDURES, summary.procedures, words, total=True),
        _table("hosts", _HOSTS, summary.hosts, words, total=True),
        _outcomes(summary, words),
        _table("steps", _STEPS, summary.steps, words),
        _table("office_days", _OFFICE_DAYS, summary.office_days, words),
        _table("corrected", _CORRECTED, summary.corrected, words, total=True),
        _table("openings", _OPENINGS, summary.openings, words, total=True),
        _table("alarms", _ALARMS, summary.alarms, words),
        _table("equipment", _EQUIPMENT, summary.equipment, words),
    ]


def figures(summary: Summary, words: ReportWords) -> list[tuple[str, str, CellKind, Cell]]:
    """Return the totals: key, label, kind and value of each."""
    totals = summary.totals
    values = {
        **msgspec.structs.asdict(totals),
        "share_within": share(totals.steps_within, totals.steps_timed),
    }
    return [(key, words.say(key), kind, values[key]) for key, kind in _TOTALS]


def hours(summary: Summary, words: ReportWords) -> Table:
    """Return the arrivals by hour of day, from the first hour with arrivals to the last."""
    busy = [hour for hour, visits in enumerate(summary.hours) if visits]
    span = range(busy[0], busy[-1] + 1) if busy else range(0)
    columns = _columns([("hour", "text", ""), ("visits", "count", "")], words)
    rows = tuple((clock_hour(hour), summary.hours[hour]) for hour in span)
    return Table("hours", words.say("hours"), columns, rows)


def share(part: int, whole: int) -> float | None:
    """Return *part* of *whole*, from 0 to 1; None if *whole* is 0."""
    return part / whole if whole else None


def clock_hour(hour: int) -> str:
    """Return ``08:00`` for 8, the form of every hour in a report."""
    return f"{hour:02d}:00"


def _outcomes(summary: Summary, words: ReportWords) -> Table:
    """Return the outcomes; shares are of those of the same procedure."""
    closed: Counter[str] = Counter()
    for row in summary.outcomes:
        closed[row.procedure] += row.visits
    specs: list[Spec] = [
        ("procedure", "text", lambda row, _words: words.procedure(row.procedure)),
        ("outcome", "text", lambda row, _words: words.code("outcome", row.outcome)),
        ("reason", "text", lambda row, _words: words.code("reason", row.reason)),
        ("visits", "count", "visits"),
        ("share", "share", lambda row, _words: share(row.visits, closed[row.procedure])),
    ]
    return _table("outcomes", specs, summary.outcomes, words)


def _table(
    key: str, specs: list[Spec], rows: Sequence[Figures], words: ReportWords, *, total: bool = False
) -> Table:
    body = [tuple(_cell(spec[2], row, words) for spec in specs) for row in rows]
    if total and len(body) > 1:
        body.append(_sums(specs, body, words))
    return Table(key, words.say(key), _columns(specs, words), tuple(body), total and len(body) > 1)


def _columns(specs: list[Spec], words: ReportWords) -> tuple[Column, ...]:
    return tuple(Column(key, words.say(key), kind) for key, kind, _ in specs)


def _cell(
    source: str | Callable[[Any, ReportWords], Cell], row: Figures, words: ReportWords
) -> Cell:
    value: Cell = getattr(row, source) if isinstance(source, str) else source(row, words)
    return value


def _sums(specs: list[Spec], body: list[tuple[Cell, ...]], words: ReportWords) -> tuple[Cell, ...]:
    """Return the last row: the sums of the counts; other columns have none."""
    first: Cell = words.say("sum")
    sums: list[Cell] = [first]
    for place, (_, kind, _) in enumerate(specs[1:], 1):
        values = (row[place] for row in body)
        sums.append(sum(v for v in values if isinstance(v, int)) if kind == "count" else None)
    return tuple(sums)


def written(value: Cell, kind: CellKind, language: str) -> str:
    """Return *value* as people read it: ``1:02:03`` hours, ``87,5 %``, ``21-11-2026``."""
    if value is None or value == "":
        return ""
    if kind == "seconds":
        return duration(float(value))
    if kind == "share":
        text = f"{float(value) * 100:.1f} %"
        return text.replace(".", ",") if language == "id" else text
    if kind == "date" and isinstance(value, str) and value[:1].isdigit():
        return "-".join(reversed(value.split("-"))) if language == "id" else value
    if kind == "count":
        text = f"{value:,}"
        return text.replace(",", ".") if language == "id" else text
    return str(value)


def duration(seconds: float) -> str:
    """Return *seconds* as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
