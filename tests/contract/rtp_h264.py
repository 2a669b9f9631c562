"""H.264 in RTP (RFC 6184) for the RTSP twin: the payloads of one picture, encoded by x264.

As with real cameras, a client joins in the middle of a group of pictures: the first key frame comes
some pictures later.
"""

import re
import secrets
from fractions import Fraction

import av
from av.video.frame import PictureType

# Bytes of a unit that go into one packet.
_PART = 1380
# Pictures from one key frame to the next.
GROUP = 6
_FU_A = 28


class H264Payloads:
    """Payloads of H.264, packetization mode 1."""

    kind = 96
    sdp = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n"

    def __init__(self, codec: str = "libx264") -> None:
        self._codec = codec
        self._encoder: av.VideoCodecContext | None = None
        self._count = 0

    def payloads(self, picture: bytes) -> list[bytes]:
        """Return the payloads of *picture*; the first two are left out."""
        (decoded,) = av.VideoCodecContext.create("mjpeg", "r").decode(av.Packet(picture))
        frame = decoded.reformat(format="yuv420p")
        frame.pts = self._count
        frame.pict_type = PictureType.NONE  # the encoder decides, not the JPEG
        self._count += 1
        encoder = self._encoder = self._encoder or self._begun(frame.width, frame.height)
        data = b"".join(bytes(packet) for packet in encoder.encode(frame))
        units = [unit for unit in re.split(rb"\x00*\x00\x00\x01", data) if unit]
        return [] if self._count <= 2 else [part for unit in units for part in _parts(unit)]

    def broken(self, payload: bytes) -> bytes:
        """Return *payload* with random pixels; parameter sets stay."""
        head = 24 if payload[0] & 31 in (_FU_A, 5, 1) else len(payload)
        return payload[:head] + secrets.token_bytes(max(0, len(payload) - head))

    def _begun(self, width: int, height: int) -> av.VideoCodecContext:
        encoder = av.CodecContext.create(self._codec, "w")
        assert isinstance(encoder, av.VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base, encoder.gop_size = Fraction(1, 12), GROUP
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
        return encoder


def _parts(unit: bytes) -> list[bytes]:
    """Return *unit* whole, or as fragments (FU-A)."""
    if len(unit) <= _PART:
        return [unit]
    indicator, kind = unit[0] & 0xE0 | _FU_A, unit[0] & 31
    places = range(1, len(unit), _PART)
    return [
        bytes([indicator, (at == 1) << 7 | (at == places[-1]) << 6 | kind]) + unit[at : at + _PART]
        for at in places
    ]
