"""One HTTP request and its response, with limits on time and size that hold against any server.

Rules
-----
1. One deadline for the whole exchange, however slowly bytes drip (``cut.py``).
2. Straight to the host: no proxy, only http and https. Redirects are the caller's decision.
3. The reading ends when the content is whole, not at the announced length: a picture with its
   own last marker (``PictureEnd``), a text with its announced length or after a pause
   (``TextEnd``). A connection that is closed or reset ends it too.
4. One connection for one request: cameras drop the ones that stay open.
"""

import hashlib
import hmac
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing
from typing import Protocol
from urllib.parse import SplitResult

import msgspec

from edge import __version__
from edge.drivers.camera import jpeg
from edge.drivers.camera.base import MAX_SIZE, connect
from edge.drivers.camera.cut import Cut
from edge.drivers.camera.http_reader import Head, ResponseReader

PORTS = {"http": 80, "https": 443}

# How long the rest of a text, or bytes behind an announced length, are waited for, real seconds.
PAUSE_S = 1.0
# Most bytes of a text that are read: the error pages of cameras have a few hundred.
MOST_TEXT = 16 * 1024
_CHUNK = 65536


class HttpRequest(msgspec.Struct, frozen=True):
    """A request: its method, its target (path and query) and its own headers."""

    method: str = "GET"
    target: str = "/"
    headers: Mapping[str, str] = {}
    body: bytes = b""


class HttpResponse(msgspec.Struct, frozen=True):
    """A response.

    :ivar whole: True if all bytes of the body came that its head announced
    """

    head: Head
    body: bytes
    whole: bool

    @property
    def status(self) -> int:
        """The status, 200 to 999."""
        return self.head.status

    def header(self, name: str) -> str:
        """Return the first value of header *name* (small letters); empty if it was not sent."""
        return self.head.header(name)


class BodyEnd(Protocol):
    """Decides when a body is whole."""

    def reached(self, reader: ResponseReader) -> bool:
        """Return True if no more bytes are needed."""

    def pause_s(self, reader: ResponseReader) -> float | None:
        """Return the longest pause that may follow, real seconds; None: only the deadline."""


class TextEnd:
    """The end of a text, such as an error page."""

    def reached(self, reader: ResponseReader) -> bool:
        """Return True at its announced length, or if it is too long for a text."""
        return reader.complete or len(reader.body) > MOST_TEXT

    def pause_s(self, reader: ResponseReader) -> float | None:
        """Return PAUSE_S once it has begun."""
        return PAUSE_S if reader.body else None


class PictureEnd:
    """The end of a picture: its own last marker. Another body ends as a text."""

    def __init__(self) -> None:
        self._text = TextEnd()
        self._looked = 0

    def reached(self, reader: ResponseReader) -> bool:
        """Return True if the body has one whole JPEG, is too large, or is no picture."""
        body = reader.body
        if reader.head is None or reader.head.status != 200:
            return self._text.reached(reader)
        if not jpeg.begins(body):
            return self._text.reached(reader)
        if len(body) > MAX_SIZE:
            return True
        # An end marker among the new bytes, or across their border: only then can it be whole.
        ends = body.find(b"\xff\xd9", max(0, self._looked - 1)) >= 0
        self._looked = len(body)
        return ends and _is_whole(body)

    def pause_s(self, reader: ResponseReader) -> float | None:
        """Return PAUSE_S for a text, and behind the announced length."""
        textual = not jpeg.begins(reader.body) and not _pictorial(reader.head)
        return self._text.pause_s(reader) if reader.complete or textual else None


def _pictorial(head: Head | None) -> bool:
    """Return True if the head announces pictures: bytes before the first may come with a pause."""
    kind = "" if head is None else head.header("content-type").lower()
    return kind.startswith(("image/", "multipart/"))


def _is_whole(body: bytearray) -> bool:
    try:
        jpeg.whole(body)
    except jpeg.CutShort:
        return False
    except jpeg.NotJpeg:  # the caller says so; more bytes do not mend it
        return True
    return True


class WrongCertificate(ssl.SSLError):
    """The certificate does not have the fingerprint in the config; *shown* is the one it has."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        super().__init__(f"its certificate has the fingerprint {shown}")


class HungUp(ConnectionError):
    """The connection was closed before a whole head had come."""


def address(url: SplitResult) -> tuple[str, int]:
    """Return host and port of *url*.

    :raises ValueError: if it is neither http nor https
    """
    if url.scheme not in PORTS:
        raise ValueError(f"{url.scheme}:// is neither http:// nor https://")
    return url.hostname or "", url.port or PORTS[url.scheme]


def exchange(
    url: SplitResult,
    request: HttpRequest,
    end: BodyEnd,
    cut: Cut,
    timeout_s: float,
    tls: ssl.SSLContext | None = None,
    fingerprint: str = "",
) -> HttpResponse:
    """Send *request* to the host of *url* and return its response.

    :param timeout_s: seconds for each single wait; the whole has *cut*
    :raises OSError: if there is no connection, or it breaks off before a whole head
    :raises NotHttp: if the server does not speak HTTP
    """
    connection = connect(address(url), timeout_s)
    with closing(connection):
        cut.watch(connection)
        if url.scheme == "https":
            connection = _encrypted(connection, url.hostname or "", tls, fingerprint)
        with closing(connection):
            connection.sendall(_encoded(url, request))
            return _read(connection, end, timeout_s)


def _encrypted(
    connection: socket.socket, host: str, tls: ssl.SSLContext | None, fingerprint: str
) -> ssl.SSLSocket:
    context = tls or ssl.create_default_context()
    encrypted = context.wrap_socket(connection, server_hostname=host)
    wanted = fingerprint.replace(":", "").lower()
    shown = hashlib.sha256(encrypted.getpeercert(binary_form=True) or b"").hexdigest()
    if wanted and not hmac.compare_digest(shown, wanted):
        encrypted.close()
        raise WrongCertificate(shown)
    return encrypted


def _encoded(url: SplitResult, request: HttpRequest) -> bytes:
    headers = {
        "Host": url.netloc.rpartition("@")[2],
        "User-Agent": f"Gardu/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **request.headers,
    }
    if request.body:
        headers["Content-Length"] = str(len(request.body))
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + request.body


def _read(connection: socket.socket, end: BodyEnd, timeout_s: float) -> HttpResponse:
    reader = ResponseReader()
    while not (reader.head is not None and end.reached(reader)):
        pause_s = end.pause_s(reader) if reader.head is not None else None
        connection.settimeout(timeout_s if pause_s is None else min(pause_s, timeout_s))
        try:
            data = connection.recv(_CHUNK)
        except TimeoutError:
            if pause_s is None:
                raise
            break
        except (ConnectionError, ssl.SSLError) as error:
            if reader.head is None:
                raise HungUp(str(error)) from error
            break
        if not data:
            break
        reader.feed(data)
    if reader.head is None:
        raise HungUp("it closed the connection without an answer")
    return HttpResponse(reader.head, bytes(reader.body), reader.complete)
