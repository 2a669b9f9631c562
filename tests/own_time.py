"""Simulated time for tests in one process: drivers, their threads and the twins share it.

Time stands still while the test, a driver's thread or a twin works, and moves to the next moment
that any of them waits for when all wait (sim/stage/own_time.py). So a wait costs no real time, and
a busy machine changes nothing.

Rules for a test in its own time
--------------------------------
1. It waits by the clock, edge/waits.py, :class:`tests.drivers.conftest.Posted` or the loop.
2. It starts a thread by :func:`edge.waits.thread`; the loop's own thread counts by itself.
3. A driver is closed before the loop is: without the loop time stands still.
4. Threads that an earlier test has left are not counted: they wait in real time.
"""

import faulthandler
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from edge import waits
from edge.clock import ENVIRONMENT, Clock
from edge.own_time import STACKS
from edge.own_waits import OwnWaits
from sim.stage.keeper import Keeper
from sim.stage.own_time import OwnTimeKeeper
from tests.loop_thread import LoopThread

# 15 January 2027, 15:00 in Jakarta.
_WALL_NS = 1_800_000_000 * 10**9


class Own(NamedTuple):
    """A simulated time that has begun.

    :ivar clock: the clock of all parts
    :ivar loop: the event loop that keeps it, in its own thread; twins run on it
    """

    clock: Clock
    loop: LoopThread
    keeper: Keeper


@contextmanager
def in_own_time() -> Iterator[Own]:
    """Let this process live in its own time."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="gardu-time-")))
        keeper = stack.enter_context(closing(OwnTimeKeeper(folder, _WALL_NS, every_poll=True)))
        own = OwnWaits(folder)
        stack.callback(own.close)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv(ENVIRONMENT, keeper.environment)
        others = set(threading.enumerate()) - {threading.current_thread()}
        patch.setattr(
            waits, "own_time", lambda: None if threading.current_thread() in others else own
        )
        faulthandler.register(STACKS, 2)  # the keeper asks for the stacks of who is busy for long
        waits.event()  # takes part before time begins
        yield Own(keeper.clock, stack.enter_context(LoopThread(keeper)), keeper)


@contextmanager
def in_scaled_time(speed: float) -> Iterator[Own]:
    """Let this process live *speed* times as fast as real time."""
    keeper = Keeper(Clock.scaled(speed))
    with LoopThread() as loop, pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT, keeper.environment)
        yield Own(keeper.clock, loop, keeper)


@pytest.fixture
def own_time() -> Iterator[Own]:
    """Let the test live in its own time."""
    with in_own_time() as own:
        yield own
