"""The retained topics of a simulation at a broker: found, and cleared at its end.

A broker hands retained messages to each new subscriber, after the end of the run too: a board of
the central office would show a checkpoint that does not exist.

1. The daemon's session is ended first (a connection with its client id and a clean start): its
   delayed will, which is retained, is then sent at once and not after the clearing.
2. A broker sends the retained messages of a subscription before those that come later. So all have
   come when a message of our own, published after it, is back.
3. Clearing is repeated until nothing is found: a bridge may bring a topic back.
"""

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import GarduError

ROOT = "gardu/v1"
# Real seconds within which a broker answers.
_ANSWER_S = 10.0
_ROUNDS = 3


class RetainedTopics:
    """The retained topics of one checkpoint. Use as ``async with``: cleared at its end.

    :param name: ``site/id`` of the checkpoint
    :param client_id: that of its daemon
    :param changed_only: a real checkpoint publishes under this name too: topics whose messages are
        the same as at the beginning are its own, and stay
    :param live: returns the suffixes of the topics that the run has published, for the message
        about a broker that is away
    :param report: called with the result in words
    """

    def __init__(
        self,
        host: str,
        port: int,
        name: str,
        client_id: str,
        *,
        changed_only: bool,
        live: Callable[[], Iterable[str]],
        report: Callable[[str], None],
    ) -> None:
        self._broker = host, port
        self._base = f"{ROOT}/{name}/"
        self._client_id = client_id
        self._changed_only = changed_only
        self._before: Mapping[str, bytes] = {}
        self._live = live
        self._report = report

    async def __aenter__(self) -> Self:
        if self._changed_only:
            self._before = await asyncio.to_thread(find, *self._broker, self._base)
        return self

    async def __aexit__(self, *_error: object) -> None:
        try:
            cleared = await asyncio.to_thread(self._clear)
        except GarduError as error:
            self._report(f"{error}; {self._how_to_clear()}")
        else:
            self._report(f"retained topics cleared below {self._base}: {len(cleared)}")

    def _clear(self) -> set[str]:
        """Clear the topics that the run has left; return them."""
        host, port = self._broker
        with _Connection(host, port, self._client_id):
            pass
        cleared: set[str] = set()
        for _ in range(_ROUNDS):
            left = self._left()
            if not left:
                return cleared
            with _Connection(host, port) as connection:
                for topic in left:
                    connection.publish(topic, b"", retain=True)
            cleared |= left
        if left := self._left():
            raise GarduError(f"the broker does not clear {', '.join(sorted(left))}")
        return cleared

    def _left(self) -> set[str]:
        found = find(*self._broker, self._base)
        return {topic for topic, payload in found.items() if self._before.get(topic) != payload}

    def _how_to_clear(self) -> str:
        host, port = self._broker
        topics = [self._base + suffix for suffix in sorted(self._live())]
        names = "".join(f"\n  {topic}" for topic in topics)
        return (
            f"retained topics remain below {self._base}:{names}\nclear them with: "
            f"mosquitto_sub -h {host} -p {port} -V 5 -t '{self._base}#' --retained-only "
            f"--remove-retained -W 5"
        )


def find(host: str, port: int, base: str) -> dict[str, bytes]:
    """Return the retained messages below *base*: payload by topic. Blocks.

    :raises GarduError: if the broker cannot be reached, or does not answer within 10 s
    """
    marker = f"gardu-sim/{secrets.token_hex(8)}"
    with _Connection(host, port) as connection:
        connection.subscribe(marker, f"{base}#")
        connection.publish(marker, b"x")
        connection.wait(lambda: marker in connection.heard)
        return dict(connection.retained)


class _Connection:
    """A connection that begins without a session and leaves none. Blocks; use as ``with``.

    :ivar heard: topics of the messages that have come
    :ivar retained: payloads of the retained ones, by topic
    """

    def __init__(self, host: str, port: int, client_id: str = "") -> None:
        self.heard: set[str] = set()
        self.retained: dict[str, bytes] = {}
        self._where = host, port
        self._changed = threading.Condition()
        self._connected = False
        self._answers: set[int] = set()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish

    def __enter__(self) -> Self:
        host, port = self._where
        self._client.connect_timeout = _ANSWER_S
        try:
            self._client.connect(host, port, clean_start=True)
        except OSError as error:
            raise GarduError(f"the broker at {host}:{port} cannot be reached: {error}") from None
        self._client.loop_start()
        try:
            self.wait(lambda: self._connected)
        except GarduError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def subscribe(self, *topics: str) -> None:
        """Subscribe to *topics*, and wait for the answer."""
        self._expect(self._client.subscribe([(topic, 1) for topic in topics])[1])

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish a message, and wait until it is acknowledged."""
        self._expect(self._client.publish(topic, payload, qos=1, retain=retain).mid)

    def wait(self, true: Callable[[], bool]) -> None:
        """Wait until ``true()``.

        :raises GarduError: if it is not within 10 s
        """
        host, port = self._where
        with self._changed:
            if not self._changed.wait_for(true, _ANSWER_S):
                raise GarduError(f"the broker at {host}:{port} does not answer")

    def _expect(self, mid: int | None) -> None:
        """Wait until the packet *mid* is answered."""
        self.wait(lambda: mid in self._answers)

    def _answered(self, mid: int) -> None:
        with self._changed:
            self._answers.add(mid)
            self._changed.notify_all()

    def _on_connect(
        self,
        _client: Client,
        _data: Any,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        with self._changed:
            self._connected = not code.is_failure
            self._changed.notify_all()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        with self._changed:
            self.heard.add(message.topic)
            if message.retain and message.payload:
                self.retained[message.topic] = bytes(message.payload)
            self._changed.notify_all()

    def _on_subscribe(
        self,
        _client: Client,
        _data: Any,
        mid: int,
        _codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._answered(mid)

    def _on_publish(
        self,
        _client: Client,
        _data: Any,
        mid: int,
        _code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._answered(mid)
