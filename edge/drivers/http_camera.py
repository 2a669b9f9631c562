"""An IP camera's HTTP snapshot.

Rules this driver keeps
-----------------------
1. One deadline for a whole still, however slowly bytes drip: when it passes, the connection is
   cut from another thread, whatever it is doing (TLS handshake, headers, body).
2. Basic or Digest, whichever the camera asks for. The password is sent once: trying again with
   a wrong one locks the account on many cameras.
3. No proxy, no redirect, nothing but http and https; at most ``MAX_SIZE`` bytes are read.
4. The password comes from its file for every still (it may be changed meanwhile) and is in no
   message.
"""

import socket
import threading
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPSConnection
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import AbstractHTTPHandler, OpenerDirector, Request

from edge.clock import Clock
from edge.drivers.camera import MAX_SIZE, Deadline, checked_jpeg
from edge.errors import DeviceFault, DeviceUnavailable, GarduError
from edge.sections.cameras import HttpCamera

# HTTP statuses that somebody must see to, and where. Others may pass by themselves.
_FAULTS = {
    401: "refuses the username or password: correct username and password_file in the config",
    403: "forbids this user the picture: allow it in the camera's settings",
    404: "has no picture at this address: correct url in the config",
}


class HttpSnapshotCamera:
    """One IP camera; every error names it.

    :param name: what the device is called in records, for example ``camera/lobby``
    """

    def __init__(self, name: str, config: HttpCamera, clock: Clock) -> None:
        self.name = name
        self._config = config
        self._clock = clock

    def open(self) -> None:
        """See whether something listens there; the password is not tried.

        :raises DeviceUnavailable: if nothing does
        """
        url = urlsplit(self._config.url)
        address = (url.hostname or "", url.port or (443 if url.scheme == "https" else 80))
        try:
            socket.create_connection(address, self._deadline().left()).close()
        except OSError as error:
            raise DeviceUnavailable(f"{self.name}: cannot be reached: {error}") from error

    def close(self) -> None:
        """Nothing is held between stills."""

    def capture(self) -> bytes:
        """Return one JPEG that was asked for after this call.

        :raises DeviceUnavailable: if the camera cannot be reached or is not done in time
        :raises DeviceFault: if it refuses, or what came is not a JPEG
        """
        deadline = self._deadline()
        with _Cut(deadline.left()) as cut:
            try:
                data = self._read(cut, deadline)
            except GarduError:
                raise
            except (OSError, HTTPException, ValueError) as error:
                raise self._told(error, cut) from error
            if cut.made:
                raise self._late()
        return checked_jpeg(data, self.name)

    def _read(self, cut: "_Cut", deadline: Deadline) -> bytes:
        with self._opener(cut).open(self._config.url, timeout=deadline.left()) as response:
            data: bytes = response.read(MAX_SIZE + 1)
        return data

    def _told(self, error: Exception, cut: "_Cut") -> GarduError:
        """Return *error* in the words of the checkpoint."""
        if isinstance(error, HTTPError):
            error.close()
            why = _FAULTS.get(error.code, f"answers {error.code} {error.reason}")
            kind = DeviceUnavailable if error.code >= 500 else DeviceFault
            return kind(f"{self.name}: {why}")
        if cut.made or isinstance(error, TimeoutError):
            return self._late()
        if isinstance(error, OSError):
            return DeviceUnavailable(f"{self.name}: cannot be reached: {error}")
        return DeviceFault(f"{self.name}: does not answer as a camera: {error!r}")

    def _late(self) -> DeviceUnavailable:
        return DeviceUnavailable(f"{self.name}: no picture within {self._config.timeout_s:g} s")

    def _deadline(self) -> Deadline:
        return Deadline(self._clock, self._config.timeout_s)

    def _opener(self, cut: "_Cut") -> OpenerDirector:
        """Return an opener with just what rule 3 allows."""
        opener = OpenerDirector()
        opener.add_handler(_Handler(cut))
        opener.add_handler(urllib.request.HTTPErrorProcessor())
        opener.add_handler(urllib.request.HTTPDefaultErrorHandler())
        opener.add_handler(urllib.request.UnknownHandler())
        if self._config.username:
            passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
            passwords.add_password(None, self._config.url, self._config.username, self._password())
            opener.add_handler(_DigestOnce(passwords))
            opener.add_handler(_BasicOnce(passwords))
        return opener

    def _password(self) -> str:
        file = self._config.password_file
        if not file:
            return ""
        try:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DeviceFault(f"{self.name}: the password file cannot be read: {error}") from error


class _DigestOnce(urllib.request.HTTPDigestAuthHandler):
    """Digest authentication that takes the camera's first no for an answer."""

    def http_error_401(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        """Answer the challenge if it is Digest and has not been answered before."""
        if req.has_header("Authorization") or not _asked("digest", headers):
            return None
        fp.close()  # urllib forgets the refusal's connection
        return super().http_error_401(req, fp, code, msg, headers)


class _BasicOnce(urllib.request.HTTPBasicAuthHandler):
    """Basic authentication likewise; urllib's own raises where the challenge is another."""

    def http_error_401(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> Any:
        """Answer the challenge if it is Basic and has not been answered before."""
        if req.has_header("Authorization") or not _asked("basic", headers):
            return None
        fp.close()  # urllib forgets the refusal's connection
        return super().http_error_401(req, fp, code, msg, headers)


def _asked(scheme: str, headers: HTTPMessage) -> bool:
    challenges: list[str] = headers.get_all("WWW-Authenticate", [])
    return any(challenge.lower().startswith(scheme) for challenge in challenges)


class _Cut:
    """Cuts the connections of one request when its time is over.

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
                with suppress(OSError):  # the camera was faster and has closed it
                    held.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """A connection that is watched from the moment it stands, before any TLS handshake."""

    cut: _Cut

    def connect(self) -> None:
        """Connect, and have it cut when the time is over."""
        super().connect()
        self.cut.watch(self.sock)


class _TlsConnection(HTTPSConnection, _Connection):
    """The same with TLS; HTTPSConnection.connect calls _Connection.connect, then shakes hands."""


class _Handler(AbstractHTTPHandler):
    """Opens http and https with connections that the request's cut watches."""

    http_request = https_request = AbstractHTTPHandler.do_request_

    def __init__(self, cut: _Cut) -> None:
        super().__init__()
        self._cut = cut

    def http_open(self, request: Request) -> Any:
        """Open an http URL."""
        return self.do_open(self._watched(_Connection), request)

    def https_open(self, request: Request) -> Any:
        """Open an https URL; the certificate is checked as everywhere."""
        return self.do_open(self._watched(_TlsConnection), request)

    def _watched(self, kind: type[_Connection]) -> Callable[..., HTTPConnection]:
        def connect(host: str, **options: Any) -> HTTPConnection:
            connection = kind(host, **options)
            connection.cut = self._cut
            return connection

        return connect
