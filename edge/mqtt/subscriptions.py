"""Subscriptions: those that are due on a connection."""

from collections.abc import Callable, Sequence

import msgspec

from edge.mqtt.connection import Connection
from edge.mqtt.packets import BrokerAnswer, Filter
from edge.mqtt.suspects import Key


class Subscription(msgspec.Struct, frozen=True):
    """One SUBSCRIBE packet; *on_answer* is called with its answer."""

    key: Key
    filters: Sequence[Filter]
    on_answer: Callable[[BrokerAnswer], None]

    @property
    def size(self) -> int:
        """Size on the wire, bytes: at most."""
        # Fixed header, packet id and properties; a length and the options of each filter.
        return 8 + sum(len(one.topic_filter.encode()) + 3 for one in self.filters)

    def send(self, connection: Connection) -> int | None:
        """Subscribe; return the packet id, or None if *connection* has ended."""
        return connection.subscribe(self.filters)


class Subscriptions:
    """The subscriptions that are due on a connection.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    :param on_answer: called with the key of a subscription and the broker's answer
    """

    def __init__(self, base: str, on_answer: Callable[[Key, BrokerAnswer], None]) -> None:
        self._base = base
        self._on_answer = on_answer
        self._due: dict[Key, Sequence[Filter]] = {}

    def begin(self) -> None:
        """Begin a new connection: none is due."""
        self._due.clear()

    def add(self, name: str, filters: Sequence[Filter]) -> None:
        """Make the subscription *name*, to *filters* below the base, due."""
        below = [one._replace(topic_filter=self._base + one.topic_filter) for one in filters]
        self._due[Key("subscription", name)] = below

    def next_due(self, may_go: Callable[[Key], bool]) -> Subscription | None:
        """Return the next subscription, which is then due no longer; None if none may go."""
        key = next(filter(may_go, self._due), None)
        if key is None:
            return None
        return Subscription(key, self._due.pop(key), lambda answer: self._on_answer(key, answer))
