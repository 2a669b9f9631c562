"""The test bed: a folder on the disk, a broker, and the daemon in an unchanged process of its own.

All parts are as at a checkpoint, except for the pins: the simulator serves them from the process
that measures, so that an edge and its message have one clock.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import tomllib
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import tomli_w

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.errors import GarduError
from sim.broker import Broker, free_port, listens
from sim.lobby import Lobby
from sim.process import gardu, spawn, stop
from sim.rundir import RunDir

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
HOST = "127.0.0.1"
SITE = "setda-tanjabbar"
CHECKPOINT = "lobi-utama"
ROOT = f"gardu/v1/{SITE}/{CHECKPOINT}"

_START_REAL_S, _GLANCE_S = 20.0, 0.02
_NOWHERE = {"lobby": {"url": "http://127.0.0.1:9/snapshot.jpg"}}


def say(words: str) -> None:
    """Print a message for the person who waits, on stderr."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


class Bed:
    """The surroundings of every measure.

    :ivar folder: on a real disk, deleted after the run
    :ivar wire: short enough for a Unix socket
    :ivar quick: for development: few rounds, figures that mean little
    :ivar broker_name: the broker in use, with a word if it is not mosquitto
    """

    def __init__(self, folder: Path, wire: Path, *, quick: bool) -> None:
        self.folder = folder
        self.wire = wire
        self.quick = quick
        self.port = 0
        self.broker_name = ""
        self._count = 0

    def new_folder(self, name: str) -> Path:
        """Return a new folder on the disk."""
        self._count += 1
        folder = self.folder / f"{name}-{self._count}"
        folder.mkdir()
        return folder

    @property
    def url(self) -> str:
        """Address of the broker."""
        return f"mqtt://{HOST}:{self.port}"

    def run_dir(self, name: str, *, port: int | None = None) -> RunDir:
        """Return a run directory with the config of a whole checkpoint, for `gardu run`.

        Its first locker's door has no bounce time, as the competitors have none.

        :param port: of the broker; None is the bed's own
        """
        folder, wire = self.new_folder(name), Path(tempfile.mkdtemp(dir=self.wire))
        run = RunDir(folder, wire)
        source = folder / "source.toml"
        original = default_config_folder() / "gardu.toml"
        raw = tomllib.loads(original.read_text(encoding="utf-8"))
        raw["checkpoint"]["sop"] = str(original.parent / "sop")
        raw["lockers"]["locker"][0]["door"]["bounce_s"] = 0.0
        source.write_text(tomli_w.dumps(raw), encoding="utf-8")
        run.write_config(source, self.port if port is None else port, _NOWHERE)
        return run


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
async def daemon_of(run: RunDir, environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run `gardu run`; stop it as systemd would."""
    with run.daemon_log.open("ab") as log:
        process = await spawn(
            *gardu(), "run", "--config", str(run.config),
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
        made = Bed(Path(folder), Path(wire), quick=quick)
        async with _broker(made):
            yield made


@asynccontextmanager
async def _broker(made: Bed) -> AsyncIterator[None]:
    if MOSQUITTO is None:
        made.broker_name = "the embedded broker: mosquitto is not installed"
        async with Broker(made.folder) as broker:
            made.port = broker.port
            yield
        return
    made.broker_name, made.port = "mosquitto", free_port()
    config = made.folder / "mosquitto.conf"
    # If root starts it, it becomes a user who may not read the file.
    user = "user root\n" if os.geteuid() == 0 else ""
    lines = f"{user}listener {made.port} {HOST}\nallow_anonymous true\nmax_queued_messages 0\n"
    config.write_text(lines, encoding="utf-8")
    process = await spawn(MOSQUITTO, "-c", str(config), stderr=asyncio.subprocess.DEVNULL)
    try:
        await until_listening(made.port)
        yield
    finally:
        await stop(process)


async def until_listening(port: int) -> None:
    """Return once a server accepts connections on *port*.

    :raises GarduError: if none does within 20 s
    """
    for _ in range(int(_START_REAL_S / _GLANCE_S)):
        if await listens(HOST, port):
            return
        await asyncio.sleep(_GLANCE_S)
    raise GarduError(f"nothing listens on port {port}")
