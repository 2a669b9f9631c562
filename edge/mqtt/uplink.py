"""Uplink: delivers live topics, records and stills to the broker, one connection after another.

Rules
-----
1. Every connection attempt is a fresh :class:`~edge.mqtt.connection.Connection` with a new,
   persisted session number in its will; between attempts it backs off with jitter.
2. The number of messages in flight is bounded here: the configured window, or the broker's
   Receive Maximum if that is lower.
3. In order of precedence: live topics, answers, repairs of topics, records, then one still at a
   time.
4. A connection that stays silent is cut: no acknowledgement within the time-out, or no answer to
   MQTT's own ping.
5. A poison message (on which brokers hang up) must not block the others for ever. Messages in
   flight when a connection was lost are quarantined: sent alone from then on. If a broker that has
   answered on this connection hangs up on a message that is alone, this counts as a refusal.
   Silence does not count: that is the line's fault.
6. A clean stop publishes ``offline``, ``stopped``, and waits for its acknowledgement.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from edge.clock import Clock
from edge.config.model import Config
from edge.errors import DeviceUnavailable, ProtocolError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.fast_path import FastPath, Grant, Sent
from edge.mqtt.in_flight import HUNG_UP, Key, OutgoingMessage, Window
from edge.mqtt.inbox import MOST, Inbox
from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.live_topics import LedgerTopic, LiveTopics
from edge.mqtt.messages import LIVE_CONTENT, ROOT, Status, pack, topic
from edge.mqtt.own_topics import MOST_REPORTS, OwnTopics
from edge.mqtt.packets import BrokerAnswer, Packed, Receive, Will
from edge.mqtt.read_ahead import ReadAhead
from edge.mqtt.record_queue import PIGGYBACK_S, RecordQueue
from edge.mqtt.refused_packets import RefusedPackets
from edge.mqtt.request_handler import RequestHandler
from edge.mqtt.still_queue import StillQueue
from edge.sop.events import InputRefused, Post
from edge.store.cloudevent import RECORD_CONTENT, source
from edge.store.outbox import OutboxRow
from edge.store.store import Store
from edge.worker import Worker

log = logging.getLogger(__name__)

# Time limit for the last message of a clean stop, and before it for the worker's return, real
# seconds.
OFFLINE_S = 2.0
# The session's expiry exceeds the will delay by this much, seconds.
_SESSION_MARGIN_S = 60
_RECORD = Packed(RECORD_CONTENT)


class Uplink:
    """The link to the central office's broker.

    :param worker: the thread for calls of *store*
    :param folder: the data folder: paths of stills are relative to it
    :param backoff: between connections, and between tries of a record that was not delivered
    :param piggyback_s: how long acknowledgements may wait for the next commit, seconds of the clock
    :param handler: answers requests over MQTT; None: no topic is subscribed to
    :ivar counts: published, acknowledged, refused, resent, parked, reconnects, stills,
        still_refusals, requests, requests_dropped, packets_refused,
        topics_repaired
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
        handler: RequestHandler | None = None,
    ) -> None:
        names = ("published", "acknowledged", "refused", "resent", "parked", "reconnects")
        others = ("stills", "still_refusals", "requests", "requests_dropped")
        faults = ("packets_refused", "topics_repaired")
        self.counts: Counter[str] = Counter(dict.fromkeys((*names, *others, *faults), 0))
        self._config = config
        self._broker = config.broker
        self._store = store
        self._worker = worker
        self._clock = clock
        self._post = post
        self._folder = folder
        self._backoff = backoff
        self._piggyback_s = clock.real(piggyback_s)
        self._handler = handler
        self._inbox: Inbox | None = None
        self._refusals = RefusedPackets(post, self.counts)
        self._live = LiveTopics()
        self.own_topics = OwnTopics(
            topic(config, ""), self._live, self._delivered_reports, post, self.counts
        )
        self._alarms = LinkAlarms(post, clock, self.show)
        self._ledger = LedgerTopic(
            store, worker, clock, config.reporting.ledger_s,
            show=self.show, alarms=self._alarms,
        )  # fmt: skip
        self._connection: Connection | None = None
        self._ahead: ReadAhead | None = None
        self._records: RecordQueue | None = None
        self._stills: StillQueue | None = None
        self._fast_path = FastPath()
        self._session_confirmed = False
        self._slow_start = False
        self._quarantined: set[Key] = set()
        self._hangups: Counter[Key] = Counter()
        self._last_online = 0.0

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
            self._session_confirmed = False
            why = await self._one_connection()
            failures = 1 if self._session_confirmed else failures + 1
            self._alarms.begin("connection", why)
            await asyncio.sleep(self._backoff.delay(failures))
            self.counts["reconnects"] += 1

    # -- one connection

    async def _one_connection(self) -> str:
        """Connect and deliver until the connection ends; return why it did."""
        poison = [key for key in self._poison() if isinstance(key, int)]
        session = await self._worker.do(self._store.next_session, self._resend_s(), poison)
        inbox = self._new_inbox()
        connection = Connection(
            self._broker,
            self._broker.client_id or _client_id(self._config),
            self._broker.will_delay_s + _SESSION_MARGIN_S,
            Will(
                topic(self._config, "status"),
                pack(self._status("offline", session, "lost")),
                self._broker.will_delay_s,
            ),
            lambda message: self._receive(connection, inbox, message),
            Receive(MOST, by_hand=True),
            self._refusals.note,
        )
        try:
            await connection.open()
        except DeviceUnavailable as error:
            return str(error)
        self._connection, self._inbox = connection, inbox
        window = Window(
            connection,
            self._broker.window,
            self.counts,
            self._quarantined,
            slow_start=self._slow_start,
        )
        try:
            await self._serve(connection, window, session)
        finally:
            self._connection = self._inbox = None
            connection.drop("ended")
        self._slow_start = not window.empty
        return connection.why

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
            inbox.put(message)
            return
        self.own_topics.put(message)
        connection.acknowledge(message.mid, message.qos)

    async def _serve(self, connection: Connection, window: Window, session: int) -> None:
        ahead = ReadAhead(self._store, self._worker, notify=connection.changed.set)
        records = RecordQueue(
            self._store, self._worker, ahead, tries=self._broker.tries,
            piggyback_s=self._piggyback_s, backoff=self._backoff, alarms=self._alarms,
            counts=self.counts, notify=connection.changed.set,
        )  # fmt: skip
        stills = StillQueue(
            self._store, self._worker, self._folder, source(self._config),
            backoff=self._backoff, counts=self.counts, refused=self._still_refused,
            notify=connection.changed.set, piggyback_s=self._piggyback_s, poison=self._poison(),
        )  # fmt: skip
        self._ahead, self._records, self._stills = ahead, records, stills
        self._show("status", pack(self._status("online", session, "connected")))
        self._live.all_due()
        self.own_topics.begin(session)
        jobs = (
            ahead.read(), records.note_acks_forever(), records.store_acks_forever(),
            stills.read(), stills.store_acks_forever(),
            window.watch(self._broker.acknowledge_timeout_s),
            self._ledger.run(ahead.resent, records.drained, self._quarantined.clear),
            self.own_topics.serve(connection),
            *([] if self._inbox is None else [self._inbox.serve(connection)]),
        )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(job) for job in jobs]
                await self._pump(connection, window, records, stills)
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
            self._blame_hangup(connection, window)
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

    def _blame_hangup(self, connection: Connection, window: Window) -> None:
        """Quarantine the messages in flight when the connection ended; count a hang-up (rule 5)."""
        window.settle()
        lost = window.unanswered
        self._quarantined.update(message.key for message in lost if message.key is not None)
        if (
            len(lost) == 1
            and lost[0].key is not None
            and self._session_confirmed
            and connection.hung_up
        ):
            self._hangups[lost[0].key] += 1
            lost[0].on_puback(HUNG_UP)

    def _poison(self) -> set[Key]:
        """Return the keys of messages on which brokers have hung up too often."""
        return {key for key, times in self._hangups.items() if times >= self._broker.tries}

    async def _pump(
        self, connection: Connection, window: Window, records: RecordQueue, stills: StillQueue
    ) -> None:
        """Publish as the window allows, until the connection ends."""

        def turn() -> None:
            if not self._fast_path.revoke():
                return  # it goes on when the worker has returned the grant
            window.settle()
            while window.open and (message := self._next(window, records, stills)) is not None:
                window.send(message)
            if window.open and (sequence := records.next_sequence) is not None:
                make = partial(self._record_message, records)
                self._fast_path.grant(Grant(connection, sequence, window.room, make, on_sent))

        def on_sent(messages: Sequence[tuple[int, OutgoingMessage]]) -> None:
            for mid, message in messages:
                window.sent(mid, message)
                assert isinstance(message.key, int)
                records.sent(message.key)
            connection.after_io()

        connection.on_pubacks = turn
        try:
            while connection.up:
                connection.changed.clear()
                turn()
                await connection.changed.wait()
        finally:
            connection.on_pubacks = connection.changed.set
        if connection.bug is not None:
            raise connection.bug

    def _next(
        self, window: Window, records: RecordQueue, stills: StillQueue
    ) -> OutgoingMessage | None:
        if (suffix := self._live.next_due()) is not None:
            return self._live_message(suffix)
        self.own_topics.live_sent()
        if self._inbox is not None and (answer := self._inbox.next_answer()) is not None:
            return answer
        if (repair := self.own_topics.next_message()) is not None:
            return repair
        if (row := records.next_row()) is not None:
            return self._record_message(records, row)
        if records.idle and window.empty and (still := stills.next_still()) is not None:
            where = topic(self._config, f"still/{still.purpose}")
            return OutgoingMessage(
                where, still.image, still.properties, False, stills.on_puback, still.id
            )
        return None

    def _new_inbox(self) -> Inbox | None:
        if self._handler is None:
            return None
        return Inbox(topic(self._config, ""), self._handler, self._post, self.counts)

    def _live_message(self, suffix: str) -> OutgoingMessage:
        value = self._live.value(suffix)
        self.own_topics.sent(suffix)

        def on_puback(answer: BrokerAnswer) -> None:
            self._session_confirmed = True
            self._alarms.end("connection")
            if answer.refused:
                self.counts["refused"] += 1
                log.warning("the broker refused live topic %s: %s", suffix, answer.words)

        where = topic(self._config, suffix)
        return OutgoingMessage(
            where, value.payload, Packed(LIVE_CONTENT, value.expiry_s), True, on_puback
        )

    def _record_message(self, records: RecordQueue, row: OutboxRow) -> OutgoingMessage:
        return OutgoingMessage(
            topic(self._config, row.topic),
            row.payload,
            _RECORD,
            row.topic.startswith("report/"),
            lambda answer: records.on_puback(row, answer),
            row.sequence,
        )

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
        """Publish ``offline``, ``stopped``; wait for its acknowledgement; disconnect (rule 6)."""
        payload = pack(self._status("offline", session, "stopped"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OFFLINE_S):
                await window.finish(topic(self._config, "status"), payload, Packed(LIVE_CONTENT))
        connection.leave()


def _client_id(config: Config) -> str:
    return f"{ROOT.split('/', maxsplit=1)[0]}-{config.checkpoint.site}-{config.checkpoint.id}"
