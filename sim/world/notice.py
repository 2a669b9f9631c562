"""Waits until a condition in the world is true."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from edge.clock import Clock

# People's patience is counted in clock seconds, but the daemon needs some real time to answer.
_LEAST_REAL_S = 0.25


class Notice:
    """Wakes all tasks that wait for a twin to change."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def tell(self) -> None:
        """Report a change: all who wait check their condition again."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, true: Callable[[], bool], real_s: float | None) -> bool:
        """Wait until ``true()``, at most *real_s* real seconds; return False if it is not by then.

        ``true`` is called at once and after every :meth:`tell`; with *real_s* None there is no
        limit.
        """
        try:
            async with asyncio.timeout(real_s):
                while not true():
                    await self._next.wait()
        except TimeoutError:
            return False
        return True


def patience(clock: Clock, seconds: float) -> float:
    """Return the real seconds to wait for *seconds* of *clock*: enough for a loaded machine."""
    return at_least(clock, seconds, _LEAST_REAL_S) / clock.speed


def at_least(clock: Clock, seconds: float, real_s: float) -> float:
    """Return *seconds* of *clock*, or more if that is less than *real_s* real seconds.

    A simulation with its own time needs no more: its time stands still while the daemon works.
    """
    return seconds if clock.own else max(seconds, real_s * clock.speed)


async def first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Wait until the first of *waits* has ended; cancel the others."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
