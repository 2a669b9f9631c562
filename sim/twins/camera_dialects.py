"""The dialects of IP cameras: how their answers deviate from plain HTTP.

Only data, and the encoding of an answer by it. Each dialect was reported for cameras that are in
use; its comment names them. ``GOOD`` ones give a still, ``BAD`` ones cannot.
"""

from collections.abc import Iterator
from typing import Literal

import msgspec

Ending = Literal["close", "stay", "reset"]
Chunking = Literal["", "well", "claimed", "bare"]

_BOUNDARY = "--myboundary"
_LONG_AGO = "Last-Modified: Tue, 12 Jun 2012 01:56:34 GMT"
_BUSY_PAGE = (
    '<?xml version="1.0" encoding="UTF-8"?><ResponseStatus><statusCode>2</statusCode>'
    "<statusString>Device Busy</statusString><subStatusCode>deviceBusy</subStatusCode>"
    "</ResponseStatus>"
)


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How a camera answers. The default is plain HTTP.

    :ivar line_end: the end of every line of the head
    :ivar colon: the text between name and value of a header
    :ivar reason: True: the status line has its phrase
    :ivar lines: further lines of every head, before the others, as they are sent
    :ivar challenges: the values of WWW-Authenticate; ``{}`` is the camera's own challenge
    :ivar header_each: True: a header for each challenge; False: all in one
    :ivar kind: Content-Type of the picture
    :ivar length: announced length less the true one, bytes; None: no length
    :ivar chunking: "well": chunked; "claimed": only the header says so; "bare": chunks without a
        line end behind them, and without the last one
    :ivar multipart: True: the picture is the first part of a stream
    :ivar before: bytes before the picture
    :ivar between: bytes between its first two segments
    :ivar after: bytes behind the picture
    :ivar ending: the end of the connection after a picture
    :ivar busy: how many times a request for a picture is answered with 503 before one is sent
    :ivar moved: the Location to which the first address redirects
    :ivar status: the status in the place of a picture, with *page* as its body
    :ivar page: a text in the place of the picture
    """

    line_end: str = "\r\n"
    colon: str = ": "
    reason: bool = True
    lines: tuple[str, ...] = ()
    challenges: tuple[str, ...] = ("{}",)
    header_each: bool = True
    kind: str = "image/jpeg"
    length: int | None = 0
    chunking: Chunking = ""
    multipart: bool = False
    before: bytes = b""
    between: bytes = b""
    after: bytes = b""
    ending: Ending = "close"
    busy: int = 0
    moved: str = ""
    status: int = 200
    page: str = ""


PLAIN = Dialect()

GOOD: dict[str, Dialect] = {
    # VStarcam and other GoaHead servers: a date without a name before the challenge.
    "bare-date": Dialect(lines=("Server: GoaHead", "Tue, 12 Jun 2012 01:56:34 GMT")),
    "blank-before-colon": Dialect(colon=" : "),
    "no-blank-after-colon": Dialect(colon=":", reason=False),
    "folded-lines": Dialect(
        lines=("X-Camera: a", "\tb, c", " d"), challenges=("{}",), line_end="\r\n"
    ),
    "lf-only": Dialect(line_end="\n"),
    # Axis, Hikvision: Digest and Basic; the safe one is to be taken.
    "two-challenges": Dialect(challenges=('Basic realm="camera"', "{}")),
    "two-challenges-in-one": Dialect(
        challenges=('Basic realm="a, Digest b"', "{}"), header_each=False
    ),
    "unknown-and-known": Dialect(challenges=("NTLM", "Negotiate", "{}")),
    # Dahua, Lorex: the length is larger than the picture, and the connection stays open.
    "length-too-large": Dialect(length=32, ending="stay"),
    "length-too-small": Dialect(length=-200),
    "no-length": Dialect(length=None),
    "no-length-stays-open": Dialect(length=None, ending="stay", kind="application/octet-stream"),
    "chunked": Dialect(length=None, chunking="well"),
    "chunked-in-name-only": Dialect(length=None, chunking="claimed"),
    "chunks-without-an-end": Dialect(length=None, chunking="bare", ending="stay"),
    # ArduCAM modules: a stray byte or line end before the picture.
    "stray-byte-before": Dialect(before=b"\xff"),
    "line-end-before": Dialect(before=b"\r\n", kind=""),
    "stray-bytes-between": Dialect(between=b"\x00\x00\x0d\x0a"),
    "padded": Dialect(after=b"\0" * 500),
    "reset-behind-the-picture": Dialect(ending="reset"),
    # Hikvision: 503 "Device Busy" while another client is served.
    "busy-at-first": Dialect(busy=1),
    # Axis, ESP32-CAM, Foscam: the address of a stream.
    "multipart": Dialect(multipart=True, length=None, ending="stay"),
    "multipart-chunked": Dialect(multipart=True, length=None, chunking="well", ending="stay"),
    "moved-within-the-host": Dialect(moved="/moved{path}"),
    # VStarcam: always the same date.
    "date-that-never-changes": Dialect(lines=(_LONG_AGO,)),
}
"""Dialects that must give a still."""

BAD: dict[str, Dialect] = {
    "ntlm": Dialect(challenges=("NTLM", "Negotiate")),
    "auth-int": Dialect(challenges=('Digest realm="x", nonce="n", qop="auth-int"',)),
    "no-challenge": Dialect(challenges=()),
    "bearer": Dialect(challenges=('Bearer realm="cloud"',)),
    "always-busy": Dialect(status=503, page=_BUSY_PAGE),
    # Reolink: errors come as a page of JSON with status 200.
    "json-page": Dialect(
        kind="text/html",
        page='[ { "cmd": "Snap", "code": 1, "error": { "detail": "rcv failed" } } ]',
    ),
    # Foscam: a wrong account in the address.
    "xml-page": Dialect(kind="text/plain", page="<CGI_Result><result>-2</result></CGI_Result>"),
    "html-page": Dialect(
        kind="text/html",
        page="<html><head><title>Login</title><style>a{}</style></head><body>Please log in</body>",
    ),
    "busy-page": Dialect(kind="application/xml", page=_BUSY_PAGE),
    "forbidden": Dialect(status=403, page="<h1>Invalid Operation</h1>"),
    "not-found": Dialect(status=404, page="<h1>Document Error: Not Found</h1>"),
    "bad-request": Dialect(status=400, page="<h1>Bad Request</h1>"),
    "png": Dialect(page="\x89PNG\r\n\x1a\n and so on", kind="image/png"),
    "moved-to-another-host": Dialect(moved="http://192.0.2.77/snapshot.jpg"),
    "moved-for-ever": Dialect(moved="{path}"),
}
"""Dialects that cannot give a still."""


def refusal(dialect: Dialect, own: str) -> bytes:
    """Return the answer 401 with the dialect's challenges; *own* is the camera's own."""
    values = [value.replace("{}", own) for value in dialect.challenges]
    if not dialect.header_each:
        values = [", ".join(values)]
    return head(dialect, 401, [*(("WWW-Authenticate", one) for one in values), _length(0)])


def answer(dialect: Dialect, picture: bytes, headers: dict[str, str]) -> bytes:
    """Return the answer with *picture* (or the dialect's page), as it is sent."""
    fields = list(headers.items())
    if dialect.page:
        page = dialect.page.encode("latin-1")
        return head(
            dialect, dialect.status, [*_kind(dialect.kind), *fields, _length(len(page))]
        ) + (page)
    body = _body(dialect, picture)
    kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}" if dialect.multipart else dialect.kind
    fields = [*_kind(kind), *fields]
    if dialect.length is not None:
        fields.append(_length(len(body) + dialect.length))
    if dialect.chunking:
        fields.append(("Transfer-Encoding", "chunked"))
    return head(dialect, 200, fields) + b"".join(_chunks(dialect.chunking, body))


def head(dialect: Dialect, status: int, headers: list[tuple[str, str]]) -> bytes:
    """Return the head of an answer, to its empty line."""
    first = f"HTTP/1.1 {status}" + (" Words" if dialect.reason else "")
    named = [f"{name}{dialect.colon}{value}" for name, value in headers]
    lines = [first, *dialect.lines, *named, "Connection: close", "", ""]
    return dialect.line_end.join(lines).encode("latin-1")


def _length(size: int) -> tuple[str, str]:
    return "Content-Length", str(size)


def _kind(kind: str) -> list[tuple[str, str]]:
    return [("Content-Type", kind)] if kind else []


def _body(dialect: Dialect, picture: bytes) -> bytes:
    """Return the picture with the dialect's stray bytes, as a part of a stream if it is one."""
    first = 4 + int.from_bytes(picture[4:6], "big")  # the end of SOI and the first segment
    stray = dialect.before + picture[:first] + dialect.between + picture[first:] + dialect.after
    if not dialect.multipart:
        return stray
    part = f"{_BOUNDARY}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
    return part + stray + b"\r\n" + part


def _chunks(chunking: Chunking, body: bytes) -> Iterator[bytes]:
    if chunking not in ("well", "bare"):
        yield body
        return
    end = b"\r\n" if chunking == "well" else b""
    for at in range(0, len(body), 4096):
        part = body[at : at + 4096]
        yield f"{len(part):x}\r\n".encode() + part + end
    if chunking == "well":
        yield b"0\r\n\r\n"
