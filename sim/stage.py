"""The stage of one simulation: broker, line, central office, world and daemon.

The stage starts them, carries out the scenario's acts on line and power, starts a dead daemon
again, and detects when everything has been delivered. World and daemon are processes of their own
and meet only at pins, ports and network.
"""

import asyncio
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from edge.clock import ENVIRONMENT, Clock
from edge.config.loading import load_config
from edge.errors import GarduError
from sim.broker import Broker, listens
from sim.central import Central
from sim.daemon import Daemon
from sim.desk import Request, message
from sim.network import Network
from sim.play import Play
from sim.process import spawn, stop
from sim.received import Received
from sim.rundir import RunDir
from sim.scenario import Kill, NetworkEvent
from sim.settings import Settings
from sim.world import Plan

_WORLD_START_REAL_S = 30.0
_GLANCE_REAL_S = 0.1
# A daemon that is not awake for so long has failed for good, real seconds.
_ASLEEP_REAL_S = 60.0
# How long deliveries may stand still before missing records count as lost, real seconds.
_DELIVERY_REAL_S = 40.0
# How long no record comes before a visit without a guest is ended, real seconds.
_QUIET_REAL_S = 2.0
_CLEARINGS = 3
_DAEMON_STOP_REAL_S = 10.0
_OFFLINE_REAL_S = 3.0


class Stage(Play):
    """One simulation: ``async with await Stage(...).open() as stage: await stage.play()``.

    :param report: called with messages for people
    :param clock: the clock of several stages; None: a clock of its own that starts now
    :param central: the central office of several checkpoints; None: one of its own
    :ivar left: things still out or open after the last guest had left (sim/world.py)
    :ivar received: the records and live values at the central office
    :ivar snapshot: the world's latest snapshot
    :ivar trouble: why the simulation failed, in words; empty while it did not
    """

    def __init__(
        self,
        settings: Settings,
        report: Callable[[str], None],
        clock: Clock | None = None,
        central: Central | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.report = report
        self.clock = clock or Clock.scaled(settings.speed)
        self._central = central
        self._chance = Random(f"{settings.seed}/desk")  # noqa: S311 - play, not secrets
        self.config = load_config(settings.config, elsewhere=True)
        self.run = RunDir(settings.folder, Path(tempfile.mkdtemp(prefix="gardu-")))
        self.received = Received(fresh=not self.run.resumed)
        self.snapshot: dict[str, Any] = {}
        self.left: dict[str, Any] = {}
        self.trouble = ""
        self.network: Network
        self.daemon: Daemon
        self._world: Process
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._asleep_since = 0.0

    async def _set_up(self) -> None:
        self._stack.callback(shutil.rmtree, self.run.wire, ignore_errors=True)
        host, port = await self._find_broker()
        self.network = await self._stack.enter_async_context(Network(host, port))
        if self._central is None:
            self._central = Central(host, port, self.run.watch_log, self.clock)
            await self._stack.enter_async_context(self._central)
        self._central.hear(self.name, self.received)
        ready = await self._start_world()
        self.run.write_config(
            self.settings.config, self.network.port, ready["cameras"], ready["hosts"]
        )
        self.daemon = Daemon(self.run, self._environment(), self.report)
        await self._stack.enter_async_context(self.daemon)

    @property
    def name(self) -> str:
        """Name of the checkpoint: ``site/id``."""
        return f"{self.config.checkpoint.site}/{self.config.checkpoint.id}"

    async def _find_broker(self) -> tuple[str, int]:
        """Return host and port of the broker; wait for one that is away."""
        if self.settings.broker is None:
            broker = await self._stack.enter_async_context(Broker(self.run.folder))
            return "127.0.0.1", broker.port
        parts = urlsplit(self.settings.broker)
        host, port = parts.hostname or "", parts.port or 1883
        told = False
        while True:
            if await listens(host, port):
                return host, port
            if not told:
                self.report(f"waiting for the broker at {host}:{port}")
            told = True
            await asyncio.sleep(1)

    def _environment(self) -> dict[str, str]:
        return {
            ENVIRONMENT: self.clock.to_environment(),
            "GARDU_PINS": str(self.run.pins),
            "GPIOZERO_PIN_FACTORY": "gardu-sim",
        }

    async def _start_world(self) -> dict[str, Any]:
        """Start the world; return what it says once it is ready."""
        settings = self.settings
        plan = Plan(
            config=str(settings.config.absolute()),
            folder=str(self.run.wire),
            scenario=settings.scenario,
            procedures=settings.procedures,
            guests=settings.guests,
            seed=settings.seed,
            arrivals=list(settings.arrivals),
            opens_ms=settings.opens_ms,
            resumed=self.run.resumed,
            first_guest_opens=settings.first_guest_opens,
            outputs_persist=settings.outputs_persist,
        )
        self.run.plan.write_bytes(msgspec.json.encode(plan))
        with self.run.world_log.open("ab") as log:
            self._world = await spawn(
                sys.executable, "-m", "sim.world", str(self.run.plan),
                environment={ENVIRONMENT: self.clock.to_environment()},
                stdin=PIPE, stdout=PIPE, stderr=log,
            )  # fmt: skip
        self._stack.push_async_callback(stop, self._world)
        assert self._world.stdout is not None
        async with asyncio.timeout(_WORLD_START_REAL_S):
            first = await self._world.stdout.readline()
        if not first:
            raise GarduError(f"the simulated world did not start; see {self.run.world_log}")
        ready: dict[str, Any] = msgspec.json.decode(first)
        return ready

    async def play(self) -> None:
        """Run until all guests are gone and everything is delivered, or it cannot go on."""
        tasks = [
            asyncio.create_task(self._listen_to_world()),
            asyncio.create_task(self._watch_daemon()),
            asyncio.create_task(self._play_to_the_end()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except GarduError as error:
            self.trouble = str(error)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _play_to_the_end(self) -> None:
        await self._until("started")
        self.received.day_begins()
        directing = asyncio.create_task(self._direct())
        try:
            await self._until("done")
        finally:
            directing.cancel()
        self.network.restore()
        self.report("all guests are gone; waiting until everything is delivered")
        for _ in range(_CLEARINGS):
            await self._until_delivered()
            if not self.received.open_visits:
                break
            await self._order("clear")
            await self._until("done")
        await self.stop_daemon()

    async def stop_daemon(self) -> None:
        """Stop the daemon as systemd would, and wait up to 3 s for the status ``offline``."""
        await self.daemon.stop(_DAEMON_STOP_REAL_S)
        for _ in range(int(_OFFLINE_REAL_S / _GLANCE_REAL_S)):
            if self.received.status == "offline":
                return
            await asyncio.sleep(_GLANCE_REAL_S)

    async def _until_delivered(self) -> None:
        """Wait until everything is delivered and no visit is open, or records stop coming."""
        loop = asyncio.get_running_loop()
        before, since = (-1, False), loop.time()
        while True:
            now = (self.received.delivered, self.received.settled)
            if now != before:
                before, since = now, loop.time()
            quiet = _QUIET_REAL_S if self.received.settled else _DELIVERY_REAL_S
            over = self.received.settled and not self.received.open_visits
            if over or loop.time() - since > quiet:
                return
            await asyncio.sleep(_GLANCE_REAL_S)

    async def _direct(self) -> None:
        """Carry out the acts on line and power, and the desk's requests, at their times."""
        scenario = self.settings.scenario
        requests = self.settings.requests
        acts: list[NetworkEvent | Kill | Request] = [*scenario.network, *scenario.kill, *requests]
        now_s = 0.0
        for act in sorted(acts, key=lambda act: act.at_s):
            await self.clock.pause(act.at_s - now_s)
            now_s = act.at_s
            self._act(act)

    def _act(self, act: NetworkEvent | Kill | Request) -> None:
        if isinstance(act, Request):
            self.report(f"the desk: {act.do}")
            assert self._central is not None
            said = message(act, self.clock.wall_ms(), self._chance)
            for _ in range(1 + act.twice):
                self._central.say(self.name, said)
        elif isinstance(act, NetworkEvent):
            self.report(f"network: {act.do}")
            self.network.do(act.do)
        else:
            self.report("power cut: the daemon is killed")
            self.daemon.kill()

    async def _listen_to_world(self) -> None:
        """Process the world's events.

        :raises GarduError: when the world ends
        """
        assert self._world.stdout is not None
        while line := await self._world.stdout.readline():
            said = msgspec.json.decode(line)
            match said["event"]:
                case "snapshot":
                    self.snapshot = said
                case "started" | "done" as event:
                    self.left = {key: value for key, value in said.items() if key != "event"}
                    self._events.put_nowait(event)
                case event:
                    self.report(_in_words(event, said))
        raise GarduError(f"the simulated world has ended; see {self.run.world_log}")

    async def _watch_daemon(self) -> None:
        """Watch for a daemon that cannot go on.

        :raises GarduError: if it ends by itself over a bad config, or is not awake for 60 real
            seconds
        """
        loop = asyncio.get_running_loop()
        awake_at = loop.time()
        while True:
            if self.snapshot.get("lobby", {}).get("awake") or self.daemon.stopped:
                awake_at = loop.time()
            if self.daemon.hopeless:
                raise GarduError(f"the daemon refuses its config:\n{self.daemon.last_words()}")
            if loop.time() - awake_at > _ASLEEP_REAL_S:
                words = self.daemon.last_words()
                raise GarduError(f"the daemon was not up for {_ASLEEP_REAL_S:.0f} s:\n{words}")
            await asyncio.sleep(_GLANCE_REAL_S)

    async def _order(self, what: Literal["clear", "stop"]) -> None:
        assert self._world.stdin is not None
        with suppress(ConnectionError):
            self._world.stdin.write(msgspec.json.encode({"do": what}) + b"\n")
            await self._world.stdin.drain()

    async def _until(self, event: str) -> None:
        while await self._events.get() != event:
            pass


def _in_words(event: str, said: dict[str, Any]) -> str:
    """Return the world's event in words for people."""
    match event:
        case "arrived":
            return f"guest {said['guest']} has arrived ({said['procedure']})"
        case "left":
            return f"guest {said['guest']} has left"
        case "gave-up":
            return f"guest {said['guest']} gave up waiting at {said['step']}"
        case "fault":
            return f"equipment: {said['do']}"
    return event
