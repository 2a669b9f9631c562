"""The test bed: a folder on the disk, a broker, and the daemon in an unchanged process of its own.

All parts are as at a checkpoint, except for the pins: the simulator serves them from the process
that measures, so that an edge and its message have one clock.
"""

import sys
import tempfile
import tomllib
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tomli_w

from bench.broker import Listener, Listeners, broker
from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from sim.stage.process import gardu, spawn, stop
from sim.stage.rundir import RunDir
from sim.world.lobby import Lobby

SITE = "setda-tanjabbar"
CHECKPOINT = "lobi-utama"
ROOT = f"gardu/v1/{SITE}/{CHECKPOINT}"

Change = Callable[[dict[str, Any]], None]

BOUNCE_S = 0.0001
"""Bounce time of the measured door, seconds; with 0 the driver waits for a stable level itself."""

_NOWHERE = {"lobby": {"url": "http://127.0.0.1:9/snapshot.jpg"}}


def say(words: str) -> None:
    """Print a message for the person who waits, on stderr."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


class Bed:
    """The surroundings of every measure.

    :ivar folder: on a real disk, deleted after the run
    :ivar wire: short enough for a Unix socket
    :ivar listeners: the broker's
    :ivar quick: for development: few rounds, figures that mean little
    """

    def __init__(self, folder: Path, wire: Path, listeners: Listeners, *, quick: bool) -> None:
        self.folder = folder
        self.wire = wire
        self.listeners = listeners
        self.quick = quick
        self._count = 0

    def new_folder(self, name: str) -> Path:
        """Return a new folder on the disk."""
        self._count += 1
        folder = self.folder / f"{name}-{self._count}"
        folder.mkdir()
        return folder

    @property
    def port(self) -> int:
        """Port of the broker's listener without TLS."""
        return self.listeners.plain.port

    @property
    def url(self) -> str:
        """Address of that listener."""
        return self.listeners.plain.url

    def run_dir(
        self, name: str, listener: Listener | None = None, change: Change | None = None
    ) -> RunDir:
        """Return a run directory with the config of a whole checkpoint, for `gardu run`.

        Its first locker's door has next to no bounce time (:data:`BOUNCE_S`), as the peers have
        none. Guests may arrive at any hour.

        :param listener: of the broker; None: the bed's own without TLS
        :param change: changes the config's content (of TOML) before it is written
        """
        listener = listener or self.listeners.plain
        folder, wire = self.new_folder(name), Path(tempfile.mkdtemp(dir=self.wire))
        run = RunDir(folder, wire)
        source = folder / "source.toml"
        original = default_config_folder() / "gardu.toml"
        raw = tomllib.loads(original.read_text(encoding="utf-8"))
        raw["checkpoint"]["sop"] = str(original.parent / "sop")
        raw["lockers"]["boards"][0]["doors"]["bounce_s"] = BOUNCE_S
        raw["day"] = {"opens": "00:00"}
        if change is not None:
            change(raw)
        source.write_text(tomli_w.dumps(raw), encoding="utf-8")
        run.write_config(source, listener.port, _NOWHERE)
        _connect(run.config, listener)
        return run


def _connect(config: Path, listener: Listener) -> None:
    """Write the address of *listener* into the file *config*, which has that of one without TLS."""
    if listener.ca_file:
        raw = tomllib.loads(config.read_text(encoding="utf-8"))
        raw["broker"] |= {"url": listener.url, "ca_file": listener.ca_file}
        config.write_text(tomli_w.dumps(raw), encoding="utf-8")


def pins(run: RunDir) -> dict[str, str]:
    """Return the environment of a process that finds the simulated pins of *run*."""
    return {"GARDU_PINS": str(run.pins), "GPIOZERO_PIN_FACTORY": "gardu-sim"}


def config_of(run: RunDir) -> Config:
    """Return the config that the daemon of *run* gets."""
    return load_config(run.config, elsewhere=True)


@asynccontextmanager
async def lobby_of(run: RunDir) -> AsyncIterator[Lobby]:
    """Run the lobby of *run* in this process."""
    async with Lobby(config_of(run), run.wire, Clock()) as lobby:
        yield lobby


@asynccontextmanager
async def daemon_of(
    run: RunDir, environment: Mapping[str, str], *, moved: bool = False
) -> AsyncIterator[Process]:
    """Run `gardu run`; stop it as systemd would.

    :param moved: a contact is moved all the time (bench/many_changes.py)
    """
    program = (sys.executable, "-m", "bench.many_changes") if moved else gardu()
    with run.daemon_log.open("ab") as log:
        process = await spawn(
            *program, "run", "--config", str(run.config),
            environment=dict(environment), stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        await stop(process)


@asynccontextmanager
async def bed(*, quick: bool) -> AsyncIterator[Bed]:
    """Make the test bed in the working directory: its disk is the one that is measured."""
    with (
        tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder,
        tempfile.TemporaryDirectory(prefix="gardu-") as wire,
    ):
        async with broker(Path(folder)) as listeners:
            yield Bed(Path(folder), Path(wire), listeners, quick=quick)
