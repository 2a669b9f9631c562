"""An IP camera with RTSP alone (RFC 2326): Digest or Basic, video over the same connection.

The video is Motion JPEG in RTP (RFC 2435), or the payloads of another encoder. It runs in threads
of its own, as a camera would, and only reads the lobby.
"""

import base64
import hashlib
import hmac
import secrets
import socketserver
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol
from urllib.request import parse_http_list, parse_keqv_list

from sim.twins.camera import USERNAME, digest
from sim.twins.camera_server import CameraServer
from sim.twins.rtp_jpeg import JpegPayloads

PATH = "/stream1"
_REALM = "kamera lobi"
# Pictures in a second.
_RATE = 12
# Seconds between two bytes of a camera that drips.
_DRIP_S = 0.02
# Hertz of RTP's clock for video.
_CLOCK = 90_000

RtspScheme = Literal["none", "basic", "digest"]
RtspFault = Literal[
    "hang", "refuse", "wrong-password", "drop", "drip", "cut-short", "garbage", "frozen",
    "no-video",
]  # fmt: skip
"""The faults of a camera: as those of an HTTP camera (``camera.py``).

no-video: answers every request and sends no picture.
"""


class Payloads(Protocol):
    """An encoder: makes the payloads of RTP packets of pictures."""

    sdp: str
    """The lines of the stream's description, each with its line end."""
    kind: int
    """The payload type."""

    def payloads(self, picture: bytes) -> list[bytes]:
        """Return the payloads of one frame that shows the JPEG *picture*."""

    def broken(self, payload: bytes) -> bytes:
        """Return *payload* with random bytes in the place of its picture."""


class RtspCameraTwin(CameraServer):
    """A camera on a port of 127.0.0.1 that was free when it first started.

    :param look: returns the picture before the lens (JPEG); called from the camera's threads
    :param encoder: makes the encoder of one connection's stream
    :ivar fault: set it to cause one of :data:`RtspFault`; None: works
    :ivar proofs: how many requests carried credentials
    :ivar requests: how many requests have come, by method
    """

    def __init__(
        self,
        look: Callable[[], bytes],
        password: str,
        scheme: RtspScheme = "digest",
        encoder: Callable[[], Payloads] = JpegPayloads,
    ) -> None:
        self.look = look
        super().__init__()
        self.password = password
        self.scheme: RtspScheme = scheme
        self.encoder = encoder
        self.fault: RtspFault | None = None
        self.proofs = 0
        self.requests: list[str] = []
        self.nonce = secrets.token_hex(16)
        self._frozen: bytes | None = None

    @property
    def url(self) -> str:
        """Address of the stream, once the camera has started."""
        return f"rtsp://127.0.0.1:{self.port}{PATH}"

    def make_server(self, port: int) -> "_Server":
        """Return the server on *port* of loopback."""
        return _Server(self, port)

    def picture(self) -> bytes:
        """Return the present picture; a frozen camera returns the one from when it froze."""
        if self.fault != "frozen":
            self._frozen = None
            return self.look()
        self._frozen = self._frozen or self.look()
        return self._frozen

    def challenge(self) -> str:
        """Return the value of ``WWW-Authenticate``."""
        if self.scheme == "digest":
            return f'Digest realm="{_REALM}", nonce="{self.nonce}"'
        return f'Basic realm="{_REALM}"'

    def admits(self, method: str, authorization: str) -> bool:
        """Return True if *authorization* (the request's header) proves the password."""
        if self.fault == "wrong-password":
            return False
        scheme, _, rest = authorization.partition(" ")
        if self.scheme == "none":
            return True
        if scheme.lower() != self.scheme:
            return False
        if self.scheme == "basic":
            right = base64.b64encode(f"{USERNAME}:{self.password}".encode()).decode()
            return hmac.compare_digest(right, rest.strip())
        said = parse_keqv_list(parse_http_list(rest))
        if said.get("nonce") != self.nonce or said.get("username") != USERNAME:
            return False
        return hmac.compare_digest(self._response(method, said), said.get("response", ""))

    def _response(self, method: str, said: dict[str, str]) -> str:
        """Return the response of RFC 2069, or that of RFC 7616 where the client gave a qop."""
        if "qop" in said:
            return digest(self.password, method, said)

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        secret = md5(f"{USERNAME}:{_REALM}:{self.password}")
        request = md5(f"{method}:{said.get('uri', '')}")
        return md5(f"{secret}:{self.nonce}:{request}")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    # Closing waits for streams in progress, so that no thread outlives the lobby.
    daemon_threads = False

    def __init__(self, camera: RtspCameraTwin, port: int) -> None:
        self.camera = camera
        super().__init__(("127.0.0.1", port), _Connection)


class _Connection(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 0.2

    def handle(self) -> None:
        """Answer requests, then send video until the client ends the connection."""
        self._camera = self.server.camera
        self._buffer = b""
        with suppress(ConnectionError, BrokenPipeError):
            while (request := self._request()) is not None:
                method, uri, headers = request
                self._camera.requests.append(method)
                if self._camera.fault == "hang":
                    self._camera.closing.wait()
                    return
                self._serve(method, uri, headers)
                if method == "PLAY" and self._playing:
                    self._stream()
                    return

    _playing = False

    def _request(self) -> tuple[str, str, dict[str, str]] | None:
        """Return method, address and headers of the next request; None at the end."""
        while b"\r\n\r\n" not in self._buffer:
            if self._camera.closing.is_set():
                return None
            try:
                data = self.connection.recv(4096)
            except TimeoutError:
                continue
            if not data:
                return None
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, uri, _ = first.split(" ")
        pairs = (line.partition(":") for line in lines)
        return method, uri, {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _serve(self, method: str, uri: str, headers: dict[str, str]) -> None:
        camera, proof = self._camera, headers.get("authorization", "")
        sequence = headers.get("cseq", "0")
        camera.proofs += bool(proof)
        if camera.fault == "refuse":
            self._answer(503, sequence)
        elif method == "OPTIONS":
            self._answer(200, sequence, Public="OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif not camera.admits(method, proof):
            self._answer(401, sequence, **{"WWW-Authenticate": camera.challenge()})
        elif PATH not in uri:
            self._answer(404, sequence)
        elif method == "DESCRIBE":
            self._describe(sequence, uri)
        elif method == "SETUP" and "interleaved" not in headers.get("transport", ""):
            self._answer(461, sequence)
        elif method == "SETUP":
            self._answer(200, sequence, Transport=headers["transport"], Session="1;timeout=60")
        else:
            self._playing = method == "PLAY"
            self._answer(200, sequence, Session="1")

    def _describe(self, sequence: str, uri: str) -> None:
        self._encoder = self._camera.encoder()
        lines = (
            "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
            f"a=control:*\r\n{self._encoder.sdp}a=control:track1\r\n"
        )
        self._answer(
            200, sequence, lines, **{"Content-Base": f"{uri}/", "Content-Type": "application/sdp"}
        )

    def _answer(self, status: int, sequence: str, body: str = "", **headers: str) -> None:
        if body:
            headers["Content-Length"] = str(len(body))
        named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.wfile.write(
            f"RTSP/1.0 {status} Word\r\nCSeq: {sequence}\r\n{named}\r\n{body}".encode()
        )

    def _stream(self) -> None:
        """Send pictures until the client or the camera ends it."""
        number, began = 0, time.monotonic()
        while not self._camera.closing.wait(1 / _RATE):
            if self._camera.fault == "no-video":
                continue
            moment = int((time.monotonic() - began) * _CLOCK) & 0xFFFFFFFF
            payloads = self._payloads()
            for place, payload in enumerate(payloads, 1):
                last = place == len(payloads)
                packet = struct.pack(
                    ">BBHII", 0x80, self._encoder.kind | last << 7, number & 0xFFFF, moment, 1
                )
                self._send(packet + payload)
                number += 1
            if self._camera.fault == "drop":
                return

    def _payloads(self) -> list[bytes]:
        payloads = self._encoder.payloads(self._camera.picture())
        match self._camera.fault:
            case "cut-short" | "drop":
                return payloads[: max(1, len(payloads) // 2)]
            case "garbage":
                return [self._encoder.broken(payload) for payload in payloads]
        return payloads

    def _send(self, packet: bytes) -> None:
        data = b"$" + struct.pack(">BH", 0, len(packet)) + packet
        if self._camera.fault != "drip":
            self.wfile.write(data)
            return
        for at in range(len(data)):
            if self._camera.closing.wait(_DRIP_S):
                return
            self.wfile.write(data[at : at + 1])
