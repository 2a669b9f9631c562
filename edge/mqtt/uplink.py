"""Uplink: delivers live topics, records and stills to the broker, one connection after another.

Rules
-----
1. Every connection attempt is a fresh :class:`~edge.mqtt.connection.Connection` with a new,
   persisted session number in its will; between attempts it backs off with jitter.
2. The number of messages in flight is bounded here: the configured window, or the broker's
   Receive Maximum if that is lower.
3. Each connection has a pump (edge/mqtt/pump.py) that sends what is due.
4. A connection that stays silent is cut: no acknowledgement within the time-out, or no answer to
   MQTT's own ping.
5. No single packet may block the others for ever (edge/mqtt/suspects.py): one on which a broker
   ends the connection is left out, named, and tried again rarely. If it is a record, this counts
   as a refusal. Silence does not count: that is the line's fault.
6. Back-off grows until a connection has lasted and accepted packets. It is longer while another
   client uses our identity: each of the two ends the other's connection.
7. A clean stop publishes ``offline``, ``stopped``, and waits for its acknowledgement.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from edge.clock import Clock
from edge.config.model import Config
from edge.errors import ProtocolError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.fast_path import FastPath, Sent
from edge.mqtt.in_flight import HUNG_UP, Window
from edge.mqtt.inbox import FILTERS, MOST, Handler, Inbox
from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.live_topics import LedgerTopic, LiveTopics
from edge.mqtt.messages import LIVE_CONTENT, ROOT, Status, pack, topic
from edge.mqtt.outage import Outage
from edge.mqtt.own_topics import MOST_REPORTS, OwnTopics
from edge.mqtt.packet_alarms import PacketAlarms
from edge.mqtt.packets import Packed, Receive, Will
from edge.mqtt.pump import Pump, Sources
from edge.mqtt.read_ahead import ReadAhead
from edge.mqtt.reasons import BrokerUnavailable, Reason, Word, reason
from edge.mqtt.record_queue import PIGGYBACK_S, RecordQueue
from edge.mqtt.refusals import TRIAL, Refusals
from edge.mqtt.refused_packets import RefusedPackets
from edge.mqtt.still_queue import StillQueue
from edge.mqtt.subscriptions import Subscriptions
from edge.mqtt.suspects import RARE, Suspects
from edge.mqtt.will_probe import WillProbe
from edge.sop.events import InputRefused, Post
from edge.store.cloudevent import source
from edge.store.outbox import OutboxRow
from edge.store.store import Store
from edge.worker import Worker

log = logging.getLogger(__name__)

# Time limit for the last message of a clean stop, and before it for the worker's return, real
# seconds.
OFFLINE_S = 2.0
# The session's expiry exceeds the will delay by this much, seconds.
_SESSION_MARGIN_S = 60
# A connection that lasted so long and accepted a packet is a good one, real seconds.
LASTED_S = 60.0
# Back-off is so many times longer while another client takes the session over.
_TAKEN_OVER_FACTOR = 10
_IDENTITY = "another client uses this checkpoint's identity"
_TAKEN_OVER = reason("session-taken-over").remedy
# Reasons for the end of a connection that have nothing to do with a packet.
_NO_FAULT_OF_A_PACKET: frozenset[Word] = frozenset({
    "server-busy", "server-shutting-down", "keep-alive", "session-taken-over",
    "administrative-action", "another-server", "server-moved", "connection-time-over",
})  # fmt: skip


class _Ended(NamedTuple):
    """The end of a connection, or of the attempt to make one.

    :param good: True if it had lasted and accepted packets
    :param explained: True if it ended on a packet that was then put off: that has its own alarm
    """

    why: Reason
    good: bool = False
    explained: bool = False


class Uplink:
    """The link to the central office's broker.

    :param worker: the thread for calls of *store*
    :param folder: the data folder: paths of stills are relative to it
    :param backoff: between connections, and between tries of a record that was not delivered
    :param piggyback_s: how long acknowledgements may wait for the next commit, seconds of the clock
    :param rare: between tries of a packet on which the broker ends the connection
    :param trial: between tries of a parked record
    :param handler: answers requests over MQTT; None: no topic is subscribed to
    :ivar outage: why there is no connection
    :ivar counts: published, acknowledged, refused, resent, parked, reconnects, stills,
        still_refusals, requests, requests_dropped, answers_lost,
        packets_refused, topics_repaired, left_out
    :ivar own_topics: the checkpoint's retained topics at the broker
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        worker: Worker,
        clock: Clock,
        post: Post,
        folder: Path,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        piggyback_s: float = PIGGYBACK_S,
        handler: Handler | None = None,
        *,
        rare: Backoff = RARE,
        trial: Backoff = TRIAL,
    ) -> None:
        names = ("published", "acknowledged", "refused", "resent", "parked", "reconnects")
        others = ("stills", "still_refusals", "requests", "requests_dropped", "answers_lost")
        faults = ("packets_refused", "topics_repaired", "left_out")
        self.counts: Counter[str] = Counter(dict.fromkeys((*names, *others, *faults), 0))
        self._config = config
        self._broker = config.broker
        self.outage = Outage(clock)
        self._store = store
        self._worker = worker
        self._clock = clock
        self._post = post
        self._folder = folder
        self._backoff = backoff
        self._piggyback_s = clock.real(piggyback_s)
        self._handler = handler
        self._inbox: Inbox | None = None
        self._refused_packets = RefusedPackets(post, self.counts)
        self._live = LiveTopics()
        self.own_topics = OwnTopics(
            topic(config, ""), self._live, self._delivered_reports, post, self.counts
        )
        self.own_topics.on_foreign_session = self._on_foreign_session
        self._alarms = LinkAlarms(
            f"{config.broker.host}:{config.broker.port}", post, clock, self.show
        )
        self._ledger = LedgerTopic(
            store, worker, clock, config.reporting.ledger_s,
            show=self.show, alarms=self._alarms,
        )  # fmt: skip
        self._connection: Connection | None = None
        self._ahead: ReadAhead | None = None
        self._records: RecordQueue | None = None
        self._stills: StillQueue | None = None
        self._fast_path = FastPath()
        self._slow_start = False
        self._explained = False  # the last connection ended on a packet that was put off
        self._last_online = 0.0
        packets = self._packet_alarms = PacketAlarms(self._alarms, self.counts)
        self._suspects = Suspects(rare, packets.on_put_off, packets.on_accepted)
        self._refusals = Refusals(trial)
        self._will_probe = WillProbe()
        self._subscriptions = Subscriptions(topic(config, ""), packets.on_answer)

    @property
    def connected(self) -> bool:
        """True while a connection to the broker stands, as far as this side can know."""
        return self._connection is not None and self._connection.up

    def wake(self, rows: Sequence[OutboxRow] = ()) -> None:
        """Send new rows of the store (*rows*, if the caller has them) and new stills."""
        if self._ahead is not None and self._stills is not None:
            self._ahead.wake(rows)
            self._stills.wake()
            if self._connection is not None:
                # At once: waking the pump's task costs a round of the loop.
                self._connection.notify()

    # -- for the worker's thread; committed() must follow on the loop

    def prepare(self, rows: Sequence[OutboxRow]) -> None:
        """Pack the first of *rows*, which are being committed, if nothing else is to be sent."""
        self._fast_path.prepare(rows)

    def send(self) -> Sent:
        """Send what was prepared."""
        return self._fast_path.send()

    def cancel(self) -> Sent:
        """Drop what was prepared: it was not committed."""
        return self._fast_path.cancel()

    # -- for the loop

    def committed(self, rows: Sequence[OutboxRow], sent: Sent, *, stills: bool) -> None:
        """Note the messages that :meth:`send` has *sent*, and send the rest of *rows*.

        :param stills: True if stills were committed too
        """
        self._fast_path.returned(sent)
        rest = rows[len(sent.messages) :]
        if rest and self._ahead is not None:
            self._ahead.wake(rest)
        if stills and self._stills is not None:
            self._stills.wake()
        if self._connection is not None:
            self._connection.notify()

    def go_back(self, first: int) -> None:
        """Read again from sequence *first*: records from there on may wait again."""
        if self._ahead is not None:
            self._fast_path.revoke()  # these go before new ones
            self._ahead.go_back(first)

    def show(
        self, suffix: str, payload: dict[str, Any] | None, expiry_s: int | None = None
    ) -> None:
        """Set *payload* as the present value of the live topic *suffix*; None deletes it.

        It is published retained, now (if it changed, or has an expiry) and at every connect.
        """
        self._show(suffix, b"" if payload is None else pack(payload), expiry_s)

    async def run(self) -> None:
        """Connect, deliver, and connect again, until cancelled.

        :raises StoreError: if the store cannot be used
        """
        # Broker and daemon may have lost their power together: the resend window reaches back to
        # the last acknowledgement, however long this daemon was off.
        quiet_s = await self._worker.do(self._store.quiet_s)
        self._last_online = asyncio.get_running_loop().time() - self._clock.real(quiet_s)
        failures = 0
        while True:
            ended = await self._one_connection()
            failures = 1 if ended.good else failures + 1
            delay_s = self._backoff.delay(failures)
            if ended.why.word == "session-taken-over":
                self._alarms.begin("identity", _IDENTITY, _TAKEN_OVER)
                delay_s *= _TAKEN_OVER_FACTOR
            self.outage.note(ended.why)
            if not ended.explained:
                self._alarms.begin("connection", ended.why.sentence, ended.why.remedy)
            await asyncio.sleep(delay_s)
            self.counts["reconnects"] += 1

    # -- one connection

    async def _one_connection(self) -> _Ended:
        """Connect and deliver until the connection ends."""
        left_out = [int(name) for name in self._suspects.waiting("record")]
        session = await self._worker.do(self._store.next_session, self._resend_s(), left_out)
        self.own_topics.expect(session)
        inbox = self._new_inbox()
        will = self._will(session) if self._will_probe.with_will else None
        connection = Connection(
            self._broker,
            self._broker.client_id or _client_id(self._config),
            self._broker.will_delay_s + _SESSION_MARGIN_S,
            will,
            lambda message: self._receive(connection, inbox, message),
            Receive(MOST, by_hand=True),
            self._refused_packets.note,
        )
        try:
            await connection.open()
        except BrokerUnavailable as error:
            if connection.connect_refused:
                self._will_probe.refused()
            return _Ended(error.reason)
        if not self._will_probe.accepted():
            connection.leave()
            return _Ended(reason("stopped"))
        if self._will_probe.left_out:
            self._alarms.begin("will", "the broker refuses a CONNECT with a will: it is left out")
        else:
            self._alarms.end("will")
        loop = asyncio.get_running_loop()
        since = loop.time()
        self._connection, self._inbox = connection, inbox
        window = Window(
            connection,
            self._broker.window,
            self.counts,
            self._suspects,
            slow_start=self._slow_start,
        )
        try:
            await self._serve(connection, window, session)
        finally:
            self._connection = self._inbox = None
            if inbox is not None:
                inbox.leave()
            connection.drop(reason("stopped"))
        self._slow_start = not window.empty
        good = window.accepted > 0 and loop.time() - since >= LASTED_S
        return _Ended(connection.why or reason("stopped"), good, self._explained)

    def _will(self, session: int) -> Will:
        payload = pack(self._status("offline", session, "lost"))
        return Will(topic(self._config, "status"), payload, self._broker.will_delay_s)

    def _receive(
        self, connection: Connection, inbox: Inbox | None, message: IncomingMessage
    ) -> None:
        """Hand a message to the inbox, which acknowledges it, or to the own topics.

        :raises ProtocolError: if it is for neither
        """
        base = topic(self._config, "")
        if not message.topic.startswith(base):
            raise ProtocolError("its topic was not subscribed to")
        suffix = message.topic.removeprefix(base)
        if inbox is not None and suffix.startswith("cmd/"):
            if not inbox.put(message):
                connection.acknowledge(message.mid, message.qos)
            return
        self.own_topics.put(message)
        connection.acknowledge(message.mid, message.qos)

    async def _serve(self, connection: Connection, window: Window, session: int) -> None:
        ahead = ReadAhead(self._store, self._worker, notify=connection.changed.set)
        records = RecordQueue(
            self._store, self._worker, ahead, tries=self._broker.tries,
            piggyback_s=self._piggyback_s, backoff=self._backoff, alarms=self._alarms,
            suspects=self._suspects, refusals=self._refusals, counts=self.counts,
            notify=connection.changed.set,
        )  # fmt: skip
        stills = StillQueue(
            self._store, self._worker, self._folder, source(self._config),
            backoff=self._backoff, counts=self.counts, refused=self._still_refused,
            notify=connection.changed.set, piggyback_s=self._piggyback_s,
            left_out=self._suspects.waiting("still"),
        )  # fmt: skip
        self._ahead, self._records, self._stills = ahead, records, stills
        self._show("status", pack(self._status("online", session, "connected")))
        self._live.all_due()
        self._subscriptions.begin()
        for one in () if self._inbox is None else FILTERS:
            self._subscriptions.add(one.topic_filter, (one,))
        self.own_topics.begin(session)
        pump = Pump(
            connection, window,
            Sources(
                self._live, self._subscriptions, self._inbox, self.own_topics, ahead, records,
                stills,
            ),
            self._suspects, self._fast_path, self._packet_alarms,
            base=topic(self._config, ""),
            subscriber_needed=self._broker.subscribers == "required",
            on_first_answer=self._on_first_answer,
        )  # fmt: skip
        jobs = (
            ahead.read(), records.note_acks_forever(), records.store_acks_forever(),
            records.try_parked_forever(), stills.read(), stills.store_acks_forever(),
            window.watch(self._broker.acknowledge_timeout_s),
            self._ledger.run(ahead.resent, records.drained),
            pump.wake_suspects(),
            self.own_topics.serve(self._subscriptions.add, connection.changed.set),
            *([] if self._inbox is None else [self._inbox.serve(connection)]),
        )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(job) for job in jobs]
                await pump.run()
                for task in tasks:
                    task.cancel()
        except asyncio.CancelledError:
            await self._fast_path.revoked(OFFLINE_S)
            await self._publish_offline(connection, window, session)
            raise
        finally:
            await self._fast_path.revoked(OFFLINE_S)
            self._ahead = self._records = self._stills = None
            records.close()
            self._blame(connection, window)
            await records.flush_acks()
            self._last_online = asyncio.get_running_loop().time()

    def _resend_s(self) -> float:
        """Return the age up to which acknowledged records are sent again, seconds of the clock.

        The resend window counts back from the loss of the broker, however long ago that is, and in
        real seconds, as a broker does.
        """
        if self._broker.resend_window_s == 0:
            return 0.0
        lost_s = asyncio.get_running_loop().time() - self._last_online
        return (self._broker.resend_window_s + lost_s) * self._clock.speed

    def _blame(self, connection: Connection, window: Window) -> None:
        """Suspect the packets in flight when the connection ended (rule 5)."""
        window.settle()
        lost = window.unanswered
        for message in lost:
            if message.key.kind == "record":
                self._refusals.suspected(int(message.key.name))
        # Mosquitto 2.0.11 ends the connection after a refusal: that is not the next packet's fault.
        other = connection.why is not None and connection.why.word in _NO_FAULT_OF_A_PACKET
        blame = not (other or window.last_refused)
        self._explained = self._suspects.lost([message.key for message in lost], blame=blame)
        if self._explained and connection.hung_up:
            lost[0].on_answer(HUNG_UP)

    def _on_first_answer(self) -> None:
        self.outage.over()
        self._alarms.end("connection")
        self._alarms.end("identity")

    def _on_foreign_session(self, session: int) -> None:
        """Report once that another client publishes our ``status``; it ends when that is over."""
        self._alarms.begin("identity", f"{_IDENTITY}: status with session {session}", _TAKEN_OVER)
        self._alarms.end("identity")

    def _new_inbox(self) -> Inbox | None:
        if self._handler is None:
            return None
        return Inbox(topic(self._config, ""), self._handler, self._post, self.counts)

    async def _delivered_reports(self) -> list[OutboxRow]:
        return await self._worker.do(self._store.delivered_reports, MOST_REPORTS)

    def _still_refused(self, why: str) -> None:
        self._post(lambda at: InputRefused(at, "broker", why))

    # -- status and live topics

    def _show(self, suffix: str, payload: bytes, expiry_s: int | None = None) -> None:
        if self._live.put(suffix, payload, expiry_s) and self._connection is not None:
            self._connection.changed.set()

    def _status(
        self,
        status: Literal["online", "offline"],
        session: int,
        reason: Literal["connected", "stopped", "lost"],
    ) -> Status:
        now = self._clock.now().iso()
        return Status(status=status, session=session, reason=reason, time=now)

    async def _publish_offline(self, connection: Connection, window: Window, session: int) -> None:
        """Publish ``offline``, ``stopped``; wait for its acknowledgement; disconnect (rule 7)."""
        payload = pack(self._status("offline", session, "stopped"))
        self.own_topics.leave(payload)  # it may come back before the connection ends
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OFFLINE_S):
                await window.finish(topic(self._config, "status"), payload, Packed(LIVE_CONTENT))
        connection.leave()


def _client_id(config: Config) -> str:
    return f"{ROOT.split('/', maxsplit=1)[0]}-{config.checkpoint.site}-{config.checkpoint.id}"
