"""Watches one pin of the simulated header: stamps every change of its level."""

import asyncio
import time

from edge.errors import GarduError
from sim.world.header import HeaderPin

_PATIENCE_S = 30.0


class PinWatch:
    """The changes of *pin*, an output of the daemon.

    :param name: for messages
    :ivar level: 0 or 1, now
    """

    def __init__(self, pin: HeaderPin, name: str) -> None:
        self._pin = pin
        self._name = name
        self._changes: asyncio.Queue[int] = asyncio.Queue()
        self._changed_at = time.perf_counter_ns()
        pin.watchers.append(self._changed)

    @property
    def level(self) -> int:
        """The pin's level now."""
        return self._pin.level

    def forget(self) -> None:
        """Drop the changes so far."""
        while not self._changes.empty():
            self._changes.get_nowait()

    async def next_change(self) -> int:
        """Return the moment (ns of the performance counter) of the next change not yet returned.

        :raises GarduError: if there is none within 30 s
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._changes.get()
        except TimeoutError:
            raise GarduError(f"{self._name} has not changed in {_PATIENCE_S:g} s") from None

    async def until_at(self, level: int, for_s: float) -> None:
        """Return once the pin has been at *level* for *for_s* seconds.

        :raises GarduError: if it is not within 30 s
        """
        end = time.perf_counter_ns() + int(_PATIENCE_S * 1e9)
        while not self._rested(level, for_s):
            if time.perf_counter_ns() > end:
                raise GarduError(f"{self._name} has not come to level {level}")
            await asyncio.sleep(0.01)

    def _rested(self, level: int, for_s: float) -> bool:
        return self.level == level and time.perf_counter_ns() - self._changed_at >= for_s * 1e9

    def _changed(self, _level: int, _at: int) -> None:
        self._changed_at = time.perf_counter_ns()
        self._changes.put_nowait(self._changed_at)
