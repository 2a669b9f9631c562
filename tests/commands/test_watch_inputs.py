"""`gardu watch-inputs` as a process in a simulated lobby with moving equipment."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from edge.clock import Clock
from edge.commands.doctor.pin_monitor import Mirror, Taps
from edge.config.inventory import fitted
from edge.config.loading import load_config
from edge.config.sections.pins import Contact, Output
from tests.commands.doctor.office import PATIENCE_S, SOURCE, Office, in_office
from tests.drivers.conftest import Pins


class Watching:
    """`gardu watch-inputs` while it runs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[str] = []

    async def until(self, *wanted: str) -> str:
        """Read on until a line contains all of *wanted*; return that line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while line := (await self.process.stdout.readline()).decode():
                self.lines.append(line)
                if all(words in line for words in wanted):
                    return line
        raise AssertionError(f"no {wanted} in:\n{''.join(self.lines)}")

    async def end(self) -> int:
        """Stop it as Ctrl-C does; return its exit code."""
        self.process.send_signal(signal.SIGINT)
        await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode


def test_levels_and_events_are_told_as_they_come(tmp_path: Path) -> None:
    """Every input at the start; then a door, a press, a walk and a card, in words."""

    async def act(office: Office) -> None:
        lobby = office.lobby
        watching = Watching(await office.start("watch-inputs"))
        inputs = [part for part in fitted(lobby.config) if not part.is_output]
        await watching.until(inputs[-1].function)
        await lobby_is_watched(office, [part.part.bcm for part in inputs])
        lobby.lockers[2].force_open()
        assert "high" in await watching.until("locker 2 door", "the door is open")
        told = asyncio.create_task(watching.until("Button of panel officer-1: done."))
        while not told.done():  # as a person does: a busy machine may miss a short press
            await lobby.panels["officer-1"].press("done")
            await asyncio.wait([told], timeout=1)
        await told
        assert lobby.detector is not None
        await lobby.detector.walk_through(metal=True)
        await watching.until("The metal detector alarms.")
        await watching.until("A person went through the metal detector, in.")
        await lobby.readers["desk"].present("0100A4C101")
        await watching.until("Card 0100A4C101.")
        assert await watching.end() == 0
        assert office.driven == []

    in_office(tmp_path, act, speed=1.0)


async def lobby_is_watched(office: Office, pins: list[int]) -> None:
    """Wait until all *pins* are claimed."""
    async with asyncio.timeout(PATIENCE_S):
        while not set(pins) <= office.lobby._pins.claimed:
            await asyncio.sleep(0.01)


def test_raw_tells_every_edge_and_byte(tmp_path: Path) -> None:
    """--raw: bounces one by one, and a reader's frame as it is on the wire."""

    async def act(office: Office) -> None:
        lobby = office.lobby
        watching = Watching(await office.start("watch-inputs", "--raw"))
        await lobby_is_watched(office, [17])
        await watching.until("officer-3 button acknowledge")
        lobby.lockers[1].force_open()
        await watching.until("edge: GPIO 17 high (locker 1 door)")
        await lobby.readers["desk"].present("010063E9AE")
        await watching.until("> 02 30 31 30 30 36 33 45 39 41 45 32 35 03")
        assert await watching.end() == 0

    in_office(tmp_path, act, speed=1.0)


def test_on_a_terminal_there_is_a_live_table(tmp_path: Path) -> None:
    """On a terminal every input is a row of a live table; SIGTERM ends it with 0."""

    async def act(office: Office) -> None:
        ours, theirs = os.openpty()
        process = await office.start("watch-inputs", out=theirs)
        os.close(theirs)
        shown = ""
        while "locker 1 door" not in shown:
            shown += (await asyncio.to_thread(os.read, ours, 65536)).decode()
        assert "Inputs (Ctrl-C ends)" in shown
        process.send_signal(signal.SIGTERM)
        drained = asyncio.create_task(asyncio.to_thread(drain, ours))
        assert await process.wait() == 0
        await drained
        os.close(ours)

    in_office(tmp_path, act, speed=1.0)


def drain(terminal: int) -> None:
    """Read until the other end is closed."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 65536):
            pass


def test_a_mirror_shows_levels_once_they_are_stable() -> None:
    """Bounces are counted and not passed to drivers; a driver's outputs reach no pin."""
    config = load_config(SOURCE, elsewhere=True)
    door = next(part for part in fitted(config) if part.function == "locker 1 door")
    lock = next(part for part in fitted(config) if part.function == "locker 1 lock")
    assert isinstance(door.part, Contact)
    assert isinstance(lock.part, Output)
    pins, clock = Pins(), Clock()
    with Taps([door, lock], pins.channels(clock), clock) as taps:
        mirror = Mirror(taps.taps, clock)
        edges: list[bool] = []
        seen = mirror.claim_input(door.part, lambda _moment, high: edges.append(bool(high)))
        clock.sleep(0.03)
        pins.drive(door.part.bcm, high=False)
        clock.sleep(0.03)
        mirror.settle()
        assert (seen.level(), taps.taps[0].active) == (False, False)
        for high in (True, False, True):
            pins.drive(door.part.bcm, high=high)
        mirror.settle()
        assert seen.level() is False
        clock.sleep(0.03)
        mirror.settle()
        assert (seen.level(), edges, taps.taps[0].bounces) == (True, [False, True], 2)
        mirror.claim_output(lock.part).set(on=True)
        assert pins[lock.part.bcm].function == "input"
        mirror.close()
    assert pins.diary == []
    pins.factory.close()
