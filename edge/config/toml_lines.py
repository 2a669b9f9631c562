"""Finds the line of each key of a TOML text, for messages.

tomllib gives the lines of its own errors only. Here a text that tomllib has accepted is read once
more, only as far as its keys: strings, comments and brackets are told apart, and values skipped.
"""

import re
import tomllib
from collections.abc import Iterator

_TOKEN = re.compile(
    r'''(?P<skip>[ \t]+|\#[^\n]*)
    |(?P<string>"""(?:\\.|[^\\])*?"""(?:"{0,2})
    |\'\'\'.*?\'\'\'(?:'{0,2})
    |"(?:\\.|[^"\\])*"
    |'[^']*')
    |(?P<mark>[\[\]{},=.\n])
    |(?P<bare>[^\s\[\]{},=."'\#]+)
    |(?P<other>.)''',
    re.VERBOSE | re.DOTALL,
)


def lines_of_keys(text: str) -> dict[str, int]:
    """Return the line of each key of the valid TOML *text*, the first is 1.

    Keys are written as in problems: ``panels.reception.buttons[0].pin``; a table has the line of
    its header.
    """
    reader = _Reader(text)
    reader.read()
    return reader.lines


class _Reader:
    """Reads one text; its place is the token *kind*, *text*, *line*."""

    def __init__(self, text: str) -> None:
        self.lines: dict[str, int] = {}
        self._counts: dict[str, int] = {}  # the [[tables]] so far, by the key of their list
        self._tokens = _tokens(text)
        self._step()

    def read(self) -> None:
        """Read all statements."""
        table = ""
        while self._kind != "end":
            if self._text == "[":
                table = self._header()
            elif self._text == "\n":
                self._step()
            else:
                self._pair(table)

    def _step(self) -> None:
        self._kind, self._text, self._line = next(self._tokens, ("end", "", 0))

    def _header(self) -> str:
        line = self._line
        self._step()
        of_list = self._text == "["
        if of_list:
            self._step()
        path = ""
        parts = self._key()
        for part in parts[:-1]:
            path = _join(path, part)
            self._note(path, line)
            path = self._newest(path)
        path = _join(path, parts[-1])
        if of_list:
            number = self._counts.get(path, 0)
            self._counts[path] = number + 1
            self._note(path, line)
            path = f"{path}[{number}]"
        self._note(path, line)
        while self._text == "]":
            self._step()
        return path

    def _newest(self, path: str) -> str:
        count = self._counts.get(path)
        return path if count is None else f"{path}[{count - 1}]"

    def _pair(self, table: str) -> None:
        line, path = self._line, table
        for part in self._key():
            path = _join(path, part)
            self._note(path, line)
        self._step()  # =
        self._value(path)

    def _key(self) -> list[str]:
        parts = []
        while self._kind in ("bare", "string"):
            parts.append(self._text if self._kind == "bare" else _plain(self._text))
            self._step()
            if self._text == ".":
                self._step()
        return parts

    def _value(self, path: str) -> None:
        """Read a value; the keys in it are under *path*."""
        if self._text == "[":
            self._list(path)
        elif self._text == "{":
            self._inline_table(path)
        else:
            while self._kind != "end" and self._text not in ("\n", ",", "]", "}"):
                self._step()

    def _list(self, path: str) -> None:
        number = 0
        self._step()
        while self._text not in ("]", ""):
            if self._text in ("\n", ",", "}"):
                self._step()
                continue
            self._note(f"{path}[{number}]", self._line)
            self._value(f"{path}[{number}]")
            number += 1
        self._step()

    def _inline_table(self, path: str) -> None:
        self._step()
        while self._text not in ("}", ""):
            if self._text in ("\n", ","):
                self._step()
            else:
                self._pair(path)
        self._step()

    def _note(self, path: str, line: int) -> None:
        self.lines.setdefault(path, line)


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield kind, text and line of each token that is no blank and no comment."""
    line = 1
    for found in _TOKEN.finditer(text):
        kind, token = str(found.lastgroup), found[0]
        if kind != "skip":
            yield kind, token, line
        line += token.count("\n")


def _plain(quoted: str) -> str:
    return str(tomllib.loads(f"key = {quoted}")["key"])


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
