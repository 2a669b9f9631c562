"""A guest's seat at an officer's desk: the officer serves no other guest meanwhile."""

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.people.crew import People
    from sim.people.guests import Guest


class Seat:
    """The seat of *guest*; at one desk at a time."""

    def __init__(self, people: "People", guest: "Guest") -> None:
        self._people = people
        self._guest = guest
        self._held = AsyncExitStack()
        self._desk: asyncio.Lock | None = None

    async def take(self, station: str) -> None:
        """Come to the desk of *station*, and wait until its officer is free."""
        desk = self._people.desk(station)
        if desk is self._desk:
            return
        await self.leave()
        await self._held.enter_async_context(desk)
        self._desk, self._guest.served = desk, True

    async def leave(self) -> None:
        """Leave the desk to others."""
        self._desk, self._guest.served = None, False
        await self._held.aclose()
        self._held = AsyncExitStack()
