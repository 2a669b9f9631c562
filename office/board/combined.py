"""Combines the published months of several checkpoints into one summary. Pure.

Counts are added. A median of several medians would be no median: durations of visits are left out
(None), and each step of each checkpoint has a row of its own, with the place in its name. Lists of
which only the longest rows are published (the busiest hours), and the days of each office, are left
out: they are in the checkpoint's own report.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any, TypeVar

import msgspec

from edge.report.captions import ReportWords
from edge.report.tables import Column, Table, share
from edge.sop.monthly_summary import DeviceTrouble, Figures, StepTimes, Summary

F = TypeVar("F", bound=Figures)

Named = Sequence[tuple[str, Summary]]
"""Summaries of one month, each with the name of its place."""

_WEEK, _HOURS = 7, 24
_ADDED = {"total_s", "downtime_s"}
_LONGEST = {"longest_s"}


def is_sound(summary: Summary) -> bool:
    """Return True if month, days and hours of *summary* are such: a forged one breaks no page."""
    days = [
        row.day for rows in (summary.days, summary.busiest, summary.office_days) for row in rows
    ]
    try:
        for day in (f"{summary.month}-01", *days):
            date.fromisoformat(day)
    except ValueError:
        return False
    counts = (summary.hours, *summary.week)
    return len(summary.week) == _WEEK and all(len(hours) == _HOURS for hours in counts)


def combined(months: Named) -> Summary:
    """Return the summary of all *months*; with one of them, that one.

    :param months: of the same month; at least one
    """
    if len(months) == 1:
        return months[0][1]
    all_ = [summary for _, summary in months]

    def rows(name: str) -> list[Any]:
        return [row for one in all_ for row in getattr(one, name)]

    return Summary(
        month=all_[0].month,
        timezone=all_[0].timezone,
        totals=_together([one.totals for one in all_]),
        days=_by(lambda row: row.day, rows("days")),
        hours=_added([one.hours for one in all_]),
        week=tuple(_added(counts) for counts in zip(*(one.week for one in all_), strict=True)),
        busiest=(),
        procedures=_by(lambda row: row.procedure, rows("procedures")),
        hosts=_by(lambda row: row.host, rows("hosts")),
        outcomes=_by(lambda row: (row.procedure, row.outcome, row.reason or ""), rows("outcomes")),
        steps=_steps(months),
        alarms=_by(lambda row: row.alarm, rows("alarms")),
        equipment=tuple(_placed(row, name) for name, one in months for row in one.equipment),
        openings=_by(lambda row: (row.who, row.why), rows("openings")),
        corrected=_by(lambda row: (row.correction, row.station), rows("corrected")),
        left_out=_left_out(all_),
    )


def checkpoints_table(months: Named, words: ReportWords, title: str) -> Table:
    """Return the table with a row for each checkpoint of *months*."""
    columns: list[Column] = [Column("place", words.say("place"), "text")]
    columns += [Column(key, words.say(key), "count") for key in ("visits", "persons", "closed")]
    columns += [
        Column("median", words.say("duration_median_s"), "seconds"),
        Column("steps_timed", words.say("steps_timed"), "count"),
        Column("share", words.say("share_within"), "share"),
    ]
    counts = ("overdue", "alarms", "equipment_faults")
    columns += [Column(key, words.say(key), "count") for key in counts]
    rows = []
    for name, summary in months:
        own = summary.totals
        within = share(own.steps_within, own.steps_timed)
        rows.append(
            (
                name, own.visits, own.persons, own.closed, own.duration_median_s, own.steps_timed,
                within, own.overdue, own.alarms, own.equipment_faults,
            )
        )  # fmt: skip
    return Table("checkpoints", title, tuple(columns), tuple(rows))


def _steps(months: Named) -> tuple[StepTimes, ...]:
    """Return the steps of all, the same step of all checkpoints in a row."""
    rows = [
        msgspec.structs.replace(row, step=f"{row.step} · {name}")
        for name, summary in months
        for row in summary.steps
    ]
    return tuple(sorted(rows, key=lambda row: (row.procedure, row.number)))


def _placed(row: DeviceTrouble, name: str) -> DeviceTrouble:
    return msgspec.structs.replace(row, device=f"{name}: {row.device}")


def _by(key: Callable[[F], Any], rows: Iterable[F]) -> tuple[F, ...]:
    """Return *rows* with those of the same *key* together as one."""
    ordered = sorted(rows, key=key)
    return tuple(_together(list(same)) for _, same in groupby(ordered, key))


def _together(rows: Sequence[F]) -> F:
    """Return *rows* as one: their counts added, other figures as the rules of this module say."""
    if len(rows) == 1:
        return rows[0]
    names = [field.name for field in msgspec.structs.fields(rows[0])]
    return type(rows[0])(
        **{name: _one(name, [getattr(row, name) for row in rows]) for name in names}
    )


def _one(name: str, values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    if name in _LONGEST:
        return max(known, default=None)
    if name in _ADDED or all(isinstance(value, int) for value in values):
        return sum(known)
    texts = bool(known) and all(isinstance(value, str) for value in known)
    return values[0] if texts else None


def _added(rows: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def _left_out(all_: Sequence[Summary]) -> dict[str, int]:
    names = sorted({name for one in all_ for name in one.left_out})
    return {name: sum(one.left_out.get(name, 0) for one in all_) for name in names}
