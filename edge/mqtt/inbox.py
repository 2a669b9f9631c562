"""The inbox: messages that came over one connection, from the broker's hand to the desk's.

Rules
-----
1. A message is acknowledged when it is done and not before, so the broker gives it again after a
   crash; and the broker holds back what is more than :data:`MOST` unacknowledged ones.
2. A broker that does not keep to that loses what is more, and it is counted.
3. At most so many a second are looked at: whatever may be asked, the disk and the lobby come first.
4. An answer goes where :func:`~edge.mqtt.requests.may_answer` says, or nowhere.
5. It goes after the acknowledgement: a broker that hangs up on an answer gives the request once.
"""

import asyncio
from collections import Counter, deque
from functools import partial

import msgspec
from paho.mqtt.client import MQTTMessage

from edge.mqtt.connection import Connection
from edge.mqtt.in_flight import OutgoingMessage
from edge.mqtt.messages import LIVE_CONTENT
from edge.mqtt.packets import BrokerAnswer, Packed
from edge.mqtt.request_handler import DEVICE, Request, RequestHandler
from edge.mqtt.requests import (
    ANSWER_EXPIRY_S,
    AVAILABILITY,
    LONGEST,
    LONGEST_CORRELATION,
    REGISTER,
    Word,
    may_answer,
)
from edge.sop.events import InputRefused, Post

# Messages that the broker may send unacknowledged; with a broker that minds it, none is lost.
MOST = 16
# Largest message that the broker may send, bytes: larger ones end with it.
LARGEST = 65536
# Requests a second, and how many may come at once after a pause.
RATE = 20.0
BURST = 20
FILTERS = ((REGISTER, True), (f"{AVAILABILITY}/#", False))
"""What to subscribe to, and whether a message keeps its mark *retained* while it is new: a
request must never be retained; whether availability was is the broker's business."""


class _IncomingMessage(msgspec.Struct):
    """A message that came, cut to what is looked at."""

    mid: int
    qos: int
    request: Request
    reply_to: str
    correlation: bytes | None


class Inbox:
    """What came over one connection.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    :param counts: the uplink's; ``requests`` and ``requests_dropped`` are counted
    """

    def __init__(self, base: str, desk: RequestHandler, post: Post, counts: Counter[str]) -> None:
        self._base = base
        self._desk = desk
        self._post = post
        self._counts = counts
        self._messages: deque[_IncomingMessage] = deque()
        self._come = asyncio.Event()
        self._answers: deque[OutgoingMessage] = deque(maxlen=MOST)
        self._dropping = False
        self._free_at = 0.0

    def put(self, message: MQTTMessage) -> None:
        """Take in a message; in paho's callback, so nothing may come out."""
        if len(self._messages) > MOST:
            self._counts["requests_dropped"] += 1
            if not self._dropping:  # once a connection: counting must not be a flood too
                self._refuse("flood")
            self._dropping = True
            return
        about = message.properties
        request = Request(
            message.topic.removeprefix(self._base),
            bytes(message.payload[: LONGEST + 1]),
            message.retain,
        )
        reply_to = getattr(about, "ResponseTopic", "")
        correlation = getattr(about, "CorrelationData", None)
        self._messages.append(
            _IncomingMessage(message.mid, message.qos, request, reply_to, correlation)
        )
        self._come.set()

    def next_answer(self) -> OutgoingMessage | None:
        """Return the next answer to publish, None if there is none."""
        return self._answers.popleft() if self._answers else None

    async def serve(self, connection: Connection) -> None:
        """Have the desk answer one message after the other, until cancelled."""
        for suffix, as_published in FILTERS:
            connection.subscribe(self._base + suffix, retain_as_published=as_published)
        while True:
            while not self._messages:
                self._come.clear()
                await self._come.wait()
            await self._pace()
            message = self._messages.popleft()
            answer = await self._desk.answer(message.request)
            self._counts["requests"] += 1
            connection.acknowledge(message.mid, message.qos)
            if answer is not None and message.reply_to and self._answerable(message):
                self._answers.append(self._outgoing(message, msgspec.json.encode(answer)))
                connection.notify()

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now - BURST / RATE) + 1 / RATE
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)

    def _answerable(self, message: _IncomingMessage) -> bool:
        sound = len(message.correlation or b"") <= LONGEST_CORRELATION and may_answer(
            message.reply_to, self._base
        )
        if not sound:
            self._refuse("response topic")
        return sound

    def _outgoing(self, message: _IncomingMessage, payload: bytes) -> OutgoingMessage:
        about = Packed(LIVE_CONTENT, ANSWER_EXPIRY_S, correlation=message.correlation)
        return OutgoingMessage(message.reply_to, payload, about, False, self._answered)

    def _answered(self, answer: BrokerAnswer) -> None:
        if answer.refused:
            self._counts["refused"] += 1

    def _refuse(self, word: Word) -> None:
        self._post(partial(InputRefused, device=DEVICE, why=word))
