"""Frames of the EM-18 card reader: parses bytes into card numbers. Pure.

A frame is 12 upper-case hexadecimal digits: the card's 5 bytes, and the XOR of them. It has neither
a beginning nor an end, so it is bounded by silence, or by a byte that is no such digit: some boards
send ``0D 0A`` behind it. Two frames may follow each other at once. A run of digits of any other
length is refused whole: 12 digits within a longer run can have a right checksum by chance.
"""

from functools import reduce
from operator import xor

from edge.errors import ProtocolError

_DIGITS = frozenset(b"0123456789ABCDEF")
_BOUNDS = frozenset(b"\x02\x03\r\n")
_LENGTH, _CARD = 12, 10
# Digits of two cards. More without a bound are noise.
_MOST = 2 * _LENGTH


class Em18Framer:
    """Parses frames; the same bytes give the same cards, however they are split.

    :ivar broken: number of broken frames and runs of noise
    """

    def __init__(self) -> None:
        self.broken = 0
        self._run = bytearray()
        self._in_noise = False

    def feed(self, data: bytes) -> list[str | ProtocolError]:
        """Parse the next bytes; return cards and errors, in order."""
        return [item for byte in data for item in self._feed(byte)]

    def silence(self) -> list[str | ProtocolError]:
        """Process a silence longer than any gap within a frame: it ends the frame."""
        found = self._end()
        self._in_noise = False
        return found

    def _feed(self, byte: int) -> list[str | ProtocolError]:
        if byte in _DIGITS:
            if len(self._run) <= _MOST:
                self._run.append(byte)
            return []
        found = self._end()
        if byte in _BOUNDS:
            self._in_noise = False
            return found
        return found + self._noise("noise between frames")

    def _noise(self, why: str) -> list[str | ProtocolError]:
        """Return one error for a run of bytes that are no frame."""
        if self._in_noise:
            return []
        self._in_noise = True
        return [self._refused(why)]

    def _end(self) -> list[str | ProtocolError]:
        """Return the cards of the run of digits that ends here."""
        run = self._run.decode("ascii")
        self._run.clear()
        if len(run) % _LENGTH or len(run) > _MOST:
            return self._noise("wrong length")
        return [self._card(run[at : at + _LENGTH]) for at in range(0, len(run), _LENGTH)]

    def _card(self, frame: str) -> str | ProtocolError:
        return (
            self._refused("wrong checksum") if reduce(xor, bytes.fromhex(frame)) else frame[:_CARD]
        )

    def _refused(self, why: str) -> ProtocolError:
        self.broken += 1
        return ProtocolError(why)
