"""Uplink: keeps the central office told, over whatever connections it can get.

Rules
-----
1. Every connection attempt is a fresh :class:`~edge.mqtt.connection.Connection` with a new,
   persisted session number in its will; between attempts it backs off with jitter.
2. What may be in flight is bounded here: the configured window, or less if the broker says so.
3. In order of precedence: live topics, answers, records, then one still at a time.
4. A connection that stays silent is cut: no acknowledgement within the time-out, or no answer to
   MQTT's own ping.
5. A message that brokers hang up on must not block the others for ever: what was on its way when
   a connection was lost goes alone from then on; a record that is alone and well greeted when the
   broker hangs up has been refused. Silence does not count: that is the line's fault.
6. A clean stop says so (``offline``, ``stopped``) and waits for that to be acknowledged.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from edge.clock import Clock
from edge.config.model import Config
from edge.errors import DeviceUnavailable
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.in_flight import HUNG_UP, Key, Parcel, Window
from edge.mqtt.inbox import LARGEST, MOST, Inbox
from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.live_topics import LedgerTopic, LiveTopics
from edge.mqtt.messages import LIVE_CONTENT, ROOT, Status, pack, topic
from edge.mqtt.packets import BrokerAnswer, Packed, Receive, Will
from edge.mqtt.read_ahead import ReadAhead
from edge.mqtt.record_queue import RIDE_S, Dispatch
from edge.mqtt.request_handler import Desk
from edge.mqtt.still_queue import StillQueue
from edge.sop.events import InputRefused, Post
from edge.store.cloudevent import RECORD_CONTENT, source
from edge.store.outbox import Outbox, OutboxRow
from edge.store.rows import Delivered
from edge.worker import Worker

log = logging.getLogger(__name__)

# How long the farewell may take, real seconds.
FAREWELL_S = 2.0
# The broker keeps the session at least this much longer than it delays the will, seconds.
_SESSION_MARGIN_S = 60
_RECORD = Packed(RECORD_CONTENT)


class Uplink:
    """The way to the central office's broker.

    :param worker: the thread for calls of *store*
    :param folder: what the paths of stills are relative to
    :param ride_s: how long acknowledgements may wait for a decision, seconds of the clock
    :param backoff: between connections, and between tries of a record that was not delivered
    :param desk: answers what is asked over MQTT; None: nothing is subscribed to
    :ivar counts: published, acknowledged, refused, resent, parked, reconnects, stills,
        requests
    """

    def __init__(
        self,
        config: Config,
        store: Outbox,
        worker: Worker,
        clock: Clock,
        post: Post,
        folder: Path,
        backoff: Backoff = Backoff(),  # noqa: B008 - frozen
        ride_s: float = RIDE_S,
        desk: Desk | None = None,
    ) -> None:
        names = ("published", "acknowledged", "refused", "resent", "parked", "reconnects")
        others = ("stills", "still_refusals", "requests", "requests_dropped")
        self.counts: Counter[str] = Counter(dict.fromkeys((*names, *others), 0))
        self._config = config
        self._broker = config.broker
        self._store = store
        self._worker = worker
        self._clock = clock
        self._post = post
        self._folder = folder
        self._backoff = backoff
        self._ride_s = clock.real(ride_s)
        self._desk = desk
        self._inbox: Inbox | None = None
        self._live = LiveTopics()
        self._troubles = LinkAlarms(post, clock, self.show)
        self._ledger = LedgerTopic(
            store, worker, clock, config.reporting.ledger_s,
            show=self.show, troubles=self._troubles,
        )  # fmt: skip
        self._link: Connection | None = None
        self._ahead: ReadAhead | None = None
        self._dispatch: Dispatch | None = None
        self._stills: StillQueue | None = None
        self._greeted = False
        self._careful = False
        self._suspects: set[Key] = set()
        self._hangups: Counter[Key] = Counter()
        self._covered = 0.0

    @property
    def connected(self) -> bool:
        """Whether the broker has this connection, as far as anybody can know."""
        return self._link is not None and self._link.up

    def wake(self, rows: Sequence[OutboxRow] = ()) -> None:
        """Say that the store has new rows (*rows*, if the caller has them) or stills."""
        if self._ahead is not None and self._stills is not None:
            self._ahead.wake(rows)
            self._stills.wake()
            if self._link is not None:
                self._link.look()  # at once: waking the pump's task costs a round of the loop

    @property
    def delivered(self) -> Delivered:
        """What the broker has taken and the store does not know of yet."""
        if self._dispatch is None or self._stills is None:
            return Delivered()
        return Delivered(self._dispatch.delivered, self._stills.delivered)

    def stored(self, delivered: Delivered) -> None:
        """Say that the store knows now of *delivered*."""
        if self._dispatch is not None and self._stills is not None:
            self._dispatch.stored(delivered.records)
            self._stills.stored(delivered.stills)

    def go_back(self, first: int) -> None:
        """Say that records from sequence *first* on may wait again."""
        if self._ahead is not None:
            self._ahead.go_back(first)

    def show(
        self, suffix: str, payload: dict[str, Any] | None, expiry_s: int | None = None
    ) -> None:
        """Keep *payload* as the present value of the live topic *suffix*; None deletes it.

        It is published retained, now (if it changed, or would expire) and at every connect.
        """
        self._show(suffix, b"" if payload is None else pack(payload), expiry_s)

    async def run(self) -> None:
        """Connect, deliver, and connect again, until cancelled.

        :raises StoreError: if the store cannot be used
        """
        # Broker and daemon may have lost their power together: the resend window reaches back to
        # the last acknowledgement, however long this daemon was away.
        quiet_s = await self._worker.do(self._store.quiet_s)
        self._covered = asyncio.get_running_loop().time() - self._clock.real(quiet_s)
        failures = 0
        while True:
            self._greeted = False
            why = await self._one_connection()
            failures = 1 if self._greeted else failures + 1
            self._troubles.begin("connection", why)
            await asyncio.sleep(self._backoff.delay(failures))
            self.counts["reconnects"] += 1

    # -- one connection

    async def _one_connection(self) -> str:
        """Connect and deliver until the connection ends; return why it did."""
        hopeless = [key for key in self._hopeless() if isinstance(key, int)]
        session = await self._worker.do(self._store.next_session, self._resend_s(), hopeless)
        inbox = self._new_inbox()
        link = Connection(
            self._broker,
            self._broker.client_id or _client_id(self._config),
            self._broker.will_delay_s + _SESSION_MARGIN_S,
            Will(
                topic(self._config, "status"),
                pack(self._status("offline", session, "lost")),
                self._broker.will_delay_s,
            ),
            None if inbox is None else inbox.put,
            None if inbox is None else Receive(MOST, LARGEST),
        )
        try:
            await link.open()
        except DeviceUnavailable as error:
            return str(error)
        self._link, self._inbox = link, inbox
        window = Window(
            link, self._broker.window, self.counts, self._suspects, careful=self._careful
        )
        try:
            await self._serve(link, window, session)
        finally:
            self._link = self._inbox = None
            link.drop("ended")
        self._careful = not window.empty
        return link.why

    async def _serve(self, link: Connection, window: Window, session: int) -> None:
        ahead = ReadAhead(self._store, self._worker, look=link.changed.set)
        dispatch = Dispatch(
            self._store, self._worker, ahead, tries=self._broker.tries,
            ride_s=self._ride_s, backoff=self._backoff, troubles=self._troubles,
            counts=self.counts, look=link.changed.set,
        )  # fmt: skip
        stills = StillQueue(
            self._store, self._worker, self._folder, source(self._config),
            backoff=self._backoff, counts=self.counts, refused=self._still_refused,
            look=link.changed.set, ride_s=self._ride_s, hopeless=self._hopeless(),
        )  # fmt: skip
        self._ahead, self._dispatch, self._stills = ahead, dispatch, stills
        self._show("status", pack(self._status("online", session, "connected")))
        self._live.all_due()
        jobs = (
            ahead.read(), dispatch.keep_accounts(), stills.read(), stills.keep_accounts(),
            window.watch(self._broker.acknowledge_timeout_s),
            self._ledger.keep(ahead.resent, dispatch.drained, self._suspects.clear),
            *([] if self._inbox is None else [self._inbox.serve(link)]),
        )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(job) for job in jobs]
                await self._pump(link, window, dispatch, stills)
                for task in tasks:
                    task.cancel()
        except asyncio.CancelledError:
            await self._say_farewell(link, window, session)
            raise
        finally:
            self._ahead = self._dispatch = self._stills = None
            dispatch.close()
            self._judge(link, window)
            await dispatch.settle_accounts()
            await stills.settle_accounts()
            self._covered = asyncio.get_running_loop().time()

    def _resend_s(self) -> float:
        """Return how far back what was acknowledged is sent once more, seconds of the clock.

        Shortly before the broker was lost, however long ago that is; the window counts in real
        seconds, as a broker does.
        """
        if self._broker.resend_window_s == 0:
            return 0.0
        lost_s = asyncio.get_running_loop().time() - self._covered
        return (self._broker.resend_window_s + lost_s) * self._clock.speed

    def _judge(self, link: Connection, window: Window) -> None:
        """See what was on its way when the connection ended (rule 5)."""
        window.settle()
        lost = window.unanswered
        self._suspects.update(parcel.key for parcel in lost if parcel.key is not None)
        if len(lost) == 1 and lost[0].key is not None and self._greeted and link.hung_up:
            self._hangups[lost[0].key] += 1
            lost[0].answered(HUNG_UP)

    def _hopeless(self) -> set[Key]:
        """Return what brokers have hung up on too often."""
        return {key for key, times in self._hangups.items() if times >= self._broker.tries}

    async def _pump(
        self, link: Connection, window: Window, dispatch: Dispatch, stills: StillQueue
    ) -> None:
        """Publish as the window allows, until the connection ends."""

        def turn() -> None:
            window.settle()
            while window.open and (parcel := self._next(window, dispatch, stills)) is not None:
                window.send(parcel)

        link.on_answers = turn
        try:
            while link.up:
                link.changed.clear()
                turn()
                await link.changed.wait()
        finally:
            link.on_answers = link.changed.set
        if link.bug is not None:
            raise link.bug

    def _next(self, window: Window, dispatch: Dispatch, stills: StillQueue) -> Parcel | None:
        if (suffix := self._live.take()) is not None:
            return self._live_parcel(suffix)
        if self._inbox is not None and (answer := self._inbox.take()) is not None:
            return answer
        if (row := dispatch.take()) is not None:
            return self._record_parcel(dispatch, row)
        if dispatch.idle and window.empty and (still := stills.take()) is not None:
            where = topic(self._config, f"still/{still.purpose}")
            return Parcel(where, still.image, still.properties, False, stills.answered, still.id)
        return None

    def _new_inbox(self) -> Inbox | None:
        if self._desk is None:
            return None
        return Inbox(topic(self._config, ""), self._desk, self._post, self.counts)

    def _live_parcel(self, suffix: str) -> Parcel:
        value = self._live.value(suffix)

        def answered(answer: BrokerAnswer) -> None:
            self._greeted = True
            self._troubles.end("connection")
            if answer.refused:
                self.counts["refused"] += 1
                log.warning("the broker refused live topic %s: %s", suffix, answer.words)

        where = topic(self._config, suffix)
        return Parcel(where, value.payload, Packed(LIVE_CONTENT, value.expiry_s), True, answered)

    def _record_parcel(self, dispatch: Dispatch, row: OutboxRow) -> Parcel:
        return Parcel(
            topic(self._config, row.topic),
            row.payload,
            _RECORD,
            row.topic.startswith("report/"),
            lambda answer: dispatch.answered(row, answer),
            row.sequence,
        )

    def _still_refused(self, why: str) -> None:
        self._post(lambda at: InputRefused(at, "broker", why))

    # -- what the uplink says of itself

    def _show(self, suffix: str, payload: bytes, expiry_s: int | None = None) -> None:
        if self._live.put(suffix, payload, expiry_s) and self._link is not None:
            self._link.changed.set()

    def _status(
        self,
        status: Literal["online", "offline"],
        session: int,
        reason: Literal["connected", "stopped", "lost"],
    ) -> Status:
        now = self._clock.now().iso()
        return Status(status=status, session=session, reason=reason, time=now)

    async def _say_farewell(self, link: Connection, window: Window, session: int) -> None:
        """Publish the clean offline, wait for its acknowledgement, disconnect (rule 6)."""
        payload = pack(self._status("offline", session, "stopped"))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_S):
                await window.finish(topic(self._config, "status"), payload, Packed(LIVE_CONTENT))
        link.leave()


def _client_id(config: Config) -> str:
    return f"{ROOT.split('/', maxsplit=1)[0]}-{config.checkpoint.site}-{config.checkpoint.id}"
