"""The first RTSP request to a camera, without a password: DESCRIBE (RFC 2326).

It shows what the camera wants before FFmpeg gets the password: which authentication it asks for, if
it is busy, or has no such stream. FFmpeg says less, and it would answer Basic.
"""

import time
from collections.abc import Callable
from contextlib import closing
from urllib.parse import SplitResult

from edge import __version__
from edge.config.sections.cameras import NetworkCamera
from edge.drivers.camera import http_auth
from edge.drivers.camera.base import Deadline, connect, unreachable
from edge.drivers.camera.http_auth import Challenge
from edge.drivers.camera.http_client import Exchange, not_admitted
from edge.drivers.camera.http_exchange import HttpResponse
from edge.drivers.camera.http_reader import Head, NotHttp, ResponseReader
from edge.drivers.camera.http_url import shown
from edge.errors import DeviceFault, DeviceUnavailable
from edge.printable import printable

PORT = 554

# The ways that FFmpeg can answer.
_KNOWN = ("Basic", "Digest MD5", "Digest MD5-sess")
_BUSY = (453, 500, 503)
_BUSY_REMEDY = "Close other viewers of the camera; if it stays, switch it off and on."
_FAULTS = {
    403: (
        "forbids the video",
        "Switch RTSP on in the camera's settings, and allow this user the live view.",
    ),
    404: (
        "has no stream at this address",
        "Correct url: the camera's manual and docs/cameras.md name usual addresses.",
    ),
}


def rtsp_address(url: SplitResult) -> tuple[str, int]:
    """Return host and port of the RTSP *url*."""
    return url.hostname or "", url.port or PORT


def wants_account(
    camera: str,
    url: SplitResult,
    config: NetworkCamera,
    deadline: Deadline,
    notify: Callable[[Exchange], None] | None = None,
) -> bool:
    """Return True if the camera asks for an account in a way that is known and allowed.

    :raises TimeoutError: if it does not answer in time
    :raises DeviceUnavailable: if it cannot be reached, or is busy
    :raises DeviceFault: if there is no such stream, or it asks in another way
    """
    began = time.monotonic()
    try:
        head = _describe(url, deadline)
    except NotHttp as error:
        raise DeviceFault(
            f"{camera}: does not answer as a camera with RTSP: {printable(str(error))}",
            "Correct the port in url; RTSP has 554 in most cameras.",
        ) from None
    except TimeoutError:
        raise
    except OSError as error:
        raise unreachable(camera, error) from error
    offered = http_auth.challenges(head.headers.get("www-authenticate", []))
    if notify is not None:
        words = tuple(one.words for one in offered)
        answer = HttpResponse(head, b"", whole=True)
        notify(Exchange("DESCRIBE", shown(url), "", answer, words, time.monotonic() - began))
    if head.status != 401:
        _check(camera, head)
        return False
    known = [one for one in offered if one.words in _KNOWN]
    if not config.username or http_auth.best(known, config.auth) is None:
        raise not_admitted(camera, config, _without_hashes(offered), proofs=0)
    return True


def _without_hashes(offered: list[Challenge]) -> list[Challenge]:
    """Return *offered* with the challenges that FFmpeg cannot answer as unknown ones."""
    return [
        one if one.words in _KNOWN else Challenge(f"{one.words} over RTSP", {}) for one in offered
    ]


def _check(camera: str, head: Head) -> None:
    said = f"{head.status} {printable(head.reason, 60)}".strip()
    if head.status in _BUSY:
        raise DeviceUnavailable(f"{camera}: is busy, it answers {said}", _BUSY_REMEDY)
    if head.status in _FAULTS:
        why, remedy = _FAULTS[head.status]
        raise DeviceFault(f"{camera}: {why}", remedy)
    if 300 <= head.status < 400:
        to = printable(head.header("location").partition("?")[0], 80)
        raise DeviceFault(
            f"{camera}: redirects ({said}) to {to}",
            "If that is the camera, write this address into url.",
        )


def _describe(url: SplitResult, deadline: Deadline) -> Head:
    """Return the head of the answer to DESCRIBE."""
    timeout_s = max(deadline.left(), 0.001)
    lines = (
        f"DESCRIBE {url.geturl()} RTSP/1.0",
        "CSeq: 1",
        "Accept: application/sdp",
        f"User-Agent: Gardu/{__version__}",
        "",
        "",
    )
    with closing(connect(rtsp_address(url), timeout_s)) as connection:
        connection.sendall("\r\n".join(lines).encode())
        reader = ResponseReader()
        while reader.head is None:
            connection.settimeout(max(deadline.left(), 0.001))
            data = connection.recv(4096)
            if not data:
                raise ConnectionResetError(None, "it closed the connection without an answer")
            reader.feed(data)
        return reader.head
