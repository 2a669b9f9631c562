"""Lists of numbers as text: ``"1-12, 15, 20-24"``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from msgspec import Meta

_RANGE = r"[0-9]{1,4}( *- *[0-9]{1,4})?"
_PATTERN = rf"^ *{_RANGE}( *, *{_RANGE})* *\Z"

NumberList = Annotated[
    str,
    Meta(
        pattern=_PATTERN,
        max_length=500,
        description='numbers and ranges in quotes, such as "1-12" or "1-12, 15, 20-24"',
    ),
]


def numbers_of(text: str) -> list[int]:
    """Return the numbers of a :data:`NumberList`, in its order; a reversed range has none."""
    return [number for first, last in _ranges(text) for number in range(first, last + 1)]


def text_of(numbers: Iterable[int]) -> str:
    """Return *numbers* as text, in their order, with ranges where they follow each other."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][-1] + 1:
            ranges[-1][1:] = [number]
        else:
            ranges.append([number])
    return ", ".join("-".join(map(str, one)) for one in ranges)


def number_problems(
    raw: Mapping[str, Any], limits: Mapping[str, tuple[int, int]]
) -> Iterator[tuple[str, str]]:
    """Yield (key, problem) for the lists of numbers in *raw* that are wrong.

    :param limits: key of a list → its least and its greatest number
    """
    for key, (least, most) in limits.items():
        text = raw.get(key)
        if isinstance(text, str) and re.match(_PATTERN, text):
            problem = _problem(text, least, most)
            if problem:
                yield key, problem


def count_of(raw: Any) -> int | None:
    """Return how many numbers the list *raw* has; None if it is none."""
    if not isinstance(raw, str) or not re.match(_PATTERN, raw):
        return None
    return len(numbers_of(raw))


def _problem(text: str, least: int, most: int) -> str:
    for first, last in _ranges(text):
        if first > last:
            return f"has the range {first}-{last}; allowed: {last}-{first}, the lower number first"
        for number in (first, last):
            if not least <= number <= most:
                return f"has {number}; allowed: numbers from {least} to {most}"
    numbers = numbers_of(text)
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    return "" if twice is None else f"has {twice} twice; allowed: each number once"


def _ranges(text: str) -> list[tuple[int, int]]:
    """Return first and last number of each part of *text*."""
    parts = (part.partition("-") for part in text.split(","))
    return [(int(first), int(last or first)) for first, _, last in parts]
