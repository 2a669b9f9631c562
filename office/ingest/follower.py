"""Follows the streams: moves their fronts, opens and closes gaps, checks chains and heads.

It works in the database alone, after records have been stored. So it does not matter which process
stored a record, and what a process that was killed left undone is done later: by the next record of
the stream, by its next ledger, or at the next start of the first process.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice

from sqlalchemy import Connection, Engine, select

from edge.clock import Clock
from office.database import following
from office.database.following import BreakFound, GapRow, LinkOf, StreamRow
from office.database.records import check_digests
from office.database.tables import streams
from office.ingest.front import REORDER_S, Front, Ledger, LinkRow, Range, Walked, fill, walk

# Streams in one transaction, at most.
_MOST_STREAMS = 200


class Follower:
    """Follows the streams that one process has changed.

    :param reorder_s: age of a hole at which it becomes a gap, seconds
    :param on_broken: called with the breaks of chains that a commit has added, after it; must not
        raise
    :ivar counts: gaps and breaks that were found since they were last emptied
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        reorder_s: float = REORDER_S,
        on_broken: Callable[[Sequence[BreakFound]], None] = lambda _: None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._engine = engine
        self._clock = clock
        self._reorder_s = reorder_s
        self._on_broken = on_broken
        self._found: list[BreakFound] = []  # by the present transaction
        self._again: set[int] = set()
        # The hole at the front of a stream, and since when (seconds of boot time).
        self._holes: dict[int, tuple[Range, float]] = {}

    @property
    def busy(self) -> bool:
        """True if a stream is to be followed again."""
        return bool(self._again or self._holes)

    def follow_all(self) -> None:
        """Have every stream followed: at the start, for what the last run left undone."""
        with self._engine.begin() as connection:
            self._again |= set(connection.scalars(select(streams.c.number)))

    def follow(self, touched: Iterable[int], *, stills: bool = False) -> None:
        """Follow the streams *touched*, and those that were not finished the last time.

        :param stills: stills or references to them have come: compare their digests
        :raises SQLAlchemyError: if the database cannot be used now: call it again
        """
        self._again |= {*touched, *self._holes}
        if stills:
            with self._engine.begin() as connection:
                check_digests(connection)
        numbers = iter(sorted(self._again))
        while chunk := list(islice(numbers, _MOST_STREAMS)):
            self._found = []
            with self._engine.begin() as connection:
                done = self._follow(connection, chunk)
            self._again -= done
            if self._found:
                self._on_broken(self._found)

    def _follow(self, connection: Connection, numbers: list[int]) -> set[int]:
        """Follow the streams *numbers*; return those that are finished."""
        now = self._clock.now()
        rows = {row.number: row for row in following.lock_streams(connection, numbers)}
        self._fill_gaps(connection, rows, now.wall_ms)
        links = following.links_behind(connection, rows)
        cut = links[-1].stream if len(links) == following.MOST_LINKS else None
        behind = {number: list(group) for number, group in groupby(links, lambda one: one.stream)}
        finished, moved = set[int](), list[StreamRow]()
        for number, row in rows.items():
            if cut is not None and number > cut:
                continue
            walked = self._walk(row, behind.get(number, []), now.boot_ns / 1e9, whole=number != cut)
            self._store_walk(connection, number, walked, now.wall_ms)
            if walked.front != (row.front, row.front_link):
                front = walked.front
                moved.append(row._replace(front=front.sequence, front_link=front.link))
            if number != cut:
                finished.add(number)
        following.move_fronts(connection, moved, now.wall_ms)
        self._check_heads(connection, rows, now.wall_ms)
        return finished

    def _walk(self, row: StreamRow, links: list[LinkOf], at_s: float, *, whole: bool) -> Walked:
        """Walk behind the front of *row*.

        :param whole: *links* are all that are stored; else only the hole between them are known
        """
        ledger = None
        if row.ledger_ms is not None:
            ledger = Ledger(row.oldest_seq, row.acked_seq if whole else 0)
        hole, since_s = self._holes.get(row.number, (None, at_s))
        old = hole if at_s - since_s >= self._reorder_s else None
        plain = [LinkRow(*link[1:]) for link in links]
        walked = walk(Front(row.front, row.front_link), plain, ledger, old=old)
        if walked.hole is None:
            self._holes.pop(row.number, None)
        elif hole is None or hole.first != walked.hole.first:
            self._holes[row.number] = (walked.hole, at_s)
        return walked

    def _store_walk(self, connection: Connection, number: int, walked: Walked, at_ms: int) -> None:
        opened = [
            GapRow(number, gap.first, gap.last, at_ms, None, None, None) for gap in walked.gaps
        ]
        if opened:
            self.counts["gap"] += len(opened)
            self.counts["gap not followed"] += following.open_gaps(connection, opened)
        if walked.breaks:
            self._break(connection, ((number, one, "chain") for one in walked.breaks), at_ms)

    def _fill_gaps(self, connection: Connection, rows: dict[int, StreamRow], at_ms: int) -> None:
        """Close or split the gaps of *rows* whose records have come, or never will."""
        for gap, links, whole in _grouped(following.changed_gaps(connection, rows)):
            known = gap.last if whole or not links else min(links[-1].sequence, gap.last)
            plain = [LinkRow(*link[1:]) for link in links]
            filled = fill(Range(gap.first, known), plain, rows[gap.stream].oldest_seq)
            parts: list[tuple[int, int, str]] = [*filled.parts]
            if known < gap.last:
                parts.append((known + 1, gap.last, "missing"))
            following.replace_gap(connection, gap, parts, at_ms)
            self._break(connection, ((gap.stream, one, "chain") for one in filled.breaks), at_ms)

    def _check_heads(self, connection: Connection, numbers: Iterable[int], at_ms: int) -> None:
        """Compare the published heads with the stored records."""
        checked = following.unchecked_heads(connection, numbers)
        following.mark_heads(connection, checked)
        agreed = {(head.stream, head.sequence) for head in checked if head.holds}
        wrong = {(head.stream, head.sequence) for head in checked} - agreed
        self._break(connection, ((*one, "head") for one in wrong), at_ms)

    def _break(
        self, connection: Connection, found: Iterable[tuple[int, int, str]], at_ms: int
    ) -> None:
        broken = list(found)
        if broken:
            self.counts["break"] += len(broken)
            self._found += following.add_breaks(connection, broken, at_ms)


def _grouped(
    found: list[tuple[GapRow, LinkOf | None]],
) -> Iterator[tuple[GapRow, list[LinkOf], bool]]:
    """Iterate over the gaps with their links; and False if some of a gap's links were left out."""
    links: defaultdict[GapRow, list[LinkOf]] = defaultdict(list)
    for gap, link in found:
        links[gap] += [] if link is None else [link]
    last = found[-1][0] if len(found) == following.MOST_LINKS else None
    for gap, own in links.items():
        yield gap, own, gap != last
