"""Frames of lock control boards with an XOR checksum (BCC): builds requests, parses statuses. Pure.

Every frame ends with the BCC, the XOR of all bytes before it. AA is the board (from 1), LL the lock
(from 1; 0 means all):

========================= ====================================================================
``8A AA LL 11 BCC``       request: energise a lock. Answer: the same with the lock's state
                          (``00`` or ``11``) in place of ``11``
``8A AA LL 11 SS BCC``    the same for SS seconds (one source)
``80 AA 00 33 BCC``       request: the state of all locks. Answer: ``80 AA`` and some state
                          bytes, ``33 BCC``
``80 AA LL 33 BCC``       request: the state of one lock (not used)
``82 AA LL STATE BCC``    sent unasked by some boards when a door has moved
========================= ====================================================================

The number of state bytes differs by board (3 on boards of 8 to 24 locks), and sources differ on
their order and on the bit for a closed latch: settings.
"""

from functools import reduce
from operator import xor

from edge.config.sections.lockers import MOST_STATUS_BYTES, BccLockers
from edge.drivers.serial.lock_family import BoardStatus
from edge.errors import ProtocolError

_UNLOCK, _QUERY, _MOVED = 0x8A, 0x80, 0x82
_DO_UNLOCK, _ALL_STATES = 0x11, 0x33
# Bytes of every frame but the status of all locks.
_SHORT = 5
_AROUND_STATES = 4


class Bcc:
    """The boards as *config* describes them."""

    def __init__(self, config: BccLockers) -> None:
        self._config = config

    def query(self, address: int) -> bytes:
        """``80 AA 00 33``."""
        return checked(_QUERY, address, 0, _ALL_STATES)

    def unlock(self, address: int, lock: int) -> bytes:
        """``8A AA LL 11``, with the seconds if ``unlock_s`` is set."""
        seconds = [] if self._config.unlock_s is None else [self._config.unlock_s]
        return checked(_UNLOCK, address, lock, _DO_UNLOCK, *seconds)

    def set_unlock_time(self, address: int, seconds: float) -> None:
        """No request: the time is part of the unlock."""

    def clear_busy(self, address: int) -> None:
        """No source documents a request."""

    def framer(self) -> "BccFramer":
        """Return a new framer for the answers."""
        return BccFramer(self._config)


def checked(*body: int) -> bytes:
    """Return the frame of *body*: with its BCC."""
    return bytes([*body, reduce(xor, body)])


class BccFramer:
    """Parses statuses; the same bytes give the same statuses, however they are split.

    A frame's bytes can also be data, so after a broken frame the search goes on at its second byte:
    a whole frame is found behind any bytes.

    :ivar broken: number of runs of bytes that are no frames
    """

    def __init__(self, config: BccLockers) -> None:
        self.broken = 0
        self._count = config.status_bytes
        self._order = config.byte_order
        self._unread = bytearray()
        self._all = bytearray()
        self._found_status = False
        self._in_noise = False

    def feed(self, data: bytes) -> list[BoardStatus | ProtocolError]:
        """Parse the next bytes; return statuses and errors, in order."""
        self._unread += data
        self._all += data
        return self._parse(last=False)

    def end(self) -> list[BoardStatus | ProtocolError]:
        """End the input: return errors for unfinished frames, and statuses found behind them."""
        found = self._parse(last=True)
        if not self._found_status:
            other = next((n for n in _OTHERS if n != self._count and _holds(self._all, n)), None)
            if other is not None:
                found.append(self._refused(f"a status of {other} bytes (status_bytes)"))
        self._in_noise = False
        return found

    def _parse(self, *, last: bool) -> list[BoardStatus | ProtocolError]:
        found: list[BoardStatus | ProtocolError] = []
        while self._unread:
            status = self._status()
            if status is not None:
                found.append(status)
            elif not last and self._may_be_status():
                break
            elif not self._short_frame():
                if not last and self._cut():
                    break
                found += self._skip("frame cut short" if self._cut() else "wrong BCC")
        return found

    def _longest(self) -> int:
        """Return the length of the longest frame that can begin here; 1: none does."""
        head = self._unread[0]
        if head == _QUERY:
            return max(_SHORT, self._count + _AROUND_STATES)
        return _SHORT + 1 if head == _UNLOCK else _SHORT if head == _MOVED else 1

    def _may_be_status(self) -> bool:
        """Return True if more bytes could make a status of those that have come."""
        return self._unread[0] == _QUERY and self._cut()

    def _cut(self) -> bool:
        return len(self._unread) < self._longest()

    def _status(self) -> BoardStatus | None:
        """Remove and return the status that begins here; None if none does."""
        length = self._count + _AROUND_STATES
        if not _is_status(self._unread, self._count):
            return None
        states = bytes(self._unread[2 : 2 + self._count])
        status = BoardStatus(self._unread[1], int.from_bytes(states, self._order))
        self._remove(length)
        self._found_status = True
        return status

    def _short_frame(self) -> bool:
        """Remove the answer to an unlock, an echo or an unasked state that begins here."""
        heads = (_UNLOCK, _QUERY, _MOVED)
        for length in (_SHORT, _SHORT + 1) if self._unread[0] == _UNLOCK else (_SHORT,):
            frame = self._unread[:length]
            if frame[0] in heads and len(frame) == length and not reduce(xor, frame):
                self._remove(length)
                return True
        return False

    def _remove(self, length: int) -> None:
        del self._unread[:length]
        self._in_noise = False

    def _skip(self, why: str) -> list[BoardStatus | ProtocolError]:
        """Drop one byte; return one error for a run of dropped bytes."""
        begins = self._longest() > 1
        del self._unread[0]
        if self._in_noise:
            return []
        self._in_noise = True
        return [self._refused(why if begins else "noise between frames")]

    def _refused(self, why: str) -> ProtocolError:
        self.broken += 1
        return ProtocolError(why)


_OTHERS = range(1, MOST_STATUS_BYTES + 1)


def _is_status(data: bytes | bytearray, count: int) -> bool:
    """Return True if *data* begins with a status of *count* state bytes."""
    frame = data[: count + _AROUND_STATES]
    whole = len(frame) == count + _AROUND_STATES
    return whole and frame[0] == _QUERY and frame[-2] == _ALL_STATES and not reduce(xor, frame)


def _holds(data: bytes | bytearray, count: int) -> bool:
    """Return True if a status of *count* state bytes is somewhere in *data*."""
    return any(_is_status(data[at:], count) for at in range(len(data)))
