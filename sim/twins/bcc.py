"""A lock control board with an XOR checksum on an RS-485 line.

Requests (hexadecimal; BCC = XOR of all bytes before it): ``8A AA LL 11 BCC`` or ``8A AA LL 11 SS
BCC`` energises lock LL for its own time or SS seconds and is answered with ``8A AA LL STATE BCC``;
``80 AA 00 33 BCC`` is answered with ``80 AA``, the state bytes, ``33 BCC``; ``80 AA LL 33 BCC``
with ``80 AA LL STATE BCC``. Some boards send ``82 AA LL STATE BCC`` when a door moves.
"""

from functools import reduce
from operator import xor
from typing import Literal

from edge.clock import Clock
from sim.twins.bus import BusTwin
from sim.twins.lock_board import LockBoardTwin

_LENGTHS = {0x8A: (5, 6), 0x80: (5,)}
_UNLOCK_S = 0.3


class BccTwin(LockBoardTwin):
    """One board.

    :ivar status_bytes: number of state bytes in its status
    :ivar byte_order: ``big``: the first state byte has the highest locks
    :ivar answers_unlock: answers an unlock with the state of its lock
    """

    def __init__(
        self,
        bus: BusTwin,
        address: int,
        closed_bit: int,
        clock: Clock,
        status_bytes: int = 3,
        byte_order: Literal["big", "little"] = "big",
    ) -> None:
        self.status_bytes = status_bytes
        self.byte_order = byte_order
        self.answers_unlock = True
        super().__init__(bus, 8 * status_bytes, address, closed_bit, clock)
        self.unlock_s = _UNLOCK_S

    def listen(self, message: bytes) -> None:
        """Carry out the requests for this board in *message*."""
        self._unread += message
        while self._unread:
            request = self._request()
            if request is not None:
                self._unread = self._unread[len(request) :]
                self._obey(request)
            elif self._unread[0] in _LENGTHS and len(self._unread) < _LENGTHS[self._unread[0]][-1]:
                break
            else:
                self._unread = self._unread[1:]

    def _request(self) -> bytes | None:
        for length in _LENGTHS.get(self._unread[0], ()):
            request = self._unread[:length]
            if len(request) == length and not reduce(xor, request):
                return request
        return None

    def _obey(self, request: bytes) -> None:
        head, address, lock, order = request[:4]
        if address != self.address:
            return
        if (head, order) == (0x8A, 0x11):
            self.unlock(lock, request[4] if len(request) == 6 else None)
            if self.answers_unlock:
                self.answer(_checked(head, address, lock, self._state(lock)))
        elif (head, order) == (0x80, 0x33):
            one = _checked(head, address, lock, self._state(lock))
            self.answer_poll(one if lock else self.status())

    def moved(self, lock: int) -> None:
        """Send the state of *lock* unasked, as some boards do."""
        self.answer(_checked(0x82, self.address, lock, self._state(lock)))

    def status(self) -> bytes:
        """Return the present status as a frame."""
        bits = sum(1 << (lock - 1) for lock in self.latches())
        states = bits.to_bytes(self.status_bytes, self.byte_order)
        return _checked(0x80, self.address, *states, 0x33)

    def _state(self, lock: int) -> int:
        return 0x11 if lock in self.latches() else 0x00


def _checked(*body: int) -> bytes:
    return bytes([*body, reduce(xor, body)])
