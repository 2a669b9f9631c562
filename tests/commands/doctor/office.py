"""An office for the technician: a simulated lobby, and `gardu` as a process beside it."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.places import default_config_folder
from sim.stage.rundir import RunDir
from sim.twins.camera import USERNAME
from sim.world.header import HeaderPin
from sim.world.lobby import CAMERA_PASSWORD, PINS_SOCKET, Lobby

ROOT = Path(__file__).parents[3]
SOURCE = default_config_folder() / "gardu.toml"
SPEED = 20.0
# An upper limit; a passing test never waits so long.
PATIENCE_S = 30.0


class Office:
    """The lobby of the shipped config, and commands that run there.

    :ivar driven: every pin that was made an output or given a level, in order
    """

    def __init__(self, lobby: Lobby, run: RunDir, environment: dict[str, str]) -> None:
        self.lobby = lobby
        self.run = run
        self.driven: list[int] = []
        self._environment = environment
        for pin in lobby.header.values():
            pin.__dict__["drive"] = partial(self._drive, pin, pin.drive)

    def _drive(
        self, pin: HeaderPin, drive: Callable[[int, int], None], level: int, at: int
    ) -> None:
        """Record that *pin* is driven, and drive it."""
        self.driven.append(pin.number)
        drive(level, at)

    def forbid(self, port: Path) -> None:
        """Remove all permissions from *port*."""
        Path(os.path.realpath(port)).chmod(0)

    async def start(
        self, *words: str, before: Sequence[str] = (), out: int = asyncio.subprocess.PIPE
    ) -> asyncio.subprocess.Process:
        """Start `gardu` with *words* and this office's config, behind the words *before*."""
        return await asyncio.create_subprocess_exec(
            *before, sys.executable, "-c", "from edge.commands.main import main; main()", *words,
            "--config", str(self.run.config),
            cwd=ROOT,
            env={**os.environ, **self._environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=out,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def gardu(
        self, *words: str, said: str = "", before: Sequence[str] = ()
    ) -> tuple[int, str, str]:
        """Run `gardu` to its end; return its exit code, stdout and stderr."""
        process = await self.start(*words, before=before)
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate(said.encode())
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def doctor(
        self, *words: str, before: Sequence[str] = ()
    ) -> tuple[int, dict[str, list[Any]]]:
        """Run `gardu doctor --json`; return its exit code and its findings by device."""
        code, out, err = await self.gardu("doctor", "--json", *words, before=before)
        assert out, err
        found: dict[str, list[Any]] = {}
        for finding in json.loads(out)["findings"]:
            found.setdefault(finding["device"], []).append(finding)
        return code, found


def in_office(
    folder: Path,
    act: Callable[[Office], Awaitable[None]],
    *,
    source: Path = SOURCE,
    broker_port: int = 1,
    speed: float = SPEED,
) -> None:
    """Run *act* in an office without a running daemon."""
    clock = Clock.scaled(speed)
    wire = folder / "wire"
    wire.mkdir()
    run = RunDir(folder / "run", wire)

    async def scenario() -> None:
        async with Lobby(load_config(source, elsewhere=True), wire, clock, seed=1) as lobby:
            password = str(wire / CAMERA_PASSWORD)
            cameras = {
                name: {"url": camera.url, "username": USERNAME, "password_file": password}
                for name, camera in lobby.cameras.items()
            }
            run.write_config(source, broker_port, cameras)
            environment = {
                "GARDU_CLOCK": clock.to_environment(),
                "GARDU_PINS": str(wire / PINS_SOCKET),
                "GPIOZERO_PIN_FACTORY": "gardu-sim",
            }
            await act(Office(lobby, run, environment))

    asyncio.run(scenario())


def sole(findings: list[Any], state: str) -> Any:
    """Return the one finding that has *state*."""
    (found,) = [finding for finding in findings if finding["state"] == state]
    return found
