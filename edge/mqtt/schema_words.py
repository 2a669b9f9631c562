"""Words of the schemas: a description for every property, and an example of every message. Pure.

A type's docstring describes its fields (``:ivar field: words; *other*: words``); what is the same
in all types, or is in none, has its words in :mod:`edge.mqtt.field_words`.
"""

import re
from collections.abc import Mapping
from typing import Any

from edge.mqtt.field_words import EXAMPLES, WORDS

_IVAR = re.compile(r"\n*^:ivar (\w+): ", re.MULTILINE)
_ALSO = re.compile(r"[;,] \*(\w+)\*: ")


def described(schema: Any, name: str = "") -> Any:
    """Return *schema* with a description of every property, its own or from the docstring.

    :param name: of the message or property that has it
    """
    if isinstance(schema, list):
        return [described(item, name) for item in schema]
    if not isinstance(schema, dict):
        return schema
    title = schema.get("title", name)
    made = {
        key: _properties(schema, title) if key == "properties" else described(value, name)
        for key, value in schema.items()
    }
    text, _ = _split(made.get("description"))
    return {**made, "description": text} if text else made


def _properties(schema: dict[str, Any], title: str) -> dict[str, Any]:
    _, fields = _split(schema.get("description"))
    return {
        name: _with_words(described(one, name), fields.get(name) or _known(title, name))
        for name, one in schema["properties"].items()
    }


def _known(title: str, name: str) -> str:
    return WORDS.get(f"{title}.{name}") or WORDS.get(name, "")


def _with_words(schema: Any, words: str) -> Any:
    """Return *schema* with *words*, unless it has a description of its own.

    A type that is written in place has its docstring there, which says what it is in all places.
    """
    if not words or ("description" in schema and "title" not in schema):
        return schema
    return {**schema, "description": words[:1].upper() + words[1:].rstrip(".")}


def _split(docstring: Any) -> tuple[str, dict[str, str]]:
    """Return the text of *docstring*, and the words of each field in it, in Markdown."""
    if not isinstance(docstring, str):
        return "", {}
    text, *parts = _IVAR.split(docstring)
    fields: dict[str, str] = {}
    for name, words in zip(parts[::2], parts[1::2], strict=True):
        first, *others = _ALSO.split(" ".join(words.split()))
        fields[name] = first
        fields |= dict(zip(others[::2], others[1::2], strict=True))
    return _markdown(" ".join(text.split())), {key: _markdown(one) for key, one in fields.items()}


def _markdown(text: str) -> str:
    """Return *text* of a docstring as the readers of a JSON document know it."""
    text = re.sub(r"(?<!\w)\*(\w+)\*(?!\w)", r"`\1`", text.replace("``", "`"))
    return re.sub(r"\bNone\b", "null", text).replace("True if ", "true if ")


def example(schema: Mapping[str, Any], name: str = "", parent: str = "") -> Any:
    """Return a value that *schema* allows: its required properties, and others with an example.

    :param name: of the message or property; *parent*: the type that has it
    """
    for place in (f"{parent}.{name}", name):
        if place in EXAMPLES and _fits(EXAMPLES[place], schema):
            return EXAMPLES[place]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    choices = schema.get("anyOf")
    if choices:
        plain = [one for one in choices if one.get("type") != "null"]
        return example(plain[0] if plain else choices[0], name, parent)
    return _of_kind(schema, name)


def _of_kind(schema: Mapping[str, Any], name: str) -> Any:
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    title = schema.get("title", name)
    if kind == "object":
        required = schema.get("required", ())
        return {
            key: example(one, key, title)
            for key, one in schema.get("properties", {}).items()
            if key in required or key in EXAMPLES or f"{title}.{key}" in EXAMPLES
        }
    if kind == "array":
        items = schema.get("items")
        return [example(items, name, title)] if isinstance(items, dict) else []
    plain: dict[str, Any] = {"integer": schema.get("minimum", 1), "number": 1.0, "boolean": True}
    return plain.get(kind, name)


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    """Return True if *value* is of the type that *schema* has, and one of its values."""
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", ())
    names = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array",
             dict: "object", type(None): "null"}  # fmt: skip
    kinds = list[Any]()
    for one in (*schema.get("anyOf", ()), schema):
        kind = one.get("type")
        kinds += kind if isinstance(kind, list) else [kind]
    return names[type(value)] in kinds or (type(value) is int and "number" in kinds)
