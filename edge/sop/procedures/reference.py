"""Writes docs/procedures-reference.md: keys and words of procedure files, from their types. Pure.

``python -m edge.sop.procedures.reference > docs/procedures-reference.md``
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from edge.config.schema import schema_of
from edge.sop.procedures.deeds import DEEDS, Deed
from edge.sop.procedures.legal_text import LegalRow, LegalText
from edge.sop.procedures.model import (
    Approval,
    Duty,
    Headings,
    Hours,
    Lane,
    Phase,
    Procedure,
    Step,
    Transition,
    Value,
)
from edge.sop.procedures.parts import Parameter, Part
from edge.sop.procedures.vocabulary import EVENTS, NEEDS, TARGETS, VALUE_ENTERED, VERBS

_HEAD = """# Keys and words of procedure files

[procedures.md](procedures.md) teaches how to write a procedure. This page lists every key and every
word. `python -m edge.sop.procedures.reference` writes it from the types that the loader uses, so it
is what the checkpoint accepts. Editors show the same texts ([config.md](config.md)).
"""

# The tables of the files, in the order in which a writer meets them: title, type, and the section
# of procedures.md that explains it.
_TABLES: tuple[tuple[str, type[msgspec.Struct], str], ...] = (
    ("The file", Procedure, "the-file"),
    ("`[[steps]]`", Step, "steps-and-phases"),
    ("`[[steps.phases]]`", Phase, "steps-and-phases"),
    ("A transition in `on`", Transition, "steps-and-phases"),
    ("`[[values]]`", Value, "values"),
    ("`hours`", Hours, "hours"),
    ("`lanes`", Lane, "the-file"),
    ("`headings`", Headings, "the-file"),
    ("`[[duties]]`", Duty, "the-file"),
    ("`[approval]`", Approval, "the-file"),
    ("A part", Part, "writing-a-part"),
    ("`[parameters.NAME]` of a part", Parameter, "writing-a-part"),
    ("A legal text", LegalText, "the-law-of-a-procedure"),
    ("`[[rows]]` of a legal text", LegalRow, "the-law-of-a-procedure"),
)


# The words that a key takes: the section of this page that lists them.
_WORDS = {
    (Transition, "to"): "Targets",
    (Transition, "event"): "Events",
    (Transition, "vouches"): "Deeds",
    (Phase, "do"): "Actions",
    (Phase, "needs"): "Needs",
    (LegalRow, "demands"): "Deeds",
}

# The sections of procedures.md that explain words and keys beyond their meaning here.
_EXPLAINED = {
    "guest-book-signature-id": (
        "guest-book", "signature", "identity", "identity.taken", "vouches", "page_shows_signature",
        "returns_identity",
    ),
    "groups": ("all-clear", "detector.passage"),
    "hosts": ("host", "host-choice", "button.host", "admitted_from"),
    "another-persons-approval": ("aiphone",),
    "conditions-and-counts": ("at_most", "count_again"),
    "values": ("value", "value.ID", "values", "above", "below", "equals"),
    "the-waiting-room": ("aiphone.call",),
    "times": ("standard_s", "timed_from", "at_s", "extend", "extend_s", "extensions"),
    "persons-cards-lockers": ("cards", "more-cards", "more-lockers", "missing-card"),
    "questions": ("ask", "answer"),
    "places-with-limited-room": ("room", "room.free", "leave-place"),
    "the-order-of-waiting": ("waiting_order",),
    "hours": ("hours",),
    "escorts": ("escort", "card.escort", "release-escort", "escort_visits"),
    "reasons": ("reasons", "refusals", "button.reason-1"),
    "inactivity": ("abandoned_after_s",),
    "parts": ("use", "with"),
}  # fmt: skip
_SECTIONS = {word: section for section, words in _EXPLAINED.items() for word in words}


def reference() -> str:
    """Return the page, Markdown."""
    return "\n".join([_HEAD, *_words(), *_keys(), *_deeds()])


def _words() -> Iterator[str]:
    yield "## Words\n"
    yield from _table(
        "Targets",
        "The values of `to`: where a transition leads. In a part also `@then`: to what follows the "
        "part.",
        ("to", "meaning"),
        _rows(TARGETS),
    )
    yield from _table(
        "Events",
        "The values of `event`. Those of buttons come from the panel of the step's station, those "
        "of the aiphone from the host's aide or from the called station of the step. The other "
        "meanings of buttons (next, back, more \u2026) are the same in every procedure and are not "
        "events of it: [panel.md](panel.md), [routing.md](routing.md). *Evidence* is the word in "
        "the record of the step.",
        ("event", "it happened", "evidence"),
        _events(),
    )
    yield from _table(
        "Actions",
        "The words of `do`; some have an argument after a colon.",
        ("do", "meaning"),
        _rows(VERBS),
    )
    yield from _table(
        "Needs",
        "The words of `needs`; two have an argument after a colon.",
        ("needs", "met if"),
        _rows(NEEDS),
    )


def _events() -> Iterator[tuple[str, ...]]:
    for name, event in EVENTS.items():
        yield f"`{name}`", event.meaning + _more(name), f"`{event.evidence}`"
    yield "`value.ID`", VALUE_ENTERED + _more("value.ID"), "results of comparisons"


def _keys() -> Iterator[str]:
    yield "## Keys\n"
    for title, kind, section in _TABLES:
        schema = schema_of(kind, "")
        required = schema.get("required", ())
        intro = f"{schema['description']} [More](procedures.md#{section})."
        cells = (
            (f"`{key}`", _cell(value, required=key in required) + _see(kind, key))
            for key, value in _properties(schema)
        )
        yield from _table(title, intro, ("key", "meaning"), cells)


def _properties(schema: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the keys of *schema*: those that are required first."""
    required = schema.get("required", ())
    return sorted(schema["properties"].items(), key=lambda one: one[0] not in required)


def _deeds() -> Iterator[str]:
    yield from _table(
        "Deeds",
        "The words of `demands` in a legal text; `vouches` takes some of them. A word in the last "
        "column is an event, an action or a need of a procedure file; where it is empty, an "
        "officer's press shows the deed. [More](procedures.md#deeds).",
        ("deed", "Indonesian", "English", "equipment shows it by"),
        ((f"`{name}`", deed.text.id, deed.text.en, _shown(deed)) for name, deed in DEEDS.items()),
    )


def _shown(deed: Deed) -> str:
    words = [word for sign in deed.signs for word in sorted(sign.shown) if "before:" not in word]
    words += ["ring:reminder", "ring:limit"] if deed.reminds else []
    return ", ".join(f"`{word}`" for word in dict.fromkeys(words))


def _rows(words: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    return ((f"`{name}`", text + _more(name)) for name, text in words.items())


def _more(word: str) -> str:
    section = _SECTIONS.get(word)
    return f" ([more](procedures.md#{section}))" if section else ""


def _table(
    title: str, intro: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> Iterator[str]:
    yield f"### {title}\n\n{intro}\n\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(map(_escaped, row))} |"
    yield ""


def _cell(value: Mapping[str, Any], *, required: bool) -> str:
    """Return the description of a key, with its words, its default and if it is required."""
    texts = [value.get("description", "").removesuffix(".")]
    if words := value.get("items", {}).get("enum"):
        texts.append(f"Allowed: {', '.join(f'`{word}`' for word in words)}")
    if (default := value.get("default")) not in (None, "", False, 0, (), []):
        texts.append(f"Default: `{_toml(default)}`")
    if required:
        texts.append("Required")
    return ". ".join(texts) + "."


def _see(kind: type[msgspec.Struct], key: str) -> str:
    """Return links to the words of a key, and to the section that explains it."""
    section = _WORDS.get((kind, key))
    words = f" [{section}](#{section.lower()})." if section else ""
    return words + (_more(key) if kind in (Procedure, Step, Phase, Transition) else "")


def _toml(default: Any) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


if __name__ == "__main__":
    sys.stdout.write(reference())
