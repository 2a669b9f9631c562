"""Window: the messages in flight on a connection, and the limit of their number."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Protocol

import msgspec

from edge import waits
from edge.mqtt.connection import Connection
from edge.mqtt.packets import BrokerAnswer, Packed
from edge.mqtt.reasons import reason
from edge.mqtt.suspects import Key, Suspects

# Bytes of a PUBLISH besides topic, properties and payload: fixed header and message id.
_FRAMING = 9
# Answers that a slow start waits for before the whole window is used.
SLOW_START_ANSWERS = 20
# Answers made here, for messages on which a broker would end, or has ended, the connection.
_TOO_LARGE = BrokerAnswer(
    0x95, "larger than the broker's maximum packet size", reason("packet-too-large").remedy
)
HUNG_UP = BrokerAnswer(0x80, reason("hung-up").sentence, reason("hung-up").remedy)


class Outgoing(Protocol):
    """A packet that the broker answers: a PUBLISH or a SUBSCRIBE."""

    @property
    def key(self) -> Key:
        """Identifies it across connections."""

    @property
    def size(self) -> int:
        """Size on the wire, bytes, or a little more."""

    @property
    def on_answer(self) -> Callable[[BrokerAnswer], None]:
        """Called with the broker's answer."""

    def send(self, connection: Connection) -> int | None:
        """Send it; return its packet id, or None if *connection* has ended."""


class OutgoingMessage(msgspec.Struct, frozen=True):
    """One message to publish."""

    key: Key
    topic: str
    payload: bytes
    properties: Packed
    retain: bool
    on_answer: Callable[[BrokerAnswer], None]

    @property
    def size(self) -> int:
        """Size on the wire, bytes."""
        topic, properties = self.topic.encode(), self.properties.pack()
        return _FRAMING + len(topic) + len(properties) + len(self.payload)

    def send(self, connection: Connection) -> int | None:
        """Publish it; return its message id, or None if *connection* has ended."""
        return connection.publish(self.topic, self.payload, self.properties, retain=self.retain)


class Window:
    """Holds at most *limit* messages in flight, or the broker's Receive Maximum if that is lower.

    A subscription counts as a message.

    :param suspects: those among the messages are sent alone
    :param slow_start: begin with one message in flight. After a connection that was lost with
        messages in flight, this shows on which of them the broker hangs up: a reset of the
        connection can lose the answers to all of them (mosquitto 2.0.11 hangs up after every
        refusal)
    :ivar answered: number of messages answered; *accepted*: those of them that were not refused
    :ivar last_refused: True if the last answer was a refusal
    """

    def __init__(
        self,
        connection: Connection,
        limit: int,
        counts: Counter[str],
        suspects: Suspects,
        *,
        slow_start: bool = False,
    ) -> None:
        self.answered = 0
        self.accepted = 0
        self.last_refused = False
        self._counts = counts
        self._connection = connection
        self._full = min(limit, connection.window)
        self._limit = 1 if slow_start else self._full
        self._suspects = suspects
        self._alone = False  # a suspect is in flight
        self._waiting: Outgoing | None = None  # a suspect, until none is in flight
        self._in_flight: dict[int, tuple[float, Outgoing]] = {}

    @property
    def open(self) -> bool:
        """True if one more message may be sent."""
        return self.room > 0

    @property
    def room(self) -> int:
        """Number of further messages that may be sent now."""
        if self._alone or self._waiting is not None:
            return 0
        return max(0, self._limit - len(self._in_flight))

    @property
    def starting(self) -> bool:
        """True during a slow start."""
        return self._limit < self._full

    @property
    def empty(self) -> bool:
        """True if every message sent has been answered."""
        return not self._in_flight and self._waiting is None

    @property
    def unanswered(self) -> list[Outgoing]:
        """The messages in flight."""
        return [message for _, message in self._in_flight.values()]

    def send(self, message: Outgoing) -> None:
        """Send *message*; on a connection that has ended it is never answered.

        One larger than the broker accepts is refused here: sending it would end the connection.
        A suspect waits until no other is in flight.
        """
        largest = self._connection.largest
        if largest is not None and message.size > largest:
            message.on_answer(_TOO_LARGE)
            return
        alone = self._suspects.alone(message.key)
        if alone and self._in_flight:
            self._waiting = message
            return
        mid = message.send(self._connection)
        if mid is not None:
            self.sent(mid, message)
            self._alone = alone

    def sent(self, mid: int, message: Outgoing) -> None:
        """Note that *message* is in flight under the id *mid*."""
        self._counts["published"] += isinstance(message, OutgoingMessage)
        self._in_flight[mid] = asyncio.get_running_loop().time(), message

    def settle(self) -> None:
        """Call *on_answer* of every message that has been answered."""
        while self._connection.answers:
            mid, answer = self._connection.answers.popleft()
            _, message = self._in_flight.pop(mid, (0.0, None))
            if message is not None:
                self.answered += 1
                self.accepted += not answer.refused
                self.last_refused = answer.refused
                self._suspects.answered(message.key, refused=answer.refused)
                message.on_answer(answer)
        if not self._in_flight:
            self._alone = False
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                self.send(waiting)
        if self.answered > SLOW_START_ANSWERS:
            self._limit = self._full

    async def finish(self, topic: str, payload: bytes, properties: Packed) -> None:
        """Publish a last, retained message; wait for its answer, or for the connection's end."""
        answers: list[BrokerAnswer] = []
        message: OutgoingMessage | None = OutgoingMessage(
            Key("live", topic), topic, payload, properties, True, answers.append
        )
        while self._connection.up and not answers:
            if message is not None and self.open:
                self.send(message)
                message = None
            await self._connection.changed.wait()
            self._connection.changed.clear()
            self.settle()

    async def watch(self, longest_s: float) -> None:
        """Cut the connection if an answer is outstanding for over *longest_s* real seconds."""
        loop = asyncio.get_running_loop()
        while True:
            every_s = longest_s / 4
            await waits.pause_checks(every_s, every_s if self._in_flight else waits.LONGEST_PAUSE_S)
            oldest = min((since for since, _ in self._in_flight.values()), default=loop.time())
            if loop.time() - oldest > longest_s:
                why = f"no acknowledgement within {longest_s:g} s"
                self._connection.drop(reason("silent", sentence=why))
