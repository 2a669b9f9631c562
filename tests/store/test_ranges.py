"""Ranges behave as the sets that they represent."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.store.ranges import Ranges

NUMBERS = st.sets(st.integers(min_value=0, max_value=40))


@given(NUMBERS, NUMBERS)
def test_they_are_sets(one: set[int], other: set[int]) -> None:
    """Union, difference, membership, count and order are those of Python's sets."""
    ranges, others = Ranges.of(one), Ranges.of(other)
    assert list(ranges) == sorted(one)
    assert list(ranges.plus(others)) == sorted(one | other)
    assert list(ranges.minus(others)) == sorted(one - other)
    assert {number for number in range(42) if number in ranges} == one
    assert (ranges.count, bool(ranges)) == (len(one), bool(one))
    assert ranges.first == min(one, default=None)


@given(NUMBERS, NUMBERS)
def test_one_set_has_one_form(one: set[int], other: set[int]) -> None:
    """Equal sets have equal pairs: sorted, none next to another."""
    pairs = Ranges.of(one).plus(Ranges.of(other)).pairs
    assert pairs == Ranges.of(one | other).pairs
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(pairs))


@given(NUMBERS, st.integers(min_value=-1, max_value=41), st.integers(min_value=0, max_value=9))
def test_a_page_follows_on_the_one_before(numbers: set[int], after: int, limit: int) -> None:
    """A page holds the next numbers after a number, up to the limit."""
    above = [number for number in sorted(numbers) if number > after]
    assert list(Ranges.of(numbers).after(after, limit)) == above[:limit]


def test_a_long_row_is_one_pair() -> None:
    """An unbroken run is one pair, at any length."""
    assert Ranges.of(range(1, 100_001)).pairs == ((1, 100_000),)
    assert Ranges(((1, 100_000),)).minus(Ranges(((500, 500),))).pairs == ((1, 499), (501, 100_000))
