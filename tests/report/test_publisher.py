"""The published report: each revision once, also over failures and restarts."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import Stamp
from edge.config.zone import Month, zone_of
from edge.errors import StoreFull
from edge.report.publisher import (
    Publisher,
    ReportPostponed,
    counted_apart,
)
from edge.sop.monthly_summary import Summary
from edge.store.chain import Walk
from edge.store.snapshot import Snapshot
from edge.store.store import Store
from edge.worker import Worker
from tests.report.lobby_month import visit_of, visit_records
from tests.store_bench import SOURCE, HandClock

JAKARTA = "Asia/Jakarta"
DAY_MS = 86_400_000


def moment(text: str) -> Stamp:
    """Return a trusted moment of the office, for example ``2026-12-01T00:05``."""
    at = datetime.fromisoformat(text).replace(tzinfo=zone_of(JAKARTA))
    return Stamp(10**15, int(at.timestamp() * 1000), synced=True, boot="b")


class Office:
    """A store, a clock, and the publisher over them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, HandClock()
        self.clock.moment = moment("2026-11-20T10:00")
        self.store = Store(folder, SOURCE, self.clock)
        self.worker = Worker("store")
        self.counted: list[str] = []

    def close(self) -> None:
        """Stop the worker and close the store."""
        self.worker.stop()
        self.store.close()

    async def count(self, month: Month) -> Summary:
        """Count in a process of its own, as in service."""
        self.counted.append(month.name)
        return await counted_apart(self.folder, JAKARTA, month)

    def visit(self, number: int, day: int) -> None:
        """Record a visit *day* days after 29 October (UTC)."""
        records = list(
            visit_records(number, visit_of(day * DAY_MS, "completed", ((9, 1, 60.0, 0.0),)))
        )
        self.store.commit(checkpoint=None, visits={}, records=records)

    def look(self, text: str, *, synced: bool = True) -> list[dict[str, Any]]:
        """Run the publisher at the moment *text*; return the events it has published."""
        now = self.clock.moment = msgspec.structs.replace(moment(text), synced=synced)
        publisher = Publisher(
            self.store, self.worker, self.clock, zone_of(JAKARTA),
            count=self.count, wake=lambda _rows: None,
        )  # fmt: skip
        rows = asyncio.run(publisher.publish_due(now))
        return [{"topic": row.topic, **json.loads(row.payload)} for row in rows]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office with two visits in November."""
    with closing(Office(tmp_path)) as made:
        made.visit(1, 10)
        made.visit(2, 20)
        yield made


def test_a_month_is_published_once_it_is_over(office: Office) -> None:
    """Not before the office's midnight; then as revision 1 on its own topic; and not again."""
    assert office.look("2026-11-30T23:59") == []
    (event,) = office.look("2026-12-01T00:01")
    assert (event["topic"], event["type"]) == ("report/2026-11", "gardu.report.monthly.v1")
    assert (event["subject"], "correlationid" in event) == ("report/2026-11", False)
    data = event["data"]
    assert (data["month"], data["revision"], data["clock_synced"]) == ("2026-11", 1, True)
    assert (data["summary"]["totals"]["visits"], data["summary"]["timezone"]) == (2, JAKARTA)
    assert len(json.dumps(event)) < 64 * 1024
    assert office.look("2026-12-02T00:01") == []
    assert office.look("2026-12-03T00:01") == []


def test_late_records_make_a_new_revision(office: Office) -> None:
    """A record dated in a month that is published changes it; one of this month does not."""
    office.look("2026-12-01T00:01")
    office.visit(3, 35)
    office.look("2026-12-02T00:01")
    counted = len(office.counted)
    assert office.look("2026-12-03T00:01") == []
    assert len(office.counted) == counted, "nothing new: nothing is counted"
    office.visit(4, 15)
    (event,) = office.look("2026-12-04T00:01")
    assert (event["data"]["month"], event["data"]["revision"]) == ("2026-11", 2)
    assert event["data"]["summary"]["totals"]["visits"] == 3


def test_what_a_daemon_missed_while_it_was_away_follows(office: Office) -> None:
    """Two months that are over are both published, in order, each with its own visits."""
    office.visit(3, 40)
    events = office.look("2027-01-05T08:00")
    found = [
        (event["data"]["month"], event["data"]["summary"]["totals"]["visits"]) for event in events
    ]
    assert found == [("2026-11", 2), ("2026-12", 1)]


def test_an_untrusted_clock_publishes_nothing(office: Office) -> None:
    """An untrusted clock ends no month, and its records make no month of their own."""
    with pytest.raises(ReportPostponed, match="not trusted"):
        office.look("2026-12-01T00:01", synced=False)
    wrong = visit_of(-400 * DAY_MS)
    records = list(visit_records(7, msgspec.structs.replace(wrong, synced=False)))
    office.store.commit(checkpoint=None, visits={}, records=records)
    assert [event["data"]["month"] for event in office.look("2026-12-01T00:01")] == ["2026-11"]


def test_a_restart_publishes_nothing_twice(tmp_path: Path) -> None:
    """Published revisions are read from the disk, so none is published again."""
    with closing(Office(tmp_path)) as office:
        office.visit(1, 10)
        assert len(office.look("2026-12-01T00:01")) == 1
    with closing(Office(tmp_path)) as office:
        assert office.look("2026-12-01T00:02") == []
        office.visit(2, 11)
        assert [event["data"]["revision"] for event in office.look("2026-12-01T00:03")] == [2]


def test_note_and_record_are_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in between stores neither, and the next try stores both."""

    def full(*_args: object, **_more: object) -> None:
        raise StoreFull("full")

    before = office.store.ledger()
    with monkeypatch.context() as patch:
        patch.setattr(office.store, "append", full)
        with pytest.raises(StoreFull):
            office.look("2026-12-01T00:01")
    assert (office.store.reports(), office.store.ledger()) == ({}, before)
    assert len(office.look("2026-12-01T00:11")) == 1


def test_the_chain_holds_over_reports(office: Office) -> None:
    """`gardu verify` accepts a report's topic, which contains the month."""
    office.look("2026-12-01T00:01")
    with Snapshot(office.folder) as snapshot:
        walk = Walk(snapshot.stream, snapshot.start)
        assert walk.go(snapshot.records(), snapshot.head) is None


def test_a_counting_that_fails_is_tried_again(tmp_path: Path) -> None:
    """It raises ReportPostponed, with the reason that the other process gives."""
    month = Month(2026, 11, zone_of(JAKARTA))
    with pytest.raises(ReportPostponed, match="nothing was ever recorded"):
        asyncio.run(counted_apart(tmp_path, JAKARTA, month))


def test_it_looks_every_day_and_after_the_last_midnight(office: Office) -> None:
    """Daily; just after the month's end; every 600 s while the clock is not trusted."""
    pauses: list[float] = []

    class Hurried(HandClock):
        async def pause(self, seconds: float) -> None:
            pauses.append(seconds)
            self.pass_s(seconds)
            if len(pauses) == 5:
                raise asyncio.CancelledError

    clock = Hurried()
    clock.moment = msgspec.structs.replace(moment("2026-11-29T20:00"), synced=False)
    trust: Callable[[], Stamp] = clock.now

    def now() -> Stamp:
        return msgspec.structs.replace(trust(), synced=bool(pauses))

    clock.now = now  # type: ignore[method-assign]
    publisher = Publisher(
        office.store, office.worker, clock, zone_of(JAKARTA),
        count=office.count, wake=lambda _rows: None,
    )  # fmt: skip
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(publisher.run())
    # From 20:10 on the 29th: a day; then to 00:01 of 1 December.
    assert pauses == [600.0, 86_400.0, 13_860.0, 86_400.0, 86_400.0]
    assert office.counted[0] == "2026-11"
