"""The central office of a simulation: `gardu watch --json` for the records, and the live topics.

The real subscriber receives the records in a process of its own; a small MQTT client receives the
live topics, because that subscriber writes records only. One central office serves any number of
checkpoints.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import GarduError
from sim.stage.desk import Message
from sim.stage.keeper import Keeper
from sim.stage.process import gardu, spawn, stop
from sim.stage.received import Received
from sim.stage.signing import signed

_START_REAL_S = 30.0
_RECONNECT_S = 1


_ROOT = "gardu/v1"
# Status, health and ledger of every checkpoint, the topics below ``state``, answers to the desk.
_LIVE = (f"{_ROOT}/+/+/+", f"{_ROOT}/+/+/state/#", f"{_ROOT}/+/+/reply/#")


class Central:
    """Receives the reports of checkpoints. Use as ``async with``; ``hear`` adds a checkpoint.

    :param host: of the broker; *port* likewise
    :param log: file for the subscriber's stderr; its whole output goes to a file beside it
        (``records.jsonl``)
    :param keeper: of the checkpoints' time, to measure how late a record arrives
    """

    def __init__(self, host: str, port: int, log: Path, keeper: Keeper) -> None:
        self._heard: dict[str, Received] = {}
        self._host, self._port = host, port
        self._keeper, self._clock = keeper, keeper.clock
        self._log = log
        self._process: Process | None = None
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._tasks: list[asyncio.Task[None]] = []
        self._listening = asyncio.Event()

    def hear(self, name: str, received: Received) -> None:
        """Pass the reports of the checkpoint *name* (``site/id``) to *received* from now on.

        Subscribes again, so that the broker sends the retained messages too.
        """
        self._heard[name] = received
        if self._client.is_connected():
            self._ask()

    def say(self, name: str, message: Message) -> None:
        """Publish *message* to the checkpoint *name*."""
        base = f"{_ROOT}/{name}/"
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        if message.reply is not None:
            properties.ResponseTopic = base + message.reply
        topic = base + message.suffix
        self._client.publish(
            topic, signed(topic, message.payload), qos=1, retain=message.retain,
            properties=properties,
        )  # fmt: skip
        self._keeper.touch()

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
        self._keeper.observe(self._process.pid)
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
        with self._log.with_name("records.jsonl").open("ab") as kept:
            while line := await process.stdout.readline():
                kept.write(line)
                event = msgspec.json.decode(line)
                received = self._heard.get(event.get("gardu", {}).get("checkpoint", ""))
                if received is not None:
                    received.take(event, self._clock.wall_ms())

    async def _read_words(self, process: Process) -> None:
        assert process.stderr is not None
        with self._log.open("ab", buffering=0) as log:
            while line := await process.stderr.readline():
                log.write(line)
                if b"listening" in line:
                    self._listening.set()

    def _subscribe(self) -> None:
        """Subscribe to the live topics; the client reconnects by itself."""
        loop = asyncio.get_running_loop()

        def connected(
            _client: Client,
            _data: Any,
            _flags: ConnectFlags,
            _code: ReasonCode,
            _p: Properties | None,
        ) -> None:
            self._ask()

        def came(_client: Client, _data: Any, message: MQTTMessage) -> None:
            with suppress(RuntimeError):  # the loop is closed: the simulation is over
                loop.call_soon_threadsafe(self._take_live, message)

        self._client.on_connect = connected
        self._client.on_message = came
        self._client.reconnect_delay_set(_RECONNECT_S, _RECONNECT_S)
        self._client.connect_async(self._host, self._port, clean_start=True)
        self._client.loop_start()

    def _ask(self) -> None:
        self._client.subscribe([(topic, 1) for topic in _LIVE])
        self._keeper.touch()

    def _take_live(self, message: MQTTMessage) -> None:
        site, checkpoint, suffix = message.topic.removeprefix(f"{_ROOT}/").split("/", maxsplit=2)
        received = self._heard.get(f"{site}/{checkpoint}")
        if received is None:
            return
        value = msgspec.json.decode(message.payload) if message.payload else {}
        received.take_live(suffix, value, retained=message.retain)


def _tail(file: Path) -> str:
    """Return the last line of *file*."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    return lines[-1] if lines else "it said nothing"
