"""An access door: a strike that a relay works, a leaf with a closer, and its contact."""

import asyncio
from random import Random

from edge.clock import Clock
from edge.config.sections.doors import Door
from sim.twins.wiring import Load, Switch
from sim.world.header import Header, terminal
from sim.world.notice import Notice, patience

# Seconds: a person goes through, then the closer pulls the leaf shut.
_PASS_S = 2.0
_CLOSER_S = 3.0


class DoorTwin:
    """A door. When released it opens as soon as a person pushes it, and then closes by itself.

    :ivar is_open: the leaf stands open
    :ivar releases: how often the strike has been released
    :ivar wedged: a wedge stops the leaf from closing (see :meth:`wedge`)
    :ivar contact: the contact of the leaf; None: not wired
    """

    def __init__(self, header: Header, door: Door, clock: Clock, chance: Random) -> None:
        self.is_open = False
        self.releases = 0
        self.wedged = False
        contact = door.contact
        self.contact = (
            Switch(terminal(header, contact), contact, clock, chance) if contact else None
        )
        self._on_releases = door.fail == "secure"
        self._strike = Load(terminal(header, door.strike), door.strike, self._switched)
        self._clock = clock
        self._notice = Notice()
        self._closer: asyncio.TimerHandle | None = None
        self._pushing = 0
        self._by_handle = False  # open from inside: the handle's switch bridges the contact

    @property
    def released(self) -> bool:
        """True while the leaf can be pushed open."""
        return self._strike.on == self._on_releases

    @property
    def stands_open(self) -> bool:
        """True while the leaf is open and its contact shows it: who goes in now is not seen."""
        return self.is_open and not self._by_handle

    async def wait_released(self, timeout_s: float) -> bool:
        """Wait until the strike is released, at most *timeout_s* clock seconds."""
        return await self._notice.until(lambda: self.released, patience(self._clock, timeout_s))

    async def wait_shut(self, timeout_s: float) -> bool:
        """Wait until the leaf is shut, at most *timeout_s* clock seconds; False if it is not."""
        return await self._notice.until(lambda: not self.is_open, patience(self._clock, timeout_s))

    async def go_through(self, timeout_s: float) -> bool:
        """Push until the leaf gives way, and go through; False if it stays shut for *timeout_s*.

        The person lets go of the leaf, and it closes by itself. No guest slips in past a person who
        comes out by the handle.
        """
        self._pushing += 1
        try:
            if self.released:
                self._swing_open()
            real_s = patience(self._clock, timeout_s)
            if not await self._notice.until(lambda: self.stands_open, real_s):
                return False
        finally:
            self._pushing -= 1
        await self._clock.pause(_PASS_S)
        self._let_go()
        return True

    async def go_out(self) -> None:
        """Leave by the handle inside; its switch bridges the contact, which stays at rest.

        The bridge lasts only a moment: a leaf that does not close afterwards is detected.
        """
        self._stop_closer()
        self._by_handle = self._by_handle or not self.is_open
        self.is_open = True
        await self._clock.pause(_PASS_S)
        self._let_go()

    def force(self) -> None:
        """Break the door open without a release; it then closes by itself."""
        self._swing_open()
        self._let_go()

    def wedge(self, *, wedged: bool = True) -> None:
        """Put a wedge under the leaf when it opens next (or stands open now), or remove it."""
        self.wedged = wedged
        if self.is_open:
            self._let_go()

    def _switched(self, _on: bool, _at: int) -> None:  # noqa: FBT001 - a load's watcher
        if self.released:
            self.releases += 1
            if self._pushing:
                self._swing_open()
        self._notice.tell()

    def _swing_open(self) -> None:
        self._stop_closer()
        self.is_open, self._by_handle = True, False
        if self.contact is not None:
            self.contact.set(True)
        self._notice.tell()

    def _let_go(self) -> None:
        self._stop_closer()
        if not self.wedged:
            loop = asyncio.get_running_loop()
            self._closer = loop.call_later(self._clock.real(_CLOSER_S), self._shut)
        else:
            self._by_handle = False  # the handle's bridge ends, the leaf still stands open
            if self.contact is not None:
                self.contact.set(True)
            self._notice.tell()

    def _shut(self) -> None:
        self._closer = None
        self.is_open = self._by_handle = False
        if self.contact is not None:
            self.contact.set(False)
        self._notice.tell()

    def _stop_closer(self) -> None:
        if self._closer is not None:
            self._closer.cancel()
            self._closer = None
