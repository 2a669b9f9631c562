"""The arithmetic of a report, and types shared by its counters. Pure."""

from array import array
from collections.abc import Callable, Mapping
from typing import Any

from edge.store.register import Fact

FactData = Mapping[str, Any]

# The function that counts a fact, by the fact's type.
FactCounters = dict[str, Callable[[Fact], None]]


def median(values: "array[float]") -> float | None:
    """Return the median of *values*, which are in order; None if there are none.

    It is the middle value, or the mean of the middle two, rounded to 0.001.
    """
    half = len(values) // 2
    if not values:
        return None
    middle = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
    return round(middle, 3)


def percentile(values: "array[float]", percent: int) -> float | None:
    """Return the percentile *percent* (nearest rank) of *values*, in order; None if none."""
    return values[-(-len(values) * percent // 100) - 1] if values else None


def ordered(values: "array[float]") -> "array[float]":
    """Return *values* in order."""
    return array("d", sorted(values))
