"""Pump: sends packets over one connection, in order of precedence, as its window allows.

Rules
-----
1. Live topics, subscriptions, answers, repairs of topics, records, then one still at a time.
2. After a connection that was lost with packets in flight (the window's slow start), records go
   first: none of the others may be what ends the connections.
3. A packet that is put off (edge/mqtt/suspects.py) is passed over.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from edge.mqtt.connection import Connection
from edge.mqtt.fast_path import FastPath, Grant
from edge.mqtt.in_flight import Outgoing, OutgoingMessage, Window
from edge.mqtt.inbox import Inbox
from edge.mqtt.live_topics import LiveTopics
from edge.mqtt.messages import LIVE_CONTENT
from edge.mqtt.own_topics import OwnTopics
from edge.mqtt.packet_alarms import PacketAlarms
from edge.mqtt.packets import ACCEPTED, BrokerAnswer, Packed
from edge.mqtt.read_ahead import ReadAhead
from edge.mqtt.record_queue import RecordQueue
from edge.mqtt.still_queue import StillQueue
from edge.mqtt.subscriptions import Subscription, Subscriptions
from edge.mqtt.suspects import Key, Suspects
from edge.store.cloudevent import RECORD_CONTENT
from edge.store.outbox import OutboxRow

_RECORD = Packed(RECORD_CONTENT)

OnAnswer = Callable[[BrokerAnswer], None]


class Sources(NamedTuple):
    """The packets to send; *inbox* is None if no request is answered."""

    live: LiveTopics
    subscriptions: Subscriptions
    inbox: Inbox | None
    own_topics: OwnTopics
    ahead: ReadAhead
    records: RecordQueue
    stills: StillQueue


class Pump:
    """Sends what is due from *sources*.

    :param base: ``gardu/v1/{site}/{checkpoint}/``
    :param subscriber_needed: False if a message without a subscriber counts as delivered
    :param on_first_answer: called once the broker has answered
    """

    def __init__(
        self,
        connection: Connection,
        window: Window,
        sources: Sources,
        suspects: Suspects,
        fast_path: FastPath,
        alarms: PacketAlarms,
        *,
        base: str,
        subscriber_needed: bool,
        on_first_answer: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._window = window
        self._sources = sources
        self._suspects = suspects
        self._fast_path = fast_path
        self._alarms = alarms
        self._base = base
        self._subscriber_needed = subscriber_needed
        self._on_first_answer = on_first_answer
        self._answered = False
        others = (self._next_live, self._next_subscription, self._next_answer, self._next_repair)
        self._normal = (*others, self._next_record, self._next_still)
        self._slow = (self._next_record, *others, self._next_still)

    async def run(self) -> None:
        """Send until the connection ends."""
        connection = self._connection
        connection.on_pubacks = self._turn
        try:
            while connection.up:
                connection.changed.clear()
                self._turn()
                await connection.changed.wait()
        finally:
            connection.on_pubacks = connection.changed.set
        if connection.bug is not None:
            raise connection.bug

    async def wake_suspects(self) -> None:
        """Send what was put off once its time has come, for ever."""
        while True:
            await self._suspects.next_due()
            self._connection.changed.set()

    def _turn(self) -> None:
        if not self._fast_path.revoke():
            return  # it goes on when the worker has returned the grant
        window, records = self._window, self._sources.records
        window.settle()
        if window.answered and not self._answered:
            self._answered = True
            self._on_first_answer()
        while window.open and (message := self._next()) is not None:
            window.send(message)
        if window.open and (sequence := records.next_sequence) is not None:
            self._fast_path.grant(
                Grant(self._connection, sequence, window.room, self._record, self._on_sent)
            )

    def _on_sent(self, messages: Sequence[tuple[int, OutgoingMessage]]) -> None:
        for mid, message in messages:
            self._window.sent(mid, message)
            self._sources.records.sent(int(message.key.name))
        self._connection.after_io()

    def _next(self) -> Outgoing | None:
        if self._window.starting and not self._sources.ahead.begun:
            return None  # it is not known yet if a record waits
        for choose in self._slow if self._window.starting else self._normal:
            if (message := choose()) is not None:
                return message
        return None

    def _may_go(self, key: Key) -> bool:
        return not self._suspects.wait_s(key)

    def _next_live(self) -> OutgoingMessage | None:
        live, own = self._sources.live, self._sources.own_topics
        suffix = live.next_due(lambda suffix: self._may_go(Key("live", suffix)))
        if suffix is None:
            own.live_sent()
            return None
        own.sent(suffix)
        value, key = live.value(suffix), Key("live", suffix)
        properties = Packed(LIVE_CONTENT, value.expiry_s)
        on_answer = partial(self._alarms.on_answer, key)
        return OutgoingMessage(key, self._base + suffix, value.payload, properties, True, on_answer)

    def _next_subscription(self) -> Subscription | None:
        return self._sources.subscriptions.next_due(self._may_go)

    def _next_answer(self) -> OutgoingMessage | None:
        inbox = self._sources.inbox
        return None if inbox is None else inbox.next_answer(self._may_go)

    def _next_repair(self) -> OutgoingMessage | None:
        return self._sources.own_topics.next_message(self._may_go)

    def _next_record(self) -> OutgoingMessage | None:
        row = self._sources.records.next_row()
        return None if row is None else self._record(row)

    def _record(self, row: OutboxRow) -> OutgoingMessage:
        on_answer = self._judged(partial(self._sources.records.on_puback, row))
        retain = row.topic.startswith("report/")
        key = Key("record", row.sequence)
        return OutgoingMessage(key, self._base + row.topic, row.payload, _RECORD, retain, on_answer)

    def _next_still(self) -> OutgoingMessage | None:
        stills = self._sources.stills
        if not (self._sources.records.idle and self._window.empty):
            return None
        still = stills.next_still()
        if still is None:
            return None
        key, where = Key("still", still.id), f"{self._base}still/{still.purpose}"
        on_answer = self._judged(stills.on_puback)
        return OutgoingMessage(key, where, still.image, still.properties, False, on_answer)

    def _judged(self, on_answer: OnAnswer) -> OnAnswer:
        """Return *on_answer*; if no subscriber is needed, without that answer (0x10)."""
        if self._subscriber_needed:
            return on_answer
        return lambda answer: on_answer(ACCEPTED if answer.no_subscriber else answer)
