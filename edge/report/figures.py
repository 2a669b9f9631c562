"""The arithmetic of a report, and what its counting parts share. Pure."""

from array import array
from collections.abc import Callable, Mapping
from typing import Any

from edge.store.register import Fact

FactData = Mapping[str, Any]

# What a part of the tally does with a fact, by the fact's type.
FactCounters = dict[str, Callable[[Fact], None]]


def median(values: "array[float]") -> float | None:
    """Return the middle one of *values*, in order, or the mean of the middle two; None of none."""
    half = len(values) // 2
    if not values:
        return None
    middle = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
    return round(middle, 3)


def percentile(values: "array[float]", percent: int) -> float | None:
    """Return what *percent* of 100 of *values*, in order, do not exceed (nearest rank)."""
    return values[-(-len(values) * percent // 100) - 1] if values else None


def ordered(values: "array[float]") -> "array[float]":
    """Return *values* in order."""
    return array("d", sorted(values))
