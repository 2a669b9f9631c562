"""The patient worker: what another program's lock keeps out waits; reads go on."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.errors import StoreUnavailable
from edge.sop.events import Event, SystemAlarmCleared, SystemAlarmRaised
from edge.store import database, patient_worker
from edge.store.patient_worker import UNAVAILABLE, PatientWorker
from edge.store.store import Store
from tests.other_programs import EDIT, QUERY, OtherProgram
from tests.store_bench import SOURCE
from tests.store_child import opened


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try often: the order of events matters here, not their time."""
    monkeypatch.setattr(database, "BUSY_S", 0.01)
    monkeypatch.setattr(patient_worker, "WAIT_S", 0.01)


class Reports:
    """A worker on a store, and its reports in order."""

    def __init__(self, store: Store) -> None:
        self.events: list[Event] = []
        self.shown: list[tuple[str, bool]] = []
        self.worker = PatientWorker("test", store)
        self.worker.report(
            lambda: None,
            lambda make: self.events.append(make(Clock().now())),
            lambda kind, detail: self.shown.append((kind, detail is not None)),
        )

    def of_the_alarm(self) -> list[type[Event]]:
        """Return the types of the events about the alarm."""
        return [
            type(event)
            for event in self.events
            if isinstance(event, SystemAlarmRaised | SystemAlarmCleared)
            and event.kind == UNAVAILABLE
        ]


def append(store: Store) -> None:
    """Store one record."""
    store.append([opened(1)])


def test_a_change_waits_while_reads_go_on(tmp_path: Path) -> None:
    """The alarm is shown at the first failure, outlasts reads, and ends with the change."""

    async def scene(store: Store) -> None:
        reports = Reports(store)
        with OtherProgram(store.path, *EDIT) as other:
            change = asyncio.create_task(reports.worker.do(append, store))
            while reports.worker.tries < 2:
                assert (await reports.worker.do(store.ledger)).last == 0
            assert f"process {other.process.pid} " in reports.worker.waiting
            assert reports.shown == [(UNAVAILABLE, True)]
            assert reports.of_the_alarm() == [SystemAlarmRaised]
            assert not change.done()
        await change
        assert reports.worker.waiting == ""
        assert reports.shown == [(UNAVAILABLE, True), (UNAVAILABLE, False)]
        assert reports.of_the_alarm() == [SystemAlarmRaised, SystemAlarmCleared]
        assert (await reports.worker.do(store.ledger)).last == 1
        reports.worker.stop()

    with closing(Store(tmp_path / "data", SOURCE, Clock())) as store:
        asyncio.run(scene(store))


def test_a_refused_change_leaves_no_trace(tmp_path: Path) -> None:
    """Each refused try is undone whole; the file can be used again at once."""
    with closing(Store(tmp_path / "data", SOURCE, Clock())) as store:
        with OtherProgram(store.path, *EDIT):
            for _ in range(3):
                with pytest.raises(StoreUnavailable, match="another program holds it"):
                    append(store)
        append(store)
        assert [row.sequence for row in store.waiting(0, 10)] == [1]


def test_a_reader_keeps_no_change_out(tmp_path: Path) -> None:
    """An open query of another program is no reason to wait."""
    with closing(Store(tmp_path / "data", SOURCE, Clock())) as store:
        store.commit(checkpoint={"number": 1}, visits={})
        with OtherProgram(store.path, *QUERY):
            append(store)
        assert store.ledger().last == 1
