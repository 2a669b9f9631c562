"""The database watch: a query that is left open lets the log grow, which is an alarm."""

from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.daemon import database_watch
from edge.daemon.database_watch import LOG_LONG, LogAlarm
from edge.sop.events import Event, SystemAlarmCleared, SystemAlarmRaised
from edge.store.store import Store
from edge.store.write_ahead_log import PREWRITTEN
from tests.longer import slow
from tests.other_programs import QUERY, OtherProgram
from tests.store_bench import SOURCE


def change(store: Store, count: int) -> None:
    """Commit *count* changes of some pages each."""
    for number in range(count):
        store.commit(checkpoint={"number": number}, visits={1: {"text": "x" * 20_000}})


@slow
def test_a_query_left_open_is_an_alarm_that_names_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log grows while the query is open: one alarm; once it is overwritten, cleared."""
    monkeypatch.setattr(database_watch, "LONGEST_LOG", 2 * PREWRITTEN)
    monkeypatch.setattr("edge.store.database._CHECKPOINT_EVERY", 20)
    monkeypatch.setattr("edge.store.database._SETTINGS", short_log())
    events: list[Event] = []
    with closing(Store(tmp_path / "data", SOURCE, Clock())) as store:
        alarm = LogAlarm(store.path, lambda make: events.append(make(Clock().now())))
        change(store, 5)
        alarm.check(store.log_bytes())
        assert [type(event) for event in events] == [SystemAlarmCleared]  # of an earlier run
        with OtherProgram(store.path, *QUERY) as other:
            while store.log_bytes() <= 2 * PREWRITTEN:
                change(store, 5)
            for _ in range(2):
                alarm.check(store.log_bytes())
            (raised,) = events[1:]
            assert isinstance(raised, SystemAlarmRaised)
            assert raised.kind == LOG_LONG
            assert f"process {other.process.pid} " in raised.detail
        while store.log_bytes() > 2 * PREWRITTEN:
            change(store, 5)
        alarm.check(store.log_bytes())
    assert [type(event) for event in events[2:]] == [SystemAlarmCleared]


def short_log() -> tuple[str, ...]:
    """Return the settings of a database with a small log after a burst."""
    from edge.store.database import _SETTINGS

    limit = f"PRAGMA journal_size_limit = {PREWRITTEN}"
    return tuple(limit if "journal_size_limit" in setting else setting for setting in _SETTINGS)
