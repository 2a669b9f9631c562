"""The real daemon in the simulated lobby, killed over and over, with a witness at every lock.

It dies in three ways: at any moment; within the pulse of a lock, when an unlock has been decided
and is not over; and hung within a pulse, until a watchdog kills it. The outputs of a dead process
are released, or stay driven, as on Raspberry Pi OS without ``dtparam=strict_gpiod``: then the
supervisor's `gardu outputs-off` must put them at rest.
"""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Self

from edge.clock import ENVIRONMENT, Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.config.sections.lockers import GpioLockers
from sim.people.crew import People
from sim.people.day import Day
from sim.people.guests import invite
from sim.people.procedure_text import read
from sim.scenario import Guests, Scenario, Title
from sim.stage.daemon import Daemon
from sim.stage.keeper import Keeper
from sim.stage.rundir import RunDir
from sim.twins.camera import USERNAME
from sim.world.lobby import CAMERA_PASSWORD, Lobby
from soak.checker import Findings, Pulse, check, lost_visits, read_committed, read_tables
from soak.journal import committed_decision
from soak.progress import Progress
from soak.rig import Office, Server

CONFIG = default_config_folder() / "gardu.toml"
SPEED = 200.0
# Guests of one day; they come close together, so that they meet.
GUESTS = 3
_GAP_S = 60.0
_SCENARIO = Scenario(
    title=Title(id="uji", en="test"),
    guests=Guests(order=("normal", "normal", "alarm-then-clear"), gap_s=_GAP_S),
)
# A death within a pulse: how long after its beginning, real seconds at most. (A pulse lasts
# 0.5 s of the clock; its door needs a tenth of that to spring open.)
_WITHIN_S = 0.6 / SPEED
# The share of pulses that the daemon survives, and the share of hangs among the other deaths.
_PULSES_SURVIVED, _HANGS = 0.4, 0.3
# A hung daemon is killed by the watchdog after so long here, real seconds.
_HUNG_S = 0.3
# The share of starts that are not killed before the daemon holds its pins.
_STARTS_SURVIVED = 0.8
# Between two deaths at any moment, real seconds.
_APART_S = (1.5, 4.0)
# A relay must be off so soon after its daemon's death, real seconds: at once if outputs are
# released, else once a busy machine has run `gardu outputs-off`.
_FALL_S, _PUT_OFF_S = 2.0, 20.0
_DELIVERY_S = 40.0


class WitnessedLobby(Lobby):
    """A lobby that reports every lock at the moment it is energised."""

    def witness(self, config: Config, tell: Callable[[int], None]) -> None:
        """Call *tell* with the locker's number when its lock is energised."""
        assert isinstance(config.lockers, GpioLockers)
        for locker in config.lockers.locker:
            active = int(locker.relay.active == "high")
            watch = partial(_energised, locker.number, active, tell)
            self._pins.header[locker.relay.bcm].watchers.append(watch)

    @property
    def energised(self) -> list[int]:
        """The lockers with current through their solenoids now."""
        return [number for number, locker in self.lockers.items() if locker.energised]


def _energised(number: int, active: int, tell: Callable[[int], None], level: int, _at: int) -> None:
    if level == active:
        tell(number)


class Mortal(Daemon):
    """The supervised daemon; it can be made to hang as well."""

    def hang(self) -> None:
        """Stop its process with SIGSTOP."""
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGSTOP)


class Stand:
    """Lobby, daemon, broker and office of one run. Use as ``async with``.

    :param at_pulse: called when a lock is energised, with this stand
    :param outputs_persist: outputs of a killed daemon stay driven
    :ivar pulses: the locks that were energised, and the committed decision behind each
    :ivar wrong: the errors found, in words
    :ivar deaths: how often the daemon was killed
    """

    def __init__(
        self,
        folder: Path,
        at_pulse: Callable[["Stand"], None] = lambda _stand: None,
        speed: float = SPEED,
        *,
        outputs_persist: bool = False,
    ) -> None:
        self.pulses: list[Pulse] = []
        self.wrong: list[str] = []
        self.daemon: Mortal
        self.lobby: WitnessedLobby
        self.office: Office
        self.deaths = 0
        self.clock = Clock.scaled(speed)
        self.run = RunDir(folder, Path(tempfile.mkdtemp(prefix="gardu-")))
        self._at_pulse = at_pulse
        self._outputs_persist = outputs_persist
        self._config = load_config(CONFIG, elsewhere=True)
        checkpoint = self._config.checkpoint
        self._texts = read(checkpoint.procedures, Path(checkpoint.sop))
        self._dying: asyncio.Task[None] | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as begun:
            begun.callback(shutil.rmtree, self.run.wire, ignore_errors=True)
            server = Server(self.run.folder / "mosquitto", "persistence false")
            server.start()
            begun.callback(server.stop)
            self.office = begun.enter_context(Office(server.port))
            self.lobby = WitnessedLobby(
                self._config, self.run.wire, self.clock, outputs_persist=self._outputs_persist
            )
            self.lobby.witness(self._config, self._saw)
            await begun.enter_async_context(self.lobby)
            self.run.write_config(CONFIG, server.port, self._cameras())
            environment = {
                ENVIRONMENT: self.clock.to_environment(),
                "GARDU_PINS": str(self.run.pins),
                "GPIOZERO_PIN_FACTORY": "gardu-sim",
            }
            self.daemon = Mortal(self.run, environment, lambda _words: None, Keeper(self.clock))
            await begun.enter_async_context(self.daemon)
            self._stack = begun.pop_all()
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._dying is not None:
            self._dying.cancel()
            await asyncio.wait((self._dying,))
        await self._stack.aclose()

    @property
    def database(self) -> Path:
        """The daemon's database."""
        return self.run.data / "gardu.db"

    async def day(self, count: int, seed: int) -> None:
        """Let *count* guests come and go until the last has left.

        Visits that an earlier day left open are ended first, and their lockers are given back.
        """
        guests = invite(_SCENARIO, self._config.checkpoint.procedures, count, seed)
        people = People(self.lobby, self.clock, guests, self._texts)
        people.decide(lambda _what: None)
        day = Day(people, _GAP_S, lambda _what: None)
        if self.pulses:
            await day.clear_line()
        await day.live()

    async def die(self, after_s: float = 0.0, *, hang_s: float = 0.0) -> None:
        """Kill the daemon, after a hang of *hang_s* if given; its relays must switch off.

        They must be off before the next daemon begins: that would claim them at rest anyway.
        """
        self.deaths += 1
        await asyncio.sleep(after_s)
        if hang_s:
            self.daemon.hang()
            await asyncio.sleep(hang_s)
        dying = self.daemon.pid
        self.daemon.kill()
        loop = asyncio.get_running_loop()
        end = loop.time() + (_PUT_OFF_S if self._outputs_persist else _FALL_S)
        while self.lobby.awake or self.lobby.energised:
            restarted = self.daemon.pid not in (None, dying)
            if loop.time() > end or (restarted and self.lobby.energised):
                self.wrong.append(f"locks {self.lobby.energised} stayed energised after a death")
                return
            await asyncio.sleep(0.001)

    def die_soon(self, after_s: float, *, hang_s: float = 0.0) -> None:
        """Have the daemon killed in a moment, unless a kill is under way already."""
        if self._dying is None or self._dying.done():
            death = self.die(after_s, hang_s=hang_s)
            self._dying = asyncio.get_running_loop().create_task(death)

    def _saw(self, locker: int) -> None:
        self.pulses.append(Pulse(locker, committed_decision(self.database, locker)))
        self._at_pulse(self)

    async def deliver(self) -> None:
        """Wait until the office has every record, 40 s at most; then stop the daemon."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _DELIVERY_S
        while loop.time() < end:
            (outbox,) = read_tables(self.database, "outbox")
            if len(set(self.office.payloads)) >= len(outbox):
                break
            await asyncio.sleep(0.1)
        await self.daemon.stop(5.0)

    def findings(self) -> Findings:
        """Return the checker's findings; the daemon must have ended."""
        found = check(read_committed(self.database), self.office.payloads, self.pulses)
        found.other += self.wrong
        if lost := lost_visits(self.database):
            found.other.append(f"{lost} visits are neither open nor closed")
        return found

    def _cameras(self) -> dict[str, Any]:
        password = str(self.run.wire / CAMERA_PASSWORD)
        return {
            name: {"url": camera.url, "username": USERNAME, "password_file": password}
            for name, camera in self.lobby.cameras.items()
        }


async def kill_in_lobby(
    folder: Path,
    rounds: int,
    seed: int,
    progress: Progress,
    guests: int = GUESTS,
    *,
    outputs_persist: bool = False,
) -> Findings:
    """Kill the real daemon at least *rounds* times while *guests* at a time are served."""
    dice = Random(seed)  # noqa: S311 - play, not secrets
    stand = Stand(folder, partial(_perhaps_die, dice), outputs_persist=outputs_persist)
    async with stand:
        now_and_then = asyncio.create_task(_die_now_and_then(stand, dice))
        try:
            await stand.lobby.wait_awake()
            while True:
                await stand.day(guests, dice.getrandbits(32))
                progress.reached(stand.deaths, rounds)
                if stand.deaths >= rounds or progress.stopped:
                    break
        finally:
            now_and_then.cancel()
        await stand.deliver()
        return stand.findings()


def _perhaps_die(dice: Random, stand: Stand) -> None:
    """Kill the daemon by dice at an energised lock: now or within the pulse, hung or not."""
    if dice.random() < _PULSES_SURVIVED:
        return
    hang_s = _HUNG_S if dice.random() < _HANGS else 0.0
    stand.die_soon(dice.choice((0.0, dice.uniform(0, _WITHIN_S))), hang_s=hang_s)


async def _die_now_and_then(stand: Stand, dice: Random) -> None:
    while True:
        # Not each start may be killed: on a slow machine no daemon would ever get further.
        if dice.random() < _STARTS_SURVIVED:
            await stand.lobby.wait_awake()
        await asyncio.sleep(dice.uniform(*_APART_S))
        await stand.die()
