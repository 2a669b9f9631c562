"""The types of answers that are not those of a config key, and reading an answer as text. Pure."""

import re
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from msgspec import Meta

from edge.config.sections.values import CardNumber

Opening = Annotated[
    str,
    Meta(
        pattern=r"^(no|([01][0-9]|2[0-3]):[0-5][0-9])\Z",
        description='a local time such as "07:30", or "no"',
    ),
]
QuietHours = Annotated[
    str,
    Meta(
        pattern=r"^(no|([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9])\Z",
        description='two local times such as "21:00-06:00", or "no"',
    ),
]
Line = Annotated[
    str,
    Meta(
        pattern=r"^(later|/[^\x00-\x1f\x7f]+|[A-Za-z0-9._-]+(:[0-9]{1,5})?)\Z",
        max_length=200,
        description='a serial port (/dev/serial/by-id/...), a host or host:port, or "later"',
    ),
]
OptionalCard = Annotated[
    str,
    Meta(
        pattern=r"^(|[0-9A-F]{8}|[0-9A-F]{10}|[0-9A-F]{14}|[0-9A-F]{20})\Z",
        description="8, 10, 14 or 20 hexadecimal digits, upper case, or empty",
    ),
]
OptionalName = Annotated[
    str,
    Meta(
        pattern=r"^(|[a-z0-9]+(-[a-z0-9]+)*)\Z",
        max_length=40,
        description="lower-case letters, digits and dashes, or empty",
    ),
]
Pool = Annotated[
    list[CardNumber] | str,
    Meta(description='a list of card numbers, the name of a file with them, or "later"'),
]
LockerCount = Annotated[int, Meta(ge=1, le=999, description="a number from 1 to 999")]
CardCount = Annotated[int, Meta(ge=1, le=999, description="a number from 1 to 999")]
PersonCount = Annotated[int, Meta(ge=1, le=999, description="a number from 1 to 999")]

_WORDS = {"yes": True, "y": True, "ya": True, "no": False, "n": False, "tidak": False}


def from_text(kind: Any, text: str) -> Any:
    """Return what a person typed as TOML would have it; text that does not fit stays text."""
    plain = _plain(kind)
    if plain is bool:
        return _WORDS.get(text.lower(), text)
    if plain in (int, float) or _of_numbers(plain):
        return _number(text)
    if is_list(kind):
        found = [part for part in re.split(r"[\s,]+", text) if part]
        takes_text = get_origin(plain) in (Union, UnionType)
        return text if takes_text and not all(map(_is_card, found)) else found
    return text


def to_text(value: Any) -> str:
    """Return an answer as a person types it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def is_list(kind: Any) -> bool:
    """Return True if an answer of *kind* may be a list."""
    plain = _plain(kind)
    kinds = get_args(plain) if get_origin(plain) in (Union, UnionType) else (plain,)
    return any(get_origin(one) is list for one in kinds)


def _plain(kind: Any) -> Any:
    return _plain(get_args(kind)[0]) if get_origin(kind) is Annotated else kind


def _of_numbers(plain: Any) -> bool:
    return get_origin(plain) is Literal and all(isinstance(one, int) for one in get_args(plain))


def _number(text: str) -> Any:
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def _is_card(word: str) -> bool:
    return re.fullmatch(r"[0-9A-Fa-f]{8,20}", word) is not None
