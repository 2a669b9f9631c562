"""Password files: reads the password, as editors of every system write it.

The broker's and the cameras' drivers and `gardu check` all read by :func:`read_password`, so the
check finds what the daemon would meet.
"""

from pathlib import Path

# Longest password, bytes: what MQTT can carry.
_LONGEST = 65535
_UTF_8_MARK = b"\xef\xbb\xbf"
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_password(file: str) -> str:
    """Return the first line of *file*, without the mark (BOM) that Windows Notepad adds.

    :raises ValueError: if it holds no password, in words, without the name of the file
    :raises OSError: if it cannot be read
    """
    with Path(file).open("rb") as opened:
        raw = opened.read(_LONGEST + len(_UTF_8_MARK) + 2)
    if raw.startswith(_UTF_16_MARKS) or b"\0" in raw:
        raise ValueError("is UTF-16 (as Windows PowerShell writes it); allowed: UTF-8")
    first = raw.removeprefix(_UTF_8_MARK).split(b"\n", 1)[0].rstrip(b"\r")
    if not first:
        raise ValueError("has an empty first line; allowed: the password on the first line")
    if len(first) > _LONGEST:
        raise ValueError(f"has a first line of more than {_LONGEST} bytes; allowed: the password")
    try:
        return first.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text; allowed: UTF-8") from None


def oddities(file: str) -> list[str]:
    """Return what is allowed in the password *file* but seldom meant, in words."""
    with Path(file).open("rb") as opened:
        marked = opened.read(len(_UTF_8_MARK)) == _UTF_8_MARK
    found = ["begins with a byte order mark (BOM), which is left out"] if marked else []
    password = read_password(file)
    if password != password.strip():
        found.append("has a blank before or behind the password, which counts as part of it")
    return found
