"""The embedded MQTT 5 broker of a simulation, in a process of its own."""

import asyncio
import socket
import sys
from asyncio.subprocess import Process
from pathlib import Path
from typing import Self

import tomli_w

from edge.errors import GarduError
from sim.stage.keeper import Keeper
from sim.stage.process import spawn, stop

_START_REAL_S = 20.0
_GLANCE_REAL_S = 0.05


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def broker_config(port: int) -> dict[str, object]:
    """Return the broker's settings: MQTT 5 on *port* of 127.0.0.1."""
    return {
        "id": 0,
        "router": {
            "id": 0,
            "max_connections": 100,
            "max_outgoing_packet_count": 200,
            "max_segment_size": 104857600,
            "max_segment_count": 10,
        },
        "v5": {
            "1": {
                "name": "v5-1",
                "listen": f"127.0.0.1:{port}",
                "next_connection_delay_ms": 1,
                "connections": {
                    "connection_timeout_ms": 60000,
                    "max_payload_size": 1048576,
                    "max_inflight_count": 100,
                    "dynamic_filters": True,
                },
            }
        },
    }


class Broker:
    """Runs the broker, with its files in *folder*. Use as ``async with``.

    :param keeper: of the simulation's time; None: real time
    """

    def __init__(self, folder: Path, keeper: Keeper | None = None) -> None:
        self.port = free_port()
        self._keeper = keeper
        self._folder = folder
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Address for MQTT clients."""
        return f"mqtt://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        config = self._folder / "broker.toml"
        config.write_text(tomli_w.dumps(broker_config(self.port)), encoding="utf-8")
        command = (sys.executable, "-m", "iotcore", "--config", str(config))
        with (self._folder / "broker.log").open("ab") as log:
            self._process = await spawn(*command, "--log-level", "CRITICAL", stdout=log, stderr=log)
        try:
            await self._wait_until_it_listens(self._process)
        except BaseException:
            await stop(self._process)
            raise
        if self._keeper is not None:
            self._keeper.observe(self._process.pid)
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._process is not None:
            await stop(self._process)

    async def _wait_until_it_listens(self, process: Process) -> None:
        """Return once the broker accepts connections.

        :raises GarduError: if it ends first, or needs longer than 20 s
        """
        try:
            async with asyncio.timeout(_START_REAL_S):
                while process.returncode is None:
                    if await listens("127.0.0.1", self.port):
                        return
                    await asyncio.sleep(_GLANCE_REAL_S)
        except TimeoutError:
            pass
        raise GarduError(f"the broker did not start; see {self._folder / 'broker.log'}")


async def listens(host: str, port: int) -> bool:
    """Return True if a server accepts TCP connections at *host*:*port*."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
