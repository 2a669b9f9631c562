"""Window: the messages in flight on a connection, and the limit of their number."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec

from edge.mqtt.connection import Connection
from edge.mqtt.packets import BrokerAnswer, Packed
from edge.mqtt.reasons import reason

# Bytes of a PUBLISH besides topic, properties and payload: fixed header and message id.
_FRAMING = 9
# Answers that a slow start waits for before the whole window is used.
SLOW_START_ANSWERS = 20
# Answers made here, for messages on which a broker would end, or has ended, the connection.
_TOO_LARGE = BrokerAnswer(0x95, "larger than the broker's maximum packet size")
HUNG_UP = BrokerAnswer(0x80, str(reason("hung-up")))

# Identifies a message across connections: a record's sequence, a still's id.
Key = int | str


class OutgoingMessage(msgspec.Struct, frozen=True):
    """One message to publish; *on_puback* is called with the broker's answer.

    Live topics and answers to requests have no *key*.
    """

    topic: str
    payload: bytes
    properties: Packed
    retain: bool
    on_puback: Callable[[BrokerAnswer], None]
    key: Key | None = None

    @property
    def size(self) -> int:
        """Size on the wire, bytes."""
        topic, properties = self.topic.encode(), self.properties.pack()
        return _FRAMING + len(topic) + len(properties) + len(self.payload)


class Window:
    """Holds at most *limit* messages in flight, or the broker's Receive Maximum if that is lower.

    :param quarantined: keys of messages that are sent alone, so that it shows if the broker hangs
        up on one of them; a key is removed when its message is answered
    :param slow_start: begin with one message in flight. After a connection that was lost with
        messages in flight, this shows on which of them the broker hangs up: a reset of the
        connection can lose the answers to all of them (mosquitto 2.0.11 hangs up after every
        refusal)
    """

    def __init__(
        self,
        connection: Connection,
        limit: int,
        counts: Counter[str],
        quarantined: set[Key],
        *,
        slow_start: bool = False,
    ) -> None:
        self._counts = counts
        self._connection = connection
        self._full = min(limit, connection.window)
        self._limit = 1 if slow_start else self._full
        self._answered = 0
        self._quarantined = quarantined
        self._alone = False  # a quarantined message is in flight
        self._waiting: OutgoingMessage | None = None  # a quarantined one, until none is in flight
        self._in_flight: dict[int, tuple[float, OutgoingMessage]] = {}

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
    def empty(self) -> bool:
        """True if every message sent has been answered."""
        return not self._in_flight and self._waiting is None

    @property
    def unanswered(self) -> list[OutgoingMessage]:
        """The messages in flight."""
        return [message for _, message in self._in_flight.values()]

    def send(self, message: OutgoingMessage) -> None:
        """Publish *message*; on a connection that has ended it is never answered.

        One larger than the broker accepts is refused here: sending it would end the connection.
        A quarantined one waits until no other is in flight.
        """
        largest = self._connection.largest
        if largest is not None and message.size > largest:
            message.on_puback(_TOO_LARGE)
            return
        quarantined = message.key in self._quarantined
        if quarantined and self._in_flight:
            self._waiting = message
            return
        mid = self._connection.publish(
            message.topic, message.payload, message.properties, retain=message.retain
        )
        if mid is not None:
            self.sent(mid, message)
            self._alone = quarantined

    def sent(self, mid: int, message: OutgoingMessage) -> None:
        """Note that *message* is in flight under the id *mid*."""
        self._counts["published"] += 1
        self._in_flight[mid] = asyncio.get_running_loop().time(), message

    def settle(self) -> None:
        """Call *on_puback* of every message that has been answered."""
        while self._connection.acknowledged:
            mid, answer = self._connection.acknowledged.popleft()
            _, message = self._in_flight.pop(mid, (0.0, None))
            if message is not None:
                self._answered += 1
                if message.key is not None:
                    self._quarantined.discard(message.key)
                message.on_puback(answer)
        if not self._in_flight:
            self._alone = False
            waiting, self._waiting = self._waiting, None
            if waiting is not None:
                self.send(waiting)
        if self._answered > SLOW_START_ANSWERS:
            self._limit = self._full

    async def finish(self, topic: str, payload: bytes, properties: Packed) -> None:
        """Publish a last, retained message; wait for its answer, or for the connection's end."""
        answers: list[BrokerAnswer] = []
        message: OutgoingMessage | None = OutgoingMessage(
            topic, payload, properties, True, answers.append
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
            await asyncio.sleep(longest_s / 4)
            oldest = min((since for since, _ in self._in_flight.values()), default=loop.time())
            if loop.time() - oldest > longest_s:
                why = f"no acknowledgement within {longest_s:g} s"
                self._connection.drop(reason("silent", sentence=why))
