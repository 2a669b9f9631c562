"""The daemon as a process, with a wall clock that jumps, starts in 1970 or is trusted late."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock
from tests.daemon.test_run import config_file, stored
from tests.daemons import DaemonChild, of
from tests.longer import slow

pytestmark = slow

NOON_MS = 1_795_313_497_412
YEAR_MS = 365 * 86_400_000
STEP, CLOSED = "gardu.step.completed.v1", "gardu.visit.closed.v1"
# The visits here last about two seconds; none may be recorded as longer than this.
SHORT_S = 40.0


def seconds(text: str) -> float:
    """Return the seconds since 1970 of an RFC 3339 time."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()


def records(folder: Path) -> list[dict[str, Any]]:
    """Return the records of the daemon."""
    return list(stored(folder))


@pytest.mark.parametrize("jump_ms", [10 * YEAR_MS, -YEAR_MS], ids=["+10 years", "-1 year"])
def test_a_jump_in_the_middle_of_a_visit_fires_nothing_and_lengthens_nothing(
    tmp_path: Path, jump_ms: int
) -> None:
    """The call's 45 s and the step's 180 s do not run out by the wall clock."""
    config = config_file(tmp_path)
    with DaemonChild(config, "boot", "1000", f"wall {NOON_MS}") as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        daemon.tell("synced 0", f"wall {NOON_MS + jump_ms}")
        daemon.decline_visit()
        assert daemon.stop() == 0
    (step,), (closed,) = of(records(tmp_path), STEP), of(records(tmp_path), CLOSED)
    assert closed["reason"] == "host-declined"  # not "no-answer": the call had not run out
    for data in (step, closed):
        assert 0.0 <= data["duration_s"] < SHORT_S
        assert data["uncertainty_s"] == 0.0
        assert data["clock_synced"] is False
    assert of(records(tmp_path), "gardu.step.overdue.v1") == []


def test_a_start_in_1970_is_dated_right_when_ntp_arrives_in_the_middle_of_a_visit(
    tmp_path: Path,
) -> None:
    """The first record is of 1970 and marked so; the last has the right date of the start."""
    with DaemonChild(config_file(tmp_path), "boot", "5", "wall 7000", "synced 0") as daemon:
        daemon.until("ready;")
        daemon.open_visit()
        daemon.tell(f"wall {NOON_MS}", "synced 1")
        daemon.decline_visit()
        assert daemon.stop() == 0
    opened = of(records(tmp_path), "gardu.visit.opened.v1")[0]
    assert opened["time"].startswith("1970-01-01T00:00:")
    assert opened["clock_synced"] is False
    (step,), (closed,) = of(records(tmp_path), STEP), of(records(tmp_path), CLOSED)
    for data, start in ((step, "started"), (closed, "opened")):
        assert data["clock_synced"] is True
        assert 0.0 <= data["duration_s"] < SHORT_S
        assert seconds(data[start]) + data["duration_s"] == pytest.approx(
            seconds(data["time"]), abs=0.002
        )


@pytest.mark.parametrize(
    ("wall_ms", "trusted", "least", "most", "uncertainty"),
    [
        (0, "0", 30.0, 30.0 + SHORT_S, None),
        (NOON_MS + 10 * YEAR_MS, "0", 30.0, 30.0 + SHORT_S, None),
        (NOON_MS + 100_000, "1", 100.0, 100.0 + SHORT_S, 1.0),
    ],
    ids=["to 1970", "to the future", "trusted"],
)
def test_a_reboot_states_how_sure_the_duration_is(
    tmp_path: Path,
    wall_ms: int,
    trusted: str,
    least: float,
    most: float,
    uncertainty: float | None,
) -> None:
    """After a power cut the visit goes on, and its duration states its uncertainty."""
    config = config_file(tmp_path)
    with DaemonChild(config, "first", "1000", f"wall {NOON_MS}") as daemon:
        daemon.until("ready;")
        daemon.open_visit()
    with DaemonChild(config, "second", "30", f"synced {trusted}", f"wall {wall_ms}") as daemon:
        daemon.until("ready; 1 open visits")
        daemon.tell("press 18", "press 18")
        daemon.until(CLOSED)
        assert daemon.stop() == 0
    (closed,) = of(records(tmp_path), CLOSED)
    # By a trusted clock the visit lasts from its opening, which is later on a busy machine.
    (opened,) = of(records(tmp_path), "gardu.visit.opened.v1")
    late = seconds(opened["time"]) - NOON_MS / 1000 if trusted == "1" else 0.0
    assert least - late <= closed["duration_s"] < most
    assert closed["uncertainty_s"] == (uncertainty and pytest.approx(uncertainty, abs=0.1))
    (restarted,) = of(records(tmp_path), "gardu.daemon.restarted.v1")
    assert (restarted["ended"], restarted["crashes"]) == ("power-lost", 0)


def wait_for(path: Path) -> None:
    """Wait until *path* exists."""
    while not path.exists():
        Clock().sleep(0.02)


def opened_with(config: Path, *times: str) -> bool:
    """Run the daemon with *times*, open a visit, kill it; return if its clock was trusted."""
    with DaemonChild(config, *times) as daemon:
        daemon.until("ready;")
        daemon.open_visit()
    opened = of(records(config.parent), "gardu.visit.opened.v1")
    return bool(opened[-1]["clock_synced"])


def test_trust_outlives_the_kernels_and_the_daemon_but_neither_a_reboot_nor_a_hand(
    tmp_path: Path,
) -> None:
    """Confirmed once; then no time server, a kill, a reboot without an RTC, a date set by hand."""
    config = config_file(tmp_path)
    kept = tmp_path / "data/clock.json"
    with DaemonChild(config, "boot", "1000", f"wall {NOON_MS}") as daemon:
        daemon.until("ready;")
        wait_for(kept)
        daemon.tell("synced 0")
        daemon.open_visit()
    assert of(records(tmp_path), "gardu.visit.opened.v1")[-1]["clock_synced"] is True
    confirmed = kept.read_bytes()
    # The same boot, 26 hours later.
    later = ("boot", f"{1_000 + 26 * 3_600}", "synced 0")
    assert opened_with(config, *later, f"wall {NOON_MS + 26 * 3_600_000}")
    # The date was set to an hour later while the daemon was stopped.
    assert not opened_with(config, *later, f"wall {NOON_MS + 27 * 3_600_000}")
    kept.write_bytes(confirmed)
    # Another boot, with the time that systemd had saved: the power was off for how long?
    assert not opened_with(config, "second", "30", "synced 0", f"wall {NOON_MS + 60_000}")
