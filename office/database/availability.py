"""Availability of hosts, as users of the page have set it: requests to checkpoints, and answers.

A checkpoint is named ``site/checkpoint``; times are milliseconds since 1970 UTC.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, exists, insert, or_, select, tuple_, update

from edge.mqtt.requests import GOOD_FOR_S
from office.database.board_queries import only
from office.database.tables import availability, checkpoints

SENT_FOR_S = GOOD_FOR_S - 30.0
"""How long a request is sent: a checkpoint refuses a new message that is older, seconds."""

OK = "ok"
"""The answer of a checkpoint that has accepted a request."""

# Requests in one round, and requests of one answer, at most.
_MOST = 500
# Longest words of an answer that are stored, characters.
_LONGEST = 200

_NAME = checkpoints.c.site + "/" + checkpoints.c.checkpoint


class HostRequest(NamedTuple):
    """A host receives guests, or is away.

    :ivar until_ms: the end of that; None: until it is changed
    :ivar reason: a word of the checkpoint's wording
    :ivar user: the user of the page who asked for it, at *asked_ms*
    :ivar sent_ms: when the broker accepted the message
    :ivar word: the answer: ``ok``, or the word of a refusal, with *why*; None: there is none yet
    """

    id: str
    checkpoint: str
    host: str
    receiving: bool
    until_ms: int | None
    reason: str | None
    user: str
    asked_ms: int
    sent_ms: int | None = None
    answered_ms: int | None = None
    word: str | None = None
    why: str | None = None


def add_request(connection: Connection, request: HostRequest) -> bool:
    """Store *request*; return False if there is no such checkpoint."""
    number = connection.scalar(only(select(checkpoints.c.number), request.checkpoint))
    if number is None:
        return False
    values = {**request._asdict(), "checkpoint": number}
    connection.execute(insert(availability).values(values))
    return True


def requests_to_send(
    connection: Connection, asked_after_ms: int, but: Sequence[str] = ()
) -> list[HostRequest]:
    """Return the requests without an answer: of each host the newest only, the oldest first.

    One that the broker has accepted waits there for a checkpoint that is offline.

    :param asked_after_ms: only those that are newer: a checkpoint refuses others as too old
    :param but: ids of those that were sent a moment ago
    """
    query = _requests().where(
        availability.c.answered_ms.is_(None),
        availability.c.asked_ms > asked_after_ms,
        availability.c.id.not_in(but),
        or_(availability.c.sent_ms.is_(None), checkpoints.c.status == "online"),
    )
    found = connection.execute(query.order_by(availability.c.asked_ms).limit(_MOST))
    return [HostRequest(*row) for row in found]


def newest_requests(connection: Connection, names: Sequence[str]) -> list[HostRequest]:
    """Return the newest request of each host of the checkpoints *names*, the oldest first."""
    query = _requests().where(_NAME.in_(names)).order_by(availability.c.asked_ms)
    return [HostRequest(*row) for row in connection.execute(query)]


def note_sent(connection: Connection, identifier: str, at_ms: int) -> None:
    """Store that the broker has accepted the message of a request."""
    own = and_(availability.c.id == identifier, availability.c.sent_ms.is_(None))
    connection.execute(update(availability).where(own).values(sent_ms=at_ms))


def note_answer(
    connection: Connection, identifier: str, word: str, why: str, at_ms: int, checkpoint: str = ""
) -> HostRequest | None:
    """Store the first answer to a request; return it with its answer.

    None if there is no such request, if it has an answer, or if it is another checkpoint's.

    :param checkpoint: who has answered; empty: the broker, which refuses the message
    """
    query = only(_plain(), checkpoint).where(
        availability.c.id == identifier, availability.c.answered_ms.is_(None)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    found = HostRequest(*row)._replace(answered_ms=at_ms, word=word[:_LONGEST], why=why[:_LONGEST])
    answer = {name: getattr(found, name) for name in ("answered_ms", "word", "why")}
    own = availability.c.id == identifier
    connection.execute(update(availability).where(own).values(answer))
    return found


def _plain() -> Select[Any]:
    columns = (
        _NAME if name == "checkpoint" else availability.c[name] for name in HostRequest._fields
    )
    return select(*columns).join(checkpoints, checkpoints.c.number == availability.c.checkpoint)


def _requests() -> Select[Any]:
    """Return the query of requests that no newer one of the same host replaces."""
    newer = availability.alias("newer")
    replaced = exists().where(
        newer.c.checkpoint == availability.c.checkpoint,
        newer.c.host == availability.c.host,
        tuple_(newer.c.asked_ms, newer.c.id) > tuple_(availability.c.asked_ms, availability.c.id),
    )
    return _plain().where(~replaced)
