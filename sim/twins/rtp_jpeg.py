"""Motion JPEG in RTP (RFC 2435): the payloads of one picture.

The receiver makes a new head for the JPEG from width, height, sampling and quantisation tables; the
Huffman tables are the standard's, which Pillow uses.
"""

import secrets
import struct
from collections.abc import Iterator

# Bytes of pixels in one packet, so that it fits into an Ethernet frame.
_PART = 1380
_SOF0, _DQT, _SOS = 0xC0, 0xDB, 0xDA
# Bytes of the main header, and of the header and tables that follow it in the first packet.
_HEAD, _TABLES = 8, 132
# Q of 128 to 255: the tables are in the first packet.
_OWN_TABLES = 255


class JpegPayloads:
    """Payloads of Motion JPEG."""

    kind = 26
    sdp = "m=video 0 RTP/AVP 26\r\n"

    def payloads(self, picture: bytes) -> list[bytes]:
        """Return the payloads of *picture*: baseline, 4:2:0 or 4:2:2, sides a multiple of 8."""
        tables, frame, pixels = b"", b"", b""
        for marker, body, rest in _segments(picture):
            if marker == _DQT:
                tables += _tables(body)
            elif marker == _SOF0:
                frame = body
            elif marker == _SOS:
                pixels = rest[: rest.rindex(b"\xff\xd9")]
        height, width = struct.unpack_from(">HH", frame, 1)
        kind = 1 if frame[7] == 0x22 else 0
        head = struct.pack(">BBBB", kind, _OWN_TABLES, width // 8, height // 8)
        quantisation = struct.pack(">BBH", 0, 0, len(tables)) + tables
        return [
            b"\0" + at.to_bytes(3, "big") + head + (quantisation if not at else b"")
            + pixels[at : at + _PART]
            for at in range(0, len(pixels), _PART)
        ]  # fmt: skip

    def broken(self, payload: bytes) -> bytes:
        """Return *payload* with random pixels."""
        head = _HEAD + (_TABLES if payload[1:4] == b"\0\0\0" else 0)
        return payload[:head] + secrets.token_bytes(len(payload) - head)


def _segments(picture: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield marker, body and the bytes behind it of each segment up to the pixels."""
    at, marker = 2, 0
    while marker != _SOS:
        marker = picture[at + 1]
        length = int.from_bytes(picture[at + 2 : at + 4], "big")
        yield marker, picture[at + 4 : at + 2 + length], picture[at + 2 + length :]
        at += 2 + length


def _tables(body: bytes) -> bytes:
    """Return the 8-bit tables of a DQT without their numbers."""
    return b"".join(body[at + 1 : at + 65] for at in range(0, len(body), 65))
