"""The central office of a simulation: `gardu watch --json` for the records, and the live topics.

Records come through the real subscriber in a process of its own; ledger and status through a
small MQTT client, because that subscriber writes records only.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import GarduError
from sim.process import gardu, spawn, stop
from sim.received import Received

_START_REAL_S = 30.0
_RECONNECT_S = 1


class Central:
    """Receives what the checkpoint *site*/*checkpoint* reports. Use as ``async with``.

    :param host: of the broker; *port* likewise
    :param log: file for what the subscriber says on stderr
    """

    def __init__(
        self, received: Received, host: str, port: int, site: str, checkpoint: str, log: Path
    ) -> None:
        self._received = received
        self._host, self._port = host, port
        self._name = f"{site}/{checkpoint}"
        self._root = f"gardu/v1/{self._name}"
        self._log = log
        self._process: Process | None = None
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = asyncio.Event()

    async def __aenter__(self) -> Self:
        url = f"mqtt://{self._host}:{self._port}"
        self._process = await spawn(
            *gardu(), "watch", "--broker", url, "--json", stdout=PIPE, stderr=PIPE
        )
        self._tasks = [
            asyncio.create_task(self._read_records(self._process)),
            asyncio.create_task(self._read_words(self._process)),
        ]
        try:
            async with asyncio.timeout(_START_REAL_S):
                await self._listening.wait()
        except BaseException as error:
            await self.__aexit__()
            if isinstance(error, TimeoutError):
                raise GarduError(f"no subscriber at {url}: {_tail(self._log)}") from None
            raise
        self._subscribe()
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._process is not None:
            await stop(self._process)
        self._client.disconnect()
        self._client.loop_stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read_records(self, process: Process) -> None:
        assert process.stdout is not None
        while line := await process.stdout.readline():
            event = msgspec.json.decode(line)
            if event.get("gardu", {}).get("checkpoint") == self._name:
                self._received.take(event)

    async def _read_words(self, process: Process) -> None:
        assert process.stderr is not None
        with self._log.open("ab", buffering=0) as log:
            while line := await process.stderr.readline():
                log.write(line)
                if b"listening" in line:
                    self._listening.set()

    def _subscribe(self) -> None:
        """Have ledger and status come in; reconnects by itself."""
        loop = asyncio.get_running_loop()

        def connected(
            client: Client,
            _data: Any,
            _flags: ConnectFlags,
            _code: ReasonCode,
            _p: Properties | None,
        ) -> None:
            client.subscribe([(f"{self._root}/ledger", 1), (f"{self._root}/status", 1)])

        def came(_client: Client, _data: Any, message: MQTTMessage) -> None:
            with suppress(RuntimeError):  # the loop is closed: the simulation is over
                loop.call_soon_threadsafe(self._take_live, message)

        self._client.on_connect = connected
        self._client.on_message = came
        self._client.reconnect_delay_set(_RECONNECT_S, _RECONNECT_S)
        self._client.connect_async(self._host, self._port, clean_start=True)
        self._client.loop_start()

    def _take_live(self, message: MQTTMessage) -> None:
        value = msgspec.json.decode(message.payload) if message.payload else {}
        if message.topic.endswith("/ledger") and value:
            self._received.take_ledger(value, retained=message.retain)
        elif message.topic.endswith("/status") and not message.retain:
            self._received.status = value.get("status", "unknown")


def _tail(file: Path) -> str:
    """Return the last line of *file*."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    return lines[-1] if lines else "it said nothing"
