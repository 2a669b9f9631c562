"""Waits until a condition in the world is true."""

import asyncio
from collections.abc import Callable

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
    return max(clock.real(seconds), _LEAST_REAL_S)
