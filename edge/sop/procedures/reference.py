"""Writes docs/procedures-reference.md: keys and words of procedure files, from their types. Pure.

``python -m edge.sop.procedures.reference > docs/procedures-reference.md``
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from edge.config.schema import schema_of
from edge.sop.procedures.model import Approval, Duty, Lane, Phase, Procedure, Step, Transition
from edge.sop.procedures.parts import Parameter, Part
from edge.sop.procedures.vocabulary import EVIDENCE, NEEDS, VERBS

_HEAD = """# Keys and words of procedure files

`python -m edge.sop.procedures.reference` writes this page from the types that the loader uses.
[procedures.md](procedures.md) explains how they work together.
"""
# The tables of a file, in the order in which a reader meets them.
_TABLES: tuple[tuple[str, type[msgspec.Struct]], ...] = (
    ("The file", Procedure),
    ("`[[steps]]`", Step),
    ("`[[steps.phases]]`", Phase),
    ("A transition in `on`", Transition),
    ("`lanes`", Lane),
    ("`[[duties]]`", Duty),
    ("`[approval]`", Approval),
    ("A part", Part),
    ("`[parameters.NAME]` of a part", Parameter),
)


def reference() -> str:
    """Return the page, Markdown."""
    return "\n".join([_HEAD, *_keys(), *_words()])


def _keys() -> Iterator[str]:
    for title, kind in _TABLES:
        schema = schema_of(kind, "")
        yield f"## {title}\n\n{schema['description']}\n"
        yield "| key | meaning |\n|---|---|"
        required = schema.get("required", ())
        for key, value in schema["properties"].items():
            needed = " Required." if key in required else ""
            yield f"| `{key}` | {_cell(value)}{needed} |"
        yield ""


def _words() -> Iterator[str]:
    yield from _table("Events", "event", "evidence in the record", EVIDENCE)
    yield from _table("Actions", "do", "meaning", VERBS)
    yield from _table("Needs", "need", "met if", NEEDS)


def _table(title: str, word: str, meaning: str, words: Mapping[str, str]) -> Iterator[str]:
    yield f"## {title}\n\n| {word} | {meaning} |\n|---|---|"
    for name, text in words.items():
        yield f"| `{name}` | {_escaped(text)} |"
    yield ""


def _cell(value: Mapping[str, Any]) -> str:
    """Return the description of a key with its default, as the text of a cell."""
    text = _escaped(value.get("description", "").removesuffix("."))
    default = value.get("default")
    return (
        f"{text}. Default: `{default}`."
        if default not in (None, "", False, 0, (), [])
        else f"{text}."
    )


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
