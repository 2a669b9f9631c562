"""Pauses before restarts: none after a few quick ends, then growing, bounded, shown, and reset."""

import json
import logging
import signal
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.daemon.crash_loop import MOST_CRASHES
from edge.daemon.exit_codes import UNAVAILABLE
from edge.daemon.restart_pause import (
    FILE,
    FREE,
    LONGEST_S,
    WITHIN_S,
    Starts,
    before_start,
    clean_stop,
    next_start,
    pause_s,
)
from tests.daemon.test_exit_codes import Run, run_to_the_end
from tests.daemon.test_run import Systemd, config_file, start

__all__ = ["run_to_the_end"]

S = 1_000_000_000


class RecordingClock(Clock):
    """A clock that stands still and notes how long it was asked to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.at_ns = 1000 * S
        self.slept: list[float] = []

    def boot_ns(self) -> int:
        """Return the time that has passed by sleeping."""
        return self.at_ns

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self.slept.append(seconds)
        self.at_ns += int(seconds * S)


def test_five_quick_crashes_cause_no_pause_then_the_pauses_grow_to_a_minute() -> None:
    """After a few crashes the lobby is back at once; a fault that stays: one start a minute."""
    assert FREE == MOST_CRASHES
    assert [pause_s(quick) for quick in range(12)] == [0] * 6 + [5, 10, 20, 40, 60, 60]
    assert pause_s(10**6) == LONGEST_S


@pytest.mark.parametrize(
    ("last", "quick"),
    [
        (None, 0),
        (Starts(10 * S), 1),
        (Starts(10 * S, 7), 8),
        (Starts(int(20 * S - WITHIN_S * S - 1), 7), 0),  # it lasted
        (Starts(21 * S, 7), 0),  # of another boot: its clock was further
    ],
)
def test_a_quick_end_adds_to_those_in_a_row(last: Starts | None, quick: int) -> None:
    """A run that has lasted, and another boot, begin the count again."""
    assert next_start(last, 20 * S) == Starts(20 * S, quick)


def test_a_fault_that_stays_is_tried_once_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty starts, each of which ends at once: the pauses, and the file that counts them."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    clock = RecordingClock()
    for _ in range(20):
        before_start(clock)
        clock.at_ns += S
    assert clock.slept == [5, 10, 20, 40, *[60] * 10]
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    clean_stop()
    before_start(clock)
    assert len(clock.slept) == 14


def test_a_run_that_lasts_begins_the_count_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that crashes once a day is never kept waiting."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    clock = RecordingClock()
    for _ in range(50):
        before_start(clock)
        clock.at_ns += int((WITHIN_S + 1) * S)
    assert clock.slept == []


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b'{"began_ns": "x"}'])
def test_a_damaged_count_is_forgotten_with_a_warning(
    tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It must not stop the start."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    (tmp_path / FILE).write_bytes(text)
    with caplog.at_level(logging.WARNING):
        before_start(RecordingClock())
    assert FILE in caplog.text
    assert json.loads((tmp_path / FILE).read_bytes())["quick"] == 0


def test_a_folder_that_takes_no_file_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a count there is no pause, and a warning."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "not there"))
    with caplog.at_level(logging.WARNING):
        before_start(RecordingClock())
        clean_stop()
    assert "cannot be written" in caplog.text


def test_by_hand_there_is_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without systemd's runtime directory nothing is counted."""
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    clock = RecordingClock()
    for _ in range(20):
        before_start(clock)
    assert clock.slept == []


def test_real_starts_that_fail_are_counted(run: Run, tmp_path: Path) -> None:
    """`gardu run` without its config, three times: two quick ends in a row."""
    for _ in range(3):
        done = run("--config", str(tmp_path / "none.toml"), RUNTIME_DIRECTORY=str(tmp_path))
        assert done.returncode == UNAVAILABLE
    assert json.loads((tmp_path / FILE).read_bytes())["quick"] == 2


def test_a_pause_is_shown_extends_the_start_and_ends_at_once_by_a_signal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A technician who stops the unit does not wait, and the next start has no pause."""
    manager = Systemd(tmp_path)
    clock = Clock()
    (tmp_path / FILE).write_text(json.dumps({"began_ns": clock.boot_ns(), "quick": 50}))
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    daemon = start(config_file(tmp_path), manager)
    try:
        said = manager.until("STATUS=waiting 60 s: 51 quick ends")
        assert said.startswith("EXTEND_TIMEOUT_USEC=120000000\n")
        daemon.send_signal(signal.SIGTERM)
        _, words = daemon.communicate(timeout=30)
    finally:
        daemon.kill()
        daemon.communicate()
        manager.close()
    assert daemon.returncode == 0
    assert "waiting 60 s before this start" in words
    assert not (tmp_path / FILE).exists()


def test_a_clean_stop_is_no_quick_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped by SIGTERM once it is ready: the count is gone."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    manager = Systemd(tmp_path)
    daemon = start(config_file(tmp_path), manager)
    try:
        manager.until("READY=1")
        assert (tmp_path / FILE).exists()
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
    finally:
        daemon.kill()
        daemon.communicate()
        manager.close()
    assert daemon.returncode == 0
    assert not (tmp_path / FILE).exists()
