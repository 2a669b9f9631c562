"""Record queue: chooses the next record to send, and handles the broker's answer to it.

Lives as long as one connection. Rules
-----
1. Records go in order of their sequence; reading ahead is bounded.
2. Acknowledgements are passed on to the store at once, and are on the disk in batches. When the
   backlog is gone they are stored with the core's next commit (piggyback), or after PIGGYBACK_S: a
   commit of their own would wear the memory card. If a crash loses them, the records are sent
   twice, as most of them are in the resend window anyway.
3. A record with *no matching subscribers* (0x10) is not delivered: it is held, all records behind
   it wait, and it alone is tried again until there is a subscriber.
4. A *refused* record (0x80 and above) is tried again later, while other records go on. If it is
   the record's fault (edge/mqtt/refusals.py), it is parked after a number of tries, never deleted.
   If many are refused at once, all others wait.
5. Records acknowledged shortly before the connection are sent again first: the broker may have
   lost them since.
6. Records that an operator resends go in their old places, before those after them.
7. When no record waits, a parked one is tried again from time to time, alone.
"""

import asyncio
import contextlib
from bisect import insort
from collections import Counter, deque
from collections.abc import Callable
from functools import partial

from edge.mqtt.backoff import Backoff
from edge.mqtt.link_alarms import LinkAlarms
from edge.mqtt.packets import BrokerAnswer
from edge.mqtt.read_ahead import ReadAhead
from edge.mqtt.reasons import reason
from edge.mqtt.refusals import Refusals
from edge.mqtt.suspects import Key, Suspects
from edge.store.outbox import Outbox, OutboxRow
from edge.worker import Worker

# How long acknowledgements of a backlog are collected before they are stored, real seconds.
BATCH_S = 0.05
# How long others may wait for the next commit, seconds of the clock, and how many of them.
PIGGYBACK_S = 300.0
MOST_PIGGYBACKED = 50
# Refused records that may wait for another try before all others wait for them.
MOST_REFUSED = 10


class RecordQueue:
    """The records to send over one connection.

    :param ahead: the records to send
    :param tries: refusals before a record is parked, if they are its fault
    :param piggyback_s: how long acknowledgements may wait for the next commit, real seconds
    :param notify: called when :meth:`next_row` may return a new record
    :ivar drained: set when the last acknowledgement is stored and no record is left to send
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
        suspects: Suspects,
        refusals: Refusals,
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
        self._suspects = suspects
        self._refusals = refusals
        self._counts = counts
        self._notify = notify
        self._ahead = ahead
        # In flight and answered
        self._unanswered = 0
        self._delivered: list[int] = []  # and not passed on to the store yet
        self._noted = 0  # passed on, and perhaps not on the disk yet
        self._to_note = asyncio.Event()
        self._to_store = asyncio.Event()
        self._at_once = asyncio.Event()
        self._relaxed = False  # True once the first backlog is gone
        # Held: no subscriber (rule 3)
        self._held: list[OutboxRow] = []
        self._probes_unheard = 0
        self._probe: OutboxRow | None = None
        self._probe_due = False
        # Refused (rule 4)
        self._refused: set[int] = set()
        self._to_count: deque[tuple[OutboxRow, str]] = deque()
        self._cancelled_resends: deque[int] = deque()
        self._retries: deque[OutboxRow] = deque()
        # Parked (rule 7): the one that is tried now, and if it is accepted
        self._trial: tuple[OutboxRow, asyncio.Future[bool]] | None = None
        self._calm = asyncio.Event()
        self._newly_parked = asyncio.Event()
        self._timers: set[asyncio.TimerHandle] = set()
        self._closed = False

    @property
    def idle(self) -> bool:
        """True if no record waits to be sent and none is in flight."""
        return self._ahead.caught_up and not (self._ahead or self._held or self._unanswered)

    def close(self) -> None:
        """Cancel all further tries: the next connection reads these records again."""
        self._closed = True
        for timer in self._timers:
            timer.cancel()

    # -- sending

    def next_row(self) -> OutboxRow | None:
        """Return the record to send next; None if there is none now."""
        row = self._choose()
        if row is not None:
            self._unanswered += 1
        elif self.idle:  # perhaps only now: the last record was parked before all had been read
            self._calm.set()
        return row

    @property
    def next_sequence(self) -> int | None:
        """The record that would be sent next if it were committed now; None if others wait."""
        if self._retries or self._held or len(self._refused) >= MOST_REFUSED:
            return None
        return self._ahead.next_sequence

    def sent(self, sequence: int) -> None:
        """Note that the record *sequence*, just committed, was sent."""
        self._unanswered += 1
        self._ahead.passed(sequence)

    def _choose(self) -> OutboxRow | None:
        if self._retries:
            return self._retries.popleft()
        if self._held:
            return self._choose_probe()
        while self._ahead and len(self._refused) < MOST_REFUSED:
            row = self._ahead.pop()
            wait_s = self._wait_s(row)
            if not wait_s:
                return row
            self._put_off(row, wait_s)  # refused on an earlier connection: others first
        return None

    def _wait_s(self, row: OutboxRow) -> float:
        """Return for how long *row* is left out, seconds."""
        key = Key("record", row.sequence)
        if row.tries and not self._suspects.known(key):  # it was refused before a restart
            return self._suspects.put_off(key, self._backoff)
        return self._suspects.wait_s(key)

    def _choose_probe(self) -> OutboxRow | None:
        if not self._probe_due or self._probe is not None:
            return None
        self._probe_due = False
        self._probe = self._held[0]
        return self._probe

    # -- answers

    def on_puback(self, row: OutboxRow, answer: BrokerAnswer) -> None:
        """Handle the broker's *answer* to *row*."""
        self._unanswered -= 1
        if self._trial is not None and row is self._trial[0]:
            self._after_trial(row, accepted=not (answer.refused or answer.no_subscriber))
            return
        probing = row is self._probe
        if probing:
            self._probe = None
        if answer.no_subscriber:
            self._hold(row, probing=probing)
            return
        if probing:
            self._held.pop(0)
        if answer.refused:
            self._refuse(row, answer)
        else:
            self._deliver(row)
        if probing:
            self._after_probe(refused=answer.refused)
        if not (self._held or answer.refused):
            self._alarms.end("subscriber")

    def _after_trial(self, row: OutboxRow, *, accepted: bool) -> None:
        assert self._trial is not None
        result, self._trial = self._trial[1], None
        if accepted:
            self._deliver(row)
        if not result.done():
            result.set_result(accepted)

    def _deliver(self, row: OutboxRow) -> None:
        self._counts["acknowledged"] += 1
        if self._ahead.was_resent(row.sequence):
            self._counts["resent"] += 1
        self._refused.discard(row.sequence)
        self._refusals.accepted(row.sequence)
        self._alarms.end("refusal")
        self._delivered.append(row.sequence)
        self._to_note.set()

    def _hold(self, row: OutboxRow, *, probing: bool) -> None:
        remedy = reason("no-subscriber").remedy
        self._alarms.begin("subscriber", f"no subscriber for {row.topic}", remedy)
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
        """After a refusal try the next held record; else there is a subscriber: release all."""
        if refused and self._held:
            self._try_held()
            return
        self._ahead.put(self._held)
        self._held.clear()
        self._probes_unheard = 0

    def _refuse(self, row: OutboxRow, answer: BrokerAnswer) -> None:
        self._counts["refused"] += 1
        if self._ahead.was_resent(row.sequence):  # delivered before: it stays delivered
            self._cancelled_resends.append(row.sequence)
            self._to_store.set()
            self._at_once.set()
            return
        self._refused.add(row.sequence)
        own_fault = self._refusals.refused(row.sequence)
        if self._refusals.many:
            why = f"the broker refuses all records: {answer.words}"
            self._alarms.begin("refusal", why, answer.remedy)
        if not own_fault:
            self._put_off(row, self._next_wait_s(row))
            return
        self._to_count.append((row, answer.words))
        self._to_store.set()
        self._at_once.set()

    def _next_wait_s(self, row: OutboxRow) -> float:
        """Return the wait before *row*, just refused, is tried again, seconds."""
        key = Key("record", row.sequence)
        # If the broker has hung up on it, its wait has been set.
        return self._suspects.wait_s(key) or self._suspects.put_off(key, self._backoff)

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        def run() -> None:
            self._timers.discard(timer)
            call()

        if self._closed:
            return
        timer = asyncio.get_running_loop().call_later(seconds, run)
        self._timers.add(timer)

    # -- the store

    async def note_acks_forever(self) -> None:
        """Pass the broker's acknowledgements on to the store, for ever: no event waits for that."""
        while True:
            await self._to_note.wait()
            self._to_note.clear()
            await self._note_acks()

    async def _note_acks(self) -> None:
        batch, self._delivered = self._delivered, []
        if not batch:
            return
        try:
            await self._worker.do(self._store.note_acks, batch)
        except asyncio.CancelledError:  # perhaps before it began; twice does no harm
            self._delivered[:0] = batch
            raise
        self._ahead.forget(*batch)
        self._noted += len(batch)
        self._to_store.set()
        if self._noted > MOST_PIGGYBACKED:
            self._at_once.set()
        if self._relaxed:
            self._check_drained()

    async def store_acks_forever(self) -> None:
        """Store the broker's answers as they come, for ever."""
        while True:
            await self._to_store.wait()
            await self._collect()
            self._to_store.clear()
            await self.flush_acks()

    async def _collect(self) -> None:
        """Wait for more answers, as long as rule 2 allows."""
        await asyncio.sleep(BATCH_S)
        self._at_once.clear()
        if self._relaxed and not self._to_count and self._noted <= MOST_PIGGYBACKED:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._piggyback_s):
                    await self._at_once.wait()

    async def flush_acks(self) -> None:
        """Store all answers that have come; a broker may refuse and hang up at the same moment."""
        await self._note_acks()
        self._noted = 0
        await self._worker.do(self._store.flush_acks)
        self._check_drained()
        await self._count_refusals()

    def _check_drained(self) -> None:
        if self.idle and not (self._refused or self._delivered):
            self._relaxed = True
            self.drained.set()
            self._calm.set()

    async def _count_refusals(self) -> None:
        while self._cancelled_resends:
            await self._worker.do(self._store.cancel_resend, self._cancelled_resends[0])
            self._ahead.forget(self._cancelled_resends.popleft())
        while self._to_count:
            row, why = self._to_count[0]
            tries = await self._worker.do(self._store.failed, row.sequence, why)
            if tries == 0:  # no longer waiting in the store
                self._refused.discard(row.sequence)
                self._ahead.forget(row.sequence)
            elif tries >= self._tries:
                await self._park(row, f"{why} ({tries} tries)")
            else:
                self._put_off(row, self._next_wait_s(row))
            self._to_count.popleft()

    async def _park(self, row: OutboxRow, why: str) -> None:
        await self._worker.do(self._store.park, row.sequence, why)
        self._counts["parked"] += 1
        self._refused.discard(row.sequence)
        self._refusals.parked(row.sequence)
        self._newly_parked.set()
        self._calm.set()
        self._ahead.forget(row.sequence)
        self._to_store.set()
        self._alarms.begin("parked", f"record {row.sequence} was set aside: {why}")
        self._notify()

    def _put_off(self, row: OutboxRow, wait_s: float) -> None:
        self._refused.add(row.sequence)
        self._later(wait_s, partial(self._retry, row))

    def _retry(self, row: OutboxRow) -> None:
        self._retries.append(row)
        self._notify()

    # -- parked records (rule 7)

    async def try_parked_forever(self) -> None:
        """Try a parked record again from time to time, for ever."""
        self._refusals.connected()
        while True:
            await self._calm.wait()
            self._calm.clear()
            row = None
            if self.idle and self._store.troubled:
                row = await self._worker.do(self._store.next_parked, self._refusals.tried)
            if row is not None:
                await self._trial_is_due()
                if self.idle:
                    await self._try_parked(row)
                self._calm.set()

    async def _trial_is_due(self) -> None:
        """Wait until a parked record may be tried; a newly parked one makes that sooner."""
        while wait_s := self._refusals.trial_in_s():
            self._newly_parked.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._newly_parked.wait()

    async def _try_parked(self, row: OutboxRow) -> None:
        """Send *row*, which is parked; if it is accepted, send all parked records again."""
        self._refusals.begin_trial(row.sequence)
        self._suspects.suspect(Key("record", row.sequence))
        self._trial = row, asyncio.get_running_loop().create_future()
        self._retry(row)
        if await self._trial[1]:
            first = await self._worker.do(self._store.release_parked)
            if first is not None:
                self._ahead.go_back(first)
