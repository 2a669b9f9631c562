"""Text files as people and accidents leave them: read, or refused with the cause."""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.text_files import LIMIT_BYTES, decode, read_text
from edge.errors import ConfigError

TEXT = 'place = "Lobi — Kantor"\nid = "lobi"\n'
PLAIN = TEXT.encode()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (PLAIN, TEXT),
        (b"\xef\xbb\xbf" + PLAIN, TEXT),
        (TEXT.replace("\n", "\r\n").encode(), TEXT),
        (TEXT.replace("\n", "\r").encode(), TEXT),
        (b"", ""),
        (b"\xef\xbb\xbf", ""),
    ],
)
def test_marks_and_line_ends_are_no_part_of_the_text(data: bytes, text: str) -> None:
    """Notepad's mark and the line ends of three systems give the same text, so one version."""
    assert decode(data, "f") == text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TEXT.encode("utf-16"), "is not UTF-8 text: it is saved as UTF-16; save it as UTF-8"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "it is saved as UTF-16; save it as UTF-8"),
        (TEXT.encode("utf-32"), "it is saved as UTF-32; save it as UTF-8"),
        (TEXT.encode("utf-16-le"), "it seems to be saved as UTF-16; save it as UTF-8"),
        (TEXT.encode("utf-16-be"), "it seems to be saved as UTF-16; save it as UTF-8"),
        (TEXT.encode("cp1252"), "line 1, column 15 has the byte 0x97, '—' of Windows-1252 (ANSI)"),
        (b"a = 1\r\nb = '\x81'", "line 2, column 6 has the byte 0x81, no character of UTF-8"),
        (PLAIN[:16], "line 1, column 15 ends in the middle of a character: the end is missing"),
        (PLAIN + b"\0" * 64, "line 3, column 1: NUL bytes follow to the end of the file"),
        (b"\0" * 512, "holds only NUL bytes: it is damaged"),
        (b"a = 1\nb\0 = 2", "line 2, column 2: holds a NUL byte"),
    ],
)
def test_another_encoding_and_damage_are_named(data: bytes, words: str) -> None:
    """The cause, the place and the remedy are named, not a byte offset."""
    with pytest.raises(ConfigError) as refused:
        decode(data, "/etc/gardu/gardu.toml")
    (problem,) = refused.value.problems
    assert problem.startswith("/etc/gardu/gardu.toml: ")
    assert words in problem


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_named_problem(data: bytes) -> None:
    """No bytes in a file raise another exception, and a text has no NUL and no carriage return."""
    problems, text = [], ""
    try:
        text = decode(data, "f")
    except ConfigError as error:
        problems = error.problems
    assert all(problem.startswith("f: ") for problem in problems)
    assert not {"\0", "\r"} & set(text)


@given(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])))
def test_text_in_utf8_is_read_as_it_is(text: str) -> None:
    """Every text without control bytes is read unchanged, with a mark and without."""
    assert decode(text.encode("utf-8-sig"), "f") == text
    if not text.startswith("\ufeff"):
        assert decode(text.encode(), "f") == text


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


KINDS: dict[str, Callable[[Path], None]] = {
    "a folder": Path.mkdir,
    "a named pipe": _pipe,
    "a socket": _socket,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_regular_file_is_read(tmp_path: Path, kind: str) -> None:
    """A pipe, a device or a socket is named at once: reading it would wait for ever."""
    path = tmp_path / "gardu.toml"
    KINDS[kind](path)
    with pytest.raises(ConfigError, match=f"gardu.toml: cannot be read: it is {kind}; allowed"):
        read_text(path)


def test_a_pipe_that_takes_the_place_of_a_file_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that becomes a pipe between look and opening is refused: opening does not wait."""
    path, stat = tmp_path / "gardu.toml", Path.stat
    path.write_text("")

    def swapped(self: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        found = stat(self, follow_symlinks=follow_symlinks)
        path.unlink()
        os.mkfifo(path)
        return found

    monkeypatch.setattr(Path, "stat", swapped)
    done: list[list[str]] = []

    def read() -> None:
        with pytest.raises(ConfigError) as refused:
            read_text(path)
        done.append(refused.value.problems)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    thread.join(60)
    assert done == [[f"{path}: cannot be read: it is a named pipe; allowed: a file"]]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none.toml", "none.toml: no such file"),
        ("a\0b", "cannot be the name of a file: .*embedded null"),
        ("x" * 300, "cannot be read: File name too long"),
        ("itself", "cannot be read: Too many levels of symbolic links"),
    ],
)
def test_a_name_that_leads_nowhere_is_named(tmp_path: Path, name: str, words: str) -> None:
    """A missing file, an impossible name and a link to itself are problems in words."""
    (tmp_path / "itself").symlink_to("itself")
    with pytest.raises(ConfigError, match=words):
        read_text(tmp_path / name)


def test_a_file_has_a_greatest_size(tmp_path: Path) -> None:
    """A file of any size is refused after a bounded part of it has been read."""
    path = tmp_path / "gardu.toml"
    path.write_bytes(b"#" * LIMIT_BYTES)
    assert len(read_text(path)) == LIMIT_BYTES
    with path.open("r+b") as file:
        file.truncate(2**40)
    with pytest.raises(ConfigError, match="is too large; allowed: at most 256 KiB"):
        read_text(path)
