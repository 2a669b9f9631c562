"""Converts TOML to frozen values and collects every problem instead of stopping at the first.

msgspec checks each value; this module walks the structure so that one wrong key does not hide
the next one. A union may hold one pattern at most: two crash msgspec 0.22 (its issue 717).
"""

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, time
from functools import cache, cached_property
from itertools import islice
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import FieldInfo, fields

from edge.config.sections.values import Section
from edge.config.spelling import did_you_mean
from edge.config.text_files import read_text
from edge.config.toml_lines import lines_of_keys
from edge.config.toml_text import parse_toml
from edge.errors import ConfigError, ConfigUnavailable
from edge.printable import printable, unfit

MOST = 100
"""Most problems of one file that are listed."""

# Greatest length of a key and of a value in a message, characters.
_LONGEST_KEY = 100
_LONGEST_VALUE = 60


class Problems:
    """The problems of one file, each ``file: line 12: section.key: problem``.

    :param text: the file's TOML, in which the lines of keys are found; empty: without lines
    :param stored: the text was accepted before, perhaps by an older Gardu: its characters are not
        checked again, because a visit that began under it must be able to end
    :ivar origins: keys that were expanded from a short form: each with the key of the file that it
        came from, and the words for its part of that key
    """

    def __init__(self, file: str, text: str = "", *, stored: bool = False) -> None:
        self.file = file
        self.stored = stored
        self.lines: list[str] = []
        self.count = 0
        self.origins: dict[str, tuple[str, str]] = {}
        self._text = text

    def add(self, where: str, what: str) -> None:
        """Add the problem *what* of the key *where* (empty: of the whole file)."""
        self.count += 1
        if self.count > MOST:
            return
        where, what = self._as_written(where, what)
        key = _shortened(printable(where), _LONGEST_KEY)
        parts = (self.file, self._line(where), key, what)
        self.lines.append(": ".join(part for part in parts if part))

    def append(self, lines: Iterable[str]) -> None:
        """Add whole *lines*, problems of another file."""
        found = list(lines)
        self.count += len(found)
        self.lines += found[: max(MOST - len(self.lines), 0)]

    def raise_any(self, *, unavailable: bool = False) -> None:
        """Raise :exc:`ConfigError` with all problems, if there are any.

        :param unavailable: they are of other files, which may be there at the next try: raise
            :exc:`ConfigUnavailable`
        """
        if self.count > MOST:
            self.lines.append(f"{self.file}: more problems follow")
        if self.lines:
            raise (ConfigUnavailable if unavailable else ConfigError)(self.lines)

    def _as_written(self, where: str, what: str) -> tuple[str, str]:
        """Return key and problem with the keys of the file in place of expanded ones."""
        if not self.origins:
            return where, what
        what = self._expanded_keys.sub(self._in_words, what)
        found = self._expanded_keys.fullmatch(where)
        if found is None:
            return where, what
        key, words = self.origins[found[1]]
        rest = f", {found[2].strip('.')}" if found[2] else ""
        return key, f"{words}{rest}: {what}"

    def _in_words(self, found: re.Match[str]) -> str:
        key, words = self.origins[found[1]]
        return f"{key} ({words})"

    @cached_property
    def _expanded_keys(self) -> re.Pattern[str]:
        longest_first = sorted(map(re.escape, self.origins), key=len, reverse=True)
        return re.compile(rf"({'|'.join(longest_first)})((?:\.\w+)*)")

    def _line(self, where: str) -> str:
        """Return the line of the key *where*; of a key that is missing, that of its table."""
        while where and where not in self._key_lines:
            where = where[: max(where.rfind("."), where.rfind("["), 0)]
        return f"line {self._key_lines[where]}" if where else ""

    @cached_property
    def _key_lines(self) -> dict[str, int]:
        return lines_of_keys(self._text)


def read_file(path: Path) -> tuple[dict[str, Any], Problems]:
    """Return the content of the TOML file *path*, and its problems, none so far.

    :raises ConfigError: if it cannot be read or is not TOML
    """
    text = read_text(path)
    return parse_toml(text, str(path)), Problems(str(path), text)


def note_twice(
    problems: Problems, entries: list[tuple[Hashable, str]], what: str, allowed: str
) -> None:
    """Add a problem for each value in *entries* (value, key) that stands at more than one key.

    :param what: the kind of the values, for the message
    :param allowed: the words after "allowed:"
    """
    places: defaultdict[Hashable, list[str]] = defaultdict(list)
    for thing, where in entries:
        places[thing].append(where)
    for thing, found in places.items():
        if len(found) > 1:
            others = " and ".join(found[:-1])
            problems.add(found[-1], f"{what} {thing} is also at {others}; allowed: {allowed}")


def convert(kind: type[Any], raw: Any, where: str, problems: Problems) -> Any:
    """Convert *raw* to *kind*; add every problem under key *where* and return None if any."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, raw, where, problems)
    return _value(kind, raw, where, problems)


def _struct(kind: type[msgspec.Struct], raw: Any, where: str, problems: Problems) -> Any:
    if not isinstance(raw, Mapping):
        problems.add(where, f"is {_shown(raw)}; allowed: a table [{where}]")
        return None
    before = problems.count
    hints, known = _keys_of(kind)
    tag = kind.__struct_config__.tag_field
    unknown = [key for key in raw if key not in known and key != tag]
    for key in islice(unknown, MOST):
        meant, allowed = did_you_mean(key, known), ", ".join(sorted(known))
        problems.add(_join(where, key), f"is no key here{meant}; allowed: {allowed}")
    chosen = kind.__struct_config__.tag
    if tag is not None and raw.get(tag, chosen) != chosen:
        problems.add(_join(where, tag), f"is {_shown(raw[tag])}; allowed: {chosen}")
    values = {}
    for name, field in known.items():
        if name in raw:
            values[field.name] = _value(hints[field.name], raw[name], _join(where, name), problems)
        elif field.required:
            problems.add(_join(where, name), f"is missing; {_expected(hints[field.name])}")
    if issubclass(kind, Section):
        for key, what in kind.contradictions(raw):
            problems.add(_join(where, key), what)
    return kind(**values) if problems.count == before else None


@cache
def _keys_of(kind: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, FieldInfo]]:
    """Return the types of the fields of *kind*, and its fields by key; worked out once a type."""
    known = {field.encode_name: field for field in fields(kind)}
    return get_type_hints(kind, include_extras=True), known


def _value(kind: Any, raw: Any, where: str, problems: Problems) -> Any:
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    origin, arguments = get_origin(plain), get_args(plain)
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return _struct(plain, raw, where, problems)
    if origin in (Union, UnionType):
        return _union(kind, arguments, raw, where, problems)
    if origin is dict and isinstance(raw, Mapping):
        for key in raw:
            _leaf(arguments[0], key, where, problems)
        return {
            key: _value(arguments[1], item, _join(where, key), problems)
            for key, item in raw.items()
        }
    if origin in (list, tuple) and isinstance(raw, list):
        if not _length_allowed(kind, len(raw)):
            problems.add(where, f"has {len(raw)} items; {_expected(kind)}")
        items = [
            _value(arguments[0], item, f"{where}[{number}]", problems)
            for number, item in enumerate(raw)
        ]
        return tuple(items) if origin is tuple else items
    return _leaf(kind, raw, where, problems)


def _length_allowed(kind: Any, length: int) -> bool:
    """Return True if a list of *kind* may have *length* items."""
    notes = [note for note in get_args(kind) if isinstance(note, msgspec.Meta)]
    return all(
        (note.min_length or 0) <= length <= (length if note.max_length is None else note.max_length)
        for note in notes
    )


def _union(kind: Any, arguments: tuple[Any, ...], raw: Any, where: str, problems: Problems) -> Any:
    structs = [a for a in arguments if isinstance(a, type) and issubclass(a, msgspec.Struct)]
    if not structs or not isinstance(raw, Mapping):
        return _leaf(kind, raw, where, problems)
    if len(structs) == 1:
        return _struct(structs[0], raw, where, problems)
    tags = {str(s.__struct_config__.tag): s for s in structs}
    field = str(structs[0].__struct_config__.tag_field)
    named = raw.get(field)
    chosen = tags.get(named) if isinstance(named, str) else None
    if chosen is None:
        meant, allowed = did_you_mean(named, tags), ", ".join(sorted(tags))
        shown = _shown(raw[field]) if field in raw else "missing"
        problems.add(_join(where, field), f"is {shown}{meant}; allowed: {allowed}")
        return None
    return _struct(chosen, raw, where, problems)


def _leaf(kind: Any, raw: Any, where: str, problems: Problems) -> Any:
    if not problems.stored and (character := _unfit_in(raw)):
        problems.add(where, f"has {_named(character)}; allowed: text without it")
        return None
    with suppress(msgspec.ValidationError):
        value = msgspec.convert(raw, kind)
        # msgspec accepts nan and inf in most ranges, and makes inf of a huge whole number.
        if not isinstance(value, float) or math.isfinite(value):
            return value
    meant = did_you_mean(raw, _choices(kind))
    problems.add(where, f"is {_shown(raw)}{meant}; {_expected(kind)}")
    return None


def _unfit_in(raw: Any) -> str:
    """Return the first character in the texts of *raw* that no text may hold; empty if none."""
    if isinstance(raw, str):
        return unfit(raw)
    if isinstance(raw, Mapping):
        raw = [part for item in raw.items() for part in item]
    return next(filter(None, map(_unfit_in, raw)), "") if isinstance(raw, list) else ""


def _named(character: str) -> str:
    """Return *character* by its number and what it does."""
    kind = unicodedata.category(character)
    does = "steers a terminal" if kind == "Cc" else "is no letter, and can show other text"
    name = unicodedata.name(character, "a control character" if kind == "Cc" else "").lower()
    shown = f"U+{ord(character):04X}{f' ({name})' if name else ''}"
    return f"the character {shown}, which {does}"


def _choices(kind: Any) -> Iterator[str]:
    """Yield the words that *kind* lists."""
    for argument in get_args(kind):
        if get_origin(kind) is Literal:
            yield str(argument)
        else:
            yield from _choices(argument)


def _expected(kind: Any) -> str:
    """Return the allowed values of *kind* in words."""
    return f"allowed: {_described(kind)}"


# The names of TOML's types, for people who have never programmed.
_WORDS = {
    str: "text in quotes",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list [ ]",
    tuple: "a list [ ]",
    dict: "a table",
}


def _described(kind: Any) -> str:
    arguments = get_args(kind)
    for note in arguments:
        if isinstance(note, msgspec.Meta) and note.description:
            return note.description
    origin = get_origin(kind)
    if origin is Annotated:
        return _described(arguments[0])
    if origin is Literal:
        return ", ".join(str(choice) for choice in arguments)
    if origin in (Union, UnionType):
        return " or ".join(_described(one) for one in arguments if one is not type(None))
    return _WORDS.get(origin or kind, "a table")


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _shown(raw: Any) -> str:
    if isinstance(raw, date | time):
        return raw.isoformat()
    try:
        text = repr(raw)
    except ValueError:  # Python writes no integer of more than 4300 digits
        return "a number that is too long"
    return _shortened(text, _LONGEST_VALUE)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."
