"""A small but real IP camera for the tests: HTTP with Basic or Digest, and many faults."""

import base64
import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from types import TracebackType
from typing import Self

from PIL import Image


def picture(colour: str = "grey") -> bytes:
    """Return a small JPEG."""
    jpeg = BytesIO()
    Image.new("RGB", (16, 12), colour).save(jpeg, "JPEG")
    return jpeg.getvalue()


JPEG = picture()

USER, PASSWORD, REALM = "gardu", "rahasia", "camera"
NONCE = "5ccc069c403ebaf9f0171e9517f40e41"
NONCE_2 = "b5909fb9f04e4d1fd2b1a0a5a6a1e9f1"


NONE: dict[str, str] = {}


def md5(text: str) -> str:
    """Return the digest H of RFC 2617."""
    return hashlib.md5(text.encode()).hexdigest()


class IpCamera(ThreadingHTTPServer):
    """Listens on loopback; the path selects its behaviour.

    :ivar passwords: how many requests carried credentials
    :ivar requests: how many requests have come
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.passwords = 0
        self.requests = 0
        self.over = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def url(self, path: str) -> str:
        """Return the address of *path* on this camera."""
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: IpCamera
    # Chunks need HTTP 1.1; every answer is the last on its connection all the same.
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its signature
        """Log no request."""

    def do_GET(self) -> None:  # its name
        """Answer as the path selects."""
        self.server.requests += 1
        behaviour = getattr(self, "_" + self.path.strip("/").replace("-", "_"))
        behaviour()

    def _plain(self) -> None:
        self._body(JPEG)

    def _padded(self) -> None:
        self._body(JPEG + b"\0\0\r\n")

    def _garbage(self) -> None:
        self._body(b"<html>no camera here</html>")

    def _truncated(self) -> None:
        self._body(JPEG[:100])

    def _huge(self) -> None:
        self._body(b"\xff\xd8\xff" + bytes(9 * 1024 * 1024) + b"\xff\xd9")

    def _chunked(self) -> None:
        self._chunks(JPEG, b"0\r\n\r\n")

    def _chunked_and_dropped(self) -> None:
        self._chunks(JPEG[:300], b"")

    def _says_too_much(self) -> None:
        self._body(JPEG, says=len(JPEG) + 1000)

    def _says_too_little(self) -> None:
        self._body(JPEG, says=len(JPEG) - 200)

    def _dropped(self) -> None:
        self._body(JPEG[:300], says=len(JPEG))

    def _no_length(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(JPEG)

    def _dated(self) -> None:
        self._body(JPEG, headers={"Last-Modified": self.date_time_string(10**9)})

    def _just_now(self) -> None:
        self._body(JPEG, headers={"Last-Modified": self.date_time_string()})

    def _nonsense_dates(self) -> None:
        self._body(JPEG, headers={"Last-Modified": "yesterday", "Age": "old"})

    def _cached(self) -> None:
        self._body(JPEG, headers={"Age": "7200"})

    def _stale_nonce(self) -> None:
        """Refuse the first answer as stale."""
        late = self._sent() and NONCE_2 not in self._sent()
        nonce, more = (NONCE_2, ", stale=true") if late else (NONCE, "")
        challenge = f'Digest realm="{REALM}", nonce="{nonce}", qop="auth"{more}'
        self._guarded(challenge, granted=not late and self._digest_fits(NONCE_2))

    def _always_stale(self) -> None:
        challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", stale=true'
        self._guarded(challenge, granted=False)

    def _many_ways(self) -> None:
        """Offer every scheme at once, in two headers; accept only Digest with SHA-256."""
        sent = self._sent()
        if sent.startswith("Digest") and "SHA-256" in sent:
            self.server.passwords += 1
            self._body(JPEG)
            return
        self.server.passwords += bool(sent)
        self.send_response(401)
        self.send_header("WWW-Authenticate", f'Basic realm="a, Digest b", Digest realm="{REALM}", '
                         f'nonce="{NONCE}", qop="auth,auth-int", algorithm=MD5')  # fmt: skip
        self.send_header("WWW-Authenticate", f'Digest realm="{REALM}", nonce="{NONCE}", '
                         'qop="auth", algorithm=SHA-256')  # fmt: skip
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _chunks(self, body: bytes, end: bytes) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n" + end)

    def _redirect(self) -> None:
        self._status(302, Location="/plain")

    def _missing(self) -> None:
        self._status(404)

    def _busy(self) -> None:
        self._status(503)

    def _busy_then_silent(self) -> None:
        if self.server.requests > 1:
            self.server.over.wait()
        self._status(503)

    def _not_http(self) -> None:
        self.wfile.write(b"220 ftp ready\r\n\r\n")

    def _silent(self) -> None:
        self.server.over.wait()

    def _dripping_headers(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Drip: ")
        self._drip()

    def _dripping_body(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(JPEG[:4])
        self._drip()

    def _drip(self) -> None:
        try:
            while not self.server.over.wait(0.01):
                self.wfile.write(b"x")
        except OSError:
            self.close_connection = True

    def _basic(self) -> None:
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        self._guarded(f'Basic realm="{REALM}"', granted=self._sent() == wanted)

    def _digest(self) -> None:
        challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
        self._guarded(challenge, granted=self._digest_fits())

    def _unheard_of(self) -> None:
        self._guarded('Bearer realm="cloud"', granted=False)

    def _sent(self) -> str:
        return str(self.headers.get("Authorization", ""))

    def _digest_fits(self, nonce: str = NONCE) -> bool:
        """Check the response as RFC 2617 section 3.2.2.1 computes it."""
        sent = dict(re.findall(r'(\w+)="?([^",]*)"?', self._sent().removeprefix("Digest ")))
        if sent.get("nonce") != nonce or sent.get("uri") != self.path:
            return False
        secret = md5(f"{USER}:{REALM}:{PASSWORD}")
        words = (secret, nonce, sent["nc"], sent["cnonce"], "auth", md5(f"GET:{self.path}"))
        return sent.get("username") == USER and sent.get("response") == md5(":".join(words))

    def _guarded(self, challenge: str, *, granted: bool) -> None:
        self.server.passwords += bool(self._sent())
        if granted:
            self._body(JPEG)
        else:
            self._status(401, **{"WWW-Authenticate": challenge})

    def _status(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _body(self, body: bytes, says: int | None = None, headers: dict[str, str] = NONE) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if says is None else says))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the reader has closed the connection
