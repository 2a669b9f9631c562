"""The front of a stream and the parts of a gap, for any arrival of records."""

from hypothesis import given
from hypothesis import strategies as st

from office.ingest.front import Front, Ledger, LinkRow, Range, fill, walk

LAST = 30
_SETS = st.sets(st.integers(1, LAST))


def row(sequence: int) -> LinkRow:
    """Return the record *sequence* of an unbroken chain."""
    return LinkRow(sequence, b"%d" % (sequence - 1), b"%d" % sequence)


@given(parts=st.lists(_SETS, max_size=6), acked=st.integers(0, LAST))
def test_front_and_gaps_are_what_is_missing(parts: list[set[int]], acked: int) -> None:
    """However records come, what is at the front or below is stored, or is in one gap."""
    front, stored, gaps = Front(0, b"0"), set[int](), list[Range]()
    for part in parts:
        stored |= part
        behind = [row(one) for one in sorted(stored) if one > front.sequence]
        hole = walk(front, behind, Ledger(1, acked), old=None).hole
        walked = walk(front, behind, Ledger(1, acked), old=hole)
        assert not walked.breaks
        gaps += walked.gaps
        front = walked.front
        gaps = [
            Range(one.first, one.last)
            for gap in gaps
            for one in fill(gap, [row(n) for n in sorted(stored)], 1).parts
            if one.how == "missing"
        ]
    in_gaps = [n for gap in gaps for n in range(gap.first, gap.last + 1)]
    assert len(in_gaps) == len(set(in_gaps))
    assert set(range(1, front.sequence + 1)) - stored == set(in_gaps)


@given(stored=_SETS, first=st.integers(1, LAST), size=st.integers(0, 10), oldest=st.integers(0, 40))
def test_parts_cover_the_gap(stored: set[int], first: int, size: int, oldest: int) -> None:
    """The parts of a gap follow on each other, and each is what it says."""
    gap = Range(first, first + size)
    parts = fill(gap, [row(one) for one in sorted(stored)], oldest).parts
    covered = [(n, part.how) for part in parts for n in range(part.first, part.last + 1)]
    assert [n for n, _ in covered] == list(range(gap.first, gap.last + 1))
    for n, how in covered:
        expected = "filled" if n in stored else "gone" if n < oldest else "missing"
        assert how == expected


def test_without_ledger_a_stream_begins_with_what_came() -> None:
    """A publisher without ledger has no history that could be missed: after the reorder time."""
    rows = [row(7), row(8)]
    young = walk(Front(0, b"0"), rows, None, old=None)
    assert (young.front.sequence, young.hole) == (0, Range(1, 6))
    old = walk(Front(0, b"0"), rows, None, old=young.hole)
    assert (old.front.sequence, old.gaps, old.hole) == (8, (), None)


def test_a_younger_hole_waits() -> None:
    """Only the hole that is old enough becomes a gap; the next one has its own time."""
    rows = [row(1), row(3), row(5)]
    walked = walk(Front(0, b"0"), rows, None, old=Range(2, 2))
    assert (walked.front.sequence, walked.gaps, walked.hole) == (3, (Range(2, 2),), Range(4, 4))
