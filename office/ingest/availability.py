"""Sends the availability of hosts that users of the page have set: ``cmd/availability/{host}``.

Rules
-----
1. The page stores a request in the database (office/database/availability.py); this sends it. So a
   page needs no connection to the broker, and a request is not lost with a process.
2. The message is retained: it waits at the broker for a checkpoint that is offline. It is sent
   again, with the same id, until the checkpoint has answered, as long as it would be accepted as
   new. Only the newest request of a host is sent: it alone must be the retained one.
3. The first answer counts. A checkpoint answers again at each connect, as it then receives the
   retained message again.
"""

import logging
from datetime import UTC, datetime

from sqlalchemy import Connection as DatabaseConnection
from sqlalchemy import Engine

from edge.clock import Clock
from edge.mqtt.connection import Connection
from edge.mqtt.packets import Answer as PacketAnswer
from edge.mqtt.requests import AVAILABILITY, Answer, Availability
from edge.mqtt.signatures import SigningKey
from office.database.availability import (
    OK,
    SENT_FOR_S,
    HostRequest,
    note_answer,
    note_sent,
    requests_to_send,
)
from office.ingest.outgoing import Outgoing, outgoing
from office.ingest.replies import Reply

log = logging.getLogger(__name__)

REPEAT_S = 10.0
"""Pause after which a request without an answer is sent again, seconds."""
REFUSED_BY_BROKER = "broker"
"""The word of a request that the broker refuses."""

# Answers that wait for the next round, at most.
_MOST_WAITING = 10_000


class AvailabilitySender:
    """Sends what users of the page have asked for.

    :meth:`take`, :meth:`note_published` and :meth:`note_puback` run on the loop, :meth:`round` on
    the database's thread.

    :param key: signs the requests; None: they are sent unsigned
    """

    def __init__(self, engine: Engine, clock: Clock, key: SigningKey | None) -> None:
        self._key = key
        self._engine = engine
        self._clock = clock
        self._tried: dict[str, float] = {}  # when each was sent last, seconds of boot time
        self._replies: list[tuple[str, Answer]] = []
        self._pubacks: list[tuple[str, str]] = []  # request, and why the broker refuses it
        self._link: Connection | None = None
        self._in_flight: dict[int, str] = {}

    def take(self, reply: Reply) -> None:
        """Note an answer; it is stored by the next :meth:`round`."""
        answer = reply.answer
        if answer is not None and answer.id and len(self._replies) < _MOST_WAITING:
            self._replies.append((reply.checkpoint, answer))

    def note_published(self, link: Connection, mid: int | None, one: Outgoing) -> None:
        """Note that *one* was sent over *link* as the message *mid*."""
        if link is not self._link:
            self._link, self._in_flight = link, {}
        if mid is not None:
            self._in_flight[mid] = one.id

    def note_puback(self, link: Connection, puback: PacketAnswer) -> None:
        """Note the broker's answer to a message, if it is one of this sender."""
        identifier = self._in_flight.pop(puback.mid, None) if link is self._link else None
        if identifier is not None:
            why = puback.answer.words if puback.answer.refused else ""
            self._pubacks.append((identifier, why))

    def round(self) -> list[Outgoing]:
        """Store the answers that have come; return the requests that are due.

        :raises DBAPIError: if the database cannot be used now: call it again
        """
        now = self._clock.now()
        replies, pubacks = self._replies[:], self._pubacks[:]
        now_s, after_ms = now.boot_ns / 1e9, now.wall_ms - round(SENT_FOR_S * 1e3)
        self._tried = {id_: at_s for id_, at_s in self._tried.items() if now_s - at_s < REPEAT_S}
        with self._engine.begin() as connection:
            for identifier, why in pubacks:
                _store_puback(connection, identifier, why, now.wall_ms)
            for reply in replies:
                _store_reply(connection, *reply, now.wall_ms)
            due = requests_to_send(connection, after_ms, list(self._tried))
        # Only after the commit: a round that fails is made again with the same answers.
        del self._replies[: len(replies)], self._pubacks[: len(pubacks)]
        for one in due:
            self._tried[one.id] = now_s
            log.info("%s: sent, as %s has asked", _words(one), one.user)
        return [_message(one, self._key) for one in due]


def _store_puback(connection: DatabaseConnection, identifier: str, why: str, at_ms: int) -> None:
    if not why:
        note_sent(connection, identifier, at_ms)
        return
    found = note_answer(connection, identifier, REFUSED_BY_BROKER, why, at_ms)
    if found is not None:
        log.warning("%s: the broker refuses it: %s", _words(found), why)


def _store_reply(
    connection: DatabaseConnection, checkpoint: str, answer: Answer, at_ms: int
) -> None:
    word, why = OK if answer.ok else answer.word or "refused", answer.why or ""
    found = note_answer(connection, answer.id or "", word, why, at_ms, checkpoint)
    if found is not None:
        log.info("%s: the checkpoint answers: %s", _words(found), f"{word} {why}".strip())


def _message(request: HostRequest, key: SigningKey | None) -> Outgoing:
    made = Availability(
        id=request.id,
        time=_moment(request.asked_ms),
        host=request.host,
        receiving=request.receiving,
        until=None if request.until_ms is None else _moment(request.until_ms),
        reason=request.reason,
    )
    suffix = f"{AVAILABILITY}/{request.host}"
    return outgoing(request.checkpoint, suffix, made, key=key, retain=True)


def _moment(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1e3, UTC)


def _words(request: HostRequest) -> str:
    return f"{request.checkpoint}: {request.host} {'receives' if request.receiving else 'is away'}"
