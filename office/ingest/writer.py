"""Writes batches of messages into the database, each in one transaction.

Rules
-----
1. A batch is stored whole or not at all; only after its commit are its messages acknowledged.
2. A message that is there already changes nothing. One with the same id and other content, and one
   that the database refuses, are put aside: no message can hold up the others.
3. What comes twice in one batch is stored once; of live topics only the newest value is.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from edge.clock import Clock
from office.database import live, records, visits
from office.database.failures import is_of_values
from office.database.live import AlarmRow, AsideRow, LedgerRow, LiveRow, StatusRow
from office.database.names import Names, TooMany
from office.database.records import RecordRow, ReferenceRow, StillRow
from office.database.visits import VisitChange
from office.ingest.facts import stills_named, visit_change
from office.ingest.reading import (
    AlarmSeen,
    LedgerSeen,
    LiveSeen,
    Record,
    Seen,
    StatusSeen,
    Still,
)

log = logging.getLogger(__name__)

# Beginning of a refused message that is kept, bytes.
KEPT_BYTES = 4096
_LONGEST_TOPIC = 300


class Refused:
    """A message that breaks the contract, cut to what is kept of it."""

    def __init__(self, topic: str, payload: bytes, why: str) -> None:
        self.topic = ascii(topic)[1:-1][:_LONGEST_TOPIC]
        self.why = ascii(why)[1:-1][:_LONGEST_TOPIC]
        self.size = len(payload)
        self.payload = payload[:KEPT_BYTES]


Message = Seen | Refused
R = TypeVar("R")


class Writer:
    """Writes the batches of one process.

    :param keep_aside: refused messages that are kept, at most
    :param on_stored: called with the records that a commit has added, after it; must not raise
    :ivar counts: the messages stored since they were last emptied, by kind
    :ivar touched: numbers of the streams that have changed since the follower last looked
    :ivar stills: True if stills, or references to them, have come since then
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        keep_aside: int,
        on_stored: Callable[[Sequence[Record]], None] = lambda _: None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.touched: set[int] = set()
        self.stills = False
        self._engine = engine
        self._clock = clock
        self._keep_aside = keep_aside
        self._on_stored = on_stored
        self._names = Names(engine)

    def write(self, batch: Sequence[Message]) -> None:
        """Store *batch*.

        :raises DBAPIError: if the database cannot be used now; nothing is stored
        """
        try:
            self._store(batch)
        except (DBAPIError, ValueError, OverflowError) as error:
            if isinstance(error, DBAPIError) and not is_of_values(error):
                raise
            self._write_apart(batch, error)

    def _write_apart(self, batch: Sequence[Message], error: Exception) -> None:
        """Store the halves of *batch*, which the database refuses for the values in it (rule 2)."""
        if len(batch) > 1:
            half = len(batch) // 2
            self.write(batch[:half])
            self.write(batch[half:])
            return
        message = batch[0]
        if isinstance(message, Refused):
            raise error
        why = "too many" if isinstance(error, TooMany) else "the database refuses it"
        self._store([_refused(message, f"{why}: {error}")])

    def _store(self, batch: Sequence[Message]) -> None:
        made = _Batch(self._names, self._clock.now().wall_ms)
        for message in batch:
            made.add(message)
        with self._engine.begin() as connection:
            made.store(connection, self._keep_aside)
        self.counts += made.counts
        self.touched |= made.touched
        self.stills = self.stills or made.has_stills
        self._on_stored(made.added)


class _Batch:
    """The rows of one batch.

    :ivar added: after :meth:`store`: the records that were not there before, in order
    """

    def __init__(self, names: Names, at_ms: int) -> None:
        self.counts: Counter[str] = Counter()
        self.touched: set[int] = set()
        self.added: list[Record] = []
        self._names = names
        self._at_ms = at_ms
        self._records: dict[records.Key, RecordRow] = {}
        self._sources: dict[records.Key, Record] = {}
        self._others: list[RecordRow] = []  # records with the id of another one in this batch
        self._stills: dict[records.Key, StillRow] = {}
        self._facts: dict[records.Key, tuple[VisitChange | None, list[ReferenceRow]]] = {}
        self._references: list[ReferenceRow] = []
        self._status: list[StatusRow] = []
        self._ledgers: dict[int, LedgerRow] = {}
        self._alarms: dict[tuple[int, str], AlarmRow] = {}
        self._live: dict[tuple[int, str], LiveRow] = {}
        self._aside: list[AsideRow] = []

    @property
    def has_stills(self) -> bool:
        """True if it has stills, or references to them."""
        return bool(self._stills or self._references)

    def add(self, message: Message) -> None:
        """Add *message*.

        :raises TooMany: if there is no room for its checkpoint or stream
        """
        if isinstance(message, Record):
            self._add_record(message)
        elif isinstance(message, Refused):
            self._put_aside(message)
        else:
            self._add_other(message, self._names.checkpoint(message.checkpoint))

    def _add_record(self, record: Record) -> None:
        checkpoint = self._names.checkpoint(record.checkpoint)
        stream = self._names.stream(checkpoint, record.stream, self._at_ms)
        row = RecordRow(
            checkpoint, record.id, stream, record.sequence, record.type, record.visit,
            record.happened_ms, record.recorded_ms, self._at_ms, record.previous, record.link,
            record.payload,
        )  # fmt: skip
        if self._records.setdefault(row.key, row) is row:
            self._sources[row.key] = record
            named = stills_named(record, checkpoint)
            self._facts[row.key] = (visit_change(record, checkpoint), named)
        else:
            self._others.append(row)

    def _add_other(self, message: Seen, checkpoint: int) -> None:
        at_ms = self._at_ms
        if isinstance(message, Still):
            row = StillRow(
                checkpoint, message.id, message.purpose, message.visit, message.subject,
                message.happened_ms, at_ms, message.sha256, message.image,
            )  # fmt: skip
            self._stills.setdefault((checkpoint, message.id), row)
        elif isinstance(message, StatusSeen):
            status = message.status
            self._status.append(
                StatusRow(checkpoint, status.status, status.session, status.reason, at_ms)
            )
        elif isinstance(message, LedgerSeen):
            self._add_ledger(message, checkpoint)
        elif isinstance(message, AlarmSeen):
            self._alarms[checkpoint, message.kind] = AlarmRow(
                checkpoint, message.kind, message.since, message.acknowledged, at_ms,
                message.payload,
            )  # fmt: skip
        elif isinstance(message, LiveSeen):
            key = (checkpoint, message.topic)
            self._live[key] = LiveRow(checkpoint, message.topic, at_ms, message.payload)
        self.counts[_WORDS[type(message)]] += 1

    def _add_ledger(self, message: LedgerSeen, checkpoint: int) -> None:
        ledger = message.ledger
        stream = self._names.stream(checkpoint, ledger.streamid, self._at_ms)
        self._ledgers[stream] = LedgerRow(
            stream, ledger.oldest_seq, ledger.last_seq, ledger.acked_seq, ledger.head_seq,
            bytes.fromhex(ledger.head), self._at_ms,
        )  # fmt: skip
        self.touched.add(stream)

    def _put_aside(self, refused: Refused) -> None:
        self.counts["refused"] += 1
        self._aside.append(
            AsideRow(refused.topic, refused.why, refused.size, self._at_ms, refused.payload)
        )

    def store(self, connection: Connection, keep_aside: int) -> None:
        """Write all rows: always in the same order, so that two processes cannot block each other.

        :param keep_aside: refused messages that are kept, at most
        """
        fresh = self._store_records(connection)
        known = [self._facts[key] for key in fresh]
        visits.change_visits(connection, [change for change, _ in known if change is not None])
        self._references = [one for _, references in known for one in references]
        records.insert_references(connection, self._references)
        there = records.insert_stills(connection, _in_order(self._stills))
        self.counts["duplicate"] += len(there)
        live.set_status(connection, self._status)
        live.set_ledgers(connection, list(self._ledgers.values()))
        live.set_alarms(connection, list(self._alarms.values()))
        live.set_live(connection, list(self._live.values()))
        if self._aside:
            live.put_aside(connection, self._aside, keep_aside)

    def _store_records(self, connection: Connection) -> set[records.Key]:
        """Insert the records that are not there; return their keys.

        Those whose id a record with other content has are put aside.
        """
        fresh = records.insert_records(connection, _in_order(self._records))
        again = [row for key, row in self._records.items() if key not in fresh]
        links = {key: self._records[key].link for key in fresh}
        links |= records.links_of(connection, (row.key for row in again))
        for row in (*again, *self._others):
            if links.get(row.key) == row.link:
                self.counts["duplicate"] += 1
            else:
                why = f"another record has the id {row.id}"
                self._put_aside(Refused(f"{row.type} {row.sequence}", row.payload, why))
        self.counts["record"] += len(fresh)
        self.added = [record for key, record in self._sources.items() if key in fresh]
        self.touched.update(self._records[key].stream for key in fresh)
        return fresh


_WORDS: dict[type[Seen], str] = {
    Still: "still",
    StatusSeen: "live",
    LedgerSeen: "live",
    AlarmSeen: "live",
    LiveSeen: "live",
}


def _in_order(rows: dict[records.Key, R]) -> list[R]:
    return [rows[key] for key in sorted(rows)]


def _refused(message: Seen, why: str) -> Refused:
    payload = getattr(message, "payload", b"") or getattr(message, "image", b"")
    return Refused(message.checkpoint, payload, why)
