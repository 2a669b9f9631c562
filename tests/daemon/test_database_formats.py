"""`gardu run` on databases of other formats: migrated with signs of life, or refused for good."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.daemon.exit_codes import FORMAT
from edge.daemon.migration_status import MigrationStatus
from edge.daemon.stop_signal import Stop, StopSignal
from edge.store.formats import read_identity
from edge.store.store import FILE
from sim.stage.process import gardu
from tests.daemon.test_run import config_file, log_until
from tests.longer import slow
from tests.store.old_databases import LAST, filled, migrate_on, open_store, put_format_3
from tests.store_bench import HandClock


class BootClock(HandClock):
    """A clock set by hand, its boot time too."""

    def boot_ns(self) -> int:
        """Return the boot time that was set."""
        return self.moment.boot_ns


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a systemd that waits for notifications."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        yield listening


def start(config: Path) -> "subprocess.Popen[str]":
    """Start the daemon on mock pins."""
    notify = str(config.parent / "notify")
    environment = {**os.environ, "GPIOZERO_PIN_FACTORY": "mock", "NOTIFY_SOCKET": notify}
    command = [*gardu(), "run", "--config", str(config)]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


@slow
def test_old_database_is_migrated_at_the_start(tmp_path: Path, manager: socket.socket) -> None:
    """Systemd is asked for more time before READY, and the three visits go on."""
    config = config_file(tmp_path)
    put_format_3(tmp_path / "data")
    with start(config) as daemon:
        log = log_until(daemon, "ready; 3 open visits")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait() == 0
    assert "migrating gardu.db from format 3 to 5" in log
    told = list[str]()
    while "READY=1" not in "".join(told):
        told.append(manager.recv(4096).decode())
    assert told[0].startswith("EXTEND_TIMEOUT_USEC=")
    assert "STATUS=migrating gardu.db from format 3 to 5: copying it" in told[0]
    with closing(open_store(tmp_path / "data")) as store:
        assert store.ledger().last > LAST


def test_newer_database_ends_the_daemon_for_good(tmp_path: Path, manager: socket.socket) -> None:
    """The code is one that systemd does not restart, and the status names the remedy."""
    config = config_file(tmp_path)
    migrate_on(filled(tmp_path / "data"))
    with start(config) as daemon:
        assert daemon.wait() == FORMAT
    said = manager.recv(4096).decode()
    assert said.startswith("STATUS=ended: gardu: gardu.db has format 6")
    found = read_identity(tmp_path / "data" / FILE)
    assert found is not None
    assert found.format == 6


@slow
def test_database_is_put_back_by_the_command(tmp_path: Path) -> None:
    """`gardu undo-migration` with an office's config: done, then nothing to do, or refused."""
    config = config_file(tmp_path)
    path = filled(tmp_path / "data")
    migrate_on(path)
    undo = [*gardu(), "undo-migration", "--config", str(config)]
    done = subprocess.run(undo, capture_output=True, text=True, check=True)
    assert "the database of format 5 is back" in done.stdout
    assert "no record was written since" in done.stdout
    done = subprocess.run(undo, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    (aside,) = path.parent.glob(f"{FILE}.replaced-*Z")
    aside.rename(path)
    (path.parent / f"{FILE}.format-5").unlink()
    done = subprocess.run(undo, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "gardu.db.format-5 is not beside it" in done.stderr


def test_status_is_shown_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of calls send few notifications; a stop ends the migration at the next call."""
    sent = list[str]()
    monkeypatch.setattr("edge.daemon.migration_status.notify", sent.append)
    monkeypatch.setattr("edge.daemon.stop_signal.signal.signal", lambda *_: None)
    clock, stop = BootClock(), StopSignal()
    status = MigrationStatus(clock, stop)
    for number in range(1000):
        status(f"migrating {number}")
    assert [text.partition("STATUS=")[2] for text in sent] == ["migrating 0"]
    clock.pass_s(2)
    status("migrating on")
    assert len(sent) == 2
    stop.requested = True
    with pytest.raises(Stop):
        status("migrating on")
