"""The parser of an HTTP response from a camera: bytes in, head and body out. Pure.

The standard library's parser ends the headers at the first line that is none, so that a bare date
hides the challenge behind it. Other libraries refuse the whole response. Browsers and curl skip
such a line; so does this parser. It reads the heads of RTSP responses too.

Rules
-----
1. Lines end with LF; a CR before it and empty lines before the response are left out.
2. The first line is a protocol, a status and, where it is sent, a reason. Anything else is NotHttp.
3. A line that is no ``name: value`` is skipped and counted; a blank before the colon is allowed. A
   line that begins with a blank continues the one before.
4. Interim responses (1xx) are skipped.
5. A head has at most MOST_HEAD bytes and MOST_LINES lines.
6. In a chunked body, a chunk's size that is none ends the chunks: the bytes from there on are the
   body as they are. A body that only claims to be chunked is read whole in this way.
7. Content-Length is only a hint (:attr:`ResponseReader.complete`): bytes behind it are read too.
"""

import re
from collections.abc import Mapping

import msgspec

# Own bounds: heads of cameras have a few hundred bytes.
MOST_HEAD = 32 * 1024
MOST_LINES = 200
# A chunk's size and its extensions, bytes.
_MOST_CHUNK_LINE = 256

_STATUS = re.compile(rb"(?:HTTP|RTSP|ICY)(?:/[\d.]+)?[ \t]+([1-9]\d\d)(?:[ \t]+(.*))?\s*", re.ASCII)
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_HEAD_END = re.compile(rb"\n\r?\n")
_CHUNK_SIZE = re.compile(rb"\s*([0-9A-Fa-f]{1,8})\s*(?:;.*)?")


class NotHttp(ValueError):
    """The bytes are no HTTP response; the text says what they are, for a message."""


class Head(msgspec.Struct, frozen=True):
    """The head of a response.

    :ivar headers: values by name in small letters, in the order in which they were sent
    :ivar skipped: number of lines that were no headers
    """

    status: int
    reason: str
    headers: Mapping[str, list[str]]
    skipped: int = 0

    def header(self, name: str) -> str:
        """Return the first value of header *name*; empty if it was not sent."""
        return self.headers.get(name, [""])[0]

    @property
    def length(self) -> int | None:
        """The announced length of the body, bytes; None if it is missing or is no number."""
        said = self.header("content-length")
        return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else None

    @property
    def chunked(self) -> bool:
        """True if the body is announced as chunked."""
        return "chunked" in self.header("transfer-encoding").lower()


class ResponseReader:
    """Reads one response.

    :ivar head: the head; None until it is whole
    :ivar body: the body so far
    """

    def __init__(self) -> None:
        self.head: Head | None = None
        self.body = bytearray()
        self._rest = bytearray()
        self._chunks: _Chunks | None = None

    @property
    def begun(self) -> bool:
        """True once any byte has been read."""
        return self.head is not None or bool(self._rest)

    @property
    def complete(self) -> bool:
        """True once the body has all bytes that were announced; without a length never True."""
        if self.head is None:
            return False
        if self.head.status in (204, 304):
            return True
        if self._chunks is not None:
            return self._chunks.ended
        return self.head.length is not None and len(self.body) >= self.head.length

    def feed(self, data: bytes) -> None:
        """Read the next bytes.

        :raises NotHttp: if the response does not begin as one, or its head is too long
        """
        self._rest += data
        while self.head is None:
            if not self._read_head():
                return
        if self._chunks is not None:
            self._chunks.feed(self._rest, self.body)
        else:
            self.body += self._rest
            self._rest.clear()

    def _read_head(self) -> bool:
        """Return True if a head was whole; one of an interim response is dropped."""
        begin = len(self._rest) - len(self._rest.lstrip(b"\r\n"))
        del self._rest[:begin]
        first, ended, _ = self._rest.partition(b"\n")
        if ended or len(first) > _MOST_CHUNK_LINE:
            _status(bytes(first))
        end = _HEAD_END.search(self._rest)
        if end is None or end.end() > MOST_HEAD:
            if len(self._rest) > MOST_HEAD:
                raise NotHttp(f"a head of more than {MOST_HEAD // 1024} KiB")
            return False
        head = parse_head(bytes(self._rest[: end.end()]))
        del self._rest[: end.end()]
        if head.status >= 200:
            self.head = head
            self._chunks = _Chunks() if head.chunked else None
        return True


def parse_head(data: bytes) -> Head:
    """Return the head in *data*, which ends with its empty line.

    :raises NotHttp: if it is none
    """
    lines = [line.removesuffix(b"\r") for line in data.strip(b"\r\n").split(b"\n")]
    if len(lines) > MOST_LINES:
        raise NotHttp(f"a head of more than {MOST_LINES} lines")
    status, reason = _status(lines[0])
    headers: dict[str, list[str]] = {}
    last: list[str] | None = None
    skipped = 0
    for line in lines[1:]:
        if line[:1] in (b" ", b"\t") and last is not None:
            last[-1] += " " + _text(line)
            continue
        found = _HEADER.fullmatch(line.strip())
        if found is None:
            skipped += 1
            last = None
            continue
        last = headers.setdefault(found[1].decode("ascii").lower(), [])
        last.append(_text(found[2]))
    return Head(status, reason, headers, skipped)


def _status(line: bytes) -> tuple[int, str]:
    found = _STATUS.fullmatch(line)
    if found is None:
        raise NotHttp(f"an answer that begins with {line[:40]!r}"[:80])
    return int(found[1]), _text(found[2] or b"")


def _text(value: bytes) -> str:
    """Return *value* as text; the same bytes result again where a realm or nonce is echoed."""
    return _CONTROL.sub(b" ", value).strip().decode("utf-8", "surrogateescape")


class _Chunks:
    """A chunked body (RFC 9112, section 7.1) with rule 6.

    :ivar ended: the last chunk has come
    """

    def __init__(self) -> None:
        self.ended = False
        self._left = 0
        self._plain = False

    def feed(self, rest: bytearray, body: bytearray) -> None:
        """Move the content of the chunks from *rest* to *body*; what is no whole line stays."""
        while rest and not self.ended:
            if self._plain:
                body += rest
                rest.clear()
            elif self._left:
                part = rest[: self._left]
                del rest[: len(part)]
                body += part
                self._left -= len(part)
            elif not self._read_size(rest):
                return

    def _read_size(self, rest: bytearray) -> bool:
        line, ended, _ = rest.partition(b"\n")
        if not ended and len(line) <= _MOST_CHUNK_LINE and b"\xff\xd8" not in line:
            return False
        size = _CHUNK_SIZE.fullmatch(line.removesuffix(b"\r")) if ended else None
        if ended and not line.strip():  # the line end behind a chunk
            del rest[: len(line) + 1]
        elif size is None:
            self._plain = True
        else:
            del rest[: len(line) + 1]
            self._left = int(size[1], 16)
            self.ended = not self._left
        return True
