"""The structure of a JPEG (ITU-T T.81, annex B): segments, end, size. Pixels are never decoded.

A JPEG is SOI, then segments (a marker, two bytes of length, a body), the coded pixels after each
SOS, and EOI. Within coded pixels FF is followed by 00, by a restart marker or by another FF, so
any other marker there is a real one. A marker inside a segment's body is not (a thumbnail has its
own EOI).

Rules for pictures of real cameras
----------------------------------
1. The picture begins within the first MOST_BEFORE bytes: a stray byte, a line end or the head of a
   multipart part may stand before it.
2. At most MOST_STRAY bytes that are no segment are skipped between two segments, as the decoders
   do.
3. A second SOI where a segment must begin means that the first picture broke off: it is left out.
4. The result begins with SOI, ends with EOI and has none of the bytes above.
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
# Markers of segments: all but those without a body (restart D0 to D7, SOI, TEM 01) and those that
# no camera uses (02 to BF are reserved).
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")
# A picture begins with SOI and the first byte of the next marker.
_BEGIN = _SOI + b"\xff"

# Own bounds, bytes: the head of a multipart part is shorter, and stray bytes of cameras are few.
MOST_BEFORE = 4096
MOST_STRAY = 64


class NotJpeg(ValueError):
    """The bytes are not a JPEG."""


class CutShort(ValueError):
    """The bytes are the beginning of a JPEG; its end is missing."""


class _Again(Exception):  # no error: a second picture begins
    """Another SOI stands at byte *at*, where a segment must begin."""

    def __init__(self, at: int) -> None:
        self.at = at
        super().__init__()


class Segment(msgspec.Struct, frozen=True):
    """One segment of a JPEG: bytes *start* to *end* of the file, its marker included.

    :ivar pixels: end of the coded pixels that follow an SOS; else *end*
    """

    marker: int
    start: int
    end: int
    pixels: int


def segments(data: bytes | bytearray, begin: int = 0) -> Iterator[Segment]:
    """Yield the segments of *data* from its byte *begin* on, and at last its EOI (two bytes).

    :raises NotJpeg: if *data* does not begin as a JPEG, or breaks its format
    :raises CutShort: if it ends before its EOI
    """
    try:
        yield from _segments(data, begin)
    except _Again:
        raise NotJpeg from None


def _segments(data: bytes | bytearray, begin: int) -> Iterator[Segment]:
    if not data.startswith(_SOI, begin):
        raise NotJpeg
    at = begin + 2
    while True:
        at = _next_marker(data, at)
        marker = data[at + 1]
        if marker == _EOI[1]:
            yield Segment(marker, at, at + 2, at + 2)
            return
        if marker == _SOI[1]:
            raise _Again(at)
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if len(data) < max(end, at + 4):
            raise CutShort
        if length < 2:
            raise NotJpeg
        pixels = _after_pixels(data, end) if marker == _SOS else end
        yield Segment(marker, at, end, pixels)
        at = pixels


def _next_marker(data: bytes | bytearray, at: int) -> int:
    """Return the place of the next marker; fill bytes and a few stray bytes are skipped."""
    found = _MARKER.search(data, at, at + MOST_STRAY + 2)
    if found is not None:
        return found.start()
    if len(data) - at <= MOST_STRAY:
        raise CutShort
    raise NotJpeg


def _after_pixels(data: bytes | bytearray, start: int) -> int:
    found = _MARKER_IN_PIXELS.search(data, start)
    if found is None:
        raise CutShort
    return found.start()


def begins(data: bytes | bytearray) -> bool:
    """Return True if a JPEG begins within the first MOST_BEFORE bytes of *data*."""
    return data.find(_BEGIN, 0, MOST_BEFORE + len(_BEGIN)) >= 0


def whole(data: bytes | bytearray) -> bytes:
    """Return the first whole JPEG that begins within the first MOST_BEFORE bytes of *data*.

    Stray bytes before it and between its segments, and all bytes behind it, are left out.

    :raises NotJpeg: if there is none, or it has no pixels
    :raises CutShort: if its end is missing
    """
    begin = data.find(_BEGIN, 0, MOST_BEFORE + len(_BEGIN))
    if begin < 0:
        raise NotJpeg
    while True:
        try:
            found = list(_segments(data, begin))
        except _Again as again:  # rule 3
            begin = again.at
            continue
        break
    if not any(part.marker == _SOS for part in found):
        raise NotJpeg
    clean = b"".join((_SOI, *(data[part.start : part.pixels] for part in found)))
    if 0 in size(clean):
        raise NotJpeg
    return clean


def size(data: bytes | bytearray) -> tuple[int, int]:
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


def exif_of(data: bytes) -> bytes:
    """Return the TIFF block of the EXIF of the JPEG *data*; empty if it has none.

    :raises NotJpeg: if *data* is no JPEG
    :raises CutShort: if its end is missing
    """
    for part in segments(data):
        body = data[part.start + 4 : part.end]
        if part.marker == _APP1 and body.startswith(_EXIF):
            return body[len(_EXIF) :]
        if part.marker == _SOS:
            break
    return b""
