"""One HTTP GET with limits on time and size, which hold against any server.

Rules
-----
1. One deadline for the whole exchange, however slowly bytes drip: when it passes, the connection
   is cut from another thread, at any stage (TLS handshake, headers, body). Only the look-up
   of a host's name cannot be cut; an address in the URL needs none.
2. Straight to the host: no proxy, no redirect, only http and https.
3. At most ``MAX_SIZE`` bytes of a body are read, and one more that shows that there were more.
4. One connection for one request: cameras drop the ones that stay open.
"""

import hashlib
import hmac
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection, IncompleteRead
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult

import msgspec

from edge.drivers.camera.base import MAX_SIZE

_PORTS = {"http": 80, "https": 443}


class HttpResponse(msgspec.Struct, frozen=True):
    """A response: header names in small letters, each with all its values.

    :ivar whole: whether as much of the body came as the answer had promised
    """

    status: int
    reason: str
    headers: Mapping[str, list[str]]
    body: bytes
    whole: bool

    def header(self, name: str) -> str:
        """Return the first value of header *name*; empty if it was not sent."""
        return self.headers.get(name, [""])[0]


class WrongCertificate(ssl.SSLError):
    """The certificate does not have the fingerprint in the config."""


def address(url: SplitResult) -> tuple[str, int]:
    """Return host and port of *url*.

    :raises ValueError: if it is neither http nor https
    """
    if url.scheme not in _PORTS:
        raise ValueError(f"{url.scheme}:// is neither http:// nor https://")
    return url.hostname or "", url.port or _PORTS[url.scheme]


def target(url: SplitResult) -> str:
    """Return the request target: path and query of *url*."""
    return (url.path or "/") + (f"?{url.query}" if url.query else "")


def get(
    url: SplitResult,
    headers: Mapping[str, str],
    cut: "Cut",
    timeout_s: float,
    tls: ssl.SSLContext | None = None,
    fingerprint: str = "",
) -> HttpResponse:
    """Return the response of *url*.

    :param timeout_s: seconds for each single wait; the whole has *cut*
    :raises OSError: if there is no connection, or it breaks off
    :raises http.client.HTTPException: if the server does not speak HTTP
    """
    host, port = address(url)
    connection: _Connection
    if url.scheme == "https":
        connection = _TlsConnection(host, port, timeout=timeout_s, context=tls)
        connection.fingerprint = fingerprint.replace(":", "").lower()
    else:
        connection = _Connection(host, port, timeout=timeout_s)
    connection.cut = cut
    with closing(connection):
        connection.request("GET", target(url), headers={**headers, "Connection": "close"})
        with connection.getresponse() as response:
            named: dict[str, list[str]] = {}
            for name, value in response.getheaders():
                named.setdefault(name.lower(), []).append(value)
            wanted = response.status == 200 and not _streams(named)
            body, whole = _body(response) if wanted else (b"", True)
            return HttpResponse(response.status, response.reason, named, body, whole)


def _body(response: HTTPResponse) -> tuple[bytes, bool]:
    try:
        body = response.read(MAX_SIZE + 1)
    except IncompleteRead as error:
        return error.partial, False
    return body, len(body) > MAX_SIZE or not response.length


def _streams(headers: Mapping[str, list[str]]) -> bool:
    """Return True if the body is a video stream that never ends."""
    return headers.get("content-type", [""])[0].lower().startswith("multipart/")


class Cut:
    """Cuts the connections of one exchange when its time is over.

    It shuts a duplicate of the socket, which ends the connection for every holder and stays
    valid while TLS takes the original over.
    """

    def __init__(self, seconds: float) -> None:
        self.made = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._make)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for held in self._sockets:
                held.close()
            self._sockets.clear()

    def watch(self, connection: socket.socket) -> None:
        """Cut *connection* too when the time comes."""
        with self._lock:
            self._sockets.append(connection.dup())
        if self.made:
            self._make()

    def _make(self) -> None:
        with self._lock:
            self.made = True
            for held in self._sockets:
                with suppress(OSError):  # the other side was faster and has closed it
                    held.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """A connection that is watched from the moment it stands, before any TLS handshake."""

    cut: Cut

    def connect(self) -> None:
        """Connect, and have it cut when the time is over."""
        super().connect()
        self.cut.watch(self.sock)


class _TlsConnection(HTTPSConnection, _Connection):
    """The same with TLS; HTTPSConnection.connect calls _Connection.connect, then shakes hands."""

    fingerprint: str

    def connect(self) -> None:
        """Connect, shake hands, and check the certificate where one is pinned."""
        super().connect()
        assert isinstance(self.sock, ssl.SSLSocket)
        shown = hashlib.sha256(self.sock.getpeercert(binary_form=True) or b"").hexdigest()
        if self.fingerprint and not hmac.compare_digest(shown, self.fingerprint):
            raise WrongCertificate(f"its certificate has the fingerprint {shown}")
