"""Writes the sections of a config, with comments. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from edge.config.toml_writing import comment, key, pair

Comments = Mapping[str, str]
"""Key → the comment above it; ``*`` in a key stands for any name."""


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
