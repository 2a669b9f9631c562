"""Removal of bounces by the moments of the edges."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.gpio.debounce import Counted, Debounce

LATE = 1e6


def counted(
    edges: Sequence[tuple[float, bool]], bounce_s: float, *, level: bool = False
) -> list[Counted]:
    """Return the levels that count by *edges* and a long rest after them."""
    debounce = Debounce(level, bounce_s)
    found = [one for at, high in edges for one in debounce.edge(high, at)]
    return found + debounce.settle(LATE)


H, L = True, False
CASES: dict[str, tuple[list[tuple[float, bool]], float, list[Counted]]] = {
    "a clean edge counts": ([(1.0, H)], 0.02, [(1.0, H)]),
    "a short pulse vanishes": ([(1.0, H), (1.01, L)], 0.02, []),
    "a press is two edges": ([(1.0, H), (1.5, L)], 0.02, [(1.0, H), (1.5, L)]),
    "bounces at both ends vanish": (
        [(1.0, H), (1.001, L), (1.002, H), (2.0, L), (2.001, H), (2.003, L)],
        0.02,
        [(1.002, H), (2.003, L)],
    ),
    "stable for exactly the bounce time": ([(1.0, H), (1.25, L)], 0.25, [(1.0, H), (1.25, L)]),
    "without a bounce time every edge counts": ([(1.0, H), (1.0, L)], 0.0, [(1.0, H), (1.0, L)]),
    "a pulse that was read too late begins the level again": (
        [(1.0, H), (1.015, H)],
        0.02,
        [(1.015, H)],
    ),
}


@pytest.mark.parametrize(("edges", "bounce_s", "expected"), CASES.values(), ids=CASES)
def test_levels_that_count(
    edges: list[tuple[float, bool]], bounce_s: float, expected: list[Counted]
) -> None:
    """A level counts once it was stable, with the moment of the edge that began it."""
    assert counted(edges, bounce_s) == expected


def test_a_level_before_lost_edges_does_not_count_by_the_next() -> None:
    """Between two edges with lost ones in between no level was seen to be stable."""
    debounce = Debounce(level=False, bounce_s=0.02)
    assert debounce.edge(True, 1.0) == []
    assert debounce.edge(False, 9.0, lost=True) == []
    assert debounce.settle(LATE) == []


def test_it_is_due_only_while_a_level_waits() -> None:
    """The edge thread sleeps for ever while nothing is due: no polling."""
    debounce = Debounce(level=False, bounce_s=0.25)
    due = [debounce.due]
    debounce.edge(True, 1.0)
    due.append(debounce.due)
    assert debounce.settle(1.2) == []
    assert debounce.settle(1.25) == [(1.0, True)]
    assert [*due, debounce.due] == [None, 1.25, None]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=30),
    st.sampled_from([0, 5, 20]),
    st.booleans(),
)
def test_any_edges_count_as_by_hand(
    steps: list[tuple[int, bool]], bounce: int, first: bool
) -> None:
    """Of any sequence of edges, exactly the new levels that lasted long enough count, once."""
    at, edges = 0, []
    for gap, level in steps:
        at += gap
        edges.append((at, level))
    ends = [*(moment for moment, _ in edges[1:]), LATE]
    expected, now = [], first
    for (moment, level), end in zip(edges, ends, strict=False):
        if level != now and end - moment >= bounce:
            expected.append((moment, level))
            now = level
    assert counted(edges, bounce, level=first) == expected
