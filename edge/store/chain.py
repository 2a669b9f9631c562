"""Hash chain of a stream: shows if a record was changed, removed or moved.

The *link* of a record is the SHA-256 of its predecessor's link and its own payload, byte for byte
as it is sent; the first record follows on the :func:`genesis` of its stream. So one link that is
known outside the device verifies every record up to it: the checkpoint publishes its newest link,
the *head*, in ``ledger``. Each payload also contains its predecessor's link (``prevhash``), so two
neighbouring records can be checked without the rest.

Pure: does not depend on how records are stored and sent.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from edge.sop.records import KINDS

# Links that a consumer stores, and breaks that it reports: more come only from a hostile publisher.
MOST_LINKS, MOST_BROKEN = 2000, 100

ChainLink = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z", description="64 hexadecimal digits")]


def genesis(stream: str) -> str:
    """Return the link that the first record of *stream* follows on, 64 hexadecimal digits."""
    return hashlib.sha256(f"gardu/{stream}".encode()).hexdigest()


def link(previous: str, payload: bytes) -> str:
    """Return the link of the record *payload* after the link *previous*, 64 hexadecimal digits."""
    return hashlib.sha256(bytes.fromhex(previous) + payload).hexdigest()


class Mark(msgspec.Struct, frozen=True):
    """A sequence and the link of that record; the link of record 0 is the genesis."""

    sequence: int
    link: str


class KeptRecord(msgspec.Struct, frozen=True):
    """A record as read from a database; *fault* describes damage of its row, empty if none."""

    sequence: int
    topic: str = ""
    payload: bytes = b""
    link: str = ""
    fault: str = ""


class Difference(msgspec.Struct, frozen=True):
    """The first record that does not fit the chain, and how; unknown fields are empty.

    :ivar time: when it happened, from its own payload
    """

    sequence: int
    what: str
    id: str = ""
    type: str = ""
    time: str = ""


class _Event(msgspec.Struct, frozen=True):
    """The fields of a payload that are checked."""

    id: str
    type: str
    time: str
    streamid: str
    sequence: str
    prevhash: str
    correlationid: str | None = None
    subject: str = ""


class Walk:
    """Checks the stored records of one stream, oldest first, up to the first difference.

    :param start: the mark that the stored records follow on: the last removed record, or the
        genesis. Records up to it that are still there were salvaged from a damaged database: they
        belong to an older stream, not to this chain
    :param published: the head that is known from outside the device, None if there is none
    :param at: the sequence that it was published with (``head_seq``), not below *start*; None: any
    :ivar reached: the last record that was verified
    :ivar skipped: number of records that retention removed before they could be checked
    """

    def __init__(
        self, stream: str, start: Mark, published: str | None = None, at: int | None = None
    ) -> None:
        self.reached = start
        self.skipped = 0
        self._stream = stream
        self._published = published
        self._at = at
        self._start = start
        self._vouched = published is None
        self._vouch_at_start()

    @property
    def missed_published(self) -> bool:
        """True if the published head may be that of a skipped record."""
        if self._at is None:
            return not self._vouched and self.skipped > 0
        return not self._vouched and self._at <= self.reached.sequence

    def go(self, records: Iterable[KeptRecord], head: Mark) -> Difference | None:
        """Return the first difference in *records*, which should end with *head*; None if none."""
        return self.check(records) or self.end(head)

    def check(self, records: Iterable[KeptRecord]) -> Difference | None:
        """Return the first difference in the next *records*; None if there is none."""
        for record in records:
            difference = self._step(record)
            if difference is not None:
                return difference
        return None

    def resume(self, start: Mark) -> None:
        """Continue after *start*, up to which retention has removed the records meanwhile.

        Has no effect if these have been checked already.
        """
        if start.sequence > self.reached.sequence:
            self.skipped += start.sequence - self.reached.sequence
            self._start = self.reached = start
            self._vouch_at_start()

    def end(self, head: Mark) -> Difference | None:
        """Return the difference at the end: the records should end with *head*."""
        due = self.reached.sequence + 1
        if head.sequence >= due:
            return Difference(due, f"missing: {due} to {head.sequence}, the end")
        # Once retention has removed more than the head, its link is not known any more.
        if head != self.reached and not (self.skipped and self._start.sequence > head.sequence):
            return Difference(self.reached.sequence, "the stored head is not its link")
        if self._vouched or self.missed_published:
            return None
        if self._at is not None and self._at >= due:
            return Difference(due, f"missing: {due} to {self._at}, the end")
        return Difference(self.reached.sequence, "neither its link nor any before is the published")

    def _vouch_at_start(self) -> None:
        if self._published == self._start.link and self._at in (None, self._start.sequence):
            self._vouched = True

    def _step(self, record: KeptRecord) -> Difference | None:
        due, event = self.reached.sequence + 1, _event(record)
        if record.sequence < due:
            if event is not None and event.streamid != self._stream:
                return None
            return _difference(record, event, "was removed before, and is there again")
        if record.sequence > due:
            gone = str(due) if record.sequence == due + 1 else f"{due} to {record.sequence - 1}"
            return Difference(due, f"missing: {gone}")
        reached = link(self.reached.link, record.payload)
        what = self._fault(record, event, reached)
        if not what:
            self.reached = Mark(due, reached)
            what = self._hold_against_published()
        return _difference(record, event, what) if what else None

    def _fault(self, record: KeptRecord, event: _Event | None, reached: str) -> str:
        """Return the fault of *record*, empty if it has none."""
        if record.fault or event is None:
            return record.fault or "the payload cannot be read"
        if event.streamid != self._stream:
            return "the payload is that of another stream"
        if event.sequence != f"{record.sequence:016d}":
            return f"the payload is that of record {event.sequence}"
        if event.prevhash != self.reached.link:
            return "the payload names another predecessor"
        if record.link != reached:
            return "the payload does not give the link that was stored"
        where = KINDS.get(event.type, (record.topic,))[0]
        # The topic and the subject of a report contain its month: they are equal.
        topic = event.subject if "{" in where else where
        return "" if record.topic == topic else "the topic beside the payload"

    def _hold_against_published(self) -> str:
        """Compare the link reached with the published head; return the fault, empty if none."""
        if self._at not in (None, self.reached.sequence):
            return ""
        if self._published == self.reached.link:
            self._vouched = True
        elif self._at is not None:
            return (
                f"its link is {self.reached.link}, not the one published: "
                "it or one before was changed"
            )
        return ""


_decode = msgspec.json.Decoder(_Event).decode


def _event(record: KeptRecord) -> _Event | None:
    try:
        return _decode(record.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _difference(record: KeptRecord, event: _Event | None, what: str) -> Difference:
    if event is None:
        return Difference(record.sequence, what)
    return Difference(record.sequence, what, event.id, event.type, event.time)


class Witness:
    """Checks a stream's chain for a consumer, which may receive records in any order.

    Stores a link only until the neighbouring record has arrived, and of links whose neighbour
    does not arrive the newest ``MOST_LINKS`` only.

    :ivar broken: sequences of records that do not follow on their predecessor, or differ from the
        head that the checkpoint published; the first ``MOST_BROKEN`` of them
    """

    def __init__(self, stream: str) -> None:
        self.broken: set[int] = set()
        self._known = {0: genesis(stream)}  # links of records until the successor arrives
        self._claimed: dict[int, str] = {}  # prevhash from successors that arrived first
        self._head = Mark(0, self._known[0])

    def arrived(self, sequence: int, previous: str, payload: bytes) -> None:
        """Check a record that has not arrived before; *previous* is its predecessor's link."""
        head = self._head.link if self._head.sequence == sequence - 1 else None
        before = self._known.pop(sequence - 1, head)
        if before is None:
            _store(self._claimed, sequence - 1, previous)
        elif before != previous:
            self._break(sequence)
        own, claimed = link(previous, payload), self._claimed.pop(sequence, None)
        if claimed is None:
            _store(self._known, sequence, own)
        elif claimed != own:
            self._break(sequence + 1)
        self._check_head()

    def check_head(self, head: Mark) -> None:
        """Check the head that the checkpoint published."""
        self._head = head
        self._check_head()

    def _check_head(self) -> None:
        known = self._known.get(self._head.sequence)
        if known is not None and known != self._head.link:
            self._break(self._head.sequence)

    def _break(self, sequence: int) -> None:
        if len(self.broken) < MOST_BROKEN:
            self.broken.add(sequence)


def _store(links: dict[int, str], sequence: int, one: str) -> None:
    """Store a link; the oldest goes if there are too many."""
    if len(links) >= MOST_LINKS:
        del links[next(iter(links))]
    links[sequence] = one
