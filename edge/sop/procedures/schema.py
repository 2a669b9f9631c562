"""JSON Schemas of procedure files, of their parts and of legal texts.

Beside the types of the model they have the words that the verification knows: events, actions,
needs, targets and deeds. Checks of steps against each other stay with the verification.
"""

import re
from collections.abc import Mapping
from typing import Any

from edge.config.schema import schema_of
from edge.config.sections.values import fragment
from edge.sop.procedures.deeds import DEEDS
from edge.sop.procedures.legal_text import LegalText
from edge.sop.procedures.model import Phase, Procedure
from edge.sop.procedures.parts import STEP_KEYS, Part
from edge.sop.procedures.vocabulary import (
    EVENTS,
    NEEDS,
    NEEDS_WITH_ARGUMENT,
    OF_ONE_DETECTOR,
    OUTCOMES,
    RINGS,
    TARGETS,
    VALUE_ENTERED,
    VERBS,
    WITH_ARGUMENT,
)

_WORD = "[a-z0-9]+(-[a-z0-9]+)*"
_PLACEHOLDER = {"type": "string", "pattern": r"(\{[a-z][a-z0-9_]*\}|^@then$)"}


def procedure_schema() -> dict[str, Any]:
    """Return the schema of a procedure file (sop/ID.toml)."""
    schema = schema_of(Procedure, "Gardu: a procedure (SOP)")
    _with_words(schema["$defs"])
    step = schema["$defs"]["Step"]
    step["anyOf"] = [fragment("use"), fragment("phases")]
    step["properties"]["phases"]["minItems"] = 1
    for key in ("reasons", "refusals"):
        schema["properties"][key]["items"]["pattern"] = f"^{_WORD}$"
    return schema


def part_schema() -> dict[str, Any]:
    """Return the schema of a part (sop/parts/NAME.toml): phases with placeholders in them."""
    schema = schema_of(Part, "Gardu: a part of procedures")
    phases = schema_of(Phase, "")
    phases["$defs"]["Phase"] = {k: v for k, v in phases.items() if k not in ("$schema", "$defs")}
    del phases["$defs"]["Phase"]["title"]
    _with_words(phases["$defs"])
    schema["$defs"] |= _with_placeholders(phases["$defs"])
    schema["properties"]["phases"]["items"] = {"$ref": "#/$defs/Phase"}
    schema["properties"]["step"] = {
        "description": _listed("Keys for the step that uses it:", dict.fromkeys(STEP_KEYS, "")),
        "type": "object",
        "propertyNames": {"enum": list(STEP_KEYS)},
    }
    return schema


def _with_placeholders(parts: dict[str, Any]) -> dict[str, Any]:
    """Return *parts* in which each value may be a placeholder too, or ``@then``."""
    for part in (parts["Phase"], parts["Transition"]):
        part.pop("if", None)
        part.pop("then", None)
        part.pop("else", None)
        for key, value in part["properties"].items():
            described = {"description": value.get("description", "")}
            part["properties"][key] = described | {"anyOf": [value, _PLACEHOLDER]}
        part["required"] = [key for key in part["required"] if key == "id"]
    do = parts["Phase"]["properties"]["do"]["anyOf"][0]
    do["items"] = {"anyOf": [do["items"], _PLACEHOLDER]}
    return parts


def _with_words(parts: dict[str, Any]) -> None:
    """Add to *parts* the words that the verification knows."""
    way, phase = parts["Transition"]["properties"], parts["Phase"]["properties"]
    events = {name: event.meaning for name, event in EVENTS.items()} | {"value.ID": VALUE_ENTERED}
    way["event"] = {
        "description": _listed("The event that it waits for:", events),
        "anyOf": _events(),
    }
    way["to"]["description"] = _listed("Where it leads:", TARGETS)
    way["to"]["pattern"] = rf"^(@next|@skip|{'|'.join(OUTCOMES)}|#?{_WORD})$"
    way["reason"]["pattern"] = f"^{_WORD}$"
    parts["Transition"] |= _TIME_OUT
    phase["needs"] = {"description": _listed("Entered only if:", NEEDS), "anyOf": _needs()}
    phase["do"]["description"] = _listed("Actions on entering:", VERBS)
    phase["do"]["items"]["pattern"] = _actions()
    phase["on"]["minItems"] = 1
    parts["Phase"]["required"].append("on")
    parts["Phase"]["dependentRequired"] = {"needs": ["otherwise"], "otherwise": ["needs"]}


def legal_schema() -> dict[str, Any]:
    """Return the schema of a legal text (sop/legal/ID.toml)."""
    schema = schema_of(LegalText, "Gardu: the legal text of a procedure (SOP)")
    demands = schema["$defs"]["LegalRow"]["properties"]["demands"]
    meanings = {word: f"{deed.text.id} ({deed.text.en})" for word, deed in DEEDS.items()}
    demands["description"] = _listed("The deeds that its words demand:", meanings)
    demands["items"] = {"enum": list(DEEDS)}
    demands["uniqueItems"] = True
    return schema


# A time-out has exactly one of the two times; every other event has none.
_TIME_OUT: dict[str, Any] = {
    "if": fragment(properties={"event": {"const": "timeout"}}),
    "then": {"oneOf": [fragment("after_s"), fragment("at_s")]},
    "else": fragment(properties={"after_s": False, "at_s": False}),
}


def _listed(words: str, meanings: Mapping[str, str]) -> str:
    """Return *words* and the list of *meanings*, as Markdown."""
    return "\n".join([words, "", *(f"- `{key}`: {text}" for key, text in meanings.items())])


def _events() -> list[dict[str, Any]]:
    """Return the schemas of an event: a word of the list, or one with a name behind it."""
    kinds = "|".join(map(re.escape, OF_ONE_DETECTOR))
    named = rf"^(({kinds}):|value\.){_WORD}$"
    return [{"enum": list(EVENTS)}, {"type": "string", "pattern": named}]


def _needs() -> list[dict[str, Any]]:
    """Return the schemas of a need: a word of the list, some with an argument after a colon."""
    plain = [need for need in NEEDS if need not in NEEDS_WITH_ARGUMENT]
    named = f"^({'|'.join(NEEDS_WITH_ARGUMENT)}):{_WORD}$"
    return [{"enum": plain}, {"type": "string", "pattern": named}]


def _actions() -> str:
    """Return the pattern of an action: a verb, some with an argument after a colon."""
    plain = "|".join(verb for verb in VERBS if verb not in WITH_ARGUMENT)
    named = "|".join(verb for verb in WITH_ARGUMENT if verb != "ring")
    return rf"^({plain}|ring:({'|'.join(RINGS)})|({named}):{_WORD})$"
