"""The rig: one checkpoint's victim under load, its broker, the lines between, the subscriber."""

import asyncio
import resource
import signal
import sqlite3
from contextlib import AsyncExitStack
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.packettypes import PacketTypes

from edge.clock import Clock
from edge.mqtt.messages import topic
from edge.mqtt.packets import properties
from edge.store.cloudevent import source
from edge.store.store import Store
from sim.stage.broker import Broker
from soak.checker import Findings, check, lost_visits, read_committed, read_tables
from soak.journal import Model
from soak.line import Line
from soak.victim import CONFIG, JOURNAL, Orders, start
from tests.brokers import HOST, MOSQUITTO, Centre, Mosquitto, until
from tests.uplinks import opened

# Guests live this much faster than people, so that timeouts of procedures happen too.
SPEED = 100.0
_GLANCE_S = 0.05
# Seconds between two attempts of the office to connect; paho accepts fractions, though typed as
# int.
_RECONNECT_S = 0.1
# How long a part may take to be ready on a busy machine, real seconds.
_READY_S = 60.0
# Odd messages at once, and what is odd in them; mosquitto passes on no worse characters.
_POISON = 20
_ODD_TEXTS = ("\ufeff", "\ufeffx", "\U0010fffd", "x" * 5000)
_OWN_TOPICS = (
    "status", "meta", "health", "ledger", "state/occupancy", "state/alarm/none", "report/2026-01",
)  # fmt: skip
# Records that are written to the store at once.
_BATCH = 1000


class Office(Centre):
    """The central office: stores the payload of every record, in order of arrival.

    Its broker stores its session while it is away; after a broker lost its memory it subscribes
    again.
    """

    def __init__(self, port: int) -> None:
        # Its library would not survive the odd messages on the other topics.
        super().__init__(port, "gardu/v1/+/+/event/#", session="office")
        self.payloads: list[bytes] = []
        self._away = False
        self._client.on_message = self._keep
        self._client.on_disconnect = self._lost
        self._client.reconnect_delay_set(_RECONNECT_S, _RECONNECT_S)  # type: ignore[arg-type]

    @property
    def listening(self) -> bool:
        """True if its broker has its subscription, or if it wants none."""
        return self._ready or self._away

    def leave(self) -> None:
        """Unsubscribe from all records."""
        self._away = True
        self._client.unsubscribe(self._topic)

    def come_back(self) -> None:
        """Subscribe again."""
        self._away = False
        self._subscribe()

    def poison(self, dice: Random) -> None:
        """Publish odd messages on topics that the victim is subscribed to: its own."""
        for _ in range(_POISON):
            odd = properties(
                PacketTypes.PUBLISH,
                UserProperty=[("\ufeffkey", dice.choice(_ODD_TEXTS))],
                ContentType=dice.choice(_ODD_TEXTS),
            )
            self._client.publish(
                topic(CONFIG, dice.choice(_OWN_TOPICS)),
                dice.randbytes(dice.choice((0, 10, 200_000))),
                qos=dice.choice((0, 1)),
                retain=dice.random() < 0.5,
                properties=odd,
            )

    def _subscribe(self, *_arguments: object) -> None:
        if not self._away:
            super()._subscribe()

    def _lost(self, *_arguments: object) -> None:
        self._ready = False

    def _keep(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        if "/event/" in message.topic:
            self.payloads.append(bytes(message.payload))


class Server(Mosquitto):
    """A mosquitto that can be made to refuse records, and to lose its database."""

    def __init__(self, folder: Path, lines: str) -> None:
        folder.mkdir()
        super().__init__(folder, lines.format(folder=folder))
        self.allow()

    def allow(self, *, events: bool = True) -> None:
        """Allow the daemon to publish records, or refuse them (0x87)."""
        allowed = ("status", "meta", "health", "ledger", "state/#", *(["event/#"] * events))
        rules = "".join(f"topic write gardu/v1/+/+/{topic}\n" for topic in allowed)
        (self._folder / "acl").write_text(f"topic read gardu/#\n{rules}", encoding="utf-8")
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def forget(self) -> None:
        """Lose the database on the disk (while it does not run)."""
        (self._folder / "mosquitto.db").unlink(missing_ok=True)


class Rig:
    """A victim, its broker and its subscriber. Use as ``async with``.

    :ivar line: between victim and broker
    :ivar office_line: between broker and subscriber
    :ivar model: the expected content of the victim's database

    :param lines: of mosquitto's config; ``{folder}`` is its folder
    :param stalled_log: the reader of the victim's log has stopped
    :param broker: settings of ``[broker]`` for the victim
    """

    def __init__(
        self,
        folder: Path,
        dice: Random,
        lines: str = "",
        *,
        stalled_log: bool = False,
        **broker: Any,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.dice = dice
        self.folder = folder
        self.line: Line
        self.office_line: Line
        self.office: Office
        self.server: Server
        self.model = Model(folder / JOURNAL)
        self._lines = lines
        self._stalled_log = stalled_log
        self._broker = {"resend_window_s": 0.5, "tries": 1000, **broker}
        self._clock = Clock.scaled(SPEED).to_environment().split(",")
        self._victim: BaseProcess | None = None
        self._holder: sqlite3.Connection | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as begun:
            port = await self._start_broker(begun)
            self.line = await begun.enter_async_context(Line(HOST, port))
            self.office_line = await begun.enter_async_context(Line(HOST, port))
            self.office = Office(self.office_line.port)
            await asyncio.to_thread(begun.enter_context, self.office)
            begun.callback(self.kill)
            self._stack = begun.pop_all()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()

    async def _start_broker(self, begun: AsyncExitStack) -> int:
        """Start mosquitto; the embedded broker if it is missing and no config lines need it."""
        if MOSQUITTO is None and not self._lines:
            return (await begun.enter_async_context(Broker(self.folder))).port
        self.server = Server(self.folder / "mosquitto", self._lines)
        self.server.start()
        begun.callback(self.server.stop)
        return self.server.port

    @property
    def database(self) -> Path:
        """The victim's database."""
        return self.folder / "gardu.db"

    @property
    def pid(self) -> int | None:
        """Process id of the victim; None without one."""
        return None if self._victim is None else self._victim.pid

    def start(self, *, guests: bool = True) -> None:
        """Start a victim on the same folder as the one before."""
        assert self._victim is None
        speed, boot_ns, wall_ns = self._clock
        self._victim = start(
            Orders(
                folder=str(self.folder),
                broker={"url": f"mqtt://{HOST}:{self.line.port}", **self._broker},
                clock=(float(speed), int(boot_ns), int(wall_ns)),
                guests=self.dice.getrandbits(32) if guests else None,
                stalled_log=self._stalled_log,
            )
        )

    def kill(self) -> None:
        """SIGKILL the victim; then compare its database with its journal."""
        victim, self._victim = self._victim, None
        if victim is None:
            return
        died_before = victim.exitcode is not None
        victim.kill()
        victim.join()
        victim.close()
        if died_before:
            self.model.wrong.append("the daemon's process ended by itself")
        self.model.settle(self.database)

    def hold_database(self) -> None:
        """Begin a change in the database and leave it open, as a person does in a viewer."""
        self._holder = sqlite3.connect(self.database, isolation_level=None)
        self._holder.execute("BEGIN IMMEDIATE")

    def free_database(self) -> None:
        """Undo the change that was begun."""
        if self._holder is not None:
            self._holder.close()
            self._holder = None

    async def pause(self, most_s: float, least_s: float = 0.0) -> None:
        """Let a moment of *least_s* to *most_s* real seconds pass."""
        await asyncio.sleep(self.dice.uniform(least_s, most_s))

    async def at_work(self) -> None:
        """Wait until the victim has begun its first commit."""
        await until(lambda: self._journalled() > self.model.read + 1, _READY_S)

    def _journalled(self) -> int:
        journal = self.folder / JOURNAL
        return journal.stat().st_size if journal.exists() else 0

    async def office_listens(self) -> None:
        """Wait until the office has its subscription."""
        await until(lambda: self.office.listening, _READY_S)

    async def drain(self, patience_s: float) -> None:
        """Have a victim without guests deliver everything.

        Gives up once nothing has been committed or received for *patience_s* seconds, however long
        a busy machine takes in all; the checker decides whether everything came.
        """
        self.kill()
        loop = asyncio.get_running_loop()
        seen, end = None, 0.0
        while True:
            if self.pid is None:
                self.start(guests=False)
                # A start writes to the journal first.
                await until(lambda: self._journalled() > self.model.read, _READY_S)
            moved = self._journalled(), len(self.office.payloads)
            if moved != seen:
                seen, end = moved, loop.time() + patience_s
            if loop.time() > end:
                break
            if self.delivered():
                self.kill()
                if self.delivered():  # no commit came between the check and the kill
                    return
            await self.pause(_GLANCE_S, _GLANCE_S)
        self.kill()

    def delivered(self) -> bool:
        """Return True if no record is parked and the office has as many records as the store."""
        outbox, parked = read_tables(self.database, "outbox", "parked")
        return not parked and len(set(self.office.payloads)) >= len(outbox) > 0

    def findings(self) -> Findings:
        """Return the checker's findings so far; the victim must be dead."""
        assert self._victim is None
        model, heard = self.model, list(self.office.payloads)
        found = check(read_committed(self.database), heard, model.pulses, model.promised)
        found.other += model.wrong
        if lost := lost_visits(self.database):
            found.other.append(f"{lost} visits are neither open nor closed")
        return found

    def fill(self, records: int) -> None:
        """Write *records* records to the store, as an outage would; the victim must be dead."""
        assert self._victim is None
        store = Store(self.folder, source(CONFIG), Clock())
        try:
            for first in range(0, records, _BATCH):
                numbers = range(first, min(first + _BATCH, records))
                store.append([opened(f"visit-{number}") for number in numbers])
        finally:
            store.close()

    def memory(self) -> int:
        """Return the victim's resident memory, bytes; 0 while there is none."""
        if self.pid is None:
            return 0
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * resource.getpagesize()
