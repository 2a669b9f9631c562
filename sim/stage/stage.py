"""The stage of one simulation: broker, line, central office, world and daemon.

The stage starts them, carries out the scenario's acts on line and power, starts a dead daemon
again, and detects when everything has been delivered. The daemon is a process of its own; it meets
the world only at pins, ports and network.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from edge.clock import ENVIRONMENT
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from edge.errors import GarduError
from sim.line.faults import DISK_FAULTS, LineFaults
from sim.line.network import Network
from sim.line.slow_disk import SlowDisk
from sim.scenario import Kill, NetworkEvent, Scenario
from sim.stage import lateness
from sim.stage.alarms import AlarmFinding, judge
from sim.stage.broker import Broker, listens
from sim.stage.central import Central
from sim.stage.daemon import Daemon
from sim.stage.desk import Request, message
from sim.stage.keeper import Keeper
from sim.stage.law import Law
from sim.stage.law import read as read_laws
from sim.stage.play import Play
from sim.stage.received import Received
from sim.stage.retained import RetainedTopics
from sim.stage.rundir import RunDir
from sim.stage.settings import Settings
from sim.stage.verdict import Finding, verdict
from sim.world.notice import at_least
from sim.world.world import Plan, World

_GLANCE_REAL_S = 0.1
# A daemon that is not awake for so long has failed for good: seconds of the clock, real seconds.
_ASLEEP_S = 900.0
_ASLEEP_REAL_S = 60.0
_WATCH_S = 5.0
# With a time of its own a simulation loses nothing by a later look, and each look costs real time.
_WATCH_OWN_S = 60.0
# How long deliveries may stand still before missing records count as lost, real seconds.
_DELIVERY_REAL_S = 40.0
# How long no record comes before a visit without a guest is ended, real seconds.
_QUIET_REAL_S = 2.0
_CLEARINGS = 3
# Some alarms clear by themselves after a minute; where time costs nothing, that is waited for.
_REST_S = 120.0
_DAEMON_STOP_REAL_S = 10.0
_OFFLINE_REAL_S = 3.0


class Stage(Play):
    """One simulation: ``async with await Stage(...).open() as stage: await stage.play()``.

    :param report: called with messages for people
    :param keeper: of the simulation's time
    :param central: the central office of several checkpoints; None: one of its own
    :ivar world: the lobby and its people
    :ivar left: things still out or open after the last guest had left (sim/world/world.py)
    :ivar received: the records and live values at the central office
    :ivar trouble: why the simulation failed, in words; empty while it did not
    """

    def __init__(
        self,
        settings: Settings,
        report: Callable[[str], None],
        keeper: Keeper,
        central: Central | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.report = report
        self.keeper = keeper
        self.clock = self.keeper.clock
        self._central = central
        self._chance = Random(f"{settings.seed}/desk")  # noqa: S311 - play, not secrets
        self.config = load_config(settings.config, elsewhere=True)
        self.run = RunDir(settings.folder, Path(tempfile.mkdtemp(prefix="gardu-")))
        self.received = Received(fresh=not self.run.resumed)
        self.left: dict[str, Any] = {}
        self.trouble = ""
        self.network: Network
        self.daemon: Daemon
        self.world: World
        self._events: asyncio.Queue[str] = asyncio.Queue()
        self._asleep_since = 0.0

    async def _set_up(self) -> None:
        with self.keeper.hold():
            self._stack.callback(shutil.rmtree, self.run.wire, ignore_errors=True)
            await self._connect(*await self._find_broker())
            self.world = World(self._plan(), self.clock, self._hear, self._sent, self.keeper.polled)
            await self._stack.enter_async_context(self.world)
            self.keeper.deliver_first(self.world.lobby.deliver)
            self.run.write_config(
                self.settings.config,
                self.network.port,
                self.world.cameras,
                self.world.lobby.hosts,
            )
            self._disk = await self._make_disk()
            self._stack.callback(self.keeper.end)
            self.keeper.begin()
            self.daemon = Daemon(self.run, self._environment(), self.report, self.keeper)
            await self._stack.enter_async_context(self.daemon)

    async def _connect(self, host: str, port: int) -> None:
        """Set up the line to the broker, and the central office."""
        if self.settings.clears is not None:
            topics = RetainedTopics(
                host,
                port,
                self.name,
                self._client_id,
                changed_only=self.settings.clears == "changed",
                live=lambda: self.received.live,
                report=self.report,
            )
            await self._stack.enter_async_context(topics)
        self.network = Network(host, port, self.keeper, self._sent)
        await self._stack.enter_async_context(self.network)
        if self._central is None:
            self._central = Central(host, port, self.run.watch_log, self.keeper)
            await self._stack.enter_async_context(self._central)
        self._central.hear(self.name, self.received)

    async def _make_disk(self) -> SlowDisk | None:
        """Return a disk for the scenario's faults of it; None if there are none."""
        if not any(fault.do in DISK_FAULTS for fault in self.settings.scenario.fault):
            return None
        disk = SlowDisk(self.run.data, self.run.folder / "disk.log", self.keeper)
        return await self._stack.enter_async_context(disk)

    @property
    def snapshot(self) -> dict[str, Any]:
        """All that is visible in the lobby now."""
        return self.world.snapshot()

    @property
    def name(self) -> str:
        """Name of the checkpoint: ``site/id``."""
        return f"{self.config.checkpoint.site}/{self.config.checkpoint.id}"

    @property
    def _client_id(self) -> str:
        """The daemon's MQTT client id (docs/config.md)."""
        return self.config.broker.client_id or f"gardu-{self.name.replace('/', '-')}"

    @property
    def verdict(self) -> list[Finding]:
        """What the records say of each guest, against the guest's intention and the law."""
        return verdict(self.world.guests, self.received, self.laws, self.clock.speed)

    @property
    def alarms(self) -> list[AlarmFinding]:
        """What the records say of the lobby's alarms, against what the lobby has caused."""
        return judge(self.world.incidents, self.received)

    @property
    def laws(self) -> dict[str, Law]:
        """The law's table of each procedure that has one."""
        folders = (Path(self.config.checkpoint.sop), default_config_folder() / "sop")
        return read_laws(self.config.checkpoint.procedures, *folders)

    async def _find_broker(self) -> tuple[str, int]:
        """Return host and port of the broker; wait for one that is away."""
        if self.settings.broker is None:
            broker = Broker(self.run.folder, self.keeper)
            await self._stack.enter_async_context(broker)
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
            ENVIRONMENT: self.keeper.environment,
            "GARDU_PINS": str(self.run.pins),
            "GPIOZERO_PIN_FACTORY": "gardu-sim",
        }

    def _plan(self) -> Plan:
        settings = self.settings
        return Plan(
            config=str(settings.config.absolute()),
            folder=str(self.run.wire),
            scenario=settings.scenario,
            procedures=settings.procedures,
            guests=settings.guests,
            seed=settings.seed,
            arrivals=list(settings.arrivals),
            texts=settings.texts,
            opens_ms=settings.opens_ms,
            resumed=self.run.resumed,
            first_guest_opens=settings.first_guest_opens,
            outputs_persist=settings.outputs_persist,
            played=settings.played,
        )

    async def play(self) -> None:
        """Run until all guests are gone and everything is delivered, or it cannot go on."""
        tasks = [
            asyncio.create_task(self._live()),
            asyncio.create_task(self._watch_daemon()),
            asyncio.create_task(self._play_to_the_end()),
        ]
        watching = asyncio.create_task(lateness.watch(self.clock, self.world.guests))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except GarduError as error:
            self.trouble = str(error)
        finally:
            for task in (*tasks, watching):
                task.cancel()
            await asyncio.gather(*tasks, watching, return_exceptions=True)

    async def _play_to_the_end(self) -> None:
        await self._until("started")
        self.received.day_begins()
        directing = asyncio.create_task(self._direct())
        try:
            await self._until("done")
        finally:
            directing.cancel()
            await asyncio.gather(directing, return_exceptions=True)
        self.network.restore()
        self.report("all guests are gone; waiting until everything is delivered")
        for _ in range(_CLEARINGS):
            await self._until_delivered()
            if not self.received.open_visits:
                break
            await self.world.clear()
            await self._until("done")
        if self.clock.own:
            await self.clock.pause(_REST_S)
            await self._until_delivered()
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
        """Carry out the acts on line, disk and power, and the desk's requests, at their times."""
        scenario = self.settings.scenario
        base = f"gardu/v1/{self.name}/"
        lines = LineFaults(self.clock, self.network, base, self._disk, self.report)
        async with asyncio.TaskGroup() as beside:
            beside.create_task(lines.run(scenario.fault))
            await self._act_in_time(scenario)

    async def _act_in_time(self, scenario: Scenario) -> None:
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
            if act.host is not None:
                self.world.people.announced[act.host] = None if act.receiving else act.reason
            said = message(act, self.clock.wall_ms(), self._chance)
            for _ in range(1 + act.twice):
                self._central.say(self.name, said)
        elif isinstance(act, NetworkEvent):
            self.report(f"network: {act.do}")
            self.network.do(act.do)
        else:
            self.report("power cut: the daemon is killed")
            self.daemon.kill()
            if self._disk is not None:
                self._disk.let_go()

    async def _live(self) -> None:
        """Run the world's day; after its end the lobby stands as it is."""
        await self.world.live()
        await asyncio.Event().wait()

    def _sent(self) -> None:
        self.keeper.sent(self.run)

    def _hear(self, said: dict[str, Any]) -> None:
        """Process an event of the world."""
        match said["event"]:
            case "started" | "done" as event:
                self.left = {key: value for key, value in said.items() if key != "event"}
                self._events.put_nowait(event)
            case event:
                self.report(_in_words(event, said))

    async def _watch_daemon(self) -> None:
        """Watch for a daemon that cannot go on.

        :raises GarduError: if it ends by itself over a bad config, or is not awake for long
        """
        awake_ns = self.clock.boot_ns()
        most_s = at_least(self.clock, _ASLEEP_S, _ASLEEP_REAL_S)
        while True:
            if self.world.lobby.awake or self.daemon.stopped:
                awake_ns = self.clock.boot_ns()
            if self.daemon.hopeless:
                raise GarduError(f"the daemon refuses its config:\n{self.daemon.last_words()}")
            if self.clock.boot_ns() - awake_ns > most_s * 1e9:
                words = self.daemon.last_words()
                raise GarduError(f"the daemon was not up for {most_s:.0f} s:\n{words}")
            await self.clock.pause(_WATCH_OWN_S if self.clock.own else _WATCH_S)

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
            where = f"{said['step']}/{said['phase']}, waiting for {said['awaited']}"
            return f"guest {said['guest']} gave up at {where}"
        case "no-way":
            who = f"{said['procedure']}: guests of {said['branch']} go through as normal ones"
            return f"{who}: {said['why']}"
        case "fault":
            return f"equipment: {said['do']}"
    return event
