"""A lock board on an RS-485 line, with the locks that are wired to it: what all kinds share."""

import asyncio

from edge.clock import Clock
from sim.twins.bus import Board, BusTwin
from sim.twins.locker import SprungDoor

# Cabinet locks are pulsed for about this long; no source gives the boards' default. Seconds.
_UNLOCK_S = 0.5


class LockBoardTwin(Board):
    """One board.

    :param locks: how many it can drive
    :ivar doors: the doors that are wired to it, by lock (from 1); other locks read as open
    :ivar address: as set on its switch
    :ivar closed_bit: the bit that it reports for a closed latch
    :ivar unlock_s: how long it energises a lock, clock seconds
    """

    def __init__(
        self, bus: BusTwin, locks: int, address: int, closed_bit: int, clock: Clock
    ) -> None:
        self.doors: dict[int, SprungDoor] = {}
        self.closed_bit = closed_bit
        self.unlock_s = _UNLOCK_S
        self.address = address
        self._locks = locks
        self._clock = clock
        self._unread = b""
        super().__init__(bus)

    def latches(self) -> list[int]:
        """Return the locks that are reported as 1."""
        closed = {lock for lock, door in self.doors.items() if not door.door_open}
        locks = range(1, self._locks + 1)
        return [lock for lock in locks if (lock in closed) == (self.closed_bit == 1)]

    def unlock(self, lock: int, seconds: float | None = None) -> None:
        """Energise *lock* for *seconds*, or for the board's own time."""
        door = self.doors.get(lock)
        if door is None or door.energised:
            return
        door.energise(True, self._clock.boot_ns())
        length = self.unlock_s if seconds is None else seconds
        asyncio.get_running_loop().call_later(self._clock.real(length), self._rest, door)

    def _rest(self, door: SprungDoor) -> None:
        door.energise(False, self._clock.boot_ns())
