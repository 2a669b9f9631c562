"""Subscription: the office's session at the broker, connected again for ever.

The session has a fixed name (the client id), so that the broker stores what comes while the office
is away. Two processes with one name would cut each other off; the one that was cut off waits long.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from functools import partial

from edge.config.model import Broker
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.packets import Answer, Filter, Receive
from edge.mqtt.paho_client import RefusedPacket
from edge.mqtt.reasons import BrokerUnavailable, Reason

_BACKOFF = Backoff(0.5, 30.0)
_SHARED = Backoff(60.0, 900.0)
# A connection that lasted this long was a good one, real seconds.
_GOOD_S = 20.0
# Longest time until the end of a connection, or a refused subscription, is noticed, real seconds.
_CHECK_S = 1.0


class Subscription:
    """One session.

    :param on_message: called with each message and the connection that it came over
    :param on_refused: called with each packet that was refused
    :param on_puback: called with each answer of the broker to a packet, and its connection
    :param notify: called with words for a person, once for each change
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        expiry_s: int,
        filters: Sequence[Filter],
        receive: Receive,
        on_message: Callable[[Connection, IncomingMessage], None],
        on_refused: Callable[[RefusedPacket], None],
        notify: Callable[[str], None],
        on_puback: Callable[[Connection, Answer], None] = lambda _link, _answer: None,
    ) -> None:
        self.link: Connection | None = None
        self._broker = broker
        self._client_id = client_id
        self._expiry_s = expiry_s
        self._filters = filters
        self._receive = receive
        self._on_message = on_message
        self._on_refused = on_refused
        self._on_puback = on_puback
        self._notify = notify
        self._said = ""

    async def run(self) -> None:
        """Stay connected until cancelled."""
        failures = shared = 0
        loop = asyncio.get_running_loop()
        while True:
            link, began = self._connection(), loop.time()
            try:
                await link.open()
            except BrokerUnavailable as error:
                why: Reason | None = error.reason
            else:
                self.link = link
                why = await self._listen(link)
            good = loop.time() - began > _GOOD_S
            if why is not None and why.word == "session-taken-over":
                shared = 1 if good else shared + 1
                delay_s = _SHARED.delay(shared)
            else:
                failures = 1 if good else failures + 1
                delay_s = _BACKOFF.delay(failures)
            self._say(f"not connected: {why}. {why.remedy if why else ''}")
            await asyncio.sleep(delay_s)

    def leave(self) -> None:
        """Disconnect; the broker stores the session."""
        if self.link is not None:
            self.link.leave()

    def _connection(self) -> Connection:
        link: Connection

        def take(message: IncomingMessage) -> None:
            self._on_message(link, message)

        link = Connection(
            self._broker,
            self._client_id,
            self._expiry_s,
            on_message=take,
            receive=self._receive,
            on_refused=self._on_refused,
        )
        return link

    async def _listen(self, link: Connection) -> Reason | None:
        link.on_pubacks = partial(self._note_pubacks, link)
        link.subscribe(self._filters)
        self._say("connected")
        while link.up:
            link.changed.clear()
            if link.subscription_error is not None:
                error = link.subscription_error
                self._say(f"the broker refuses the subscription: {error}. {error.remedy}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CHECK_S):
                    await link.changed.wait()
        return link.why

    def _note_pubacks(self, link: Connection) -> None:
        """Hand on the broker's answers, and say why it refuses a request of ours."""
        while link.answers:
            one = link.answers.popleft()
            self._on_puback(link, one)
            answer = one.answer
            if answer.refused:
                self._say(f"the broker refuses a packet: {answer.words}. {answer.remedy}")

    def _say(self, words: str) -> None:
        """Notify of *words*, unless they are those of the last time."""
        if words != self._said:
            self._said = words
            self._notify(f"broker {self._broker.host}:{self._broker.port}: {words.strip()}")
