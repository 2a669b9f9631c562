"""The parser of responses: heads as cameras send them, and bodies of any framing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.camera.http_reader import MOST_HEAD, MOST_LINES, NotHttp, ResponseReader

CHALLENGE = b'Digest realm="r", nonce="n"'


def read(*parts: bytes) -> ResponseReader:
    """Return the reader after *parts*."""
    reader = ResponseReader()
    for part in parts:
        reader.feed(part)
    return reader


@pytest.mark.parametrize(
    ("head", "skipped"),
    [
        (b"HTTP/1.1 401 No\r\nTue, 12 Jun 2012 01:56:34 GMT\r\nWWW-Authenticate: %b\r\n\r\n", 1),
        (b"HTTP/1.1 401 No\r\nWWW-Authenticate : %b\r\n\r\n", 0),
        (b"HTTP/1.1 401\r\nWWW-Authenticate:%b\r\n\r\n", 0),
        (b"HTTP/1.1 401 No\nwww-authenticate: %b\n\n", 0),
        (b"\r\n\r\nHTTP/1.0 401 No\r\nWWW-AUTHENTICATE:\t%b \r\n\r\n", 0),
        (b"HTTP/1.1 401 No\r\n\xff\xfe\r\nWWW-Authenticate: %b\r\n\r\n", 1),
        (b"HTTP/1.1 401 No\r\n folded from nowhere\r\nWWW-Authenticate: %b\r\n\r\n", 1),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nWWW-Authenticate: %b\r\n\r\n", 0),
        (b"RTSP/1.0 401 No\r\nCSeq: 1\r\nWWW-Authenticate: %b\r\n\r\n", 0),
    ],
)
def test_a_challenge_is_found_behind_whatever_stands_before_it(head: bytes, skipped: int) -> None:
    """A line that is no header hides no challenge."""
    reader = read(head % CHALLENGE)
    assert reader.head is not None
    assert reader.head.status == 401
    assert reader.head.header("www-authenticate") == CHALLENGE.decode()
    assert reader.head.skipped == skipped


def test_a_folded_line_continues_the_one_before() -> None:
    """Old servers fold long challenges."""
    reader = read(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r",\r\n\tnonce="n"\r\n\r\n')
    assert reader.head is not None
    assert reader.head.header("www-authenticate") == 'Digest realm="r", nonce="n"'


def test_many_headers_of_one_name_are_all_kept_and_bytes_stay_bytes() -> None:
    """Several challenges come in several headers; a realm in Latin-1 is echoed byte by byte."""
    reader = read(b'HTTP/1.1 401 No\r\nA: NTLM\r\na: Basic realm="caf\xe9"\r\n\r\n')
    assert reader.head is not None
    assert [value.encode("utf-8", "surrogateescape") for value in reader.head.headers["a"]] == [
        b"NTLM", b'Basic realm="caf\xe9"',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"220 ftp ready\r\n", "begins with b'220 ftp ready"),
        (b"\x15\x03\x01\x00\x02\x02\x50\n", r"\x15\x03"),
        (b"x" * 300, "begins with"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * MOST_HEAD, "KiB"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * (MOST_LINES + 1) + b"\r\n", "lines"),
    ],
)
def test_what_is_no_response_is_named(data: bytes, words: str) -> None:
    """Another service, or an endless head, is refused within bounds."""
    with pytest.raises(NotHttp) as caught:
        read(data)
    assert words in str(caught.value)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "content", "complete"),
    [
        (b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde", True),
        (b"3;x=y\nabc2\ndE0\n", b"abcdE", True),  # LF alone, no line end behind a chunk
        (b"  3 \r\nabc\r\n", b"abc", False),
        (b"\xff\xd8\xff no chunks\r\n at all", b"\xff\xd8\xff no chunks\r\n at all", False),
        (b"3\r\nabc\r\n--boundary\r\nrest", b"abc--boundary\r\nrest", False),
        (b"x" * 300, b"x" * 300, False),
    ],
)
def test_chunks_good_and_bad(body: bytes, content: bytes, complete: bool) -> None:
    """Chunks are joined; where no size follows, the bytes are the body as they are."""
    reader = read(CHUNKED, body)
    assert (bytes(reader.body), reader.complete) == (content, complete)


def test_a_length_is_a_hint() -> None:
    """Bytes behind the announced length are read too; a length that is no number is none."""
    reader = read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab")
    assert not reader.complete
    reader.feed(b"cde")
    assert (bytes(reader.body), reader.complete) == (b"abcde", True)
    for nonsense in (b"x", b"-1", b"9" * 40, "٣".encode()):
        reader = read(b"HTTP/1.1 200 OK\r\nContent-Length: " + nonsense + b"\r\n\r\nab")
        assert not reader.complete
        assert reader.head is not None
        assert reader.head.length is None


@given(st.binary(max_size=400), st.integers(min_value=1, max_value=60))
def test_any_bytes_in_any_pieces_end_alike(data: bytes, size: int) -> None:
    """Bytes give the same result in whatever pieces they arrive, and no other error."""
    for begin in (b"", b"HTTP/1.1 200 OK\r\n", CHUNKED):
        whole = begin + data
        pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
        results: list[object] = []
        for parts in ([whole], pieces):
            try:
                reader = read(*parts)
            except NotHttp:
                results.append(None)
            else:
                results.append((reader.head, bytes(reader.body), reader.complete))
        assert results[0] == results[1]
