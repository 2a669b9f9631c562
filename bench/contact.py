"""Moves the door contact of the measures; times each edge until its message."""

import asyncio
import time
from random import Random

from bench.subscriber import Subscriber
from edge.errors import GarduError
from sim.world.lobby import Lobby

# The door contact of the first locker, with hardly any bounce time (bench/bed.py). Normally closed:
# an open door is a high level, and raises an alarm; a closed one clears it. One edge, one record.
PIN = 17

Pause = tuple[float, float]
"""The shortest and the longest pause before an edge, real seconds."""

LOBBY_PAUSE: Pause = (0.02, 0.08)
"""Between a message and the next edge: the figure is of a lobby, not of a flood."""

_PATIENCE_S = 10.0


class Contact:
    """The contact in *lobby*; the messages of its edges come to *subscriber*."""

    def __init__(self, lobby: Lobby, subscriber: Subscriber, seed: int = 0) -> None:
        self._lobby = lobby
        self._subscriber = subscriber
        self._chance = Random(seed)  # noqa: S311 - pauses, not secrets

    def toggle(self) -> None:
        """Make one edge."""
        pin = self._lobby.header[PIN]
        pin.tie(None if pin.level == 0 else 0, self._lobby.clock.boot_ns())

    async def until_answered(self) -> None:
        """Make edges until a message comes: then all is up and connected. Leaves the door closed.

        :raises TimeoutError: if none comes within 30 s
        """
        async with asyncio.timeout(30):
            while self._subscriber.heard.empty():
                self.toggle()
                await asyncio.sleep(0.2)
        if self._lobby.header[PIN].level:
            self.toggle()
        await self._subscriber.until_quiet(1.0)

    async def edge(self, pause: Pause = LOBBY_PAUSE) -> float:
        """Wait for a random time, make one edge; return the ms until its message is here.

        :raises GarduError: if a message came without an edge
        """
        await asyncio.sleep(self._chance.uniform(*pause))
        if not self._subscriber.heard.empty():
            raise GarduError("a message came without an edge")
        began = time.perf_counter_ns()
        self.toggle()
        async with asyncio.timeout(_PATIENCE_S):
            heard, _ = await self._subscriber.heard.get()
        return (heard - began) / 1e6

    async def edges(self, count: int, pause: Pause = LOBBY_PAUSE) -> list[float]:
        """Make *count* edges, each after the message of the one before; return their ms."""
        return [await self.edge(pause) for _ in range(count)]
