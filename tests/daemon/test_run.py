"""The daemon as a process: systemd, signals, a second instance, missing equipment."""

import json
import os
import resource
import select
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.places import default_config_folder
from edge.daemon import exit_codes
from edge.store.store import Store
from sim.stage.process import gardu
from tests.daemons import ARRIVE, DaemonChild

CONFIG = default_config_folder() / "gardu.toml"
SOURCE = "/gardu/setda-tanjabbar/lobi-utama"

SHORT_RING = "[aiphone.adc.rings]\ncall = [0.1]"

# Devices that the config below names and no test machine has.
MISSING = {"card-reader/desk", "camera/lobby", "broker"}


class Systemd:
    """The service manager's end of the notification socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(20)
        self._heard: list[str] = []

    def until(self, wanted: str) -> str:
        """Return the first notification that contains *wanted*, received already or waited for."""
        while not (found := [heard for heard in self._heard if wanted in heard]):
            self._heard.append(self._socket.recv(4096).decode())
        return found[0]

    def until_new(self, wanted: str) -> str:
        """Return the next notification that contains *wanted*; those so far do not count."""
        self._heard.clear()
        while select.select([self._socket], [], [], 0)[0]:
            self._socket.recv(4096)
        return self.until(wanted)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    """Yield a service manager that receives notifications."""
    manager = Systemd(tmp_path)
    yield manager
    manager.close()


def config_file(folder: Path) -> Path:
    """Return a config with a reader, a camera and a broker that do not exist.

    Its aiphone rings for a moment only: a stop waits for the end of a ring.
    """
    text = CONFIG.read_text(encoding="utf-8")
    text = text.replace("# [aiphone.adc.rings]\n# call = [1.0, 0.5, 1.0]", SHORT_RING)
    assert SHORT_RING in text
    text = text.replace('# data = "/var/lib/gardu"', f'data = "{folder / "data"}"')
    text = text.replace('# sop = "sop"', f'sop = "{CONFIG.parent / "sop"}"')
    lines = [
        'url = "http://127.0.0.1:9/snapshot.jpg"' if line.startswith('url = "http') else line
        for line in text.splitlines()
    ]
    text = "\n".join(lines).replace('# url = "mqtt://127.0.0.1:1883"', 'url = "mqtt://127.0.0.1:9"')
    path = folder / "gardu.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    return path


def start(config: Path, manager: Systemd | None = None) -> subprocess.Popen[str]:
    """Start the daemon on mock pins."""
    environment = {**os.environ, "GPIOZERO_PIN_FACTORY": "mock"}
    if manager is not None:
        environment |= {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "400000"}
    return subprocess.Popen(
        [*gardu(), "run", "--config", str(config)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )


def log_until(daemon: subprocess.Popen[str], *wanted: str) -> str:
    """Read the daemon's log until all of *wanted* are in it."""
    assert daemon.stderr is not None
    log = ""
    while not all(words in log for words in wanted):
        line = daemon.stderr.readline()
        assert line, f"the daemon has ended: {log}"
        log += line
    return log


def stored(folder: Path) -> list[dict[str, object]]:
    """Return the records in the daemon's outbox."""
    store = Store(folder / "data", SOURCE, Clock())
    try:
        return [json.loads(row.payload) for row in store.waiting(0, 1000)]
    finally:
        store.close()


def test_it_runs_without_reader_camera_and_broker_and_says_so(
    tmp_path: Path, systemd: Systemd
) -> None:
    """READY, STATUS and WATCHDOG reach systemd; SIGTERM stops it clean; the faults are records."""
    daemon = start(config_file(tmp_path), systemd)
    try:
        assert "STATUS=" in systemd.until("READY=1")
        systemd.until("WATCHDOG=1")
        systemd.until("not working")
        log = log_until(daemon, *(f"equipment/{device}" for device in MISSING))
        began = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        systemd.until("STOPPING=1")
        assert daemon.stderr is not None
        log += daemon.stderr.read()
        daemon.wait(20)
    finally:
        daemon.kill()
        daemon.communicate()
    assert daemon.returncode == 0
    assert time.monotonic() - began < 5.0
    assert "Traceback" not in log
    records = stored(tmp_path)
    devices = {
        record["data"]["device"]  # type: ignore[index]
        for record in records
        if record["type"] == "gardu.equipment.fault.v1"
    }
    assert devices >= MISSING
    assert [record["sequence"] for record in records] == [
        f"{number:016d}" for number in range(1, len(records) + 1)
    ]


def test_a_second_daemon_on_the_same_folder_is_refused(tmp_path: Path, systemd: Systemd) -> None:
    """One process owns the database; the second one names the first and ends with 1."""
    config = config_file(tmp_path)
    first = start(config, systemd)
    try:
        systemd.until("READY=1")
        second = start(config)
        _, words = second.communicate(timeout=20)
        assert second.returncode == 1
        assert str(first.pid) in words
        assert "Traceback" not in words
    finally:
        first.terminate()
        first.communicate(timeout=20)
    assert first.returncode == 0


def test_a_broken_config_starts_nothing_and_names_every_problem(tmp_path: Path) -> None:
    """A broken config ends with 78 and all problems at once, and makes no database."""
    config = config_file(tmp_path)
    text = config.read_text(encoding="utf-8")
    text = text.replace("# pulse_s =", "puls_s =", 1).replace("pin = 26", "pin = 99")
    config.write_text(text.replace("[cards]", "[card]"), encoding="utf-8")
    daemon = start(config)
    _, words = daemon.communicate(timeout=20)
    assert daemon.returncode == exit_codes.CONFIG
    for wrong in ("pin: is 99", "card: is no key here (did you mean cards?)", "puls_s: is no key"):
        assert wrong in words
    assert "Traceback" not in words
    assert not list((tmp_path / "data").iterdir())


def test_a_disk_that_takes_nothing_at_the_start_ends_it_in_words(tmp_path: Path) -> None:
    """A failed write at the start ends the process with 1 and an explanation."""
    daemon = subprocess.Popen(
        ["prlimit", "--fsize=40000", *gardu(), "run", "--config", str(config_file(tmp_path))],
        env={**os.environ, "GPIOZERO_PIN_FACTORY": "mock"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _, words = daemon.communicate(timeout=20)
    finally:
        daemon.kill()
    assert daemon.returncode == 1
    assert "gardu.db" in words
    assert "Traceback" not in words


def test_a_disk_that_takes_nothing_more_ends_it_in_words(tmp_path: Path) -> None:
    """A failed write ends the process with 1 and an explanation; no event is handled unrecorded."""
    with DaemonChild(config_file(tmp_path)) as daemon:
        daemon.until("ready;")
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (1000, 1000))
        daemon.tell(f"press {ARRIVE}")
        assert daemon.end() == 1
        words = "".join(daemon.log)
    assert "gardu.db" in words
    assert "gardu.visit.opened.v1" not in words
    assert "Traceback" not in words
