"""A day at two checkpoints at once: unmodified daemons, one broker, one central office."""

from pathlib import Path

from msgspec.structs import replace

from edge.clock import Clock
from sim.days import programme
from sim.days.command import expected, settings_for
from sim.days.report import report
from sim.days.stage import DayStage, opening_clock, opening_ms
from sim.stage.keeper import Keeper
from tests.longer import slow
from tests.sim.playing import play_day

pytestmark = slow


def test_a_morning_adds_up_with_every_branch_seen(tmp_path: Path) -> None:
    """24 guests, a cut line and a killed daemon: the central office has every record."""
    day, told = play_day(settings_for("morning", None, 3, "max", tmp_path))
    assert told["problems"] == []
    assert told["ok"]
    assert {name: one["guests"]["came"] for name, one in told["checkpoints"].items()} == {
        "sim-setda-tanjabbar/lobi-utama": 14,
        "sim-setda-jatim/lobi-biro-umum": 10,
    }
    assert all(told["branches"].values())
    assert len({end.received.streamid for end in day.ends()}) == 2
    assert len(list(tmp_path.glob("*/records.jsonl"))) == 2


def test_guests_of_two_hosts_of_one_procedure_all_complete_their_visits(tmp_path: Path) -> None:
    """The reading room of the day alone: both hosts receive guests, each their own."""
    day = settings_for("day", 6, 3, "max", tmp_path)
    place = next(one for one in day.programme.checkpoint if "arsip" in one.procedures)
    soon = programme.Burst(since="07:32", until="07:52")
    settings = replace(
        day,
        programme=replace(
            day.programme,
            checkpoint=(replace(place, branches={}, groups=0.5, bursts=(soon,)),),
            expects=("received", "two-hosts", "screened-out", "group"),
        ),
    )
    _, told = play_day(settings)
    assert told["problems"] == []
    assert told["outcomes"] == {"arsip": {"completed": 6}}
    assert set(told["hosts"]["arsip"]) == {"arsiparis-dinamis", "arsiparis-statis"}
    (only,) = told["checkpoints"].values()
    assert only["records"]["written"] == only["records"]["delivered"] > 0


def test_what_was_not_seen_fails_the_day(tmp_path: Path) -> None:
    """On a day without guests every expected branch is a problem, and the day fails."""
    settings = settings_for("morning", None, 3, 120, tmp_path)
    stage = DayStage(settings, lambda _words: None, Keeper(Clock.scaled(120)))
    told = report(stage, expected(settings.programme), 0.0)
    assert not told["ok"]
    assert len(told["problems"]) == len(settings.programme.expects)


def test_the_clock_shows_a_little_before_the_opening() -> None:
    """The day begins in the morning, independent of the local time."""
    day = programme.load(programme.find("day"))
    clock = opening_clock(day, 60.0)
    before_s = (opening_ms(day) - clock.wall_ms()) / 1000
    assert 0 < before_s < 600
    assert (opening_ms(day) // 1000 + 7 * 3600) % 86400 == 7.5 * 3600
    assert clock.speed == 60.0
    assert Clock().speed == 1.0
