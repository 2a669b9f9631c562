"""Published months of the tests: a summary with a few days and steps."""

from typing import Any

from edge.sop.monthly_summary import (
    AlarmCount,
    DayCount,
    DeviceTrouble,
    HostCount,
    OutcomeCount,
    ProcedureCount,
    StepTimes,
    Summary,
    Totals,
)
from edge.sop.records import MonthlyReport, Record
from tests.office.records import AT_MS, at

MONTH = "2026-11"


def summary(visits: int, *, median_s: float = 100.0, month: str = MONTH) -> Summary:
    """Return a month with *visits* on each of two days."""
    hours = tuple(visits * 2 if hour == 8 else 0 for hour in range(24))
    lists: dict[str, Any] = {"busiest": (), "office_days": ()}
    return Summary(
        month=month,
        timezone="Asia/Jakarta",
        totals=Totals(
            visits=2 * visits, persons=3 * visits, closed=visits, duration_median_s=median_s,
            steps_timed=10, steps_within=visits, overdue=1,
        ),
        days=tuple(
            DayCount(day=f"{month}-{day}", visits=visits, persons=visits, closed=visits)
            for day in ("02", "03")
        ),
        hours=hours,
        week=((0,) * 24, hours, *((0,) * 24,) * 5),
        procedures=(
            ProcedureCount(
                procedure="pimpinan", visits=2 * visits, persons=3 * visits, closed=visits,
                completed=visits, duration_median_s=median_s, duration_p95_s=900.0,
            ),
        ),
        hosts=(HostCount(host="bupati", visits=visits, persons=visits),),
        outcomes=(
            OutcomeCount(procedure="pimpinan", outcome="declined", reason=None, visits=1),
            OutcomeCount(procedure="pimpinan", outcome="declined", reason="no-answer", visits=2),
        ),
        steps=tuple(
            StepTimes(
                procedure="pimpinan", step=step, number=number, ended=visits, completed=visits,
                skipped=0, uncertain=0, median_s=median_s * number, p95_s=400.0, longest_s=500.0,
                waited_median_s=None, standard_s=180.0, timed=10, within=visits, overdue=1,
            )
            for number, step in enumerate(("penerimaan", "penitipan"), start=1)
        ),
        alarms=(
            AlarmCount(
                alarm="fire", raised=1, acknowledged=1, cleared=1, standing=0, median_s=median_s,
                longest_s=median_s, total_s=median_s,
            ),
        ),
        equipment=(
            DeviceTrouble(device="lockers", faults=1, downtime_s=60.0, down_at_end=False),
        ),
        left_out={"steps": 1},
        **lists,
    )  # fmt: skip


def report(made: Summary, revision: int = 1) -> Record:
    """Return the record with which a checkpoint publishes its month."""
    data = MonthlyReport(month=made.month, revision=revision, summary=made, clock_synced=True)
    return Record("gardu.report.monthly.v1", f"report/{made.month}", at(AT_MS), None, data)
