"""The outbox: records and stills on their way to the central office.

============== ====================== ==========================================================
table          document number        content
============== ====================== ==========================================================
checkpoint     2 (COUNTERS)           the last numbers given out; the chain's head; the sequences
                                      that wait
outbox         sequence               every record: its event, byte for byte as it is sent, its
                                      topic, and its link in the chain
removed        1                      sequence and link of the last record that was removed
refused        sequence               of records that wait: how often sending failed, and why
parked         sequence               records that were refused too often, until resent
acknowledged   in order of time       batches of acknowledged sequences and their moments
stills         in order of queueing   stills to send
stills-sent    the same               stills that were acknowledged
days           sequence               the day of the records from this one on
                                      (edge/store/register.py)
============== ====================== ==========================================================

A record is written once; the waiting ones are one set of ranges (edge/store/ranges.py), however
many there are. A record that neither waits nor is parked has been acknowledged, also after a crash
in between. The counters share a table with the checkpoint's state, so that the data that nearly
every decision changes lies on one page. They include the batch of acknowledgements that is being
filled. A batch is dated by its last acknowledgement, so a record may count as acknowledged up to
FILL_S later than it was.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import msgspec
from tinydb.table import Document

from edge.clock import Clock, Stamp
from edge.sop.ids import uuid7
from edge.sop.records import Record, suffix
from edge.store.chain import genesis, link
from edge.store.documents import Documents
from edge.store.ranges import Ranges
from edge.store.register import DAY_MS
from edge.store.rows import Encode, KeptRow, Ledger, OutboxRow, Resent, StillRow, read_row

__all__ = ["Encode", "Ledger", "Outbox", "OutboxRow", "Resent", "StillRow"]

ONLY = 1
"""The number of the one document in a table that has only one."""

COUNTERS = 2
"""The number of the counters' document in the table ``checkpoint``."""


# How long a batch of acknowledgements is filled, seconds: a row for each acknowledgement would be
# most of the writing in a quiet hour.
FILL_S = 300.0


class Batch(msgspec.Struct, frozen=True):
    """Acknowledged sequences: *since* is when the first was acknowledged, *at* the last."""

    at: Stamp
    since: Stamp
    sequences: Ranges


class Counters(msgspec.Struct, frozen=True, omit_defaults=True):
    """The outbox's state besides its rows: one document.

    :ivar sequence: of the last record; ``head`` is its link
    :ivar waiting: the sequences of the records to send
    :ivar again: those of records to send once more: the broker acknowledged them, but may have
        lost them since
    :ivar batch: the newest acknowledgements
    :ivar day: the day on which the last record happened, days since 1970 UTC
    """

    sequence: int = 0
    head: str = ""
    session: int = 0
    still: int = 0
    waiting: Ranges = Ranges()
    again: Ranges = Ranges()
    batch: Batch | None = None
    day: int | None = None


class Outbox:
    """The outbox's tables in *documents*; edge/store/store.py extends it to the whole store.

    :param source: the records' CloudEvents source, ``/gardu/{site}/{checkpoint}``
    :param clock: stamps records and acknowledgements, and measures the resend window
    """

    def __init__(
        self, documents: Documents, stream: str, source: str, clock: Clock, encode: Encode
    ) -> None:
        self.stream = stream
        self._documents = documents
        self._source = source
        self._clock = clock
        self._encode = encode
        self._kept_counters = documents.table("checkpoint")
        # Only this process writes them, so its copy in memory equals the file.
        self._counters = msgspec.convert(self._kept_counters.get(doc_id=COUNTERS) or {}, Counters)
        self._counters_stored = self._counters
        self._full_batches = list[Batch]()  # with the counters, not stored yet
        self._stills_done = dict[str, Stamp]()  # acknowledged, and not stored yet
        self._recovered = Ranges()  # the same, of records that may have been refused or parked
        self._changing = False
        self._outbox = documents.table("outbox")
        self._removed = documents.table("removed")
        self._refused = documents.table("refused")
        self._parked = documents.table("parked")
        self._acknowledged = documents.table("acknowledged")
        self._days = documents.table("days")
        self._stills = documents.table("stills")
        self._stills_sent = documents.table("stills-sent")
        self._troubled = self._has_troubled()

    @property
    def documents(self) -> Documents:
        """The database that holds the tables."""
        return self._documents

    def append(self, records: Sequence[Record]) -> list[OutboxRow]:
        """Store *records* with final sequences, ids, payloads and links; they wait to be sent."""
        if not records:
            return []
        with self.change():
            return self._append(records)

    def waiting(self, after: int, limit: int) -> list[OutboxRow]:
        """Return the first *limit* records to send with sequences above *after*, in order."""
        return self._rows(Ranges.of(self._counters.waiting.after(after, limit)))

    def to_send_again(self, after: int, limit: int) -> list[OutboxRow]:
        """Return the first *limit* records to send once more with sequences above *after*."""
        return self._rows(Ranges.of(self._counters.again.after(after, limit)))

    def _rows(self, chosen: Ranges) -> list[OutboxRow]:
        failed = self._tries(chosen)
        rows = [read_row(*found, **failed.get(found[0], {})) for found in self._bodies(chosen)]
        if len(rows) < chosen.count:
            self._outbox.need(next(iter(chosen.minus(Ranges.of(row.sequence for row in rows)))))
        return rows

    @property
    def first_undelivered(self) -> int | None:
        """The lowest sequence that waits or is parked, None if all have been delivered."""
        unsent = (self._counters.waiting.first, self._parked.first_id)
        return min((first for first in unsent if first is not None), default=None)

    @property
    def first_needed(self) -> int | None:
        """The lowest sequence that waits, is parked or is to be sent once more; None if none."""
        needed = (self.first_undelivered, self._counters.again.first)
        return min((first for first in needed if first is not None), default=None)

    def acknowledge(self, sequences: Sequence[int]) -> None:
        """Store that the broker has acknowledged *sequences* now (resent ones: again)."""
        self.note_acks(sequences)
        self.flush_acks()

    def note_acks(self, sequences: Sequence[int]) -> None:
        """Note that the broker has acknowledged *sequences* now; the next change stores that.

        In memory, so that an event need not wait for it: :meth:`flush_acks` stores it at the
        latest. Lost acknowledgements do no harm: the records are sent again.
        """
        if not sequences:
            return
        delivered = Ranges.of(sequences)
        self._count(
            waiting=self._counters.waiting.minus(delivered),
            again=self._counters.again.minus(delivered),
            batch=self._batch_with(delivered),
        )
        if self._troubled:
            self._recovered = self._recovered.plus(delivered)

    def note_still_ack(self, id: str) -> None:  # noqa: A002 - CloudEvents' name
        """Note that the broker has acknowledged the still *id*; the next change stores that."""
        self._stills_done[id] = self._clock.now()

    def flush_acks(self) -> None:
        """Store the acknowledgements that no change has included yet."""
        if self._stills_done or self._counters is not self._counters_stored:
            with self.change():
                pass

    def quiet_s(self) -> float:
        """Return the seconds since the last acknowledgement; 0 before the first, or if unknown."""
        newest = self.newest_batch
        return 0.0 if newest is None else _seconds_between(newest.at, self._clock.now())

    @property
    def newest_batch(self) -> Batch | None:
        """The newest acknowledgements, None before the first."""
        return self._counters.batch

    def failed(self, sequence: int, why: str) -> int:
        """Count a failed try to send; return the count, 0 if the record does not wait."""
        if sequence not in self._counters.waiting:
            return 0
        tries = int((self._refused.get(doc_id=sequence) or {"tries": 0})["tries"]) + 1
        self._troubled = True
        self._refused.put(sequence, {"tries": tries, "why": why})
        return tries

    def park(self, sequence: int, why: str) -> None:
        """Park a record that was refused too often: it stays in the store, but is not sent."""
        if sequence not in self._counters.waiting:
            return
        tries = (self._refused.get(doc_id=sequence) or {"tries": 0})["tries"]
        self._troubled = True
        with self.change():
            self._count(waiting=self._counters.waiting.minus(Ranges.of([sequence])))
            self._refused.remove(doc_ids=[sequence])
            self._parked.put(sequence, {"tries": tries, "why": why})

    def parked(self) -> list[OutboxRow]:
        """Return the parked records in order."""
        failed = {entry.doc_id: entry for entry in self._parked}
        found = self._bodies(Ranges.of(failed))
        return [read_row(number, body, **failed[number]) for number, body in found]

    @property
    def troubled(self) -> bool:
        """False if certainly no record is parked; may be read on any thread."""
        return self._troubled

    def next_parked(self, after: int) -> OutboxRow | None:
        """Return the first parked record with a sequence above *after*, else the first of all."""
        found = self._parked.scan(after, 1) or self._parked.scan(0, 1)
        for number, body in self._bodies(Ranges.of(entry.doc_id for entry in found)):
            return read_row(number, body)
        return None

    def release_parked(self) -> int | None:
        """Queue all parked records again; return the first sequence, None if there is none."""
        parked = Ranges.of(entry.doc_id for entry in self._parked)
        with self.change():
            self._parked.remove(doc_ids=list(parked))
            self._await(parked)
        return parked.first

    def resend(self, first: int, last: int) -> Resent:
        """Queue the records *first* to *last* again, in their old places, parked ones too."""
        counts: Counter[str] = Counter()
        again = list[int]()
        with self.change():
            for sequence in range(first, last + 1):
                if sequence in self._counters.waiting:
                    counts["waiting"] += 1
                elif not self._outbox.contains(doc_id=sequence):
                    counts["missing"] += 1
                else:
                    counts["unparked" if self._parked.remove(doc_ids=[sequence]) else "marked"] += 1
                    again.append(sequence)
            self._await(Ranges.of(again))
        return Resent(**counts)

    def ledger(self) -> Ledger:
        """Return the state of the stream; the cost grows only with the number of parked records."""
        last = self._counters.sequence
        oldest, unsent = self._outbox.first_id, self.first_undelivered
        # Undelivered records of an older stream may have lower sequences (edge/store/salvage.py).
        before = int((self._removed.get(doc_id=ONLY) or {}).get("sequence", 0))
        return Ledger(
            stream=self.stream,
            oldest=last + 1 if oldest is None else max(oldest, before + 1),
            last=last,
            acknowledged=last if unsent is None else max(unsent - 1, before),
            waiting=self._counters.waiting.count,
            parked=len(self._parked),
            head=self._head,
        )

    def next_session(self, resend_s: float = 0.0, poison: Collection[int] = ()) -> int:
        """Return a number that grows by one with every call, across restarts.

        Records acknowledged within the last *resend_s* seconds are sent once more from now on,
        until they are acknowledged again, however often connection and daemon end meanwhile.

        :param poison: sequences of poison messages, which are not sent once more
        """
        recent = self.recently_acknowledged(resend_s).minus(self._counters.waiting)
        again = self._counters.again.plus(recent).minus(Ranges.of(poison))
        with self.change():
            return self._count(session=self._counters.session + 1, again=again).session

    def cancel_resend(self, sequence: int) -> None:
        """Cancel the resending of a record that the broker refused; it was delivered before."""
        with self.change():
            self._count(again=self._counters.again.minus(Ranges.of([sequence])))

    def add_still(self, still: StillRow) -> None:
        """Queue a still; its file has been written."""
        with self.change():
            number = self._count(still=self._counters.still + 1).still
            self._stills.put(number, still)

    def waiting_stills(self, limit: int) -> list[StillRow]:
        """Return the first *limit* stills to send, the oldest first."""
        rows = self._stills.scan(0, limit + len(self._stills_done))
        waiting = (StillRow(**still) for still in rows if still["id"] not in self._stills_done)
        return list(islice(waiting, limit))

    def acknowledge_still(self, id: str) -> None:  # noqa: A002 - CloudEvents' name
        """Store that the broker has acknowledged the still *id*, one of the first that wait."""
        self.note_still_ack(id)
        self.flush_acks()

    def recently_acknowledged(self, seconds: float) -> Ranges:
        """Return the records that were acknowledged within the last *seconds*.

        Time across a reboot is measured by the wall clock if it was trusted before and after, else
        it counts as 0: sending twice is better than never.
        """
        found, later, age = Ranges(), self._clock.now(), 0.0
        for batch in self._batches():
            age += _seconds_between(batch.at, later)
            if age > seconds:
                break
            found = found.plus(batch.sequences)
            later = batch.at
        return found

    def _append(self, records: Sequence[Record]) -> list[OutboxRow]:
        """Append *records*, within :meth:`change`."""
        recorded_ms = self._clock.wall_ms()
        rows: list[OutboxRow] = []
        last, head = self._counters.sequence, self._head
        for sequence, record in enumerate(records, last + 1):
            rows.append(self._freeze(sequence, record, recorded_ms, head))
            head = rows[-1].link
            self._outbox.put(sequence, KeptRow.of(rows[-1]))
            self._note_day(sequence, record.at.wall_ms // DAY_MS)
        new = Ranges(((last + 1, last + len(rows)),))
        waiting = self._counters.waiting.plus(new)
        self._count(sequence=last + len(rows), head=head, waiting=waiting)
        return rows

    def _freeze(self, sequence: int, record: Record, recorded_ms: int, previous: str) -> OutboxRow:
        record_id = uuid7(recorded_ms, f"{self.stream}/record/{sequence}")
        payload = self._encode(
            record,
            id=record_id,
            source=self._source,
            stream=self.stream,
            sequence=sequence,
            previous=previous,
            recorded_ms=recorded_ms,
        )
        return OutboxRow(
            sequence,
            record_id,
            suffix(record),
            payload,
            record.visit,
            link=link(previous, payload),
        )

    def _note_day(self, sequence: int, day: int) -> None:
        """Begin a run of records of *day*, unless the last record is of that day too."""
        if day != self._counters.day:
            self._days.put(sequence, {"day": day})
            self._count(day=day)

    def _await(self, sequences: Ranges) -> None:
        self._count(waiting=self._counters.waiting.plus(sequences))

    def _bodies(self, sequences: Ranges) -> Iterator[tuple[int, bytes]]:
        """Iterate over the documents of these records, without missing ones, in order."""
        for first, last in sequences.pairs:
            yield from self._documents.bodies("outbox", first, last)

    def _tries(self, sequences: Ranges) -> dict[int, Document]:
        """Return the failed tries to send these, by sequence."""
        if not sequences or self._refused.first_id is None:
            return {}
        after, most = sequences.pairs[0][0] - 1, sequences.pairs[-1][1]
        failed = self._refused.scan(after, sequences.count)
        return {entry.doc_id: entry for entry in failed if entry.doc_id <= most}

    def _batch_with(self, delivered: Ranges) -> Batch:
        """Return the batch with *delivered* added; a full batch is written to its table before."""
        now, batch = self._clock.now(), self._counters.batch
        if batch is None:
            return Batch(now, now, delivered)
        if batch.since.boot == now.boot and now.seconds_since(batch.since) < FILL_S:
            return Batch(now, batch.since, batch.sequences.plus(delivered))
        self._full_batches.append(batch)
        return Batch(now, now, delivered)

    def _batches(self) -> Iterator[Batch]:
        """Iterate over the acknowledgements, the newest first."""
        if self._counters.batch is not None:
            yield self._counters.batch
        yield from reversed(self._full_batches)
        for batch in self._acknowledged.backwards():
            yield msgspec.convert(batch, Batch)

    @property
    def _head(self) -> str:
        """The link that the next record follows on."""
        return self._counters.head or genesis(self.stream)

    def _count(self, **values: object) -> Counters:
        """Change the counters, within :meth:`change`; return the new ones."""
        self._counters = msgspec.structs.replace(self._counters, **values)
        return self._counters

    def _has_troubled(self) -> bool:
        """Return True if a record was refused or is parked; mostly there is none."""
        return any(table.first_id is not None for table in (self._refused, self._parked))

    @contextmanager
    def change(self) -> Iterator[None]:
        """Commit the changes made within, acknowledgements and counters last, or none of them."""
        if self._changing:
            yield
            return
        before, self._changing = self._counters, True
        try:
            with self._documents.transaction():
                yield
                self._write_acks()
        except BaseException:
            self._counters = before
            raise
        finally:
            self._changing = False
        self._counters_stored = self._counters
        self._full_batches.clear()
        self._stills_done.clear()
        if self._recovered:
            self._recovered = Ranges()
            self._troubled = self._has_troubled()

    def _write_acks(self) -> None:
        """Write the acknowledgements that were noted, and the counters if they changed."""
        for still in self._acknowledged_stills():
            at = msgspec.to_builtins(self._stills_done[still["id"]])
            self._stills.remove(doc_ids=[still.doc_id])
            self._stills_sent.put(still.doc_id, {**still, "at": at})
        if self._recovered:
            for table in (self._refused, self._parked):
                table.remove(doc_ids=list(self._recovered))
        for batch in self._full_batches:
            self._acknowledged.append(batch)
        if self._counters is not self._counters_stored:
            self._kept_counters.put(COUNTERS, self._counters)

    def _acknowledged_stills(self) -> list[Document]:
        """Return the rows of the stills that were acknowledged; they are among the first."""
        if not self._stills_done:
            return []
        found = (still for still in self._stills if still["id"] in self._stills_done)
        return list(islice(found, len(self._stills_done)))


def _seconds_between(earlier: Stamp, later: Stamp) -> float:
    if earlier.boot == later.boot or (earlier.synced and later.synced):
        return later.seconds_since(earlier)
    return 0.0
