"""Writes TOML for people: a key in one line if it fits, long lists in several. Pure."""

import json
import textwrap
from collections.abc import Mapping
from typing import Any

WIDTH = 100
"""Longest line, characters."""


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
    if all(isinstance(one, str) and one.split() == [one] for one in item):
        text = ", ".join(map(value, item)) + ","
        wrapped = textwrap.wrap(text, WIDTH - 4, break_long_words=False, break_on_hyphens=False)
        rows = [f"    {row}" for row in wrapped]
    else:
        rows = [f"    {value(one)}," for one in item]
    return [f"{key(name)} = [", *rows, "]"]
