"""Every figure of a report compared with a recount of the records that shares no code with it."""

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.clock import Stamp
from edge.config.zone import Month, month_named, zone_of
from edge.report.tally import summarise
from edge.sop.monthly_summary import LIMIT, Summary, bounded
from edge.sop.records import Record
from edge.store.register import facts, runs, spans
from edge.store.retention import Sweep
from edge.store.snapshot import Snapshot
from edge.store.store import Store
from tests.report.lobby_month import (
    BEGIN_MS,
    DESK,
    TROUBLES,
    VISITS,
    VisitPlan,
    desk_records,
    trouble_records,
    visit_of,
    visit_records,
)
from tests.report.recount import Recount, raw_events
from tests.store.test_retention import LIMITS
from tests.store_bench import SOURCE, HandClock

ZONES = ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC", "America/Los_Angeles"]


def keep(folder: Path, records: list[Record], gone: int) -> None:
    """Store *records*, each at its own time; retention removes the first *gone*."""
    clock = HandClock()
    clock.moment = Stamp(10**12, BEGIN_MS, synced=True, boot="b")
    with closing(Store(folder, SOURCE, clock)) as store:
        store.commit(checkpoint=None, visits={}, records=records)
        if gone:
            store.acknowledge(list(range(1, gone + 1)))
            clock.pass_s(200 * 86_400)
            sweep = Sweep(store, folder, LIMITS, clock.now())
            for step in sweep.steps:
                while step():
                    pass
            assert sweep.records == gone


def report(folder: Path, month: Month, now: datetime | None = None) -> Summary:
    """Return the summary, read from a snapshot of the store."""
    with Snapshot(folder) as snapshot:
        return summarise(facts(snapshot, month), month, now)


def check(summary: Summary, folder: Path, month: Month, now: datetime | None = None) -> None:
    """Compare every figure with the recount, and figures that must be equal with each other."""
    events = raw_events(folder, month.start, month.end)
    found, wanted = msgspec.to_builtins(summary), Recount(events, month, now).everything()
    assert found.keys() == wanted.keys()
    for part, figures in wanted.items():
        assert _near(found[part], figures), (part, found[part], figures)
    totals = summary.totals
    assert totals.visits == sum(summary.hours) == sum(p.visits for p in summary.procedures)
    assert totals.persons == sum(d.persons for d in summary.days)
    assert totals.persons == sum(h.persons for h in summary.hosts)
    assert totals.closed == sum(d.closed for d in summary.days)
    assert totals.closed == sum(o.visits for o in summary.outcomes)
    assert totals.lockers_opened == sum(o.openings for o in summary.openings)
    assert totals.corrections == sum(c.corrections for c in summary.corrected)


def _near(found: object, wanted: object) -> bool:
    """Return True if both are equal; sums of seconds may differ by rounding (0.01 s)."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(_near(found[k], wanted[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(found, list | tuple):
        return len(found) == len(wanted) and all(map(_near, found, wanted))
    if isinstance(wanted, float) and isinstance(found, float):
        return found == pytest.approx(wanted, abs=0.01)
    return found == wanted


@settings(
    max_examples=25, deadline=None, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
@given(
    plans=st.lists(VISITS, max_size=8),
    troubles=st.lists(TROUBLES, max_size=6),
    desk=st.lists(DESK, max_size=12),
    zone=st.sampled_from(ZONES),
    part=st.floats(0, 1),
    jumps=st.lists(st.tuples(st.integers(0, 40), st.integers(-(10**10), 10**10)), max_size=3),
)
def test_every_figure_is_that_of_a_recount(
    tmp_path_factory: pytest.TempPathFactory,
    plans: list[VisitPlan],
    troubles: list[tuple[str, int, int | None, bool]],
    desk: list[tuple[str, int, str, int]],
    zone: str,
    part: float,
    jumps: list[tuple[int, int]],
) -> None:
    """For any records, in any time zone, after any progress of retention, and with late records."""
    folder = tmp_path_factory.mktemp("month")
    records = [r for n, plan in enumerate(plans) for r in visit_records(n, plan)]
    records.sort(key=lambda record: record.at.wall_ms)
    for place, shift_ms in jumps:  # by a clock that was wrong for a while
        for number in range(place, min(place + 3, len(records))):
            at = records[number].at
            moved = replace(at, wall_ms=at.wall_ms + shift_ms)
            records[number] = replace(records[number], at=moved)
    # Alarms, faults and days come in order: the core never clears an alarm that it has not raised.
    others = [*trouble_records(troubles), *desk_records(desk)]
    records += sorted(others, key=lambda record: record.at.wall_ms)
    keep(folder, records, int(part * len(records)))
    for name in ("2026-10", "2026-11", "2026-12"):
        month = month_named(name, zone_of(zone))
        check(report(folder, month), folder, month)
        middle = month.start + (month.end - month.start) / 2
        check(report(folder, month, middle), folder, month, middle)


def test_a_record_belongs_to_the_month_of_the_office(tmp_path: Path) -> None:
    """17:30 UTC on 31 October is November in Jakarta, and October in Greenwich."""
    at_ms = int((month_named("2026-10", zone_of("UTC")).end.timestamp() - 6.5 * 3600) * 1000)
    plan = visit_of(at_ms - BEGIN_MS, persons=2)
    keep(tmp_path, list(visit_records(1, plan)), 0)

    def visits(name: str, zone: str) -> int:
        return report(tmp_path, month_named(name, zone_of(zone))).totals.visits

    assert (visits("2026-10", "UTC"), visits("2026-11", "UTC")) == (1, 0)
    assert (visits("2026-10", "Asia/Jakarta"), visits("2026-11", "Asia/Jakarta")) == (0, 1)
    summary = report(tmp_path, month_named("2026-11", zone_of("Asia/Jakarta")))
    assert [(d.day, d.visits, d.persons) for d in summary.days[:2]] == [
        ("2026-11-01", 1, 2), ("2026-11-02", 0, 0),
    ]  # fmt: skip
    assert summary.hours[0] == 1


def test_other_months_are_not_even_read(tmp_path: Path) -> None:
    """The runs locate a month; a clock that jumped back and forth makes more of them."""
    day = 86_400_000
    for number, ms in enumerate([0, 5 * day, 40 * day, 5 * day + 1, 41 * day]):
        plan = visit_of(ms)
        keep(tmp_path, list(visit_records(number, plan)), 0)
    month = month_named("2026-11", zone_of("Asia/Jakarta"))
    with Snapshot(tmp_path) as snapshot:
        assert spans(runs(snapshot), month) == [(2, 2), (4, 4)]
        assert [fact.data["visit"] for fact in facts(snapshot, month)] == ["v-1", "v-3"]


def test_records_from_before_there_were_runs_are_found(tmp_path: Path) -> None:
    """A database of an older Gardu gives its report too, only slower."""
    plan = visit_of(10**9, "completed", ((1, 1, None, 0.0),))
    keep(tmp_path, list(visit_records(1, plan)), 1)
    with closing(Store(tmp_path, SOURCE, HandClock())) as store:
        store.documents.drop_table("days")
    month = month_named("2026-11", zone_of("UTC"))
    check(report(tmp_path, month), tmp_path, month)
    assert report(tmp_path, month).totals.visits == 1


def test_downtime_does_not_count_the_future(tmp_path: Path) -> None:
    """Before the end of the month a device has been down until the moment of the report."""
    month = month_named("2026-11", zone_of("UTC"))
    keep(tmp_path, list(trouble_records([("camera/lobby", 10**9, None, False)])), 0)
    (fault,) = raw_events(tmp_path, month.start, month.end)
    began = datetime.fromisoformat(fault["time"])

    def down_s(now: datetime | None) -> float:
        (device,) = report(tmp_path, month, now).equipment
        assert device.down_at_end
        return device.downtime_s

    assert down_s(began + timedelta(hours=2)) == 7200.0
    assert down_s(began - timedelta(hours=2)) == 0.0  # by a clock that was put back
    assert down_s(month.end + timedelta(days=40)) == down_s(None)
    assert down_s(None) == (month.end - began).total_seconds()


def test_an_alarm_acknowledged_twice_is_one(tmp_path: Path) -> None:
    """Two panels may acknowledge the same alarm; the next alarm of its kind counts again."""
    troubles: list[tuple[str, int, int | None, bool]] = [
        ("fire", 10**9 + 1, 5, True), ("fire", 2 * 10**9 + 1, 5, True),
    ]  # fmt: skip
    records = list(trouble_records(troubles))
    assert [r.type for r in records].count("gardu.alarm.acknowledged.v1") == 4
    keep(tmp_path, records, 0)
    (fire,) = report(tmp_path, month_named("2026-11", zone_of("UTC"))).alarms
    assert (fire.raised, fire.acknowledged, fire.cleared) == (2, 2, 2)


def test_a_published_summary_is_bounded(tmp_path: Path) -> None:
    """With many kinds of alarm the omitted rows are counted, and the totals stay."""
    plan = visit_of(10**9, "completed", ((1, 1, None, 0.0),) * 4)
    troubles: list[tuple[str, int, int | None, bool]] = [
        (f"locker-forced-{n}", 10**9 + n, 5, True) for n in range(2000)
    ]
    records = [*visit_records(1, plan), *trouble_records(troubles)]
    month = month_named("2026-11", zone_of("UTC"))
    clock = HandClock()
    with closing(Store(tmp_path, SOURCE, clock)) as store:
        store.commit(checkpoint=None, visits={}, records=records)
    whole = report(tmp_path, month)
    assert len(msgspec.json.encode(whole)) > LIMIT
    cut = bounded(whole)
    assert len(msgspec.json.encode(cut)) <= LIMIT
    assert cut.totals == whole.totals
    assert cut.totals.alarms == 2000
    assert cut.left_out == {"alarms": 2000 - len(cut.alarms)}
    assert bounded(cut) == cut
