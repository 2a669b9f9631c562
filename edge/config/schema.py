"""JSON Schema (draft 2020-12) of Gardu's TOML files, for editors and programs that write them.

It is generated from the types that the loader uses. A key's description is the ``:ivar`` of its
type's docstring; its range is the text that `gardu check` prints after "allowed:". Keys that do not
go together are refused by the type's ``schema_rules``. Checks across sections stay with
`gardu check`.
"""

import re
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any, get_args, get_type_hints

import msgspec

from edge.config.model import Config
from edge.config.sections.values import Section, fragment

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_IVAR = re.compile(r"^:ivar (\w+): (.*?)(?=^:|\Z)", re.MULTILINE | re.DOTALL)
_ROLE = re.compile(r":\w+:(?=`)")


def config_schema() -> dict[str, Any]:
    """Return the schema of a config file (gardu.toml)."""
    return schema_of(Config, "Gardu: the config of one checkpoint")


def schema_of(kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    """Return the schema of a TOML file whose top level is *kind*.

    It has no ``$ref`` at the top and no ``null``, which TOML does not have.
    """
    parts: dict[str, Any] = msgspec.json.schema(kind)["$defs"]
    kinds = {one.__name__: one for one in _structs(kind)}
    written = {name: _struct(part, kinds[name], kinds) for name, part in parts.items()}
    top = written.pop(kind.__name__)
    return {"$schema": DRAFT, **top, "title": title, "$defs": written}


def schema_text(schema: dict[str, Any]) -> str:
    """Return *schema* as the text of its file."""
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _structs(kind: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield each struct in *kind* once."""
    seen, waiting = set[type[msgspec.Struct]](), [kind]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            if one not in seen:
                seen.add(one)
                yield one
                waiting += get_type_hints(one, include_extras=True).values()
        else:
            waiting += get_args(one)


def _struct(
    part: dict[str, Any], kind: type[msgspec.Struct], kinds: dict[str, type[msgspec.Struct]]
) -> dict[str, Any]:
    """Return the schema *part* of *kind* with the words of its docstrings and its rules."""
    words = _words(kind)
    properties = {
        key: _described(_value(value), words.get(key, ""), kinds)
        for key, value in part["properties"].items()
    }
    tag = kind.__struct_config__.tag_field
    if tag is not None:
        properties[tag] = {"const": kind.__struct_config__.tag, "description": _summary(kind)}
    rules = kind.schema_rules() if issubclass(kind, Section) else {}
    required = {"required": part["required"]} if part["required"] else {}
    return {
        "description": _summary(kind),
        "type": "object",
        "properties": properties,
        **required,
        "additionalProperties": False,
        **rules,
    }


def _value(schema: Any) -> Any:
    """Return the *schema* of a value as TOML needs it: without null, and with patterns of ECMA."""
    if isinstance(schema, list):
        return [_value(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "discriminator" in schema:
        return _union(schema["discriminator"])
    found = {key: _value(one) for key, one in schema.items()}
    if found.get("default") in (None, [], {}) or isinstance(found.get("default"), dict):
        found.pop("default", None)
    choices = [one for one in found.get("anyOf", []) if one != {"type": "null"}]
    if len(choices) == 1:
        del found["anyOf"]
        found = choices[0] | found
    elif choices:
        found["anyOf"] = choices
    if "enum" in found:
        found["enum"] = [one for one in found["enum"] if one is not None]
    if "pattern" in found:
        found["pattern"] = found["pattern"].replace(r"\Z", "$")
    return found


def _union(tagged: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a section whose key, such as ``driver``, selects its type.

    The conditions give exact messages. The ``anyOf`` accepts everything: editors find in it the
    keys that they propose, which they do not find in conditions.
    """
    key, types = tagged["propertyName"], tagged["mapping"]
    return {
        "type": "object",
        "properties": {key: {"enum": list(types)}},
        "required": [key],
        "additionalProperties": True,
        "allOf": [
            {"if": fragment(properties={key: {"const": name}}), "then": {"$ref": ref}}
            for name, ref in types.items()
        ],
        "anyOf": [*({"$ref": ref} for ref in types.values()), {}],
    }


def _described(
    schema: dict[str, Any], words: str, kinds: dict[str, type[msgspec.Struct]]
) -> dict[str, Any]:
    """Return the *schema* of a key with its description: *words*, else those of its type."""
    allowed = schema.get("description", "")
    if "$ref" in schema or "items" in schema or "additionalProperties" in schema:
        allowed = ""  # said by the parts
    words = words or _summary_of(schema, kinds)
    text = words[:1].upper() + words[1:]
    if text and not text.endswith("."):
        text += "."
    if allowed:
        text = f"{text} Allowed: {allowed}.".strip()
    return {"description": text, **{k: v for k, v in schema.items() if k != "description"}}


def _summary_of(schema: dict[str, Any], kinds: dict[str, type[msgspec.Struct]]) -> str:
    """Return the summary of the type that *schema* refers to; empty if there is none."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return _summary(kinds[name]) if name else ""


def _summary(kind: type[msgspec.Struct]) -> str:
    """Return the first paragraph of the docstring of *kind*, in one line."""
    return _plain(cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def _words(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Return the description of each key of *kind*, from its own and its parents' docstrings."""
    words: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        text = (
            cleandoc(one.__dict__.get("__doc__") or "") if issubclass(one, msgspec.Struct) else ""
        )
        words.update({found[1]: _plain(found[2]) for found in _IVAR.finditer(text)})
    renamed = dict(zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True))
    return {renamed.get(name, name): text for name, text in words.items()}


def _plain(text: str) -> str:
    return " ".join(_ROLE.sub("", text).replace("``", "`").split())
