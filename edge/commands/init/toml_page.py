"""Writes TOML for people: sections with comments, short tables in one line. Pure."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 100
"""Longest line, characters."""

Comments = Mapping[str, str]
"""Key → the comment above it; ``*`` in a key stands for any name."""


def value(item: Any) -> str:
    """Return *item* as a TOML value in one line; tables are inline."""
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, str):
        # JSON's escapes are TOML's; DEL must be escaped in TOML, and is not in JSON.
        return json.dumps(item, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(item, Mapping):
        pairs = ", ".join(f"{key(name)} = {value(part)}" for name, part in item.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(item, list | tuple):
        return f"[{', '.join(map(value, item))}]"
    return str(item)


def key(name: str) -> str:
    """Return *name* as a TOML key."""
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else value(name)


def comment(text: str, width: int = WIDTH) -> list[str]:
    """Return *text* as comment lines; its line breaks stay."""
    lines = [
        textwrap.wrap(line, width - 2, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    ]
    return [f"# {line}" for wrapped in lines for line in wrapped]


def pair(name: str, item: Any) -> list[str]:
    """Return the lines of one key with its value; a long list has several."""
    line = f"{key(name)} = {value(item)}"
    if len(line) <= WIDTH or not isinstance(item, list) or not item:
        return [line]
    if all(isinstance(one, str) for one in item):
        text = ", ".join(map(value, item)) + ","
        wrapped = textwrap.wrap(text, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
        rows = [f"    {row}" for row in wrapped]
    else:
        rows = [f"    {value(one)}," for one in item]
    return [f"{key(name)} = [", *rows, "]"]


def page(sections: Mapping[str, Any], comments: Comments, tables: frozenset[str]) -> list[str]:
    """Return the lines of a file with *sections*.

    :param tables: the sections whose keys are names of tables of their own
    """
    lines: list[str] = []
    for name, section in sections.items():
        lines += ["", *comment(comments[name])] if name in comments else [""]
        if isinstance(section, list):
            for number, row in enumerate(section):
                lines += [""] if number else []
                lines += [f"[[{key(name)}]]", *_rows(row)]
        elif name in tables:
            for number, (own, table) in enumerate(section.items()):
                lines += [""] if number else []
                lines += _table(f"{name}.{own}", f"{name}.*", table, comments)
        else:
            lines += _table(name, name, section, comments)
    return lines


def _table(path: str, pattern: str, table: Mapping[str, Any], comments: Comments) -> Iterator[str]:
    header = ".".join(key(part) for part in path.split("."))
    yield f"[{header}]"
    later: list[tuple[str, list[Mapping[str, Any]]]] = []
    for name, item in table.items():
        if name == "boards":
            later.append((name, item))
            continue
        for where in dict.fromkeys((f"{pattern}.{name}", f"{path}.{name}")):
            yield from comment(comments[where]) if where in comments else ()
        yield from pair(name, item)
    for name, rows in later:
        yield ""
        yield from comment(comments.get(f"{pattern}.{name}", ""))
        for number, row in enumerate(rows):
            yield from [""] if number else []
            yield f"[[{header}.{key(name)}]]"
            yield from _rows(row)


def _rows(table: Mapping[str, Any]) -> Iterator[str]:
    for own, item in table.items():
        yield from pair(own, item)
