"""Frames of KERONG lock boards: builds requests, parses statuses. Pure.

Every frame begins with ``02`` and ends with ``03`` and the low byte of the sum of all bytes
before it. The families differ in the place of the command and in the length of the rest:

======== ================================ ==================================================
family   request                          status
======== ================================ ==================================================
CU12, 16 ``02 ADDR CMD 03 SUM``           ``02 ADDR 35 L1-8 L9-16 IR1-8 IR9-16 03 SUM``
CU48     ``02 ADDR LOCK CMD 03 SUM``      ``02 ADDR LOCK 75 LLLLLL SSSSSS 03 SUM``
======== ================================ ==================================================

ADDR of the first is board * 16 + lock, of the second the board; locks on the wire begin at 0 and
are lock 1, 2, … here. Bit 0 of the first L byte is lock 1. The order of the CU48's other L bytes
is assumed from the smaller boards; no source shows it.
"""

from collections.abc import Mapping
from typing import Protocol

from edge.config.sections.lockers import BoardModel
from edge.drivers.serial.lock_family import BoardStatus, Family
from edge.errors import ProtocolError

_START, _END = 0x02, 0x03


class KerongFamily(Family, Protocol):
    """The frames of one family of KERONG boards."""

    command_at: int
    """Index of the command byte in a frame."""
    lengths: Mapping[int, int]
    """Frame length of each command, bytes; requests too, because some adapters echo them."""

    def status(self, frame: bytes) -> BoardStatus | None:
        """Parse a whole and valid *frame*; None if it is no status."""

    def framer(self) -> "Framer":
        """Return a new framer for the answers."""
        return Framer(self)


class Cu16(KerongFamily):
    """CU12, CU16 and NCU16L."""

    command_at = 2
    lengths: Mapping[int, int] = {0x30: 5, 0x31: 5, 0x35: 9}

    def query(self, address: int) -> bytes:
        """``30`` at the board's own address."""
        return framed(address << 4, 0x30)

    def unlock(self, address: int, lock: int) -> bytes:
        """``31`` at the lock's address."""
        return framed(address << 4 | lock - 1, 0x31)

    def set_unlock_time(self, address: int, seconds: float) -> bytes | None:
        """``37`` and two bytes, high first, in units of 10 ms."""
        return framed(address << 4, 0x37, *round(seconds * 100).to_bytes(2, "big"))

    def clear_busy(self, address: int) -> bytes | None:
        """``38``."""
        return framed(address << 4, 0x38)

    def status(self, frame: bytes) -> BoardStatus | None:
        """``35``; the lock in its address does not matter."""
        if frame[self.command_at] != 0x35:
            return None
        return BoardStatus(frame[1] >> 4, int.from_bytes(frame[3:5], "little"))


class Cu48(KerongFamily):
    """CU48."""

    command_at = 3
    lengths: Mapping[int, int] = {0x60: 6, 0x61: 6, 0x75: 18}

    def query(self, address: int) -> bytes:
        """``60`` for lock 00, which answers for all."""
        return framed(address, 0, 0x60)

    def unlock(self, address: int, lock: int) -> bytes:
        """``61``."""
        return framed(address, lock - 1, 0x61)

    def set_unlock_time(self, address: int, seconds: float) -> None:
        """No source documents a request."""

    def clear_busy(self, address: int) -> None:
        """No source documents a request."""

    def status(self, frame: bytes) -> BoardStatus | None:
        """``75``."""
        if frame[self.command_at] != 0x75:
            return None
        return BoardStatus(frame[1], int.from_bytes(frame[4:10], "little"))


FAMILIES: dict[BoardModel, KerongFamily] = {"cu12": Cu16(), "cu16": Cu16(), "cu48": Cu48()}


def framed(*body: int) -> bytes:
    """Return the frame of *body*: ``02``, *body*, ``03`` and the sum."""
    frame = bytes([_START, *body, _END])
    return frame + bytes([sum(frame) & 0xFF])


class Framer:
    """Parses statuses; the same bytes give the same statuses, however they are split.

    The marks of a frame can also be data, so after a broken frame the search goes on at the byte
    after its ``02``: a whole frame is found behind any bytes.

    :ivar broken: number of runs of bytes that are no frames
    """

    def __init__(self, family: KerongFamily) -> None:
        self.broken = 0
        self._family = family
        self._unread = bytearray()
        self._in_noise = False

    def feed(self, data: bytes) -> list[BoardStatus | ProtocolError]:
        """Parse the next bytes; return statuses and errors, in order."""
        self._unread += data
        found: list[BoardStatus | ProtocolError] = []
        while self._unread:
            length = self._length()
            if isinstance(length, str):
                found += self._skip(length)
            elif length is None or len(self._unread) < length:
                break
            else:
                found += self._feed(length)
        return found

    def end(self) -> list[BoardStatus | ProtocolError]:
        """End the input: return errors for unfinished frames, and statuses found behind them."""
        found: list[BoardStatus | ProtocolError] = []
        while self._unread:
            found += [*self._skip("frame cut short"), *self.feed(b"")]
        self._in_noise = False
        return found

    def _length(self) -> int | str | None:
        """Return the length of the frame here; None: not known yet; text: why there is none."""
        if self._unread[0] != _START:
            return "noise between frames"
        if len(self._unread) <= self._family.command_at:
            return None
        command = self._unread[self._family.command_at]
        return self._family.lengths.get(command, "no command that is known")

    def _feed(self, length: int) -> list[BoardStatus | ProtocolError]:
        frame = bytes(self._unread[:length])
        if frame[-2] != _END:
            return self._skip("wrong end of frame")
        if frame[-1] != sum(frame[:-1]) & 0xFF:
            return self._skip("wrong sum")
        del self._unread[:length]
        self._in_noise = False
        status = self._family.status(frame)
        return [status] if status else []

    def _skip(self, why: str) -> list[BoardStatus | ProtocolError]:
        """Drop one byte; return one error for a run of dropped bytes."""
        del self._unread[0]
        if self._in_noise:
            return []
        self._in_noise = True
        self.broken += 1
        return [ProtocolError(why)]
