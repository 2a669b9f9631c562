"""`gardu sim`, for people and for programs."""

import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from edge.errors import ConfigError
from sim.cli import simulate
from sim.stage.process import gardu
from tests.longer import slow

SHORT = ("sim", "--procedure", "pimpinan", "--speed", "120", "--seed", "1", "--json")


def start(*options: str) -> subprocess.Popen[str]:
    """Start `gardu sim` with pipes."""
    return subprocess.Popen(
        [*gardu(), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Yield a simulation in which the first guest has arrived."""
    process = start(*SHORT, "--guests", "50", "--data", str(tmp_path))
    assert process.stderr is not None
    for line in process.stderr:
        if "has arrived" in line:
            break
    yield process
    process.kill()
    process.communicate()


def children(pid: int) -> set[int]:
    """Return the child processes of *pid*."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.add(int(stat.parent.name))
    return found


def alive(pid: int) -> bool:
    """Return True if process *pid* runs (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def wait_until_gone(pids: set[int]) -> None:
    """Return once none of *pids* runs; the suite's time-out ends a wait that is too long."""
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        select.select([descriptor], [], [])
        os.close(descriptor)


def test_the_last_line_is_the_result(tmp_path: Path) -> None:
    """With --json stdout ends in one JSON object with all results."""
    process = start(*SHORT, "--guests", "1", "--scenario", "host-declines", "--data", str(tmp_path))
    out, err = process.communicate()
    result: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert process.returncode == 0, err
    assert result["guests"] == 1
    assert result["outcomes"] == {"declined": 1}
    assert result["records"]["written"] == result["records"]["delivered"] > 0
    assert result["last_sequence"] == result["records"]["written"]
    assert result["restarts"] == 0
    assert Path(result["stills_folder"]).parent == tmp_path / "data"
    assert "guest 1 has arrived" in err


@slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 1)])
def test_told_to_stop_it_sums_up_and_leaves_nothing(
    running: subprocess.Popen[str], number: signal.Signals, code: int
) -> None:
    """Ctrl-C and SIGTERM end everything cleanly, with the summary so far."""
    started = children(running.pid)
    assert len(started) >= 3  # broker, subscriber, daemon
    running.send_signal(number)
    out, _ = running.communicate()
    assert running.returncode == code
    assert json.loads(out.splitlines()[-1])["ok"] is False
    assert not any(alive(pid) for pid in started)


@slow
def test_killed_it_leaves_nothing(running: subprocess.Popen[str]) -> None:
    """Even SIGKILL leaves no broker, subscriber or daemon behind."""
    started = children(running.pid)
    assert len(started) >= 3
    running.kill()
    running.wait()
    wait_until_gone(started)
    assert not any(alive(pid) for pid in started)


def run(*options: str) -> int:
    """Run the command in this process and return its exit code."""
    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, options).exit_code


@pytest.mark.parametrize(
    "options", [("--guests", "0"), ("--guests", "501"), ("--speed", "0.5"), ("--speed", "121")]
)
def test_ranges_are_kept(options: tuple[str, ...]) -> None:
    """Guests and speed out of range are wrong usage."""
    assert run(*options) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--procedure", "no-such"), "gardu-jatim.toml has jatim"),
        (("--procedure", "jatim", "--procedure", "pimpinan"), "no config has all"),
        (("--scenario", "no-such"), "good-day"),
        (("--broker", "http://x"), "mqtt://host"),
        (("--config", "/no/such.toml"), "no such file"),
    ],
)
def test_wrong_usage_says_what_is_right(options: tuple[str, ...], words: str) -> None:
    """Wrong usage is refused before the start, with the allowed values."""
    app = typer.Typer()
    app.command()(simulate)
    result = CliRunner().invoke(app, options)
    assert isinstance(result.exception, ConfigError)
    assert words in str(result.exception)


def test_gardu_turns_config_errors_into_exit_2() -> None:
    """Through `gardu` itself a wrong procedure gives a message on stderr and exit code 2."""
    process = start("sim", "--procedure", "no-such")
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert "pimpinan" in err
