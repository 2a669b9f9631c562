"""JSON Schema of procedure files.

Beside the types of the model it has the words that the verification knows: events, actions, needs
and targets. Checks of steps against each other stay with the verification.
"""

import re
from collections.abc import Mapping
from typing import Any

from edge.config.schema import schema_of
from edge.config.sections.values import fragment
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import OUTCOMES, RINGS, WITH_ARGUMENT
from edge.sop.procedures.vocabulary import (
    EVIDENCE,
    NEEDS,
    NEEDS_WITH_ARGUMENT,
    OF_ONE_DETECTOR,
    VERBS,
)

_WORD = "[a-z0-9]+(-[a-z0-9]+)*"


def procedure_schema() -> dict[str, Any]:
    """Return the schema of a procedure file (sop/ID.toml)."""
    schema = schema_of(Procedure, "Gardu: a procedure (SOP)")
    parts = schema["$defs"]
    way, phase = parts["Transition"]["properties"], parts["Phase"]["properties"]
    way["event"] = {"description": "The event that it waits for.", "anyOf": _events()}
    way["to"]["pattern"] = rf"^(@next|@skip|{'|'.join(OUTCOMES)}|#?{_WORD})$"
    way["reason"]["pattern"] = f"^{_WORD}$"
    parts["Transition"] |= _TIME_OUT
    phase["needs"] = {"description": _listed("Entered only if:", NEEDS), "anyOf": _needs()}
    phase["do"]["description"] = _listed("Actions on entering:", VERBS)
    phase["do"]["items"]["pattern"] = _actions()
    phase["on"]["minItems"] = 1
    parts["Phase"]["required"].append("on")
    parts["Phase"]["dependentRequired"] = {"needs": ["otherwise"], "otherwise": ["needs"]}
    schema["properties"]["reasons"]["items"]["pattern"] = f"^{_WORD}$"
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
    """Return the schemas of an event: a word of the list, or one of a named metal detector."""
    kinds = "|".join(map(re.escape, OF_ONE_DETECTOR))
    return [{"enum": list(EVIDENCE)}, {"pattern": f"^({kinds}):{_WORD}$"}]


def _needs() -> list[dict[str, Any]]:
    """Return the schemas of a need: a word of the list, some with an argument after a colon."""
    plain = [need for need in NEEDS if need not in NEEDS_WITH_ARGUMENT]
    return [{"enum": plain}, {"pattern": f"^({'|'.join(NEEDS_WITH_ARGUMENT)}):{_WORD}$"}]


def _actions() -> str:
    """Return the pattern of an action: a verb, some with an argument after a colon."""
    plain = "|".join(verb for verb in VERBS if verb not in WITH_ARGUMENT)
    named = "|".join(verb for verb in WITH_ARGUMENT if verb != "ring")
    return rf"^({plain}|ring:({'|'.join(RINGS)})|({named}):{_WORD})$"
