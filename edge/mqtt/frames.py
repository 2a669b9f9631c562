"""Frames: splits the bytes of a connection into MQTT packets, with a limit of memory. Pure.

Of a packet that is larger than the limit only the beginning is stored, which has the topic and the
packet identifier, so that it can be acknowledged. The rest is discarded as it comes.
"""

from collections.abc import Iterator
from typing import NamedTuple

from edge.errors import GarduError

# The part of a PUBLISH that must be known to acknowledge it, at most: a topic and the packet
# identifier, bytes (MQTT 5, section 3.3.2).
BEGINNING = 2 + 65535 + 2
# Digits of a packet's length, at most (MQTT 5, section 1.5.5).
_LENGTH_DIGITS = 4


class BrokerFault(GarduError):
    """The broker breaks MQTT's rules in a way that the connection cannot survive."""


class Frame(NamedTuple):
    """One packet.

    :ivar first: its first byte: type and flags
    :ivar body: all bytes after its length; only the beginning if it is *cut*
    :ivar cut: True if it is larger than the limit
    """

    first: int
    body: bytes
    cut: bool = False


class FrameReader:
    """Splits bytes into frames.

    :param largest: the largest packet that is stored whole, bytes
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._buffer = bytearray()
        self._cut: Frame | None = None
        self._to_discard = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Iterate over the packets that are complete with *data*.

        :raises BrokerFault: if a length is none: the end of the packet cannot be found
        """
        self._buffer += data
        while (frame := self._next()) is not None:
            yield frame

    def _next(self) -> Frame | None:
        if self._cut is not None:
            return self._discard()
        found = self._length()
        if found is None:
            return None
        start, length = found
        cut = start + length > self._largest
        end = start + (min(length, BEGINNING) if cut else length)
        if len(self._buffer) < end:
            return None
        frame = Frame(self._buffer[0], bytes(self._buffer[start:end]), cut)
        del self._buffer[:end]
        if not cut:
            return frame
        self._cut, self._to_discard = frame, start + length - end
        return self._discard()

    def _discard(self) -> Frame | None:
        """Discard bytes of the packet that is cut; return it after its last byte."""
        gone = min(self._to_discard, len(self._buffer))
        del self._buffer[:gone]
        self._to_discard -= gone
        if self._to_discard:
            return None
        frame, self._cut = self._cut, None
        return frame

    def _length(self) -> tuple[int, int] | None:
        """Return the start and the length of the next body; None if they have not come yet."""
        length = 0
        for digit, byte in enumerate(self._buffer[1 : 1 + _LENGTH_DIGITS]):
            length |= (byte & 0x7F) << 7 * digit
            if byte < 0x80:
                return 2 + digit, length
        if len(self._buffer) > _LENGTH_DIGITS:
            raise BrokerFault("the broker sent bytes that are not MQTT")
        return None
