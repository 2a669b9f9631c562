"""Writes the whole text of a procedure, with the phases of its parts. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.config.toml_writing import pair

Origins = Mapping[tuple[str, str], str]
"""The part of each phase that comes from one, by step and phase."""

_TABLES = ("approval",)
_ROWS = ("steps", "duties")


def whole_text(raw: Mapping[str, Any], origins: Origins) -> str:
    """Return the procedure *raw*, tables of a file, as the text of a file that uses no parts.

    A comment names the part of each phase that comes from one.
    """
    return "\n".join([*_lines(raw, origins), ""])


def _lines(raw: Mapping[str, Any], origins: Origins) -> Iterator[str]:
    for key, value in raw.items():
        if key not in (*_TABLES, *_ROWS):
            yield from pair(key, value)
    for key in _TABLES:
        if key in raw:
            yield from ("", f"[{key}]")
            for name, value in raw[key].items():
                yield from pair(name, value)
    for key in _ROWS:
        for row in raw.get(key, ()):
            yield from _row(key, row, origins)


def _row(key: str, row: Mapping[str, Any], origins: Origins) -> Iterator[str]:
    yield from ("", f"[[{key}]]")
    for name, value in row.items():
        if name != "phases":
            yield from pair(name, value)
    for phase in row.get("phases", ()):
        yield ""
        if part := origins.get((row["id"], phase["id"])):
            yield f"# part {part}"
        yield f"[[{key}.phases]]"
        for name, value in phase.items():
            yield from pair(name, value)
