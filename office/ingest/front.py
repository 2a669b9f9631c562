"""The front of a stream: how far its records are complete, and whether its chain holds. Pure.

Rules
-----
1. The front is the sequence up to which every record is stored, or is in a gap's row. It moves over
   the stored records behind it, and each must follow on its predecessor (edge/store/chain.py).
2. At a hole it stops. Once the hole is old enough (``REORDER_S``) it becomes a gap, and the front
   moves behind it. A record that comes later closes the gap, or splits it.
3. Records that the checkpoint had deleted before the office first heard of the stream are not
   missing: the front of a new stream begins before the oldest record that the checkpoint stores.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Age of a hole at which it becomes a gap, seconds (docs/mqtt.md: a record that was refused once
# comes later).
REORDER_S = 10.0


class Range(NamedTuple):
    """The sequences from *first* to *last*, both included."""

    first: int
    last: int


class LinkRow(NamedTuple):
    """A stored record's place in its chain."""

    sequence: int
    previous: bytes
    link: bytes


class Ledger(NamedTuple):
    """The newest ledger of a stream: its oldest stored, and its last acknowledged record."""

    oldest: int
    acked: int


class Front(NamedTuple):
    """The front, and the link of the record there; None: that record is not stored."""

    sequence: int
    link: bytes | None


class Walked(NamedTuple):
    """The result of a walk.

    :ivar breaks: sequences of records that do not follow on their predecessors
    :ivar gaps: the holes that have become gaps
    :ivar hole: the hole at which the front stands now; None if there is none
    """

    front: Front
    breaks: tuple[int, ...]
    gaps: tuple[Range, ...]
    hole: Range | None


def walk(
    front: Front, rows: Sequence[LinkRow], ledger: Ledger | None, *, old: Range | None
) -> Walked:
    """Move *front* over the stored *rows* behind it, which are in order.

    :param ledger: None if the checkpoint has published none
    :param old: the hole that is old enough to be a gap; None: none is
    """
    front = _begin(front, rows, ledger, old)
    breaks: list[int] = []
    gaps: list[Range] = []
    for row in rows:
        if row.sequence <= front.sequence:
            # The same sequence twice, under two ids: a record was changed, or forged.
            breaks += [row.sequence] if row.sequence == front.sequence else []
            continue
        hole = Range(front.sequence + 1, row.sequence - 1)
        if hole.first <= hole.last:
            if not _is_old(hole, old):
                return Walked(front, tuple(breaks), tuple(gaps), hole)
            gaps.append(hole)
        elif front.link is not None and front.link != row.previous:
            breaks.append(row.sequence)
        front = Front(row.sequence, row.link)
    tail = Range(front.sequence + 1, ledger.acked if ledger else 0)
    if tail.first > tail.last:
        return Walked(front, tuple(breaks), tuple(gaps), None)
    if not _is_old(tail, old):
        return Walked(front, tuple(breaks), tuple(gaps), tail)
    return Walked(Front(tail.last, None), tuple(breaks), (*gaps, tail), None)


def _begin(
    front: Front, rows: Sequence[LinkRow], ledger: Ledger | None, old: Range | None
) -> Front:
    """Return the *front* of a stream that is new: behind what the office cannot have (rule 3)."""
    if front.sequence:
        return front
    if ledger is not None:
        begin = min([ledger.oldest, *(row.sequence for row in rows[:1])]) - 1
    elif rows and old is not None:
        begin = rows[0].sequence - 1
    else:
        begin = 0
    return Front(begin, None) if begin > 0 else front


def _is_old(hole: Range, old: Range | None) -> bool:
    """Return True if *hole* is in the hole that is old enough: it may have become smaller."""
    return old is not None and old.first <= hole.first and hole.first <= old.last


class Part(NamedTuple):
    """A part of a gap.

    :ivar how: ``filled``: its records are stored now; ``gone``: the checkpoint has deleted them;
        ``missing``: neither
    """

    first: int
    last: int
    how: str


class Filled(NamedTuple):
    """A gap, looked at again: its parts in order, and where the chain is broken beside them."""

    parts: tuple[Part, ...]
    breaks: tuple[int, ...]


def fill(gap: Range, rows: Iterable[LinkRow], oldest: int) -> Filled:
    """Return the parts of *gap*.

    :param rows: the stored records from one before the gap to one behind it, in order
    :param oldest: the oldest record that the checkpoint has
    """
    parts: list[Part] = []
    breaks: list[int] = []
    due, before = gap.first, None
    for row in rows:
        if before is not None and before.sequence == row.sequence - 1:
            breaks += [row.sequence] if before.link != row.previous else []
        if due <= row.sequence <= gap.last:
            parts += _absent(due, row.sequence - 1, oldest)
            _extend(parts, row.sequence)
            due = row.sequence + 1
        before = row
    parts += _absent(due, gap.last, oldest)
    return Filled(tuple(parts), tuple(breaks))


def _extend(parts: list[Part], sequence: int) -> None:
    """Add the stored record *sequence* to the filled part before it, if it follows on one."""
    last = parts[-1] if parts else None
    if last is not None and last.how == "filled" and last.last == sequence - 1:
        parts[-1] = last._replace(last=sequence)
    else:
        parts.append(Part(sequence, sequence, "filled"))


def _absent(first: int, last: int, oldest: int) -> list[Part]:
    """Return the parts of the range from *first* to *last*, of which no record is stored."""
    gone = Part(first, min(last, oldest - 1), "gone")
    missing = Part(max(first, oldest), last, "missing")
    return [part for part in (gone, missing) if part.first <= part.last]
