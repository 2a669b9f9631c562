"""Reads and writes what the follower of streams needs: fronts, links, gaps, heads, breaks."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, exists, or_, select, text

from office.database.bulk import insert_rows, update_rows
from office.database.tables import breaks, checkpoints, gaps, heads, records, streams

# Links read in one transaction, at most; the rest follows in the next.
MOST_LINKS = 20_000
# Open gaps of a stream; more come only from a hostile publisher, and are not followed.
MOST_GAPS = 1000


class StreamRow(NamedTuple):
    """A stream with its front, and its newest ledger (``ledger_ms`` None: none came)."""

    number: int
    front: int
    front_link: bytes | None
    oldest_seq: int
    acked_seq: int
    ledger_ms: int | None


class LinkOf(NamedTuple):
    """The place of a stored record in the chain of the stream with this number."""

    stream: int
    sequence: int
    previous: bytes
    link: bytes


class GapRow(NamedTuple):
    """An open gap."""

    stream: int
    first: int
    last: int
    opened_ms: int
    asked_ms: int | None
    asked_last: int | None
    answer: str | None


class BreakFound(NamedTuple):
    """A place where a chain is broken, with the names of its stream.

    :ivar what: ``chain``: the record does not follow on its predecessor; ``head``: it is not the
        one whose hash the checkpoint published
    """

    site: str
    checkpoint: str
    stream: str
    sequence: int
    what: str
    found_ms: int


class HeadRow(NamedTuple):
    """A published head, and True if the stored record has the same link."""

    stream: int
    sequence: int
    link: bytes
    holds: bool


def lock_streams(connection: Connection, numbers: Iterable[int]) -> list[StreamRow]:
    """Return the streams *numbers* without those that another process follows at the moment.

    They are this transaction's until its end.
    """
    columns = [streams.c[name] for name in StreamRow._fields]
    query = select(*columns).where(streams.c.number.in_(list(numbers))).order_by(streams.c.number)
    found = connection.execute(query.with_for_update(skip_locked=True))
    return [StreamRow(*row) for row in found]


def links_behind(connection: Connection, numbers: Iterable[int]) -> list[LinkOf]:
    """Return the records behind the fronts of the streams *numbers*, ``MOST_LINKS`` at most."""
    query = (
        select(records.c.stream, records.c.sequence, records.c.previous, records.c.link)
        .join(streams, streams.c.number == records.c.stream)
        .where(streams.c.number.in_(list(numbers)), records.c.sequence > streams.c.front)
        .order_by(records.c.stream, records.c.sequence)
        .limit(MOST_LINKS)
    )
    return [LinkOf(*row) for row in connection.execute(query)]


def changed_gaps(
    connection: Connection, numbers: Iterable[int]
) -> list[tuple[GapRow, LinkOf | None]]:
    """Return the open gaps that are no longer what they were, with the records in and beside them.

    A gap is that if a record of it is stored now, or if the checkpoint has deleted one of it.
    """
    within = records.alias("within")
    inside = exists().where(
        within.c.stream == gaps.c.stream,
        within.c.sequence.between(gaps.c.first, gaps.c.last),
    )
    beside = and_(
        records.c.stream == gaps.c.stream,
        records.c.sequence.between(gaps.c.first - 1, gaps.c.last + 1),
    )
    query = (
        select(
            *(gaps.c[name] for name in GapRow._fields),
            records.c.sequence, records.c.previous, records.c.link,
        )
        .join(streams, streams.c.number == gaps.c.stream)
        .outerjoin(records, beside)
        .where(gaps.c.stream.in_(list(numbers)), gaps.c.closed_ms.is_(None))
        .where(or_(gaps.c.first < streams.c.oldest_seq, inside))
        .order_by(gaps.c.stream, gaps.c.first, records.c.sequence)
        .limit(MOST_LINKS)
    )  # fmt: skip
    width = len(GapRow._fields)
    return [
        (GapRow(*row[:width]), None if row[width] is None else LinkOf(row[0], *row[width:]))
        for row in connection.execute(query)
    ]


def unchecked_heads(connection: Connection, numbers: Iterable[int]) -> list[HeadRow]:
    """Return the heads that can be compared with a stored record now."""
    there = and_(records.c.stream == heads.c.stream, records.c.sequence == heads.c.sequence)
    query = (
        select(
            heads.c.stream, heads.c.sequence, heads.c.link,
            (records.c.link == heads.c.link).label("holds"),
        )
        .join(records, there)
        .where(heads.c.stream.in_(list(numbers)), heads.c.holds.is_(None))
        .limit(MOST_LINKS)
    )  # fmt: skip
    return [HeadRow(row[0], row[1], row[2], bool(row[3])) for row in connection.execute(query)]


def move_fronts(connection: Connection, moved: Sequence[StreamRow], at_ms: int) -> None:
    """Store the fronts of *moved*."""
    rows = [{**row._asdict(), "at_ms": at_ms} for row in moved]
    update_rows(connection, streams, _MOVE, _MOVE_KINDS, rows)


_MOVE = (
    "front = {front}, front_link = {front_link}, moved_ms = {at_ms} WHERE streams.number = {number}"
)
_MOVE_KINDS = {"number": "INTEGER", "front": "BIGINT", "front_link": "BYTEA", "at_ms": "BIGINT"}


def open_gaps(connection: Connection, found: Sequence[GapRow]) -> int:
    """Insert the gaps *found*; return the number of those for which there was no room."""
    room = {
        stream: MOST_GAPS - _open_of(connection, stream) for stream in {g.stream for g in found}
    }
    kept: list[dict[str, Any]] = []
    for gap in found:
        room[gap.stream] -= 1
        if room[gap.stream] >= 0:
            kept.append({**gap._asdict(), "closed_ms": None, "how": None})
    _put_gaps(connection, kept)
    return len(found) - len(kept)


def replace_gap(
    connection: Connection, gap: GapRow, parts: Iterable[tuple[int, int, str]], at_ms: int
) -> None:
    """Replace *gap* by its *parts* (first, last, how); those that are ``missing`` stay open."""
    connection.execute(gaps.delete().where(gaps.c.stream == gap.stream, gaps.c.first == gap.first))
    rows = [
        {
            **gap._replace(first=first, last=last)._asdict(),
            "closed_ms": None if how == "missing" else at_ms,
            "how": None if how == "missing" else how,
        }
        for first, last, how in parts
    ]
    _put_gaps(connection, rows)


def _put_gaps(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    names = [name for name in rows[0] if name not in ("stream", "first")] if rows else []
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    insert_rows(connection, gaps, rows, f"ON CONFLICT (stream, first) DO UPDATE SET {changes}")


def _open_of(connection: Connection, stream: int) -> int:
    query = "SELECT count(*) FROM gaps WHERE stream = :stream AND closed_ms IS NULL"
    return int(connection.scalar(text(query), {"stream": stream}) or 0)


def add_breaks(
    connection: Connection, found: Iterable[tuple[int, int, str]], at_ms: int
) -> list[BreakFound]:
    """Store broken places of chains, (stream, sequence, what); return those that were not known.

    The streams are locked (:func:`lock_streams`), so no other process stores the same ones.
    """
    wanted = sorted(set(found))
    if not wanted:
        return []
    there = select(breaks.c.stream, breaks.c.sequence, breaks.c.what).where(
        breaks.c.stream.in_({one[0] for one in wanted}),
        breaks.c.sequence.between(*_span(one[1] for one in wanted)),
    )
    known = {tuple(row) for row in connection.execute(there)}
    fresh = [one for one in wanted if one not in known]
    rows = [
        {"stream": stream, "sequence": sequence, "what": what, "found_ms": at_ms}
        for stream, sequence, what in fresh
    ]
    insert_rows(connection, breaks, rows, "ON CONFLICT (stream, sequence, what) DO NOTHING")
    query = (
        select(streams.c.number, checkpoints.c.site, checkpoints.c.checkpoint, streams.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .where(streams.c.number.in_({one[0] for one in fresh}))
    )
    names = {row[0]: row[1:] for row in connection.execute(query)}
    return [BreakFound(*names[stream], sequence, what, at_ms) for stream, sequence, what in fresh]


def _span(numbers: Iterable[int]) -> tuple[int, int]:
    found = list(numbers)
    return min(found), max(found)


def mark_heads(connection: Connection, checked: Iterable[HeadRow]) -> None:
    """Store the result of each comparison; a head holds if any record of its sequence agrees."""
    results: dict[tuple[int, int, bytes], bool] = {}
    for head in checked:
        key = (head.stream, head.sequence, head.link)
        results[key] = results.get(key, False) or head.holds
    rows = [
        {"of_stream": stream, "of_sequence": sequence, "of_link": link, "result": holds}
        for (stream, sequence, link), holds in sorted(results.items())
    ]
    update_rows(connection, heads, _MARK, _MARK_KINDS, rows)


_MARK = (
    "holds = {result} WHERE heads.stream = {of_stream} "
    "AND heads.sequence = {of_sequence} AND heads.link = {of_link}"
)
_MARK_KINDS = {
    "of_stream": "INTEGER", "of_sequence": "BIGINT", "of_link": "BYTEA", "result": "BOOLEAN",
}  # fmt: skip
