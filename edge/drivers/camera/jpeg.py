"""The structure of a JPEG (ITU-T T.81, annex B): segments, end, size. Pixels are never decoded.

A JPEG is SOI, then segments (a marker, two bytes of length, a body), the coded pixels after each
SOS, and EOI. Within coded pixels FF is followed by 00, by a restart marker or by another FF, so
any other marker there is a real one. A marker inside a segment's body is not (a thumbnail has its
own EOI).
"""

import re
from collections.abc import Iterator

import msgspec

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOS = 0xDA
# Start of frame: C0 to CF but for the tables DHT (C4), JPG (C8) and DAC (CC).
_SOF = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_APP0, _APP1 = 0xE0, 0xE1
_EXIF = b"Exif\0\0"

_MARKER_IN_PIXELS = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


class NotJpeg(ValueError):
    """The bytes are not a JPEG."""


class CutShort(ValueError):
    """The bytes are the beginning of a JPEG; its end is missing."""


class Segment(msgspec.Struct, frozen=True):
    """One segment of a JPEG: bytes *start* to *end* of the file, its marker included."""

    marker: int
    start: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments of *data* and at last its EOI (as a segment of two bytes).

    :raises NotJpeg: if *data* does not begin as a JPEG, or breaks its format
    :raises CutShort: if it ends before its EOI
    """
    if not data.startswith(_SOI):
        raise NotJpeg
    at = 2
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if len(data) < at + 2:
            raise CutShort
        if data[at] != 0xFF:
            raise NotJpeg
        if data[at : at + 2] == _EOI:
            yield Segment(_EOI[1], at, at + 2)
            return
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if len(data) < max(end, at + 4):
            raise CutShort
        yield Segment(data[at + 1], at, end)
        at = _after_pixels(data, end) if data[at + 1] == _SOS else end


def _after_pixels(data: bytes, start: int) -> int:
    found = _MARKER_IN_PIXELS.search(data, start)
    if found is None:
        raise CutShort
    return found.start()


def whole(data: bytes) -> bytes:
    """Return the one JPEG that *data* begins with, without the bytes that some cameras append.

    :raises NotJpeg: if there is none, or it has no pixels
    :raises CutShort: if its end is missing
    """
    found = list(segments(data))
    if not any(part.marker == _SOS for part in found):
        raise NotJpeg
    if 0 in size(data):
        raise NotJpeg
    return data[: found[-1].end]


def size(data: bytes) -> tuple[int, int]:
    """Return width and height of the JPEG *data*, pixels; 0 where it does not give them.

    :raises NotJpeg: if it is none
    """
    for part in segments(data):
        if part.marker in _SOF and part.end - part.start >= 9:
            height, width = (
                int.from_bytes(data[at : at + 2], "big") for at in (part.start + 5, part.start + 7)
            )
            return width, height
    return 0, 0


def with_exif(data: bytes, exif: bytes) -> bytes:
    """Return the JPEG *data* with *exif* (a TIFF block) in place of any EXIF it had.

    The new segment is the first, or the second after JFIF's own, where programs expect it.

    :raises NotJpeg: if *data* is no JPEG
    :raises CutShort: if its end is missing
    """
    segment = b"\xff\xe1" + (2 + len(_EXIF) + len(exif)).to_bytes(2, "big") + _EXIF + exif
    head: list[bytes] = []
    for part in segments(data):
        if part.marker == _SOS:
            break
        body = data[part.start : part.end]
        if not (part.marker == _APP1 and body[4:].startswith(_EXIF)):
            head.append(body)
    jfif = 1 if head and head[0][1] == _APP0 else 0
    return b"".join((_SOI, *head[:jfif], segment, *head[jfif:], data[part.start :]))
