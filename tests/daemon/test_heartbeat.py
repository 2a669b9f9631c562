"""The heartbeat: the line of ``systemctl status``."""

import asyncio
import contextlib
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edge.clock import Clock
from edge.daemon.heartbeat import report_to_systemd
from edge.mqtt.outage import Outage
from edge.mqtt.reasons import reason


def test_the_status_says_why_there_is_no_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sentence as in the journal; without an outage the line says *connected*."""
    address = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(address))

    def status(uplink: Any, *, refused: bool = False) -> str:
        async def scenario() -> None:
            checkpoint: Any = SimpleNamespace(state=SimpleNamespace(visits={}))
            reload: Any = SimpleNamespace(problem=None)
            worker: Any = SimpleNamespace(waiting="")
            watch: Any = SimpleNamespace(refused=refused)
            task = asyncio.create_task(
                report_to_systemd(checkpoint, dict, uplink, reload, watch, worker)
            )
            await asyncio.sleep(0)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        asyncio.run(scenario())
        return listener.recv(1000).decode()

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        outage = Outage(Clock())
        uplink = SimpleNamespace(connected=True, outage=outage)
        assert status(uplink) == "STATUS=0 open visits, connected"
        assert "connected, changed config is bad: run gardu check" in status(uplink, refused=True)
        outage.note(reason("client-certificate-expired"))
        assert status(uplink) == (
            f"STATUS=0 open visits, no broker ({reason('client-certificate-expired').sentence})"
        )
