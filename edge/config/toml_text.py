"""Parses TOML, and names the cause where a text is none."""

import re
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from edge.config.text_files import read_text
from edge.errors import ConfigError

DEEPEST = 64
"""Most levels of tables and lists; Gardu's own files have 7."""

# tomllib's time for a dotted key grows with the square of its parts.
_LONG_KEY = re.compile(
    r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){""" + str(DEEPEST) + "}"
)
# Python converts at most 4300 digits to an integer.
_LONG_NUMBER = re.compile(r"(?<![0-9_])[0-9](?:_?[0-9]){4299}")
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

# What word processors, telephones and web pages write in place of TOML's characters.
_MEANT = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\uff07\u00b4", "'"),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
    **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000", "a plain blank"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2028\u2060\ufeff", "no character"),
    "\uff1d": "=", "\uff3b": "[", "\uff3d": "]", "\uff0c": ",", "\uff0e": ".",
}  # fmt: skip
_QUOTES = ('"', "'")


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    :raises ConfigError: if it cannot be read or is not TOML
    """
    return parse_toml(read_text(path), str(path))


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Parse TOML; *file* names it in problems.

    :raises ConfigError: if it is not TOML, or nested in more than :data:`DEEPEST` levels
    """
    if long := _LONG_KEY.search(text):
        raise _invalid(file, f"{_line(text, long.start())}: nested too deeply")
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(file, _in_words(str(error), text)) from None
    except RecursionError:
        raise _invalid(file, "nested too deeply") from None
    except ValueError:
        long = _LONG_NUMBER.search(text)
        where = f"{_line(text, long.start())}: " if long else ""
        raise _invalid(file, f"{where}a number has more than 4300 digits") from None
    if _too_deep(raw):
        raise _invalid(file, "nested too deeply")
    return raw


def _invalid(file: str, why: str) -> ConfigError:
    return ConfigError([f"{file}: is not valid TOML: {why}"])


def _line(text: str, offset: int) -> str:
    return f"line {text.count(chr(10), 0, offset) + 1}"


def _in_words(error: str, text: str) -> str:
    """Return tomllib's *error* with the place first, and the character that is the cause."""
    place = _PLACE.search(error)
    if place is None:
        return error
    what, lines = error[: place.start()], text.split("\n")
    if place[1] is None:
        return f"line {len(lines)}, at the end: {what}{_cause(lines[-1], len(lines[-1]) + 1)}"
    number, column = int(place[1]), int(place[2])
    line = lines[number - 1] if number <= len(lines) else ""
    return f"line {number}, column {column}: {what}{_cause(line, column)}"


def _cause(line: str, column: int) -> str:
    """Return the cause of an error at *column* of *line*, as far as a character shows it."""
    at_fault = line[column - 1 : column]
    for character in (at_fault, *line):
        meant = _MEANT.get(character)
        if meant is not None:
            name = unicodedata.name(character, "a character").lower()
            shown = "a typographic quote" if meant in _QUOTES else name
            return (
                f": the line has {character!r} (U+{ord(character):04X}, {shown}); "
                f"TOML needs {meant} there"
            )
    if at_fault and not at_fault.isprintable():
        return f": {at_fault!r} is a control character; remove it"
    if line[: column - 1].rstrip().endswith("=") and at_fault.isalpha():
        return ": text stands in quotes; true and false are lower case"
    return ""


def _too_deep(raw: Any) -> bool:
    level = [raw]
    for _ in range(DEEPEST):
        level = [
            item
            for part in level
            for item in (part.values() if isinstance(part, dict) else part)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True
