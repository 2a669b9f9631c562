"""Frames of the card readers that send unasked: parses bytes into card numbers. Pure.

A frame is ``02``, 10 hexadecimal digits (the card's 5 bytes), 2 digits (the XOR of those bytes)
and an end: ``03`` (RDM6300) or ``0D 0A 03`` (ID-12LA). ``02`` never occurs inside a frame, so it
always begins a new one: every whole frame is found, however the bytes are split, also in noise.
"""

from edge.errors import ProtocolError

RDM6300_END = b"\x03"
ID_12LA_END = b"\r\n\x03"

_START = 0x02
_DIGITS = frozenset(b"0123456789ABCDEF")
_CARD, _CHECKED = slice(1, 11), slice(1, 13)
_BODY = 13


class CardFramer:
    """Parses frames; the same bytes give the same cards, however they are split.

    :param end: the bytes that end a frame
    :ivar broken: number of broken frames and runs of noise
    """

    def __init__(self, end: bytes) -> None:
        self.broken = 0
        self._end = end
        self._frame = bytearray()  # empty: between frames
        self._in_noise = False

    def feed(self, data: bytes) -> list[str | ProtocolError]:
        """Parse the next bytes; return cards and errors, in order."""
        found = [self._feed(byte) for byte in data]
        return [item for item in found if item is not None]

    def silence(self) -> list[str | ProtocolError]:
        """Process a silence longer than any gap within a frame; an unfinished frame is an error."""
        return [self._drop("frame cut short")] if self._frame else []

    def _feed(self, byte: int) -> str | ProtocolError | None:
        if byte == _START:
            cut_short, self._frame = bool(self._frame), bytearray([byte])
            self._in_noise = False
            return self._refused("frame cut short") if cut_short else None
        if not self._frame:
            return self._noise()
        place = len(self._frame)
        self._frame.append(byte)
        if place < _BODY:
            return None if byte in _DIGITS else self._drop("not a hexadecimal digit")
        if byte != self._end[place - _BODY]:
            return self._drop("wrong end of frame")
        return self._whole() if place + 1 == _BODY + len(self._end) else None

    def _noise(self) -> ProtocolError | None:
        """Return one error for a run of bytes outside frames."""
        if self._in_noise:
            return None
        self._in_noise = True
        return self._refused("noise between frames")

    def _whole(self) -> str | ProtocolError:
        frame = self._frame.decode("ascii")
        self._frame.clear()
        checksum = 0
        for value in bytes.fromhex(frame[_CHECKED]):
            checksum ^= value
        return self._refused("wrong checksum") if checksum else frame[_CARD]

    def _drop(self, why: str) -> ProtocolError:
        """Drop the frame and return the error; the rest of the frame is part of this error."""
        self._frame.clear()
        self._in_noise = True
        return self._refused(why)

    def _refused(self, why: str) -> ProtocolError:
        self.broken += 1
        return ProtocolError(why)
