"""An IP camera: HTTP snapshots behind Basic (RFC 7617) or Digest authentication (RFC 7616).

Digest with MD5, MD5-sess or SHA-256, qop auth; in any dialect (``camera_dialects.py``). It runs in
threads of its own, as a camera would, and only reads the lobby.
"""

import base64
import hashlib
import hmac
import secrets
import socket
import ssl
import struct
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.request import parse_http_list, parse_keqv_list

from sim.twins.camera_dialects import PLAIN, Dialect, answer, head, refusal
from sim.twins.camera_server import CameraServer
from sim.twins.scene import DARK, Scene, draw

USERNAME = "gardu"
PATH = "/snapshot.jpg"
_REALM = "kamera lobi"
# Number of challenges that stay valid; a client with an older one must ask for a new one.
_NONCES = 64
# Seconds between two bytes of a camera that drips: one still needs many minutes.
_DRIP_S = 0.02

# Interval at which a connection that stays open is ended if the camera is closed, seconds.
_STAY_S = 0.2
# SO_LINGER with a time of 0: the connection is reset.
_RESET = struct.pack("ii", 1, 0)

Scheme = Literal["none", "basic", "digest", "digest-sess", "digest-sha-256"]
SCHEMES: tuple[Scheme, ...] = ("none", "basic", "digest", "digest-sess", "digest-sha-256")

Fault = Literal[
    "hang", "refuse", "wrong-password", "stale-nonce", "redirect", "drop", "drip", "cut-short",
    "garbage", "frozen", "old",
]  # fmt: skip
"""The faults of a camera.

=============== ===================================================================
hang            never answers
refuse          answers 503
wrong-password  accepts no credentials
stale-nonce     rejects the first answer to a challenge as too late (``stale=true``)
redirect        redirects to another address
drop            closes the connection in the middle of the picture
drip            sends the picture byte by byte, slowly
cut-short       ends the picture early, with a Content-Length that fits
garbage         sends random bytes, not a JPEG
frozen          sends the same picture for ever
old             sends a picture with a ``Last-Modified`` of 1970
=============== ===================================================================
"""

_HASHES = {"digest": hashlib.md5, "digest-sess": hashlib.md5, "digest-sha-256": hashlib.sha256}
_ALGORITHMS = {"digest": "MD5", "digest-sess": "MD5-sess", "digest-sha-256": "SHA-256"}


def make_password() -> str:
    """Return a fresh random password."""
    return secrets.token_urlsafe(12)


class CameraTwin(CameraServer):
    """A camera on a port of 127.0.0.1 that was free when it first started.

    :param look: returns the scene in front of the lens; called from the camera's threads
    :param dialect: how it answers
    :param tls: it speaks TLS with this context
    :ivar fault: set it to cause one of :data:`Fault`; None: works
    :ivar covered: the lens is covered
    :ivar stills: how many pictures have been sent
    :ivar proofs: how many requests carried credentials
    :ivar paths: path and query of each request
    """

    def __init__(
        self,
        look: Callable[[], Scene],
        password: str,
        scheme: Scheme = "digest",
        dialect: Dialect = PLAIN,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__()
        self.password = password
        self.scheme: Scheme = scheme
        self.dialect = dialect
        self.fault: Fault | None = None
        self.covered = False
        self.stills = 0
        self.proofs = 0
        self.paths: list[str] = []
        self._look = look
        self._tls = tls
        self._asked = 0
        self._frozen: bytes | None = None
        self._nonces: deque[str] = deque(maxlen=_NONCES)
        self._spent: set[str] = set()

    @property
    def url(self) -> str:
        """Address of the snapshot, once the camera has started."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}{PATH}"

    def make_server(self, port: int) -> "_Server":
        """Return the server on *port* of loopback."""
        return _Server(self, port, self._tls)

    def picture(self) -> bytes:
        """Return the present picture (JPEG); a frozen camera returns the one from when it froze."""
        if self.fault != "frozen":
            self._frozen = None
            return self._seen()
        self._frozen = self._frozen or self._seen()
        return self._frozen

    def _seen(self) -> bytes:
        return DARK if self.covered else draw(self._look())

    def challenge(self, *, stale: bool = False) -> str:
        """Return a new value for the header ``WWW-Authenticate``."""
        if self.scheme in ("none", "basic"):
            return f'Basic realm="{_REALM}", charset="UTF-8"'
        nonce = secrets.token_hex(16)
        self._nonces.append(nonce)
        algorithm = _ALGORITHMS[self.scheme]
        late = ", stale=true" if stale else ""
        return f'Digest realm="{_REALM}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{late}'

    def admits(self, method: str, uri: str, authorization: str) -> bool:
        """Return True if *authorization* (the request's header) proves the password."""
        if self.scheme == "none" and self.fault != "wrong-password":
            return True
        scheme, _, rest = authorization.partition(" ")
        if self.fault == "wrong-password" or scheme.lower() != self.scheme.partition("-")[0]:
            return False
        if self.scheme == "basic":
            right = base64.b64encode(f"{USERNAME}:{self.password}".encode())
            return hmac.compare_digest(right, rest.strip().encode())
        return self._admits_digest(method, uri, rest)

    def too_late(self, authorization: str) -> bool:
        """Return True if *authorization* answers a challenge that counts as expired."""
        if self.fault != "stale-nonce" or not authorization or self._spent:
            return False
        self._spent.update(self._nonces)
        return True

    def takes_time(self) -> bool:
        """Return True if a request for a picture is to be answered with 503, by the dialect."""
        self._asked += 1
        return self._asked % (self.dialect.busy + 1) != 0

    def _admits_digest(self, method: str, uri: str, rest: str) -> bool:
        try:
            said = parse_keqv_list(parse_http_list(rest))
        except ValueError:
            return False
        if said.get("nonce") not in set(self._nonces) - self._spent:
            return False
        if said.get("username") != USERNAME or said.get("uri") != uri:
            return False
        if said.get("algorithm", "MD5") != _ALGORITHMS[self.scheme]:
            return False
        right = digest(self.password, method, said, scheme=self.scheme)
        self._spent.clear()
        return hmac.compare_digest(right.encode(), said.get("response", "").encode())


def digest(
    password: str,
    method: str,
    said: dict[str, str],
    username: str = USERNAME,
    realm: str = _REALM,
    scheme: Scheme = "digest",
) -> str:
    """Return the response that RFC 7616 defines for the client's parameters *said*."""

    def hashed(text: str) -> str:
        return _HASHES[scheme](text.encode(), usedforsecurity=False).hexdigest()

    secret = hashed(f"{username}:{realm}:{password}")
    if scheme == "digest-sess":
        secret = hashed(f"{secret}:{said.get('nonce', '')}:{said.get('cnonce', '')}")
    request = hashed(f"{method}:{said.get('uri', '')}")
    middle = ":".join(said.get(key, "") for key in ("nonce", "nc", "cnonce", "qop"))
    return hashed(f"{secret}:{middle}:{request}")


class _Server(ThreadingHTTPServer):
    # Closing waits for requests in progress, so that no thread outlives the lobby.
    daemon_threads = False

    def __init__(self, camera: CameraTwin, port: int, tls: ssl.SSLContext | None) -> None:
        self.camera = camera
        super().__init__(("127.0.0.1", port), _Request)
        if tls is not None:
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that has hung up; report any other error, which is a bug here."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ssl.SSLError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Request(BaseHTTPRequestHandler):
    server: _Server
    # A silent client must not delay the closing of the camera; seconds.
    timeout = 5

    def do_GET(self) -> None:
        camera = self.server.camera
        proof = self.headers.get("Authorization", "")
        camera.proofs += bool(proof)
        camera.paths.append(self.path)
        if camera.fault == "hang":
            camera.closing.wait()
        elif camera.fault == "refuse":
            self._answer(503)
        elif camera.dialect.moved and self.path == PATH:
            self._answer(302, Location=camera.dialect.moved.format(path=self.path))
        elif camera.too_late(proof):
            self._ask_who(stale=True)
        elif not camera.admits("GET", self.path, proof):
            self._ask_who()
        elif self.path not in (PATH, f"/moved{PATH}"):
            self._answer(404)
        elif camera.fault == "redirect":
            self._answer(302, Location="/login.html")
        elif camera.takes_time():
            self._answer(503)
        else:
            self._send_still(camera)

    def _ask_who(self, *, stale: bool = False) -> None:
        camera = self.server.camera
        self.wfile.write(refusal(camera.dialect, camera.challenge(stale=stale)))

    def _answer(self, status: int, **headers: str) -> None:
        fields = [*headers.items(), ("Content-Length", "0")]
        self.wfile.write(head(self.server.camera.dialect, status, fields))

    def _send_still(self, camera: CameraTwin) -> None:
        still, dialect = camera.picture(), camera.dialect
        headers = {"Date": self.date_time_string()}
        match camera.fault:
            case "garbage":
                still, dialect = secrets.token_bytes(2000), PLAIN
            case "cut-short":
                still, dialect = still[: len(still) // 2], PLAIN
            case "old":
                headers["Last-Modified"] = self.date_time_string(1)
        sent = answer(dialect, still, headers)
        camera.stills += 1
        if camera.fault == "drip":
            self._drip(sent)
        elif camera.fault == "drop":
            self.wfile.write(sent[: len(sent) // 2])
        else:
            self.wfile.write(sent)
            self._end(dialect)

    def _drip(self, sent: bytes) -> None:
        for at in range(len(sent)):
            if self.server.camera.closing.wait(_DRIP_S):
                return
            self.wfile.write(sent[at : at + 1])

    def _end(self, dialect: Dialect) -> None:
        """End the connection as the dialect does."""
        if dialect.ending == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.rfile.close()
            self.connection.close()
        while dialect.ending == "stay" and not self.server.camera.closing.is_set():
            self.connection.settimeout(_STAY_S)
            with suppress(TimeoutError):
                if not self.connection.recv(1):  # the client has closed it
                    return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        """Log no requests: the world's log is for people."""
