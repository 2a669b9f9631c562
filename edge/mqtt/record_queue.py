"""Dispatch: which stored record goes next, and what follows from the broker's answer to it.

Lives as long as one connection. Rules
-----
1. Records go in order of their sequence; reading ahead is bounded.
2. What the broker took is acknowledged in the store in batches. Once a backlog is gone it waits
   for the next decision, whose commit takes it along (a commit of its own would wear the memory
   card), or for RIDE_S. Lost in a crash before that, a record is sent twice, as most of them are
   in the resend window anyway.
3. *Taken, but nobody was there* (0x10) is not delivered: the record is held, everything behind it
   waits, and it alone is tried again until somebody hears it.
4. *Refused* (0x80 and above) is tried again later, a limited number of times, while other records
   go on; then it is parked, never deleted. When many are refused at once, all wait for them.
5. Records acknowledged shortly before the connection are sent again first: the broker may have
   lost them since.
6. Records that somebody asked for again are sent in their old places, before those after them.
"""

import asyncio
import contextlib
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable, Collection
from functools import partial

from edge.mqtt.backoff import Backoff
from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.packets import BrokerAnswer
from edge.mqtt.read_ahead import ReadAhead
from edge.store.outbox import Outbox, OutboxRow
from edge.worker import Worker

# How long acknowledgements of a backlog are collected before they are stored, real seconds.
BATCH_S = 0.05
# How long others wait for a decision to take them along, seconds of the clock, and how many may.
PIGGYBACK_S = 300.0
MOST_PIGGYBACKED = 50
# Refused records that may wait for another try before everything waits for them.
MOST_REFUSED = 10


class RecordQueue:
    """The records to send over one connection.

    :param ahead: the records to send
    :param tries: refusals before a record is parked
    :param ride_s: how long acknowledgements may wait for a decision, real seconds
    :param look: called when :meth:`next_row` may have something new
    :ivar drained: set by the last acknowledgement that was stored with nothing left to send
    """

    def __init__(
        self,
        store: Outbox,
        worker: Worker,
        ahead: ReadAhead,
        *,
        tries: int,
        piggyback_s: float,
        backoff: Backoff,
        alarms: LinkAlarms,
        counts: Counter[str],
        notify: Callable[[], None],
    ) -> None:
        self.drained = asyncio.Event()
        self._store = store
        self._worker = worker
        self._tries = tries
        self._piggyback_s = piggyback_s
        self._backoff = backoff
        self._alarms = alarms
        self._counts = counts
        self._notify = notify
        self._ahead = ahead
        # On the way and answered
        self._unanswered = 0
        self._delivered: list[int] = []
        self._to_store = asyncio.Event()
        self._at_once = asyncio.Event()
        self._relaxed = False  # the backlog that there was at first is gone
        # Held: nobody was there (rule 3)
        self._held: list[OutboxRow] = []
        self._probes_unheard = 0
        self._probe: OutboxRow | None = None
        self._probe_due = False
        # Refused (rule 4)
        self._refused: set[int] = set()
        self._refusals: deque[tuple[OutboxRow, str]] = deque()
        self._cancelled_resends: deque[int] = deque()
        self._retries: deque[OutboxRow] = deque()
        self._timers: set[asyncio.TimerHandle] = set()
        self._closed = False

    @property
    def idle(self) -> bool:
        """Whether no record waits to be sent and none is on its way."""
        return self._ahead.caught_up and not (self._ahead or self._held or self._unanswered)

    def close(self) -> None:
        """Forget what was to be tried again: the next connection reads it afresh."""
        self._closed = True
        for timer in self._timers:
            timer.cancel()

    # -- sending

    def next_row(self) -> OutboxRow | None:
        """Return the record to send next; None if there is none now."""
        row = self._choose()
        if row is not None:
            self._unanswered += 1
        return row

    def _choose(self) -> OutboxRow | None:
        if self._retries:
            return self._retries.popleft()
        if self._held:
            return self._choose_probe()
        while self._ahead and len(self._refused) < MOST_REFUSED:
            row = self._ahead.pop()
            if row.tries == 0:
                return row
            self._put_off(row, row.tries)  # refused on an earlier connection: others first
        return None

    def _choose_probe(self) -> OutboxRow | None:
        if not self._probe_due or self._probe is not None:
            return None
        self._probe_due = False
        self._probe = self._held[0]
        return self._probe

    # -- answers

    def on_puback(self, row: OutboxRow, answer: BrokerAnswer) -> None:
        """Take in what the broker said to *row*."""
        self._unanswered -= 1
        probing = row is self._probe
        if probing:
            self._probe = None
        if answer.no_subscriber:
            self._hold(row, probing=probing)
            return
        if probing:
            self._held.pop(0)
        if answer.refused:
            self._refuse(row, answer.words)
        else:
            self._deliver(row)
        if probing:
            self._after_probe(refused=answer.refused)
        if not (self._held or answer.refused):
            self._alarms.end("subscriber")

    def _deliver(self, row: OutboxRow) -> None:
        self._counts["acknowledged"] += 1
        if self._ahead.was_resent(row.sequence):
            self._counts["resent"] += 1
        self._refused.discard(row.sequence)
        self._delivered.append(row.sequence)
        self._to_store.set()
        if len(self._delivered) > MOST_PIGGYBACKED:
            self._at_once.set()

    def _hold(self, row: OutboxRow, *, probing: bool) -> None:
        self._alarms.begin("subscriber", f"no subscriber for {row.topic}")
        if not probing:
            insort(self._held, row, key=lambda held: held.sequence)
        if probing or len(self._held) == 1:
            self._probes_unheard += 1
            self._probe_due = False
            self._later(self._backoff.delay(self._probes_unheard), self._try_held)

    def _try_held(self) -> None:
        self._probe_due = True
        self._notify()

    def _after_probe(self, *, refused: bool) -> None:
        """A refusal says nothing of subscribers; anything else says that somebody listens."""
        if refused and self._held:
            self._try_held()
            return
        self._ahead.put(self._held)
        self._held.clear()
        self._probes_unheard = 0

    def _refuse(self, row: OutboxRow, why: str) -> None:
        self._counts["refused"] += 1
        if self._ahead.was_resent(row.sequence):  # was delivered once; it stays so
            self._cancelled_resends.append(row.sequence)
            self._to_store.set()
            self._at_once.set()
            return
        self._refused.add(row.sequence)
        self._refusals.append((row, why))
        self._to_store.set()
        self._at_once.set()

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            call()

        if self._closed:
            return
        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    # -- the store

    @property
    def delivered(self) -> tuple[int, ...]:
        """What the broker took and the store does not know of yet."""
        return tuple(self._delivered)

    def stored(self, sequences: Collection[int]) -> None:
        """Say that the store knows now that these were delivered."""
        if not sequences:
            return
        known = set(sequences)
        self._delivered = [number for number in self._delivered if number not in known]
        self._ahead.forget(*known)
        if self.idle and not (self._refused or self._delivered):
            self._relaxed = True
            self.drained.set()

    async def store_acks_forever(self) -> None:
        """Store what was answered, for ever."""
        while True:
            await self._to_store.wait()
            await self._collect()
            self._to_store.clear()
            await self.flush_acks()

    async def _collect(self) -> None:
        """Let answers come together, as long as rule 2 allows."""
        await asyncio.sleep(BATCH_S)
        self._at_once.clear()
        if self._relaxed and not self._refusals and len(self._delivered) <= MOST_PIGGYBACKED:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._piggyback_s):
                    await self._at_once.wait()

    async def flush_acks(self) -> None:
        """Store all answers that have come; a broker may refuse and hang up in one breath."""
        batch = self.delivered
        if batch:
            await self._worker.do(self._store.acknowledge, batch)
            self.stored(batch)
        await self._count_refusals()

    async def _count_refusals(self) -> None:
        while self._cancelled_resends:
            await self._worker.do(self._store.cancel_resend, self._cancelled_resends[0])
            self._ahead.forget(self._cancelled_resends.popleft())
        while self._refusals:
            row, why = self._refusals[0]
            tries = await self._worker.do(self._store.failed, row.sequence, why)
            if tries == 0:  # it does not wait any more
                self._refused.discard(row.sequence)
                self._ahead.forget(row.sequence)
            elif tries >= self._tries:
                await self._park(row, f"{why} ({tries} tries)")
            else:
                self._put_off(row, tries)
            self._refusals.popleft()

    async def _park(self, row: OutboxRow, why: str) -> None:
        await self._worker.do(self._store.park, row.sequence, why)
        self._counts["parked"] += 1
        self._refused.discard(row.sequence)
        self._ahead.forget(row.sequence)
        self._to_store.set()
        self._alarms.begin("parked", f"record {row.sequence} was set aside: {why}")
        self._notify()

    def _put_off(self, row: OutboxRow, tries: int) -> None:
        self._refused.add(row.sequence)
        self._later(self._backoff.delay(max(tries, 1)), partial(self._retry, row))

    def _retry(self, row: OutboxRow) -> None:
        self._retries.append(row)
        self._notify()
