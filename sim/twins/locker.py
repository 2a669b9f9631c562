"""A locker: a solenoid lock, a sprung door and its door contact."""

import asyncio
from collections.abc import Callable
from random import Random

from edge.clock import Clock
from edge.config.sections.locks import GpioLocker
from sim.twins.wiring import Load, Switch
from sim.world.header import Header, terminal
from sim.world.notice import Notice, patience

# The latch releases this long after the solenoid is energised (cabinet lock data: 20 to 100 ms).
_RELEASE_S = 0.05
_PUSH_S = 5.0


class SprungDoor:
    """A locker with a sprung door. A pulse on a closed, unjammed locker springs it open.

    The code that drives the solenoid calls :meth:`energise`; *moved* passes the door's state on.

    :param moved: called with True (open) or False, whenever the door moves
    :ivar door_open: the door stands open
    :ivar jammed: the latch does not release (set it to cause the fault)
    :ivar pulses: how often the solenoid has been energised
    :ivar unlocks: how often that sprang the door open
    :ivar energised: current flows through the solenoid now
    :ivar watchers: called with ``energised`` on every change
    :ivar door_watchers: called after the door has moved
    :ivar energised_s: clock seconds that the solenoid has been energised in all (ended pulses)
    """

    def __init__(self, clock: Clock, moved: Callable[[bool], None] = lambda _open: None) -> None:
        self.door_open = False
        self.jammed = False
        self.pulses = 0
        self.unlocks = 0
        self.energised = False
        self.energised_s = 0.0
        self.watchers: list[Callable[[bool], None]] = []
        self.door_watchers: list[Callable[[], None]] = []
        self._moved = moved
        self._clock = clock
        self._since = 0
        self._notice = Notice()
        self._timer: asyncio.TimerHandle | None = None

    async def wait_open(self, timeout_s: float) -> bool:
        """Wait until the door is open, at most *timeout_s* clock seconds; False if it is not."""
        real_s = patience(self._clock, timeout_s)
        return await self._notice.until(lambda: self.door_open, real_s)

    async def close_door(self) -> None:
        """Push the door shut. It does not latch, and swings open, while the solenoid is energised.

        A guest pushes for five clock seconds at most.
        """
        real_s = patience(self._clock, _PUSH_S)
        if not await self._notice.until(lambda: not self.energised, real_s):
            return
        self._move(is_open=False)

    def force_open(self) -> None:
        """Open the door without the lock, with a key or a crowbar."""
        self._spring()

    def energise(self, on: bool, at: int) -> None:  # noqa: FBT001 - the signature of a load's watcher
        """Switch the current through the solenoid on or off, at moment *at* (boot ns)."""
        self.energised = on
        for watch in self.watchers:
            watch(on)
        if on:
            self.pulses += 1
            self._since = at
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._clock.real(_RELEASE_S), self._unlatch)
            return
        length = (at - self._since) / 1e9
        self.energised_s += length
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            # Both edges may arrive at once: then the length of the pulse decides.
            if length >= _RELEASE_S:
                self._unlatch()
        self._notice.tell()

    def _unlatch(self) -> None:
        self._timer = None
        if not self.jammed and not self.door_open:
            self.unlocks += 1
            self._spring()

    def _spring(self) -> None:
        self._move(is_open=True)

    def _move(self, *, is_open: bool) -> None:
        self.door_open = is_open
        self._moved(is_open)
        self._notice.tell()
        for watch in self.door_watchers:
            watch()


class LockerTwin(SprungDoor):
    """A locker with its solenoid on a relay of the header, and its door contact on a pin."""

    def __init__(self, header: Header, locker: GpioLocker, clock: Clock, chance: Random) -> None:
        self.door = Switch(terminal(header, locker.door), locker.door, clock, chance)
        super().__init__(clock, self.door.set)
        self._relay = Load(terminal(header, locker.relay), locker.relay, self.energise)
