"""Inbox: requests received over one connection, queued for the request handler.

Rules
-----
1. A message is acknowledged only after it has been handled, so the broker sends it again after a
   crash; the broker is to hold back messages beyond :data:`MOST` unacknowledged ones.
2. A broker that does not (mosquitto 2.0.11 sends 16 more for each acknowledgement once it has a
   queue) is not punished for it: up to :data:`MOST_BYTES` wait here. Messages beyond that, and
   those of QoS 0 beyond :data:`MOST`, are dropped and counted. The latter never use up the room
   of the others; the former are acknowledged, because the broker would send nothing more.
3. At most :data:`RATE` messages a second are handled: disk and lobby come before requests.
4. An answer goes only to a topic that :func:`~edge.mqtt.requests.may_answer` allows.
5. It goes after the acknowledgement: a broker that hangs up on an answer sends the request once.
6. Each request is answered or counted: at most :data:`MOST` answers wait to be sent, further
   requests wait behind them, and answers that the end of a connection takes along are counted.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import Protocol

import msgspec

from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.in_flight import OutgoingMessage
from edge.mqtt.messages import LIVE_CONTENT
from edge.mqtt.packets import BrokerAnswer, Filter, Packed
from edge.mqtt.request_handler import DEVICE, Request
from edge.mqtt.requests import (
    ANSWER_EXPIRY_S,
    AVAILABILITY,
    LONGEST_CORRELATION,
    LONGEST_SIGNED,
    REGISTER,
    RESEND,
    VALUES,
    Answer,
    Word,
    may_answer,
)
from edge.mqtt.suspects import Key
from edge.sop.events import InputRefused, Post

# Receive Maximum for the broker; a broker that respects it loses no message.
MOST = 16
# Messages that wait here although the broker should hold them back, bytes: some ten thousand.
MOST_BYTES = 8 * 2**20
# What a message needs beside its content, bytes.
_OVERHEAD = 600
# Requests a second, and how many are handled at once after a pause.
RATE = 20.0
BURST = 20
FILTERS = (
    Filter(REGISTER, retain_as_published=True),
    Filter(VALUES, retain_as_published=True),
    Filter(RESEND, retain_as_published=True),
    Filter(f"{AVAILABILITY}/#"),
)
"""Only availability may be retained: the flag of all others is checked."""


class _Waiting(msgspec.Struct):
    """A message that waits to be handled, cut to the parts in use."""

    mid: int
    qos: int
    request: Request
    reply_to: str
    correlation: bytes | None

    @property
    def size(self) -> int:
        """The memory that it needs, bytes."""
        texts = len(self.request.suffix) + len(self.reply_to) + len(self.correlation or b"")
        return len(self.request.payload) + texts + _OVERHEAD


class Handler(Protocol):
    """What carries out requests: with signatures, or without."""

    async def answer(self, message: Request) -> Answer | None:
        """Carry out *message* and return the answer; None if there is none."""


class Inbox:
    """The messages received over one connection, and the answers to them.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    :param handler: carries out the requests
    :param counts: the uplink's; ``requests``, ``requests_dropped``, ``answers_lost`` and
        ``refused`` are counted
    """

    def __init__(self, base: str, handler: Handler, post: Post, counts: Counter[str]) -> None:
        self._base = base
        self._handler = handler
        self._post = post
        self._counts = counts
        self._messages: deque[_Waiting] = deque()
        self._bytes = 0
        self._without_ack = 0
        self._come = asyncio.Event()
        self._answers: deque[OutgoingMessage] = deque()
        self._room = asyncio.Event()
        self._dropping = False
        self._free_at = 0.0

    def put(self, message: IncomingMessage) -> bool:
        """Queue a message; return False if it was dropped."""
        suffix = message.topic.removeprefix(self._base)
        request = Request(suffix, message.payload[: LONGEST_SIGNED + 1], message.retain)
        waiting = _Waiting(
            message.mid, message.qos, request, message.response_topic, message.correlation
        )
        full = self._bytes + waiting.size > MOST_BYTES
        if full or (not message.qos and self._without_ack > MOST):
            self._counts["requests_dropped"] += 1
            if not self._dropping:  # once per connection: these events must not be a flood too
                self._refuse("flood")
            self._dropping = True
            return False
        self._messages.append(waiting)
        self._bytes += waiting.size
        self._without_ack += not message.qos
        self._come.set()
        return True

    def next_answer(self, may_go: Callable[[Key], bool]) -> OutgoingMessage | None:
        """Return the next answer to publish, None if there is none.

        :param may_go: False for answers on which the broker hangs up; they are dropped
        """
        while self._answers:
            answer = self._answers.popleft()
            self._room.set()
            if may_go(answer.key):
                return answer
            self._counts["refused"] += 1
        return None

    async def serve(self, connection: Connection) -> None:
        """Have one message after the other handled, until cancelled."""
        while True:
            while not self._messages:
                self._come.clear()
                await self._come.wait()
            await self._pace()
            await self._room_for_answer()
            message = self._messages.popleft()
            self._bytes -= message.size
            self._without_ack -= not message.qos
            answer = await self._handler.answer(message.request)
            self._counts["requests"] += 1
            connection.acknowledge(message.mid, message.qos)
            if answer is not None and message.reply_to and self._answerable(message):
                self._answers.append(self._outgoing(message, msgspec.json.encode(answer)))
                connection.notify()

    def leave(self) -> None:
        """Count the answers that this connection has not sent: they are lost with it."""
        self._counts["answers_lost"] += len(self._answers)
        self._answers.clear()

    async def _room_for_answer(self) -> None:
        """Wait until less than MOST answers wait to be sent: requests meanwhile wait too."""
        while len(self._answers) >= MOST:
            self._room.clear()
            await self._room.wait()

    async def _pace(self) -> None:
        now = asyncio.get_running_loop().time()
        self._free_at = max(self._free_at, now - BURST / RATE) + 1 / RATE
        if self._free_at > now:
            await asyncio.sleep(self._free_at - now)

    def _answerable(self, message: _Waiting) -> bool:
        sound = len(message.correlation or b"") <= LONGEST_CORRELATION and may_answer(
            message.reply_to, self._base
        )
        if not sound:
            self._refuse("response topic")
        return sound

    def _outgoing(self, message: _Waiting, payload: bytes) -> OutgoingMessage:
        about = Packed(LIVE_CONTENT, ANSWER_EXPIRY_S, correlation=message.correlation)
        key = Key("answer", message.reply_to)
        return OutgoingMessage(key, message.reply_to, payload, about, False, self._answered)

    def _answered(self, answer: BrokerAnswer) -> None:
        if answer.refused:
            self._counts["refused"] += 1

    def _refuse(self, word: Word) -> None:
        self._post(partial(InputRefused, device=DEVICE, why=word))
