"""The process that decodes a still of an RTSP stream: ``python -m edge.drivers.camera.rtsp_child``.

FFmpeg (by PyAV) decodes data from a network and can hang in it, so it has a process of its own.

Rules of this process
---------------------
1. It follows the protocol of ``child_pipe.py``. A request is JSON (:class:`Order`). The answer is
   OK and a JPEG, or FAILED and JSON (:class:`Failure`).
2. The password comes by the pipe: it is in no argument and no variable of the environment. No text
   of FFmpeg is passed on, because its messages contain the URL with the password.
3. The still is the first key frame that arrives after the request and is decoded without an error.
4. It has no deadline: the parent kills it when it is late.
"""

import json
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlsplit

from edge.drivers.camera.child_pipe import serve

if TYPE_CHECKING:  # loaded in the child only
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

OK, FAILED = b"\0", b"\1"

# How many key frames may be broken before the stream is given up.
_MOST_BROKEN = 3
# Quality of the JPEG, FFmpeg's scale from 2 (best) to 31.
_QUALITY = "3"


# A stream is opened without waiting for many pictures to measure its rate.
_OPTIONS = {"fpsprobesize": "0", "analyzeduration": "1"}


class Order(NamedTuple):
    """The stream, its account (or none), and the longest wait of each step, seconds."""

    url: str
    username: str
    password: str
    transport: str
    seconds: float


class Failure(NamedTuple):
    """Why there is no still.

    :ivar passes: True: it may pass; False: a person must correct something
    """

    why: str
    remedy: str
    passes: bool = False


class _Failed(Exception):
    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.why)


_REFUSED = Failure(
    "refuses the username or password",
    "Correct username and password_file. Many cameras have a separate account for RTSP and ONVIF. "
    "After several wrong attempts cameras lock the account: wait then.",
)
_HTTP_ERRORS = {
    "HTTPUnauthorizedError": _REFUSED,
    "HTTPForbiddenError": Failure(
        "forbids this user the video",
        "Allow this user the live view in the camera's settings.",
    ),
    "HTTPNotFoundError": Failure(
        "has no stream at this address",
        "Correct url: the camera's manual and docs/cameras.md name usual addresses.",
    ),
    "HTTPOtherClientError": Failure(
        "does not accept the request",
        'Try the other transport ("tcp", "udp"). Too many viewers may be connected: close them.',
    ),
    "HTTPServerError": Failure(
        "is busy",
        "Too many viewers may be connected to the camera: close them; else switch it off and on.",
        passes=True,
    ),
}
_BROKEN = Failure(
    "sends key frames that cannot be decoded",
    "Choose H.264 in the camera's settings, and a lower bit rate if the network is slow. With "
    'transport = "udp", try "tcp".',
)
_NO_VIDEO = Failure(
    "sends a stream without video",
    "Correct url: it is perhaps the address of the sound.",
)
_ENDED = Failure(
    "ended the stream before a whole picture",
    "Too many viewers may be connected to the camera: close them; else switch it off and on.",
    passes=True,
)


def main() -> None:
    """Serve stills until the parent closes the pipe."""
    serve(_begun, _explain)


def _begun() -> Callable[[bytes], bytes]:
    import av

    av.logging.set_level(None)  # rule 2
    return _answer


def _answer(request: bytes) -> bytes:
    try:
        return OK + _still(Order(*json.loads(request)))
    except _Failed as failed:
        return FAILED + json.dumps(failed.failure).encode()


def _still(order: Order) -> bytes:
    import av

    options = {"rtsp_transport": order.transport, "timeout": str(int(order.seconds * 1e6))}
    try:
        with av.open(
            _with_account(order), options={**_OPTIONS, **options}, timeout=order.seconds
        ) as container:
            return _key_frame(container)
    except (av.FFmpegError, OSError) as error:
        raise _Failed(_named(error)) from None


def _with_account(order: Order) -> str:
    """Return the URL with the account, as FFmpeg wants it."""
    if not order.username:
        return order.url
    account = f"{quote(order.username, safe='')}:{quote(order.password, safe='')}@"
    return urlsplit(order.url)._replace(netloc=account + urlsplit(order.url).netloc).geturl()


def _key_frame(container: "InputContainer") -> bytes:
    """Return the first key frame that can be decoded, as a JPEG."""
    if not container.streams.video:
        raise _Failed(_NO_VIDEO)
    stream = container.streams.video[0]
    stream.codec_context.options = {"err_detect": "explode"}
    stream.codec_context.thread_type = "NONE"  # decoding slices in threads hides their errors
    broken = 0
    for packet in container.demux(stream):
        if not packet.is_keyframe or not packet.size:
            continue
        frame = _decoded(stream.codec_context, packet)
        if frame is not None:
            return _jpeg(packet, stream.codec_context.name, frame)
        broken += 1
        if broken == _MOST_BROKEN:
            raise _Failed(_BROKEN)
    raise _Failed(_ENDED)


def _decoded(decoder: "VideoCodecContext", packet: "Packet[Any]") -> "VideoFrame | None":
    """Return the frame of one key packet without waiting for the next packets; None if broken."""
    import av

    try:
        frames: Iterator[Any] = iter([*decoder.decode(packet), *decoder.decode(None)])
    except (av.FFmpegError, ValueError):
        frames = iter(())
    decoder.flush_buffers()
    return next((frame for frame in frames if not frame.is_corrupt), None)


def _jpeg(packet: "Packet[Any]", codec: str, frame: "VideoFrame") -> bytes:
    """Return the frame as a JPEG; that of an MJPEG stream is one already."""
    import av

    if codec == "mjpeg":
        return bytes(packet)
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt = "yuvj420p"
    encoder.options = {"qmin": _QUALITY, "qmax": _QUALITY}
    encoder.time_base = Fraction(1, 90_000)
    picture = frame.reformat(format="yuvj420p", dst_color_range="JPEG")
    return b"".join(bytes(part) for part in [*encoder.encode(picture), *encoder.encode(None)])


def _named(error: Exception) -> Failure:
    """Return *error* of FFmpeg in words of our own (rule 2)."""
    kind = type(error).__name__
    if kind in _HTTP_ERRORS:
        return _HTTP_ERRORS[kind]
    if isinstance(error, ConnectionError | TimeoutError) or kind in ("ExitError", "EOFError"):
        return _ENDED
    number = getattr(error, "errno", None)
    return Failure(
        f"the video cannot be read ({kind}, {number})",
        "Try the address in another program (VLC). Choose H.264 in the camera's settings.",
        passes=True,
    )


def _explain(error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"PyAV is not installed: {error}\nInstall it: pip install 'gardu[video]'."
    return type(error).__name__  # no text: it may contain the password


if __name__ == "__main__":
    main()
    sys.exit()
