"""Crashes are counted, the daemon is always started again, and a crash loop is an alarm."""

import asyncio
import logging
from collections.abc import Callable
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock, Stamp
from edge.daemon import crash_loop
from edge.daemon.crash_loop import FILE, MOST_CRASHES, Run, after, begin, end
from edge.daemon.run import CRASH_LOOP, DATABASE_DAMAGED, _end_crash_loop
from edge.sop.events import Event, SystemAlarmCleared, SystemAlarmRaised
from tests.daemon.test_run import config_file, stored
from tests.daemons import DaemonChild, of
from tests.longer import slow
from tests.sop.stand import Stand

pytestmark = slow

UNIT = Path(__file__).parents[2] / "systemd" / "gardu.service"


def at(seconds: float, boot: str = "first") -> Stamp:
    """Return a moment of a boot, with an untrusted clock."""
    return Stamp(int(seconds * 1e9), 0, False, boot)


def crashed(*moments: float) -> Run:
    """Return the run after crashes that were found at *moments*."""
    run = after(None, at(0))
    for moment in moments:
        run = after(run, at(moment))
    return run


def test_the_first_run_follows_nothing() -> None:
    """A new checkpoint has not crashed."""
    assert after(None, at(10)) == Run(began=at(10))


def test_a_run_that_did_not_end_on_purpose_crashed() -> None:
    """A run without a clean stop has crashed: killed, ended by a bug or by its disk."""
    run = crashed(10)
    assert (run.previous, len(run.crashes), run.looping) == ("crashed", 1, False)


def test_a_run_of_another_boot_lost_its_power_and_counts_for_nothing() -> None:
    """A run of another boot lost its power: a power cut every evening is no crash loop."""
    run = crashed(10, 20, 30, 40)
    for number in range(9):
        run = after(run, at(5, f"boot {number}"))
    assert (run.previous, run.crashes) == ("power-lost", ())


def test_five_crashes_within_ten_minutes_are_a_loop_and_five_in_a_day_are_not() -> None:
    """Crashes older than ten minutes are not counted."""
    assert crashed(1, 2, 3, 4, 5).looping
    assert not crashed(1, 2, 3, 4).looping
    assert not crashed(100, 4000, 8000, 12_000, 16_000).looping
    assert not crashed(1, 2, 3, 4, 602).looping


def test_a_clean_stop_is_no_crash(tmp_path: Path) -> None:
    """Repeated clean stops, as by systemctl restart, count as no crashes."""
    for number in range(6):
        run = begin(tmp_path, at(number))
        assert (run.previous, run.crashes) == (None, ())
        end(tmp_path, run)


def test_a_thousand_crashes_are_not_kept(tmp_path: Path) -> None:
    """The file stays small however long the loop lasts."""
    for number in range(1000):
        run = begin(tmp_path, at(number / 10))
    assert run.looping
    assert (tmp_path / FILE).stat().st_size < 2000
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize("text", [b"", b"\xff\x00", b"[]", b'{"began": [1]}'])
def test_a_damaged_file_is_forgotten_with_a_warning(
    tmp_path: Path, text: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged count is replaced with a warning: it must not stop the daemon's start."""
    (tmp_path / FILE).write_bytes(text)
    with caplog.at_level(logging.WARNING):
        assert begin(tmp_path, at(1)) == Run(began=at(1))
    assert FILE in caplog.text
    assert begin(tmp_path, at(2)).previous == "crashed"


def test_a_folder_that_takes_no_file_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that cannot be written, as on a full disk, is a warning and stops no daemon."""
    with caplog.at_level(logging.WARNING):
        end(tmp_path / "not there", begin(tmp_path / "not there", at(1)))
    assert "cannot be written" in caplog.text


def test_systemd_starts_it_again_whatever_happens() -> None:
    """No start limit, restart always, a watchdog: the daemon is always started again."""
    unit = RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]  # as its manual shows
    unit.read(UNIT, encoding="utf-8")
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert unit["Service"]["Restart"] == "always"
    assert float(unit["Service"]["RestartSec"]) <= 2
    assert 5 <= float(unit["Service"]["WatchdogSec"]) <= 60


def test_the_unit_lets_the_daemon_ask_whether_the_clock_is_trusted() -> None:
    """Adjtimex is allowed, which systemd counts as privileged: else no clock is ever trusted."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    filters = [line.partition("=")[2] for line in lines if line.startswith("SystemCallFilter=")]
    last_refusal = max(n for n, words in enumerate(filters) if words.startswith("~"))
    allowed = {call for words in filters[last_refusal + 1 :] for call in words.split()}
    assert {"adjtimex", "clock_adjtime"} <= allowed
    assert "ProtectClock=no" in lines  # yes would forbid the call in a filter of its own
    assert "CapabilityBoundingSet=" in lines  # so the clock can be read, not set


def test_the_alarm_is_cleared_once_a_run_has_lasted() -> None:
    """Ten minutes without a crash clear the alarm, also one that another run raised."""
    posted: list[Event] = []

    def post(make: Callable[[Stamp], Event]) -> None:
        posted.append(make(at(600)))

    asyncio.run(_end_crash_loop(Clock.scaled(crash_loop.WITHIN_S * 100), post))
    assert posted == [SystemAlarmCleared(at(600), CRASH_LOOP)]


def test_a_system_alarm_stands_once_and_is_cleared_once() -> None:
    """Raised again by every run of the loop, it is one alarm, one record, one sound."""
    stand = Stand()
    for crashes in (5, 6):
        stand.send(SystemAlarmRaised(stand.now, CRASH_LOOP, f"{crashes} crashes"))
    assert stand.state.alarms[CRASH_LOOP].detail == "5 crashes"
    for _ in range(2):
        stand.send(SystemAlarmCleared(stand.now, CRASH_LOOP))
    assert stand.state.alarms == {}
    assert [record.type for record in stand.records] == [
        "gardu.alarm.raised.v1", "gardu.alarm.cleared.v1",
    ]  # fmt: skip


def test_clearing_a_system_alarm_leaves_a_visits_alarm_of_that_name() -> None:
    """An alarm that was raised for a visit is not cleared by the system alarm of that name."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    for panel, action in (("reception", "accept"), ("reception", "accept"), ("reception", "done")):
        stand.press(panel, action)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.detector("alarm")
    assert stand.state.alarms["metal-detector"].visit is not None
    stand.send(SystemAlarmCleared(stand.now, "metal-detector"))
    assert "metal-detector" in stand.state.alarms


def test_five_kills_in_a_row_and_it_runs_and_says_so(tmp_path: Path) -> None:
    """SIGKILL five times: each is a record, the fifth raises the alarm, the visit goes on."""
    config = config_file(tmp_path)
    for number in range(MOST_CRASHES):
        with DaemonChild(config) as daemon:
            daemon.until("ready;")
            if number == 0:
                daemon.open_visit()
    with DaemonChild(config) as daemon:
        daemon.until("ready; 1 open visits")
        daemon.decline_visit()
        assert daemon.stop() == 0
    records: list[Any] = list(stored(tmp_path))
    restarted = of(records, "gardu.daemon.restarted.v1")
    assert [data["crashes"] for data in restarted] == [1, 2, 3, 4, 5]
    assert {data["ended"] for data in restarted} == {"crashed"}
    (alarm,) = [d for d in of(records, "gardu.alarm.raised.v1") if d["alarm"] == CRASH_LOOP]
    assert alarm["detail"] == "5 crashes within 600 s"
    assert of(records, "gardu.visit.closed.v1")[0]["outcome"] == "declined"


def test_a_damaged_database_is_an_alarm_as_long_as_it_lies_there(tmp_path: Path) -> None:
    """A damaged database is an alarm at every start until its files are removed."""
    config = config_file(tmp_path)
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        assert daemon.stop() == 0
    database = tmp_path / "data" / "gardu.db"
    database.write_bytes(b"garbage" * 1000)
    for _ in range(2):
        with DaemonChild(config) as daemon:
            daemon.until("ready;")
            assert daemon.stop() == 0
    records: list[Any] = list(stored(tmp_path))
    raised = [d["alarm"] for d in of(records, "gardu.alarm.raised.v1")]
    # The mock pins' open alarm contact (a cut wire) is an alarm of its own.
    assert raised.count(DATABASE_DAMAGED) == 1
    assert of(records, "gardu.alarm.cleared.v1") == []
    for file in database.parent.glob("gardu.db*damaged*"):
        file.unlink()
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        assert daemon.stop() == 0
    cleared = of(list(stored(tmp_path)), "gardu.alarm.cleared.v1")
    assert DATABASE_DAMAGED in [data["alarm"] for data in cleared]
