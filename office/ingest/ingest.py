"""Ingest: receives, has batches written, acknowledges what was committed, follows the streams.

Rules
-----
1. A message is acknowledged after the commit of its batch, in the order of arrival. What is not
   acknowledged comes again, and the database has it once.
2. While one batch is written the next one fills. The broker sends at most ``Receive.most`` messages
   beyond those that were acknowledged, so memory is bounded also while the database is away. A
   broker that sends more (mosquitto 2.0.11 does) is not read until fewer wait.
3. While the database cannot be used, the batch waits, and is tried again for ever.
4. One thread uses the database: writing, following and counting take turns.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from edge.clock import Clock
from edge.errors import ProtocolError
from edge.mqtt.backoff import Backoff
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.messages import ROOT
from edge.mqtt.packets import Filter, Receive
from edge.mqtt.paho_client import RefusedPacket
from edge.worker import Worker
from office.config import FIRST, OfficeConfig
from office.database.failures import words_of
from office.database.live import add_counts
from office.database.partitions import create_partitions
from office.hooks.hooks import Hooks
from office.ingest.asker import Asker
from office.ingest.availability import AvailabilitySender
from office.ingest.follower import Follower
from office.ingest.outgoing import REPLY
from office.ingest.purger import INTERVAL_S, Purger
from office.ingest.reading import read
from office.ingest.replies import reply_in
from office.ingest.subscription import Subscription
from office.ingest.writer import Message, Refused, Writer

log = logging.getLogger(__name__)

T = TypeVar("T")

# Largest packet that the broker may send, bytes: a still of 256 KiB, its topic and properties.
_LARGEST = 512 * 1024
# Wait for more messages before a batch that is not full is written, real seconds.
_LINGER_S = 0.01
# Bytes of a batch, at most: stills are large.
_BATCH_BYTES = 8 * 2**20
# Messages that wait although the broker does not hold them back (QoS 0), at most.
_MOST_WAITING = 20_000
# Batches that wait before the connection is not read any more; it is read again below half of them.
_MOST_BATCHES = 4
# Interval at which streams are followed, and of looking for the next month's partition, seconds.
FOLLOW_S = 1.0
_PARTITIONS_S = 6 * 3600.0
# Time for the last batch at the end, real seconds.
_END_S = 10.0
_DAY_S = 86_400
_BACKOFF = Backoff(0.5, 15.0)


class _Waiting(NamedTuple):
    """A message that is not acknowledged; without *message* there is nothing of it to store.

    Without *link* it needs no acknowledgement.
    """

    link: Connection | None
    mid: int
    size: int
    message: Message | None


class Ingest:
    """One ingest process.

    :param name: of a further process, which shares the records with the first; empty: the first,
        which also receives live topics and reports, and creates partitions
    :ivar stored: the messages that were committed since the start, by kind
    """

    def __init__(self, config: OfficeConfig, engine: Engine, clock: Clock, name: str = "") -> None:
        self.stored: Counter[str] = Counter()
        self._config = config
        self._engine = engine
        self._clock = clock
        self._first = not name
        self._hooks = Hooks(config.hooks, clock)
        self._writer = Writer(engine, clock, config.ingest.keep_aside, self._hooks.offer)
        self._follower = Follower(engine, clock, on_broken=self._hooks.offer_breaks)
        key = config.requests.key
        self._asker = Asker(engine, clock, config.ingest.resend_after_s, key=key)
        self._availability = AvailabilitySender(engine, clock, key)
        self._worker = Worker("database")
        self._waiting: list[_Waiting] = []
        self._most_waiting = _MOST_BATCHES * config.ingest.batch
        self._paused: Connection | None = None
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._others: Counter[str] = Counter()
        self._partitioned = clock.now()
        broker = config.broker
        self._subscription = Subscription(
            broker.connection_of(name or FIRST),
            f"{broker.client_id}-{name}" if name else broker.client_id,
            expiry_s=broker.session_days * _DAY_S,
            filters=filters(broker.group, first=self._first),
            receive=Receive(most=2 * config.ingest.batch, largest=_LARGEST, by_hand=True),
            on_message=self._take,
            on_refused=self._refuse,
            on_puback=self._availability.note_puback,
            notify=log.warning,
        )

    @property
    def waiting(self) -> int:
        """The number of messages that have arrived and are not stored yet."""
        return len(self._waiting)

    async def run(self, stop: asyncio.Event) -> None:
        """Ingest until *stop* is set; then write and acknowledge what has arrived."""
        if self._first:
            await self._on_database(self._follower.follow_all)
        writing = asyncio.create_task(self._write_for_ever())
        others = [
            asyncio.create_task(self._subscription.run()),
            asyncio.create_task(self._follow_for_ever()),
            asyncio.create_task(self._hooks.run()),
        ]
        if self._first:
            others.append(asyncio.create_task(self._purge_for_ever()))
        stopped = asyncio.create_task(stop.wait())
        tasks = [writing, *others, stopped]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopped}:
                task.result()  # a bug ends the process
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_S):
                    await self._idle.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._subscription.leave()
            self._worker.stop()

    # -- messages

    def _take(self, link: Connection, message: IncomingMessage) -> None:
        """Queue a message; it is acknowledged later (rule 1)."""
        if not message.qos and len(self._waiting) >= _MOST_WAITING:
            self._others["dropped"] += 1
            return
        seen: Message | None
        try:
            seen = self._read(message)
        except ProtocolError as error:
            seen = Refused(message.topic, message.payload, str(error))
        except Exception as error:
            log.exception("a message cannot be read")
            seen = Refused(message.topic, message.payload, f"fault of ours: {error!r}")
        self._queue(_Waiting(link, message.mid, len(message.payload), seen))

    def _read(self, message: IncomingMessage) -> Message | None:
        """Return what is to be stored of *message*; None of an answer to a request."""
        reply = reply_in(message)
        if reply is None:
            return read(message)
        if not self._asker.take(reply):
            self._availability.take(reply)
        return None

    def _refuse(self, packet: RefusedPacket) -> None:
        """Store that a packet was refused; the connection has acknowledged it."""
        refused = Refused(packet.topic, b"", f"{packet.word}: {packet.why}")
        if len(self._waiting) < _MOST_WAITING:
            self._queue(_Waiting(None, 0, 0, refused))

    def _queue(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        if len(self._waiting) >= self._most_waiting and waiting.link is not None:
            waiting.link.pause_reading()
            self._paused = waiting.link
        self._arrived.set()
        self._idle.clear()

    async def _write_for_ever(self) -> None:
        while True:
            await self._arrived.wait()
            if len(self._waiting) < self._config.ingest.batch:
                await asyncio.sleep(_LINGER_S)
            batch = self._next_batch()
            messages = [one.message for one in batch if one.message is not None]
            if messages:
                await self._on_database(self._writer.write, messages)
            self._acknowledge(batch)
            if self._paused is not None and len(self._waiting) < self._most_waiting // 2:
                self._paused.resume_reading()
                self._paused = None
            if not self._waiting:
                self._arrived.clear()
                self._idle.set()

    def _next_batch(self) -> list[_Waiting]:
        first = self._waiting[: self._config.ingest.batch]
        sizes = accumulate(one.size for one in first[:-1])
        count = 1 + sum(size < _BATCH_BYTES for size in sizes)
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _acknowledge(self, batch: Sequence[_Waiting]) -> None:
        mids: dict[Connection, list[int]] = {}
        for one in batch:
            if one.mid and one.link is not None:
                mids.setdefault(one.link, []).append(one.mid)
        for link, own in mids.items():
            link.acknowledge_all(own)

    # -- the database

    async def _follow_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_S)
            self._others += self._hooks.new_counts()
            await self._on_database(self._keep_up)
            if self._first:
                await self._ask()

    async def _ask(self) -> None:
        """Ask checkpoints for the records that are missing, and send them what users asked for."""
        link = self._subscription.link
        if link is None or not link.up:
            return
        for one in await self._on_database(self._asker.round):
            link.publish(one.topic, one.payload, one.properties)
        for one in await self._on_database(self._availability.round):
            mid = link.publish(one.topic, one.payload, one.properties, retain=one.retain)
            self._availability.note_published(link, mid, one)

    def _keep_up(self) -> None:
        """Follow the streams that have changed, and store the counts; on the worker's thread."""
        writer, follower = self._writer, self._follower
        touched, writer.touched = writer.touched, set()
        stills, writer.stills = writer.stills, False
        try:
            if touched or stills or follower.busy:
                follower.follow(touched, stills=stills)
        except DBAPIError:
            writer.touched |= touched
            writer.stills = writer.stills or stills
            raise
        found = writer.counts + follower.counts + self._others
        if found:
            with self._engine.begin() as connection:
                add_counts(connection, found)
            self.stored += found
            for counter in (writer.counts, follower.counts, self._others):
                counter.clear()
        now = self._clock.now()
        if self._first and now.seconds_since(self._partitioned) > _PARTITIONS_S:
            create_partitions(self._engine, now.wall_ms)
            self._partitioned = now

    async def _purge_for_ever(self) -> None:
        """Delete what is too old, between the batches: each step is a small transaction."""
        while True:
            now_ms = self._clock.now().wall_ms
            purger = Purger(self._engine, self._config.retention, now_ms)
            while await self._on_database(purger.step):
                pass
            await asyncio.sleep(INTERVAL_S)

    async def _on_database(self, call: Callable[..., T], *arguments: object) -> T:
        """Run *call* on the worker's thread until the database can be used (rule 3)."""
        failures, said = 0, ""
        while True:
            try:
                result = await self._worker.do(call, *arguments)
            except DBAPIError as error:
                failures += 1
                words = words_of(error, self._config.database)
                if words != said:
                    log.error("database %s; nothing is acknowledged until it works", words)  # noqa: TRY400
                said = words
                await asyncio.sleep(_BACKOFF.delay(failures))
            else:
                if said:
                    log.warning("the database works again")
                return result


def filters(group: str, *, first: bool) -> list[Filter]:
    """Return the subscriptions of a process; only the *first* has those to live topics.

    Retained messages come only to subscriptions that are not shared. Requests to checkpoints, which
    have guests' details, are not subscribed to.
    """
    below = f"{ROOT}/+/+"
    shared = [Filter(f"$share/{group}/{below}/{part}") for part in ("event/+", "still/+")]
    live = ("status", "meta", "health", "ledger", "state/#", "report/+", REPLY)
    return shared + [Filter(f"{below}/{part}") for part in live if first]
