"""Reads the text files that people write, with any program.

Rules
-----
1. Only a regular file is read: a named pipe, a device or a socket would make the reader wait.
2. A file has at most :data:`LIMIT_BYTES`; the largest that is part of Gardu has 23 KB.
3. The text is UTF-8. Its byte order mark (Windows Notepad writes one) is no part of the text.
   Another encoding is refused by its name, because a wrong guess would change names and passwords.
4. Line ends are those of Linux, Windows or old Macs; in the text they are Linux's.
"""

import errno
import os
import stat
from pathlib import Path

from edge.errors import ConfigError, ConfigUnavailable

LIMIT_BYTES = 256 * 1024
"""Greatest size of a text file. TOML of this size is parsed in a few seconds on any Pi."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)

# The longer marks first: that of UTF-32 (little-endian) begins with that of UTF-16.
_OTHER_MARKS = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
# Linux 6.11 to 6.14 fail each read of an ext4 file system that an error has stopped.
_DISK_ADVICE = (
    "; the disk has failed, or was stopped by an error: restart the machine, which checks it; "
    "if it happens again, replace the disk"
)
_SAVE_AGAIN = "save it as UTF-8 (in Notepad: Save as, Encoding: UTF-8)"


def read_text(path: Path) -> str:
    """Read the text file *path*.

    :raises ConfigUnavailable: if it cannot be read now, or is no regular file
    :raises ConfigError: if it is too large or is not UTF-8
    """
    return decode(_read(path), str(path))


def decode(data: bytes, file: str) -> str:
    """Return the text in *data*, without byte order mark; *file* names it in problems.

    :raises ConfigError: if it is not UTF-8 or holds a NUL byte
    """
    if problem := _other_encoding(data):
        raise ConfigError([f"{file}: {problem}"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{file}: {_not_utf8(data, error)}"]) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise ConfigError([f"{file}: {_nul(text)}"])
    return text


def _read(path: Path) -> bytes:
    try:
        _check_kind(path, path.stat().st_mode)
        # It may have become a pipe since then: opening must not wait, and is checked again.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _check_kind(path, os.fstat(number).st_mode)
            data = _at_most(number, LIMIT_BYTES + 1)
        finally:
            os.close(number)
    except FileNotFoundError:
        raise ConfigUnavailable([f"{path}: no such file"]) from None
    except OSError as error:
        advice = _DISK_ADVICE if error.errno == errno.EIO else ""
        raise ConfigUnavailable([f"{path}: cannot be read: {error.strerror}{advice}"]) from None
    except ValueError as error:  # a NUL in the name, or half a character
        raise ConfigError([f"{str(path)!r}: cannot be the name of a file: {error}"]) from None
    if len(data) > LIMIT_BYTES:
        raise ConfigError([f"{path}: is too large; allowed: at most {LIMIT_BYTES // 1024} KiB"])
    return data


def _check_kind(path: Path, mode: int) -> None:
    for is_kind, name in _KINDS:
        if is_kind(mode):
            raise ConfigUnavailable([f"{path}: cannot be read: it is {name}; allowed: a file"])


def _at_most(number: int, count: int) -> bytes:
    parts = []
    while count > 0 and (part := os.read(number, count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _other_encoding(data: bytes) -> str:
    for mark, name in _OTHER_MARKS:
        if data.startswith(mark):
            return f"is not UTF-8 text: it is saved as {name}; {_SAVE_AGAIN}"
    # In UTF-16, every second byte of Latin text is NUL.
    text = data.rstrip(b"\0")
    if any(text[half::2].count(0) * 4 > len(text) for half in (0, 1)):
        return f"is not UTF-8 text: it seems to be saved as UTF-16; {_SAVE_AGAIN}"
    return ""


def _not_utf8(data: bytes, error: UnicodeDecodeError) -> str:
    """Return the place of the first byte that is not UTF-8, and the probable cause."""
    where = _place(data[: error.start].decode("utf-8-sig", errors="replace"))
    if error.end == len(data) and error.reason == "unexpected end of data":
        return f"is not UTF-8 text: {where} ends in the middle of a character: the end is missing"
    byte = data[error.start]
    meant = bytes([byte]).decode("cp1252", errors="ignore")
    shown = f"{meant!r} of Windows-1252 (ANSI)" if meant else "no character of UTF-8"
    return f"is not UTF-8 text: {where} has the byte 0x{byte:02X}, {shown}; {_SAVE_AGAIN}"


def _nul(text: str) -> str:
    where = _place(text[: text.index("\0")])
    if not text.rstrip("\0"):
        return "holds only NUL bytes: it is damaged, as after a power cut; restore it from a copy"
    if "\0" not in text.rstrip("\0"):
        return (
            f"{where}: NUL bytes follow to the end of the file: it is damaged, as after a power "
            "cut; restore it from a copy"
        )
    return f"{where}: holds a NUL byte (a control character); remove it"


def _place(before: str) -> str:
    """Return the place after the text *before*: ``line 3, column 8``."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return f"line {len(lines)}, column {len(lines[-1]) + 1}"
