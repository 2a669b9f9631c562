"""EXIF (CIPA DC-008): the data about a still that every program for pictures shows.

A block is a small TIFF file: a header, two directories of tags in ascending order, and the values
that do not fit into their directory's twelve bytes.
"""

import struct
from datetime import datetime
from typing import Literal

_HEADER = struct.pack(">2sHI", b"MM", 42, 8)

# Types of values.
_ASCII, _SHORT, _LONG, _UNDEFINED = 2, 3, 4, 7
_UNIT = {_SHORT: 2, _LONG: 4}

# The first directory, and the tag in it that points to the second, EXIF's own.
_IMAGE_DESCRIPTION, _ORIENTATION, _SOFTWARE, _EXIF_DIRECTORY = 0x010E, 0x0112, 0x0131, 0x8769
_VERSION, _TIME_ORIGINAL, _OFFSET_ORIGINAL = 0x9000, 0x9003, 0x9011
_MILLISECONDS_ORIGINAL, _UNIQUE_ID = 0x9291, 0xA420

# More than a block ever needs, bytes; names of sites and checkpoints have at most 64 letters. The
# rest is enough for what sealing adds (edge/sealing/boxes.py).
ROOM = 1024

ExifValue = tuple[int, bytes]

# Orientation of a picture that is stored upright, and the greatest value that EXIF defines.
UPRIGHT, _MOST_TURNED = 1, 8


def exif(
    *,
    moment: datetime,
    description: str,
    unique_id: str,
    software: str,
    orientation: int = UPRIGHT,
) -> bytes:
    """Return the TIFF block of a still.

    :param moment: moment of the still, in local time with its offset
    :param description: ASCII; other characters become ``?``
    :param unique_id: 32 hexadecimal digits, as EXIF requires
    :param software: name and version of the program
    :param orientation: 1 to 8, how a program must turn the picture to show it upright
    """
    own = {
        _VERSION: (_UNDEFINED, b"0232"),
        _TIME_ORIGINAL: _text(f"{moment:%Y:%m:%d %H:%M:%S}"),
        _OFFSET_ORIGINAL: _text(moment.isoformat()[-6:]),
        _MILLISECONDS_ORIGINAL: _text(f"{moment.microsecond // 1000:03d}"),
        _UNIQUE_ID: _text(unique_id),
    }
    main = {_IMAGE_DESCRIPTION: _text(description), _SOFTWARE: _text(software)}
    if orientation != UPRIGHT:
        main[_ORIENTATION] = (_SHORT, orientation.to_bytes(2, "big"))
    leads_to = len(_directory({**main, _EXIF_DIRECTORY: (_LONG, bytes(4))}, len(_HEADER)))
    start = len(_HEADER) + leads_to
    main[_EXIF_DIRECTORY] = (_LONG, start.to_bytes(4, "big"))
    return _HEADER + _directory(main, len(_HEADER)) + _directory(own, start)


def orientation_of(block: bytes) -> int:
    """Return the orientation that the TIFF *block* of a camera gives, 1 to 8; 1 if it gives none.

    Any bytes are accepted; a block that is broken gives 1.
    """
    order: Literal["little", "big"] = "little" if block[:2] == b"II" else "big"
    start = int.from_bytes(block[4:8], order)
    count = int.from_bytes(block[start : start + 2], order)
    for at in range(start + 2, min(start + 2 + 12 * count, len(block)), 12):
        tag, kind = (int.from_bytes(block[at + n : at + n + 2], order) for n in (0, 2))
        if (tag, kind) == (_ORIENTATION, _SHORT):
            value = int.from_bytes(block[at + 8 : at + 10], order)
            return value if UPRIGHT <= value <= _MOST_TURNED else UPRIGHT
    return UPRIGHT


def _text(text: str) -> ExifValue:
    return _ASCII, text.encode("ascii", "replace") + b"\0"


def _directory(tags: dict[int, ExifValue], start: int) -> bytes:
    """Return a directory that begins at byte *start* of the block, its long values after it."""
    entries, values = b"", b""
    at = start + 2 + 12 * len(tags) + 4
    for tag, (kind, value) in sorted(tags.items()):
        count = len(value) // _UNIT.get(kind, 1)
        entries += struct.pack(">HHI", tag, kind, count)
        if len(value) <= 4:
            entries += value.ljust(4, b"\0")
        else:
            entries += (at + len(values)).to_bytes(4, "big")
            values += value + b"\0" * (len(value) % 2)  # values begin at even bytes
    return len(tags).to_bytes(2, "big") + entries + bytes(4) + values
