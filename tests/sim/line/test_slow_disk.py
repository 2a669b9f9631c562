"""A slow disk in the simulation's own time: who waits for it, and until when."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from sim.line.slow_disk import SlowDisk, missing
from sim.stage.keeper import run
from sim.stage.own_time import OwnTimeKeeper, own_time
from tests.slowed import Slowed

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

# Each process prints the moments (seconds since its start) of what it does in the folder argv[1].
_HEAD = """
import asyncio, os, sys, threading
from edge import waits
from edge.clock import Clock
clock = Clock.from_environment()
began = clock.boot_ns()
def at(): return (clock.boot_ns() - began) / 1e9
def file(name): return os.open(f"{sys.argv[1]}/{name}", os.O_CREAT | os.O_WRONLY)
def write(number): os.write(number, b"isi")
def say(what): print(f"{what} {at():g}", flush=True)
"""

# Two syncs, one after the other as a card does them; meanwhile the main thread works on.
TWO_SYNCS = (
    _HEAD
    + """
def sync(name):
    number = file(name)
    write(number)
    os.fsync(number)
    say(name)
threads = [waits.thread(lambda: sync("a"), "a")]
waits.sleep(1)
threads.append(waits.thread(lambda: sync("b"), "b"))
for _ in range(3):
    waits.sleep(1.5)
    say("works")
for thread in threads:
    thread.join()
"""
)

# The kernel holds the lock of a file during a sync: the second thread waits for it there.
BEHIND = (
    _HEAD
    + """
number = file("a")
def sync():
    os.fsync(number)
    say("synced")
def add():
    write(number)
    say("written")
syncing = waits.thread(sync, "sync")
waits.sleep(1)
adding = waits.thread(add, "add")
for _ in range(3):
    waits.sleep(1)
    say("works")
syncing.join()
adding.join()
say("end")
"""
)

# The event loop's thread itself waits for the disk, as it does when a daemon starts and ends.
IN_THE_LOOP = (
    _HEAD
    + """
def work():
    for _ in range(3):
        waits.sleep(1.5)
        say("works")
async def main():
    working = waits.thread(work, "work")
    await asyncio.sleep(1)
    os.fsync(file("a"))
    say("synced")
    await asyncio.sleep(1)
    say("end")
    working.join()
waits.run(main())
"""
)

# A lock of the database is held during a sync, by a thread that takes it twice.
LOCKED = (
    _HEAD
    + """
lock = waits.reentrant_lock()
def sync(name):
    with lock, lock:
        os.fsync(file(name))
        say(name)
syncing = [waits.thread(lambda: sync("a"), "a")]
waits.sleep(1)
syncing.append(waits.thread(lambda: sync("b"), "b"))
waits.sleep(1)
say("works")
for thread in syncing:
    thread.join()
"""
)

# It takes part with its first wait only.
BEFORE_ITS_FIRST_WAIT = (
    _HEAD
    + """
os.fsync(file("a"))
say("synced")
waits.sleep(1)
say("end")
"""
)

Play = Callable[[SlowDisk, Callable[[str], Awaitable[Process]]], Awaitable[str]]


@pytest.fixture
def keeper() -> Iterator[OwnTimeKeeper]:
    """A keeper of a simulation's own time."""
    with own_time(0) as made:
        yield made


def played(keeper: OwnTimeKeeper, folder: Path, play: Play) -> list[str]:
    """Return the lines that *play* returns, which starts programs on a slow disk."""

    async def main() -> str:
        data = folder / "data"
        data.mkdir()
        async with SlowDisk(data, folder / "log", keeper) as disk:
            assert disk.missing == ""
            keeper.begin()

            async def start(program: str) -> Process:
                with keeper.hold():
                    process = await asyncio.create_subprocess_exec(
                        sys.executable, "-c", program, str(data),
                        env={**os.environ, "GARDU_CLOCK": keeper.environment}, stdout=PIPE,
                    )  # fmt: skip
                    keeper.expect(process.pid)
                return process

            return await play(disk, start)

    return run(keeper, main()).splitlines()


async def output(keeper: OwnTimeKeeper, process: Process) -> str:
    """Return all that *process* writes until its end."""
    with Slowed(lambda: process.pid):
        written, _ = await process.communicate()
    keeper.forget(process.pid)
    return written.decode()


@pytest.mark.parametrize(
    ("program", "lines"),
    [
        (TWO_SYNCS, ["works 2.5", "works 4", "works 5.5", "a 6", "b 12"]),
        (BEHIND, ["works 2", "works 3", "works 4", "synced 6", "written 6", "end 6"]),
        (IN_THE_LOOP, ["works 1.5", "works 3", "works 4.5", "synced 7", "end 8"]),
        (LOCKED, ["works 2", "a 6", "b 12"]),
        (BEFORE_ITS_FIRST_WAIT, ["synced 6", "end 7"]),
    ],
    ids=["two syncs", "behind", "in the loop", "behind a lock", "before its first wait"],
)
def test_a_sync_ends_at_its_moment_and_others_work_on(
    keeper: OwnTimeKeeper, tmp_path: Path, program: str, lines: list[str]
) -> None:
    """Each sync takes its six seconds of simulated time, at a tenth of the speed as well."""

    async def play(disk: SlowDisk, start: Callable[[str], Awaitable[Process]]) -> str:
        disk.slow_down(6)
        return await output(keeper, await start(program))

    found = played(keeper, tmp_path, play)
    assert sorted(found) == sorted(lines)
    assert [line.split()[1] for line in found] == [line.split()[1] for line in lines]


def test_a_process_that_is_killed_during_a_stall_frees_time(
    keeper: OwnTimeKeeper, tmp_path: Path
) -> None:
    """The kernel lets it end only with the disk's answer: the power cut gives one."""

    async def play(disk: SlowDisk, start: Callable[[str], Awaitable[Process]]) -> str:
        disk.stall()
        process = await start(TWO_SYNCS)
        await asyncio.sleep(100)
        keeper.killed(process.pid)
        process.kill()
        disk.let_go()
        code = await process.wait()
        keeper.forget(process.pid)
        await asyncio.sleep(1000)
        return str(code)

    assert played(keeper, tmp_path, play) == [str(-signal.SIGKILL)]
