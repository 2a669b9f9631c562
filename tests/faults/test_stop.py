"""Stop signals at any moment of the start and of the stop: exit code 0, no traceback, no crash."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.crash_loop import FILE as LAST_RUN
from sim.stage.process import gardu
from tests.daemon.test_reload import records
from tests.daemon.test_run import config_file
from tests.daemons import DaemonChild, of
from tests.forks import Forks
from tests.longer import slow

pytestmark = slow

# Functions of the start, in order; `gardu run` gets the signal when it is about to call each.
MOMENTS = [
    "edge.daemon.run.set_up_logging",
    "edge.daemon.run.load_config",
    "edge.daemon.run.run",
    "edge.daemon.last_good_procedures.read",
    "edge.daemon.run.Store",
    "edge.daemon.last_good_procedures.adopt",
    "edge.daemon.crash_loop.begin",
    "edge.daemon.run._run",
    "edge.daemon.run.GuestBook",
    "edge.daemon.run.build_devices",
    "edge.daemon.run.make_rules",
    "edge.daemon.run.meta",
    "edge.daemon.run._report_last_run",
    "edge.daemon.run.report_to_systemd",
    "edge.daemon.run.serve_control",
    "edge.daemon.run.report_health",
    "edge.daemon.run.watch_over",
    "edge.daemon.run._report_ready",
    "edge.daemon.run._wait_for_stop",
    "edge.daemon.crash_loop.end",
    "edge.daemon.run.logging.shutdown",
]

# The command `gardu`, with signals to itself before one function is called.
_SCRIPT = """
import os, signal, sys
from importlib import import_module
from gpiozero import Device
from gpiozero.pins.mock import MockFactory
from edge.commands.main import main, _stop_at_once
_stop_at_once()  # as main() does at once; the import of a module for the hook comes before it here
Device.pin_factory = MockFactory()
moment, numbers = sys.argv[1], [int(number) for number in sys.argv[2].split(",")]
name, _, attribute = moment.rpartition(".")
module, *inner = name.removesuffix(".logging"), *(["logging"] if name.endswith(".logging") else [])
place = import_module(module)
for part in inner:
    place = getattr(place, part)
real = getattr(place, attribute)
def hooked(*arguments, **named):
    for number in numbers:
        os.kill(os.getpid(), number)
    return real(*arguments, **named)
setattr(place, attribute, hooked)
sys.argv = ["gardu", "run", "--config", sys.argv[3]]
main()
"""


@pytest.fixture(scope="module")
def imported() -> Iterator[Forks]:
    """A process that has imported the daemon."""
    with Forks("import edge.commands.main, edge.daemon.run, gpiozero.pins.mock") as forks:
        yield forks


def run_to_the_signal(imported: Forks, config: Path, moment: str, *numbers: int) -> tuple[int, str]:
    """Run `gardu run` until it gets the signals at *moment*; return exit code and log."""
    told = ",".join(str(int(number)) for number in numbers)
    mock = {"GPIOZERO_PIN_FACTORY": "mock"}
    done = imported.run(_SCRIPT, moment, told, str(config), environment=mock)
    return done.returncode, done.stderr


def crashes(folder: Path) -> int:
    """Return the number of crashes that the last run has noted."""
    file = folder / "data" / LAST_RUN
    if not file.exists():
        return 0
    run = json.loads(file.read_text(encoding="utf-8"))
    assert run["on_purpose"]
    return len(run["crashes"])


@pytest.mark.parametrize("moment", MOMENTS[:-2])
def test_a_stop_at_any_moment_of_the_start(imported: Forks, tmp_path: Path, moment: str) -> None:
    """A stop is no crash, however early it comes; nor are later signals of any kind."""
    signals = signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGTERM
    code, log = run_to_the_signal(imported, config_file(tmp_path), moment, *signals)
    assert (code, "Traceback" in log) == (0, False), log
    assert crashes(tmp_path) == 0


def test_after_a_stop_within_the_start_no_crash_is_recorded(
    imported: Forks, tmp_path: Path
) -> None:
    """The run after it has no crash to report."""
    config = config_file(tmp_path)
    moment = "edge.daemon.run._report_last_run"
    assert run_to_the_signal(imported, config, moment, signal.SIGINT)[0] == 0
    with DaemonChild(config) as daemon:
        daemon.until("ready;")
        assert daemon.stop() == 0
    assert of(records(tmp_path), "gardu.daemon.restarted.v1") == []


@pytest.mark.parametrize("moment", MOMENTS[-2:])
def test_signals_during_the_stop_change_nothing(tmp_path: Path, moment: str) -> None:
    """The stop that has begun goes on when impatient signals follow."""
    config = config_file(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, moment, "15,2,1,15", str(config)],
        env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    log = ""
    while "ready;" not in log:
        log += process.stderr.readline()
    process.terminate()
    log += process.stderr.read()
    process.stderr.close()
    assert (process.wait(), "Traceback" in log) == (0, False), log
    assert crashes(tmp_path) == 0


def test_a_stop_before_gardu_has_begun(tmp_path: Path) -> None:
    """A signal while Python itself starts ends the process, and leaves nothing behind."""
    config = config_file(tmp_path)
    process = subprocess.Popen([*gardu(), "run", "--config", str(config)], stderr=subprocess.PIPE)
    process.terminate()
    _, log = process.communicate()
    assert process.returncode in (0, -signal.SIGTERM)  # systemd counts both as clean
    assert b"Traceback" not in log
    assert not list((tmp_path / "data").iterdir())
