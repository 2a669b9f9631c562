"""Waiting until something in the world has become true."""

import asyncio
from collections.abc import Callable

from edge.clock import Clock

# People's patience is counted in clock seconds, but the daemon needs some real time to answer.
_LEAST_REAL_S = 0.25


class Notice:
    """Wakes everybody who waits for a twin to change."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def tell(self) -> None:
        """Something has changed: let those who wait look again."""
        self._next.set()
        self._next = asyncio.Event()

    async def until(self, true: Callable[[], bool], real_s: float | None) -> bool:
        """Wait until ``true()``, at most *real_s* real seconds (None: for ever); say whether it is.

        ``true`` is asked at once and after every :meth:`tell`.
        """
        try:
            async with asyncio.timeout(real_s):
                while not true():
                    await self._next.wait()
        except TimeoutError:
            return False
        return True


def patience(clock: Clock, seconds: float) -> float:
    """Real seconds to wait for *seconds* of *clock*: never fewer than a loaded machine needs."""
    return max(clock.real(seconds), _LEAST_REAL_S)
