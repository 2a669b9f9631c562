"""Ranges: a set of whole numbers that are mostly consecutive, such as sequences.

Stored as sorted (first, last) pairs with a gap between each two, so that a hundred thousand
waiting records are one pair. Immutable: every operation returns a new set.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Self

import msgspec

_NO_END = 2**63 - 1


class Ranges(msgspec.Struct, frozen=True, array_like=True):
    """A set of numbers; equal to another with the same numbers."""

    pairs: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        """Return the set of *numbers*, in any order."""
        return cls(_merged((number, number) for number in numbers))

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.pairs, (number, _NO_END))
        return place > 0 and number <= self.pairs[place - 1][1]

    def __iter__(self) -> Iterator[int]:
        return self.after(-1)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    @property
    def count(self) -> int:
        """The number of elements."""
        return sum(last - first + 1 for first, last in self.pairs)

    @property
    def first(self) -> int | None:
        """The lowest number, None if there is none."""
        return self.pairs[0][0] if self.pairs else None

    def after(self, number: int, limit: int | None = None) -> Iterator[int]:
        """Iterate over the first *limit* (or all) numbers above *number*, in order."""
        above = (
            n for first, last in self.pairs if last > number
            for n in range(max(first, number + 1), last + 1)
        )  # fmt: skip
        return islice(above, limit)

    def plus(self, other: Self) -> Self:
        """Return the union with *other*."""
        return type(self)(_merged((*self.pairs, *other.pairs)))

    def minus(self, other: Self) -> Self:
        """Return the numbers of this set that are not in *other*."""
        left = list[tuple[int, int]]()
        gone = iter((*other.pairs, (_NO_END, _NO_END)))
        begin, end = next(gone)
        for first, last in self.pairs:
            while end < first:
                begin, end = next(gone)
            while begin <= last:
                if first < begin:
                    left.append((first, begin - 1))
                first = end + 1  # noqa: PLW2901 - the rest of the pair
                if first > last:
                    break
                begin, end = next(gone)
            if first <= last:
                left.append((first, last))
        return type(self)(tuple(left))


def _merged(pairs: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return *pairs* sorted, with those that overlap or touch merged."""
    found = list[tuple[int, int]]()
    for first, last in sorted(pairs):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)
