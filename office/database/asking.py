"""What the asker needs of the database: the gaps to ask for, and the answers."""

from typing import NamedTuple

from sqlalchemy import Connection, Update, or_, select, update

from office.database.tables import checkpoints, gaps, streams

# Requests in one round, at most.
MOST_REQUESTS = 200
# Longest answer that is stored, characters.
_LONGEST = 200


class GapToAsk(NamedTuple):
    """The oldest gap of a checkpoint that is to be asked for.

    :ivar number: of the stream in the table of streams; *stream*: its name
    """

    checkpoint: str
    number: int
    stream: str
    first: int
    last: int


def gaps_to_ask(
    connection: Connection, *, opened_before_ms: int, asked_before_ms: int
) -> list[GapToAsk]:
    """Return a gap of each checkpoint that is online, if one is to be asked for.

    Only records that the checkpoint counts as delivered: all others it sends by itself.

    :param opened_before_ms: gaps that have stood since then
    :param asked_before_ms: and that were not asked for since then
    """
    name = checkpoints.c.site + "/" + checkpoints.c.checkpoint
    query = (
        select(name, streams.c.number, streams.c.stream, gaps.c.first, gaps.c.last)
        .join(streams, streams.c.number == gaps.c.stream)
        .join(checkpoints, checkpoints.c.number == streams.c.checkpoint)
        .where(
            gaps.c.closed_ms.is_(None),
            gaps.c.opened_ms <= opened_before_ms,
            gaps.c.first <= streams.c.acked_seq,
            or_(
                gaps.c.asked_ms.is_(None),
                gaps.c.asked_ms <= asked_before_ms,
                gaps.c.first > gaps.c.asked_last,  # what was asked for has come
            ),
            checkpoints.c.status == "online",
        )
        .order_by(gaps.c.opened_ms, gaps.c.stream, gaps.c.first)
        .limit(MOST_REQUESTS)
    )
    found: dict[str, GapToAsk] = {}
    for row in connection.execute(query):
        found.setdefault(row[0], GapToAsk(*row))
    return list(found.values())


def note_asked(connection: Connection, gap: GapToAsk, at_ms: int) -> None:
    """Store that the records of *gap*, or the first of them, were asked for.

    :param at_ms: the time from which the pause until the next request counts
    """
    _lock(connection, gap)
    connection.execute(_standing_part(gap).values(asked_ms=at_ms, asked_last=gap.last))


def note_answer(connection: Connection, gap: GapToAsk, answer: str) -> None:
    """Store the words of the answer about *gap*, as far as it still stands."""
    _lock(connection, gap)
    connection.execute(_standing_part(gap).values(answer=answer[:_LONGEST]))


def give_up(connection: Connection, gap: GapToAsk, at_ms: int, answer: str) -> None:
    """Close what still stands of *gap*: the checkpoint has no record of it.

    A part beyond the range that was asked for stays open.
    """
    _lock(connection, gap)
    rest = (
        select(gaps.c.last, gaps.c.opened_ms)
        .where(gaps.c.stream == gap.number, gaps.c.closed_ms.is_(None))
        .where(gaps.c.first.between(gap.first, gap.last), gaps.c.last > gap.last)
    )
    for last, opened_ms in connection.execute(rest).all():
        row = {"stream": gap.number, "first": gap.last + 1, "last": last, "opened_ms": opened_ms}
        connection.execute(_standing_part(gap).where(gaps.c.last == last).values(last=gap.last))
        connection.execute(gaps.insert().values(**row))
    values = {"closed_ms": at_ms, "how": "gone", "answer": answer[:_LONGEST]}
    connection.execute(_standing_part(gap).values(**values))


def _lock(connection: Connection, gap: GapToAsk) -> None:
    """Wait until no process follows the stream of *gap*, and have it for this transaction.

    Who changes gaps has their streams first, as the follower does; else each could wait for rows
    that the other has changed already, and the database would end one of them (a deadlock).
    """
    connection.execute(
        select(streams.c.number).where(streams.c.number == gap.number).with_for_update()
    )


def _standing_part(gap: GapToAsk) -> Update:
    inside = gaps.c.first.between(gap.first, gap.last)
    return update(gaps).where(gaps.c.stream == gap.number, inside, gaps.c.closed_ms.is_(None))
