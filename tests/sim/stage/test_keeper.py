"""The keeper of simulated time, with real processes that take part."""

import ast
import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.stage.keeper import run
from sim.stage.own_time import OwnTimeKeeper, own_time
from tests.slowed import Slowed

# Milliseconds; of the process's start at most a few before that of the changes.
CHANGES = (1_000_005, 1_000_105, 2_000_110, 2_000_210)
PERIOD = 20

WALL_MS = 1_800_000_000_000

# Each process prints the moment (milliseconds since its start) of what it does.
_HEAD = """
import socket, sys, threading
from edge import waits
from edge.clock import Clock
clock = Clock.from_environment()
began = clock.boot_ns()
def at(): return (clock.boot_ns() - began) // 1_000_000
"""

HANDED_OVER = (
    _HEAD
    + """
work, heard, turn = waits.queue(), waits.condition(), waits.lock()
log, answers = [], []
def worker(name):
    while (item := work.get()) is not None:
        with turn:
            waits.sleep(0.25)  # a device that others wait for
            log.append((at(), name, item))
        with heard:
            answers.append(item)
            heard.notify_all()
workers = [waits.thread(lambda: worker("one"), "one")]
for item in range(4):
    work.put(item)
    waits.sleep(0.1)
with heard:
    while len(answers) < 4:
        heard.wait(60)
log.append((at(), "all", len(answers)))
ring = waits.event()
waits.timer(3600, ring.set).start()
log.append((at(), "rings", ring.wait(10)))
log.append((at(), "rings", ring.wait(7200)))
work.put(None)
workers[0].join()
log.append((at(), "end", 0))
print(log)
"""
)

ECHO = (
    _HEAD
    + """
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
while waits.readable(None, line):
    data = line.recv(100)
    if not data:
        break
    line.sendall(data + b"@%d\\n" % at())
"""
)

# Polls the level at the other end of a line fifty times a second, and prints when it has changed.
# Each hour another thread asks for the age of the last reading.
POLLS = (
    _HEAD
    + """
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
news, every = waits.condition(), 0.02
log, ages, polls, level, read_at, due, over = [], [], 0, b"0", at(), waits.monotonic(), False
def ages_each_hour():
    global over
    for _ in range(3):
        waits.sleep(3600.003)
        ages.append(at() - read_at)
    over = True
asking = waits.thread(ages_each_hour, "ages")
while not over:
    line.sendall(b"?")
    waits.readable(None, line)
    polls, before, level, read_at = polls + 1, level, line.recv(1), at()
    if level != before:
        log.append((read_at, level))
    due += every
    with news:
        due += waits.pause_polls(news, due - waits.monotonic(), every)
print([log, ages, polls])
"""
)

# Checks a level at the other end of a line every ten seconds, and prints when it has changed. A
# lamp blinks meanwhile.
CHECKS = (
    _HEAD
    + """
import asyncio
line = socket.socket(socket.AF_UNIX)
line.connect(sys.argv[1])
ended, blinks, log, checks = waits.event(), 0, [], 0
def blink():
    global blinks
    while not waits.pause_blink(ended, 1.0, 2.0):
        blinks += 1
async def check():
    global checks
    level = b"0"
    while clock.boot_ns() - began < 3 * 3600 * 10**9:
        await waits.pause_checks(10.0)
        checks, before = checks + 1, level
        line.setblocking(False)
        try:
            level = line.recv(100)[-1:]
        except BlockingIOError:
            pass
        if level != before:
            log.append((at(), level))
blinking = waits.thread(blink, "blink")
waits.run(check())
ended.set()
blinking.join()
print([log, checks, blinks])
"""
)

SLEEPS = _HEAD + "waits.sleep(1e6)\n"


@pytest.fixture
def keeper() -> Iterator[OwnTimeKeeper]:
    """A keeper whose time begins at WALL_MS."""
    with own_time(WALL_MS) as made:
        yield made


async def start(keeper: OwnTimeKeeper, program: str, *arguments: str) -> Process:
    """Start *program* as a process that takes part."""
    with keeper.hold():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, *arguments,
            env={**os.environ, "GARDU_CLOCK": keeper.environment}, stdout=PIPE,
        )  # fmt: skip
        keeper.expect(process.pid)
    return process


def test_time_passes_only_between_waits(keeper: OwnTimeKeeper) -> None:
    """A day of waiting takes no real time, and every wait ends at its exact moment."""

    async def main() -> list[float]:
        keeper.begin()
        loop = asyncio.get_running_loop()
        began, seen = loop.time(), []

        async def wait(seconds: float) -> None:
            await asyncio.sleep(seconds)
            seen.append(round(loop.time() - began, 3))

        await asyncio.gather(*(wait(seconds) for seconds in (86400, 0.5, 3600, 0.25)))
        assert keeper.clock.wall_ms() == pytest.approx(WALL_MS + 86_400_000, abs=2)
        return seen

    assert run(keeper, main()) == [0.25, 0.5, 3600, 86400]


def test_threads_of_a_process_hand_over_in_simulated_time(keeper: OwnTimeKeeper) -> None:
    """Queues, locks, conditions, events and timers end their waits at the moments they should."""

    async def main() -> bytes:
        keeper.begin()
        process = await start(keeper, HANDED_OVER)
        output, _ = await process.communicate()
        keeper.forget(process.pid)
        return output

    assert run(keeper, main()).decode().strip() == str(
        [
            (250, "one", 0), (500, "one", 1), (750, "one", 2), (1000, "one", 3),
            (1000, "all", 4), (1000, "rings", False), (11000, "rings", True),
            (3601000, "end", 0),
        ]
    )  # fmt: skip


def test_a_slow_answer_comes_at_the_moment_of_its_question(
    keeper: OwnTimeKeeper, tmp_path: Path
) -> None:
    """Bytes that are under way hold time, although the other process runs a tenth of the time."""

    async def main() -> list[bytes]:
        lines: asyncio.Queue[bytes] = asyncio.Queue()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for question in (b"a", b"b", b"c"):
                writer.write(question)
                lines.put_nowait(await reader.readline())
                await asyncio.sleep(100)
            writer.close()

        path = tmp_path / "line"
        server = await asyncio.start_unix_server(serve, path)
        keeper.begin()
        process = await start(keeper, ECHO, str(path))
        with Slowed(lambda: process.pid):
            await process.communicate()
        keeper.forget(process.pid)
        server.close()
        return [lines.get_nowait() for _ in range(3)]

    moments = [int(line.partition(b"@")[2]) for line in run(keeper, main())]
    assert [moment - moments[0] for moment in moments] == [0, 100_000, 200_000]


def test_polls_that_find_nothing_are_left_out(keeper: OwnTimeKeeper, tmp_path: Path) -> None:
    """Three hours of polls cost a few of them, and every change is read as early as with all."""

    async def main() -> bytes:
        level = b"0"

        def answer(line: socket.socket) -> None:
            if line.recv(1):
                line.send(level)
                keeper.polled()
            else:
                loop.remove_reader(line)

        async def change() -> None:
            nonlocal level
            for _ in range(2):
                await asyncio.sleep(1000.005)
                level = b"1"
                await asyncio.sleep(0.1)
                level = b"0"

        loop, path = asyncio.get_running_loop(), str(tmp_path / "line")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            keeper.begin()
            process = await start(keeper, POLLS, path)
            changing = asyncio.create_task(change())
            with listener.accept()[0] as line:
                loop.add_reader(line, answer, line)
                output, _ = await process.communicate()
            await changing
        keeper.forget(process.pid)
        return output

    log, ages, polls = ast.literal_eval(run(keeper, main()).decode())
    assert [level for _, level in log] == [b"1", b"0", b"1", b"0"]
    late = [moment - due for (moment, _), due in zip(log, CHANGES, strict=True)]
    assert all(0 <= one <= PERIOD for one in late)
    assert all(0 <= age <= PERIOD for age in ages)
    assert polls < 100


def test_checks_and_blinks_that_none_could_miss_are_left_out(
    keeper: OwnTimeKeeper, tmp_path: Path
) -> None:
    """Three quiet hours cost a check a minute, and every change is found on the next beat."""

    async def main() -> bytes:
        loop, path = asyncio.get_running_loop(), str(tmp_path / "line")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen()
            keeper.begin()
            process = await start(keeper, CHECKS, path)
            with listener.accept()[0] as line:
                for level in (b"1", b"0"):
                    await asyncio.sleep(1000)
                    line.send(level)
                output, _ = await process.communicate()
        keeper.forget(process.pid)
        assert loop.time() > 3 * 3600
        return output

    log, checks, blinks = ast.literal_eval(run(keeper, main()).decode())
    assert [level for _, level in log] == [b"1", b"0"]
    late = [moment - due for (moment, _), due in zip(log, (1_000_000, 2_000_000), strict=True)]
    assert all(0 <= one <= 10_100 for one in late)
    assert 3 * 60 <= checks < 250
    assert blinks < 1500


def test_a_process_that_is_killed_frees_time(keeper: OwnTimeKeeper) -> None:
    """A dead daemon must not hold up its own restart."""

    async def main() -> int:
        keeper.begin()
        process = await start(keeper, SLEEPS)
        await asyncio.sleep(5)
        keeper.killed(process.pid)
        process.kill()
        code = await process.wait()
        keeper.forget(process.pid)
        await asyncio.sleep(1e5)
        return code

    assert run(keeper, main()) == -signal.SIGKILL


def test_real_work_can_hold_time(keeper: OwnTimeKeeper) -> None:
    """Work that the keeper cannot see, in a hold, takes no simulated time."""

    async def main() -> float:
        keeper.begin()
        loop = asyncio.get_running_loop()
        asleep, began = asyncio.create_task(asyncio.sleep(1)), loop.time()
        with keeper.hold():
            await loop.run_in_executor(None, time.sleep, 0.05)
            held = loop.time() - began
        await asleep
        return held

    assert run(keeper, main()) == 0
