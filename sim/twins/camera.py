"""An IP camera: HTTP snapshots with Digest authentication (RFC 7616, MD5, qop auth).

It runs in threads of its own, as a camera would, and only reads the lobby.
"""

import hashlib
import hmac
import secrets
import sys
import threading
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.request import parse_http_list, parse_keqv_list

from sim.twins.scene import Scene, draw

USERNAME = "gardu"
PATH = "/snapshot.jpg"
_REALM = "kamera lobi"
# Challenges that are remembered; older ones must be asked for again.
_NONCES = 64

Fault = Literal["hang", "garbage", "refuse"]


def make_password() -> str:
    """Return a fresh random password."""
    return secrets.token_urlsafe(12)


class CameraTwin:
    """A camera on a free port of 127.0.0.1.

    :param look: returns what the camera sees; called from the camera's threads
    :ivar fault: ``hang``: never answers; ``garbage``: sends no JPEG; ``refuse``: answers 503;
        None: works (set it to cause the fault)
    :ivar stills: how many pictures have been sent
    """

    def __init__(self, look: Callable[[], Scene], password: str) -> None:
        self.password = password
        self.fault: Fault | None = None
        self.stills = 0
        self.look = look
        self.closing = threading.Event()
        self._nonces: deque[str] = deque(maxlen=_NONCES)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Address of the snapshot, while the camera runs."""
        port = self._server.server_port if self._server else 0
        return f"http://127.0.0.1:{port}{PATH}"

    def start(self) -> None:
        """Serve snapshots until :meth:`close`."""
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        """Stop, also where a request hangs."""
        if self._server is None or self._thread is None:
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = None

    def challenge(self) -> str:
        """Return a new value for the header ``WWW-Authenticate``."""
        nonce = secrets.token_hex(16)
        self._nonces.append(nonce)
        return f'Digest realm="{_REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'

    def admits(self, method: str, uri: str, authorization: str) -> bool:
        """Whether *authorization* (the request's header) proves knowledge of the password."""
        scheme, _, rest = authorization.partition(" ")
        try:
            said = parse_keqv_list(parse_http_list(rest))
        except ValueError:
            return False
        if scheme.lower() != "digest" or said.get("nonce") not in self._nonces:
            return False
        if said.get("username") != USERNAME or said.get("uri") != uri:
            return False
        right = digest(self.password, method, said)
        return hmac.compare_digest(right.encode(), said.get("response", "").encode())


def digest(
    password: str,
    method: str,
    said: dict[str, str],
    username: str = USERNAME,
    realm: str = _REALM,
) -> str:
    """Return the response that RFC 7616 asks for with the parameters that the client *said*."""
    secret = _md5(f"{username}:{realm}:{password}")
    request = _md5(f"{method}:{said.get('uri', '')}")
    middle = ":".join(said.get(key, "") for key in ("nonce", "nc", "cnonce", "qop"))
    return _md5(f"{secret}:{middle}:{request}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Server(ThreadingHTTPServer):
    # Requests in flight are waited for on closing, so that no thread outlives the lobby.
    daemon_threads = False

    def __init__(self, camera: CameraTwin) -> None:
        self.camera = camera
        super().__init__(("127.0.0.1", 0), _Request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has hung up is its own affair; anything else is a bug here."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Request(BaseHTTPRequestHandler):
    server: _Server
    # A client that says nothing must not keep a closing camera waiting.
    timeout = 5

    def do_GET(self) -> None:
        camera = self.server.camera
        if camera.fault == "hang":
            camera.closing.wait()
        elif camera.fault == "refuse":
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
        elif not camera.admits("GET", self.path, self.headers.get("Authorization", "")):
            self._ask_who()
        elif self.path != PATH:
            self.send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send_still(camera)

    def _ask_who(self) -> None:
        self.send_response(HTTPStatus.UNAUTHORIZED)
        self.send_header("WWW-Authenticate", self.server.camera.challenge())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_still(self, camera: CameraTwin) -> None:
        still = secrets.token_bytes(2000) if camera.fault == "garbage" else draw(camera.look())
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(still)))
        self.end_headers()
        self.wfile.write(still)
        camera.stills += 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its base's name
        """Say nothing: the world's output is for people."""
