"""The outbox: records and stills on their way to the central office.

============== ====================== ==========================================================
table          document number        what
============== ====================== ==========================================================
counters       1                      the last number given out, by what it counts; the chain's head
outbox         sequence               every record, its payload frozen, and its link in the chain
removed        1                      sequence and link of the last record that was removed
waiting        sequence               records to send: tries, and why the last one failed
parked         sequence               records that were refused too often, until resent
acknowledged   in order of time       a batch of acknowledged sequences and its moment
stills         in order of taking     stills to send
stills-sent    the same               stills that were acknowledged
============== ====================== ==========================================================

A record is written once; on its way only its short row moves (waiting → acknowledged), so
whatever is neither waiting nor parked has been acknowledged, also after a crash in between.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from tinydb.table import Document

from edge.chain import genesis, link
from edge.clock import Clock, Stamp
from edge.documents import Documents
from edge.ids import uuid7
from edge.rows import Encode, Ledger, OutboxRow, Resent, StillRow
from edge.sop.records import KINDS, Record

__all__ = ["Encode", "Ledger", "Outbox", "OutboxRow", "Resent", "StillRow"]

ONLY = 1
"""The number of the one document in a table that has only one."""


class Outbox:
    """The outbox's tables in *documents*; the store is one of these and more.

    :param source: who speaks in the records, ``/gardu/{site}/{checkpoint}``
    :param clock: stamps records and acknowledgements; the resend window is counted by it
    """

    def __init__(
        self, documents: Documents, stream: str, source: str, clock: Clock, encode: Encode
    ) -> None:
        self.stream = stream
        self._documents = documents
        self._source = source
        self._clock = clock
        self._encode = encode
        self._counters = documents.table("counters")
        self._outbox = documents.table("outbox")
        self._removed = documents.table("removed")
        self._waiting = documents.table("waiting")
        self._parked = documents.table("parked")
        self._acknowledged = documents.table("acknowledged")
        self._stills = documents.table("stills")
        self._stills_sent = documents.table("stills-sent")

    @property
    def documents(self) -> Documents:
        """Where all of it is kept."""
        return self._documents

    def append(self, records: Sequence[Record]) -> list[OutboxRow]:
        """Give each record its sequence, id, payload and link, for good; they wait to be sent."""
        if not records:
            return []
        recorded_ms = self._clock.wall_ms()
        rows: list[OutboxRow] = []
        with self._documents.transaction():
            counters = self._counters.get(doc_id=ONLY) or {}
            last, head = int(counters.get("sequence", 0)), self._head(counters)
            for record in records:
                last += 1
                rows.append(self._freeze(last, record, recorded_ms, head))
                head = rows[-1].link
            self._counters.put(ONLY, {**counters, "sequence": last, "head": head})
            for row in rows:
                self._outbox.put(row.sequence, _kept(row))
            self._await(row.sequence for row in rows)
        return rows

    def waiting(self, after: int, limit: int) -> list[OutboxRow]:
        """Return the first *limit* records to send with sequences above *after*, in order."""
        entries = self._waiting.scan(after, limit)
        if not entries:
            return []
        # A backlog has no holes as a rule: its records are read at one go.
        found = {
            kept.doc_id: kept for kept in self._outbox.scan(entries[0].doc_id - 1, len(entries))
        }
        return [
            _row(found.get(entry.doc_id) or self._outbox.need(entry.doc_id), **entry)
            for entry in entries
        ]

    def acknowledge(self, sequences: Sequence[int]) -> None:
        """Note that the broker has acknowledged these now (those that were resent: again)."""
        if not sequences:
            return
        at = msgspec.to_builtins(self._clock.now())
        batch = sorted(set(sequences))
        with self._documents.transaction():
            self._waiting.remove(doc_ids=batch)
            self._parked.remove(doc_ids=batch)
            self._acknowledged.insert({"at": at, "sequences": batch})

    def quiet_s(self) -> float:
        """Return how many seconds ago the last acknowledgement came; 0 before the first."""
        for batch in self._acknowledged.backwards():
            return _seconds_between(msgspec.convert(batch["at"], Stamp), self._clock.now())
        return 0.0

    def failed(self, sequence: int, why: str) -> int:
        """Count a try that failed; return how many have, 0 if the record does not wait."""
        entry = self._waiting.get(doc_id=sequence)
        if entry is None:
            return 0
        tries = int(entry["tries"]) + 1
        self._waiting.put(sequence, {"tries": tries, "why": why})
        return tries

    def park(self, sequence: int, why: str) -> None:
        """Set a record aside that is refused again and again: kept, but not sent."""
        entry = self._waiting.get(doc_id=sequence)
        if entry is None:
            return
        with self._documents.transaction():
            self._waiting.remove(doc_ids=[sequence])
            self._parked.put(sequence, {"tries": entry["tries"], "why": why})

    def parked(self) -> list[OutboxRow]:
        """Return the parked records in order."""
        return [self._row(entry) for entry in self._parked]

    def resend(self, first: int, last: int) -> Resent:
        """Let the records *first* to *last* wait again, in their old places, parked ones too."""
        counts: Counter[str] = Counter()
        with self._documents.transaction():
            for sequence in range(first, last + 1):
                if self._waiting.contains(doc_id=sequence):
                    counts["waiting"] += 1
                elif not self._outbox.contains(doc_id=sequence):
                    counts["missing"] += 1
                else:
                    counts["unparked" if self._parked.remove(doc_ids=[sequence]) else "marked"] += 1
                    self._await([sequence])
        return Resent(**counts)

    def recently_acknowledged(
        self, seconds: float, after: int = 0, limit: int | None = None, now: Stamp | None = None
    ) -> list[OutboxRow]:
        """Return the records acknowledged within the last *seconds*, in order of sequence.

        Pages by *after* and *limit* as :meth:`waiting` does; pages of one list need the same
        *now*. The time around a reboot counts by the wall clock if that was right on both sides,
        else as none: rather twice than never.
        """
        recent = self._recent_sequences(seconds, now or self._clock.now())
        chosen = sorted(sequence for sequence in recent if sequence > after)[:limit]
        return [_row(record) for record in self._outbox.get(doc_ids=chosen)]

    def ledger(self) -> Ledger:
        """Return where the stream stands (only the two counts cost more the more there are)."""
        counters = self._counters.get(doc_id=ONLY) or {}
        last = int(counters.get("sequence", 0))
        oldest = self._outbox.first_id
        unsent = [first for first in (self._waiting.first_id, self._parked.first_id) if first]
        # Undelivered records of an older stream may be there too, below (edge/salvage.py).
        before = int((self._removed.get(doc_id=ONLY) or {}).get("sequence", 0))
        return Ledger(
            stream=self.stream,
            oldest=last + 1 if oldest is None else max(oldest, before + 1),
            last=last,
            acknowledged=max(min(unsent) - 1, before) if unsent else last,
            waiting=len(self._waiting),
            parked=len(self._parked),
            head=self._head(counters),
        )

    def next_session(self) -> int:
        """Return a number that grows by one with every call, across restarts."""
        return self._take("session")

    def add_still(self, still: StillRow) -> None:
        """Queue a still that is in its file."""
        with self._documents.transaction():
            self._stills.put(self._take("still"), msgspec.to_builtins(still))

    def waiting_stills(self, limit: int) -> list[StillRow]:
        """Return the first *limit* stills to send, the oldest first."""
        return [StillRow(**still) for still in self._stills.scan(0, limit)]

    def acknowledge_still(self, id: str) -> None:  # noqa: A002 - CloudEvents' name
        """Note that the broker has acknowledged the still *id*, one of the first that wait."""
        still = next((still for still in self._stills if still["id"] == id), None)
        if still is None:
            return
        at = msgspec.to_builtins(self._clock.now())
        with self._documents.transaction():
            self._stills.remove(doc_ids=[still.doc_id])
            self._stills_sent.put(still.doc_id, {**still, "at": at})

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
            KINDS[record.type][0],
            payload,
            record.visit,
            link=link(previous, payload),
        )

    def _await(self, sequences: Iterable[int]) -> None:
        self._waiting.insert_multiple(Document({"tries": 0, "why": ""}, s) for s in sequences)

    def _row(self, entry: Document) -> OutboxRow:
        """Return the record that a row of waiting or parked is about."""
        return _row(self._outbox.need(entry.doc_id), **entry)

    def _recent_sequences(self, seconds: float, now: Stamp) -> set[int]:
        """Walk back through the acknowledgements until they are older than *seconds*."""
        found: set[int] = set()
        later, age = now, 0.0
        for batch in self._acknowledged.backwards():
            at = msgspec.convert(batch["at"], Stamp)
            if at.boot == now.boot and at.boot_ns > now.boot_ns:
                continue  # since that moment
            age += _seconds_between(at, later)
            if age > seconds:
                break
            found.update(batch["sequences"])
            later = at
        return found

    def _head(self, counters: Mapping[str, Any]) -> str:
        """Return the link that the next record follows on."""
        return str(counters.get("head") or genesis(self.stream))

    def _take(self, what: str, count: int = 1) -> int:
        """Take *count* numbers of the counter *what*; return the last of them."""
        with self._documents.transaction():
            counters = self._counters.get(doc_id=ONLY) or {}
            last = int(counters.get(what, 0)) + count
            self._counters.put(ONLY, {**counters, what: last})
        return last


def _kept(row: OutboxRow) -> dict[str, Any]:
    """Return what is kept of a record for good."""
    return {
        "id": row.id,
        "topic": row.topic,
        "payload": row.payload.decode(),
        "visit": row.visit,
        "link": row.link,
    }


def _row(kept: Document, *, tries: int = 0, why: str = "") -> OutboxRow:
    payload = kept["payload"].encode()
    return OutboxRow(
        kept.doc_id, kept["id"], kept["topic"], payload, kept["visit"], tries, why, kept["link"]
    )


def _seconds_between(earlier: Stamp, later: Stamp) -> float:
    if earlier.boot == later.boot or (earlier.synced and later.synced):
        return later.seconds_since(earlier)
    return 0.0
