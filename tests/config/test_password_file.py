"""Password files, as people write them on every system."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.password_file import oddities, read_password


def written(folder: Path, raw: bytes) -> str:
    """Write *raw* to a file; return its name."""
    file = folder / "password"
    file.write_bytes(raw)
    return str(file)


@pytest.mark.parametrize(
    ("raw", "password"),
    [
        (b"rahasia", "rahasia"),
        (b"rahasia\n", "rahasia"),
        (b"rahasia\r\n", "rahasia"),
        (b"\xef\xbb\xbfrahasia\r\n", "rahasia"),
        (b"rahasia\nsecond line\n", "rahasia"),
        (b"rahasia \n", "rahasia "),
        (b"\xc3\xa9t\xc3\xa9\n", "été"),
    ],
)
def test_the_first_line_is_the_password(tmp_path: Path, raw: bytes, password: str) -> None:
    """Ends of lines and the mark of Windows Notepad are no part of it; blanks are."""
    assert read_password(written(tmp_path, raw)) == password


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("rahasia\r\n".encode("utf-16"), "UTF-16"),
        ("rahasia\r\n".encode("utf-16-be"), "UTF-16"),
        ("rahasia\r\n".encode("utf-16-le"), "UTF-16"),
        (b"", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\n", "empty"),
        (b"\r\nrahasia\r\n", "empty"),
        (b"\xe9t\xe9\n", "not UTF-8"),
        (b"x" * 70_000, "more than 65535 bytes"),
    ],
)
def test_a_file_without_a_password_is_named(tmp_path: Path, raw: bytes, words: str) -> None:
    """What cannot be a password is said, with what is allowed; a wrong one is never sent."""
    with pytest.raises(ValueError, match=words) as caught:
        read_password(written(tmp_path, raw))
    assert "allowed: " in str(caught.value)


@given(raw=st.binary(max_size=100))
def test_any_file_gives_a_password_or_words(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    """No content of a file raises another error."""
    file = written(tmp_path_factory.mktemp("password"), raw)
    try:
        outcome = read_password(file)
    except ValueError as error:
        outcome = str(error).partition("allowed: ")[2]
    assert outcome


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"\xef\xbb\xbfrahasia", ["BOM"]),
        (b"rahasia \n", ["blank"]),
        (b"\trahasia\n", ["blank"]),
        (b"rahasia\r\n", []),
    ],
)
def test_oddities_are_noted(tmp_path: Path, raw: bytes, words: list[str]) -> None:
    """What works but is seldom meant is noted."""
    found = oddities(written(tmp_path, raw))
    assert len(found) == len(words)
    assert all(word in line for word, line in zip(words, found, strict=True))
