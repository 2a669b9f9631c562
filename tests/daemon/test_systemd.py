"""Notifications to systemd, on a real notification socket."""

import os
import socket
from pathlib import Path

import pytest

from edge.daemon.systemd import notify, watchdog_seconds


def test_notify_sends_one_datagram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """READY and the rest arrive on NOTIFY_SOCKET as sd_notify(3) defines."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        notify("READY=1\nSTATUS=ready")
        assert listener.recv(100) == b"READY=1\nSTATUS=ready"


def test_notify_reaches_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that begins with @ is an abstract socket."""
    name = f"gardu-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + name)
        notify("WATCHDOG=1")
        assert listener.recv(100) == b"WATCHDOG=1"


def test_without_systemd_nothing_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without NOTIFY_SOCKET, as by hand or in the simulator, no datagram leaves and no error."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.setblocking(False)
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
        notify("READY=1")
        with pytest.raises(BlockingIOError):
            listener.recv(100)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        notify("READY=1")  # the same listener does hear what is sent
        assert listener.recv(100) == b"READY=1"


@pytest.mark.parametrize(
    ("microseconds", "process", "seconds"),
    [("30000000", None, 15.0), ("30000000", "1", None), (None, None, None)],
)
def test_watchdog_is_fed_at_half_its_time(
    monkeypatch: pytest.MonkeyPatch,
    microseconds: str | None,
    process: str | None,
    seconds: float | None,
) -> None:
    """The interval is half of WatchdogSec; None if another process is watched."""
    for name, value in (("WATCHDOG_USEC", microseconds), ("WATCHDOG_PID", process)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert watchdog_seconds() == seconds


def test_a_listener_that_does_not_read_holds_up_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a full queue notifications are lost, and the daemon does not wait."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        for number in range(2000):
            notify(f"STATUS={number}")
        assert listener.recv(100) == b"STATUS=0"
