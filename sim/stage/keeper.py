"""The keeper of a simulation's time: scaled time needs none, it passes by itself.

The simulation's own time has one (sim/stage/own_time.py).
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from edge.clock import Clock

T = TypeVar("T")


class Keeper:
    """Time that passes by itself: *clock* is scaled real time. Nothing has to be kept."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    @property
    def environment(self) -> str:
        """The value of ``GARDU_CLOCK`` for the processes of the simulation."""
        return self.clock.to_environment()

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Return a new event loop of the lobby's process."""
        return asyncio.new_event_loop()

    def begin(self) -> None:
        """Let the simulation's own time begin."""

    def end(self) -> None:
        """Go back to real time: the simulation is over."""

    def touch(self) -> None:
        """Note that bytes have been sent to a process that takes no part."""

    def observe(self, pid: int) -> None:
        """Observe the process *pid*, which takes no part."""

    def wait_while(self, busy: Callable[[], bool]) -> None:
        """Let time stand still while *busy* returns True; it is called often."""

    def deliver_first(self, deliver: Callable[[], None]) -> None:
        """Call *deliver* before time moves: it makes bytes readable that are on their way here."""

    def sent(self, to: object) -> None:
        """Note that bytes have been sent to the process that was expected as *to*."""

    def polled(self) -> None:
        """Note that bytes have come here which were polls: they have changed nothing."""

    def expect(self, pid: int, name: object = None) -> None:
        """Count the process *pid* as busy until it takes part, or ends.

        :param name: what :meth:`sent` calls it; None: it is always asked
        """

    def killed(self, pid: int) -> None:
        """Count the process *pid*, which has been killed, as busy until its end has been noted."""

    def forget(self, pid: int) -> None:
        """Note that the process *pid* has ended."""

    def block(self, thread: int) -> None:
        """Note that the simulated disk holds a request of *thread*: it does not count as busy."""

    def unblock(self, thread: int) -> None:
        """Note that the disk is about to answer that request: the thread counts as busy."""

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let time stand still in this context."""
        yield


def run(keeper: Keeper, main: Coroutine[Any, Any, T]) -> T:
    """Run *main* on the event loop of *keeper*, as :func:`asyncio.run` does."""
    with asyncio.Runner(loop_factory=keeper.new_loop) as runner:
        return runner.run(main)
