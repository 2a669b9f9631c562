"""The watchdog ends a hung daemon, which goes on with its visits after the restart."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.daemon import heartbeat as module
from tests.daemon.test_run import config_file, stored
from tests.daemons import PATIENCE_S, DaemonChild, of
from tests.longer import slow

WATCHDOG_S = 2.0


class Watchdog:
    """systemd's part: receives the daemon's notifications."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6)),
        }
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(folder / "notify"))
        self.heard = 0

    def until(self, wanted: str) -> None:
        """Receive until *wanted* comes."""
        self.socket.settimeout(PATIENCE_S)
        while wanted not in self.socket.recv(4096).decode():
            pass

    def until_silent(self) -> None:
        """Receive until no notification comes for WATCHDOG_S."""
        self.socket.settimeout(WATCHDOG_S)
        try:
            while True:
                self.socket.recv(4096)
        except TimeoutError:
            return

    def take(self) -> int:
        """Return the number of WATCHDOG=1 notifications so far; any other one fails the test."""
        self.socket.setblocking(False)
        try:
            while True:
                assert self.socket.recv(4096) == b"WATCHDOG=1"
                self.heard += 1
        except BlockingIOError:
            return self.heard


@pytest.fixture
def watchdog(tmp_path: Path) -> Iterator[Watchdog]:
    """Yield a service manager that watches."""
    watchdog = Watchdog(tmp_path)
    yield watchdog
    watchdog.socket.close()


@slow
def test_a_hung_loop_is_ended_and_the_visit_goes_on(tmp_path: Path, watchdog: Watchdog) -> None:
    """The loop hangs while threads live: silence, SIGABRT, a stack trace, restart, no loss."""
    config = config_file(tmp_path)
    with DaemonChild(config, environment=watchdog.environment) as daemon:
        watchdog.until("READY=1")
        watchdog.until("WATCHDOG=1")
        daemon.open_visit()
        daemon.tell("hang")
        watchdog.until_silent()
        assert daemon.process.poll() is None  # it lives, and would hang for ever
        daemon.process.send_signal(signal.SIGABRT)
        assert daemon.end() == -signal.SIGABRT
    log = "".join(daemon.log)
    assert "in hang" in log  # the journal shows where it hung ...
    assert log.count("Thread 0x") > 1  # ... and that threads were alive
    with DaemonChild(config, environment=watchdog.environment) as daemon:
        watchdog.until("READY=1\nSTATUS=ready, 1 open visits")
        watchdog.until("WATCHDOG=1")
        daemon.decline_visit()
        assert daemon.stop() == 0
    records: list[Any] = list(stored(tmp_path))
    assert [data["outcome"] for data in of(records, "gardu.visit.closed.v1")] == ["declined"]
    restarted = of(records, "gardu.daemon.restarted.v1")
    assert [(data["ended"], data["crashes"]) for data in restarted] == [("crashed", 1)]


class Consumer:
    """The watched part of the checkpoint and its bridge; *waiting* is a number of events."""

    def __init__(self, waiting: int) -> None:
        self.handled = 0
        self.waiting = waiting


class Tries:
    """The watched part of the worker: *full*: each look finds one more change tried and refused."""

    def __init__(self, *, full: bool) -> None:
        self._full = full
        self._tries = 0

    @property
    def tries(self) -> int:
        """Number of tries so far."""
        self._tries += self._full
        return self._tries


def watch_over(consumer: Any, until: Callable[[], bool], *, full: bool = False) -> None:
    """Run the daemon's own watch over *consumer* until ``until()``, with the disk *full* or not."""
    worker: Any = Tries(full=full)

    async def watch() -> None:
        task = asyncio.create_task(module.watch_over(consumer, consumer, worker))
        async with asyncio.timeout(PATIENCE_S):
            while not until():
                await asyncio.sleep(0.005)
        task.cancel()

    asyncio.run(watch())


@pytest.fixture
def watched(watchdog: Watchdog, monkeypatch: pytest.MonkeyPatch) -> Watchdog:
    """A service manager that expects a sign of life from this process every 10 ms."""
    monkeypatch.setenv("NOTIFY_SOCKET", watchdog.environment["NOTIFY_SOCKET"])
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    return watchdog


def test_an_idle_consumer_is_alive(watched: Watchdog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lobby without guests handles no event for a long time: that is no hang."""
    monkeypatch.setattr(module, "STUCK_S", 0.02)
    watch_over(Consumer(waiting=0), lambda: watched.take() >= 5)


def test_a_consumer_that_hangs_is_no_sign_of_life(
    watched: Watchdog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop runs, but a waiting event is not handled: no sign of life, and a log entry."""
    monkeypatch.setattr(module, "STUCK_S", 0.0)
    watch_over(Consumer(waiting=1), lambda: len(caplog.records) >= 3)
    assert watched.take() == 0
    assert "leaving it to the watchdog" in caplog.text


def test_a_consumer_that_waits_for_room_is_alive(
    watched: Watchdog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the consumer waits for room: that is no hang."""
    monkeypatch.setattr(module, "STUCK_S", 0.02)
    watch_over(Consumer(waiting=1), lambda: watched.take() >= 5, full=True)
