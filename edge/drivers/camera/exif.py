"""EXIF (CIPA DC-008): the data about a still that every program for pictures shows.

A block is a small TIFF file: a header, two directories of tags in ascending order, and the values
that do not fit into their directory's twelve bytes.
"""

import struct
from datetime import datetime

_HEADER = struct.pack(">2sHI", b"MM", 42, 8)

# Types of values.
_ASCII, _LONG, _UNDEFINED = 2, 4, 7

# The first directory, and the tag in it that points to the second, EXIF's own.
_IMAGE_DESCRIPTION, _SOFTWARE, _EXIF_DIRECTORY = 0x010E, 0x0131, 0x8769
_VERSION, _TIME_ORIGINAL, _OFFSET_ORIGINAL = 0x9000, 0x9003, 0x9011
_MILLISECONDS_ORIGINAL, _UNIQUE_ID = 0x9291, 0xA420

# More than a block ever needs, bytes; names of sites and checkpoints have at most 64 letters.
ROOM = 1024

ExifValue = tuple[int, bytes]


def exif(*, moment: datetime, description: str, unique_id: str, software: str) -> bytes:
    """Return the TIFF block of a still.

    :param moment: moment of the still, in local time with its offset
    :param description: ASCII; other characters become ``?``
    :param unique_id: 32 hexadecimal digits, as EXIF requires
    :param software: name and version of the program
    """
    own = {
        _VERSION: (_UNDEFINED, b"0232"),
        _TIME_ORIGINAL: _text(f"{moment:%Y:%m:%d %H:%M:%S}"),
        _OFFSET_ORIGINAL: _text(moment.isoformat()[-6:]),
        _MILLISECONDS_ORIGINAL: _text(f"{moment.microsecond // 1000:03d}"),
        _UNIQUE_ID: _text(unique_id),
    }
    main = {_IMAGE_DESCRIPTION: _text(description), _SOFTWARE: _text(software)}
    leads_to = len(_directory({**main, _EXIF_DIRECTORY: (_LONG, bytes(4))}, len(_HEADER)))
    start = len(_HEADER) + leads_to
    main[_EXIF_DIRECTORY] = (_LONG, start.to_bytes(4, "big"))
    return _HEADER + _directory(main, len(_HEADER)) + _directory(own, start)


def _text(text: str) -> ExifValue:
    return _ASCII, text.encode("ascii", "replace") + b"\0"


def _directory(tags: dict[int, ExifValue], start: int) -> bytes:
    """Return a directory that begins at byte *start* of the block, its long values after it."""
    entries, values = b"", b""
    at = start + 2 + 12 * len(tags) + 4
    for tag, (kind, value) in sorted(tags.items()):
        count = 1 if kind == _LONG else len(value)
        entries += struct.pack(">HHI", tag, kind, count)
        if len(value) <= 4:
            entries += value.ljust(4, b"\0")
        else:
            entries += (at + len(values)).to_bytes(4, "big")
            values += value + b"\0" * (len(value) % 2)  # values begin at even bytes
    return len(tags).to_bytes(2, "big") + entries + bytes(4) + values
