"""A KERONG lock board on an RS-485 line, with the locks that are wired to it.

Requests (all numbers hexadecimal, SUM = low byte of the sum of all bytes before it):

- CU12, CU16: ``02 AL CMD 03 SUM`` with A the board and L the lock from 0; CMD 30 asks for the
  status, 31 unlocks, 38 ends the busy state; ``02 AL 37 HI LO 03 SUM`` sets the unlock time
- CU48: ``02 AA LL CMD 03 SUM``; CMD 60 asks, 61 unlocks

Status: ``02 A0 35`` and 2 + 2 bytes, or ``02 AA LL 75`` and 6 + 6 bytes, of latches and of
infrared sensors, lock 1 in the lowest bit of the first byte.
"""

import re
from collections.abc import Iterable

from edge.clock import Clock
from edge.config.sections.lockers import LOCKS_ON_BOARD
from edge.config.sections.lockers import BoardModel as Model
from sim.twins.bus import BusTwin
from sim.twins.lock_board import LockBoardTwin

_SMALL = re.compile(
    rb"\x02(?P<at>.)(?:(?P<do>[\x30\x31\x38])|\x37(?P<time>..))\x03(?P<sum>.)", re.DOTALL
)
_LARGE = re.compile(rb"\x02(?P<at>.)(?P<lock>.)(?P<do>[\x60\x61])\x03(?P<sum>.)", re.DOTALL)
_LONGEST_REQUEST = 7


class KerongTwin(LockBoardTwin):
    """One board.

    :ivar items: locks with an object in front of their infrared sensor
    :ivar busy: stuck: neither answers nor unlocks until the command that ends the busy state
    :ivar answers_unlock: answers an unlock with its status, as some boards do
    """

    def __init__(
        self, bus: BusTwin, model: Model, address: int, closed_bit: int, clock: Clock
    ) -> None:
        self.items: set[int] = set()
        self.busy = False
        self.answers_unlock = True
        self._large = model == "cu48"
        super().__init__(bus, LOCKS_ON_BOARD[model], address, closed_bit, clock)

    def listen(self, message: bytes) -> None:
        """Carry out the requests for this board in *message*."""
        self._unread += message
        end = 0
        for found in (_LARGE if self._large else _SMALL).finditer(self._unread):
            end = found.end()
            if sum(found[0][:-1]) & 0xFF == found["sum"][0]:
                self._obey(found)
        self._unread = self._unread[max(end, len(self._unread) - _LONGEST_REQUEST) :]

    def _obey(self, request: re.Match[bytes]) -> None:
        at = request["at"][0]
        board, lock = (at, request["lock"][0]) if self._large else divmod(at, 16)
        if board != self.address:
            return
        what = request["do"]
        if what == b"\x38":
            self.busy = False
        elif self.busy:
            return
        elif what is None:
            self.unlock_s = int.from_bytes(request["time"], "big") / 100
        elif what in b"\x31\x61":
            self.unlock(lock + 1)
            if self.answers_unlock:
                self.answer(self.status())
        else:
            self.answer_poll(self.status())

    def status(self) -> bytes:
        """Return the present status as a frame."""
        width = 6 if self._large else 2
        head = bytes([2, self.address, 0, 0x75] if self._large else [2, self.address << 4, 0x35])
        frame = head + _bits(self.latches(), width) + _bits(self.items, width) + b"\x03"
        return frame + bytes([sum(frame) & 0xFF])


def _bits(locks: Iterable[int], width: int) -> bytes:
    return sum(1 << (lock - 1) for lock in locks).to_bytes(width, "little")
