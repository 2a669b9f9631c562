"""Rows of the outbox: records, stills and delivery counts, and a record's form in the file."""

from typing import Protocol, Self

import msgspec

from edge.sop.records import Record


class OutboxRow(msgspec.Struct, frozen=True):
    """A record on its way to the central office.

    :ivar sequence: its number in the stream, without gaps, from 1
    :ivar topic: the topic's suffix, for example ``event/step``
    :ivar payload: the CloudEvent, the same bytes at every try
    :ivar tries: number of failed tries to send since it was queued (or resent)
    :ivar why: the reason of the last failure
    :ivar link: its link in the hash chain (edge/store/chain.py)
    """

    sequence: int
    id: str
    topic: str
    payload: bytes
    visit: str | None = None
    tries: int = 0
    why: str = ""
    link: str = ""


class KeptRow(msgspec.Struct, frozen=True):
    """A record as it is stored: the event itself, with its topic and its link."""

    topic: str
    link: str
    event: msgspec.Raw

    @classmethod
    def of(cls, row: OutboxRow) -> Self:
        """Return *row* as it is stored."""
        return cls(row.topic, row.link, msgspec.Raw(row.payload))


class _Names(msgspec.Struct):
    """The fields of the event that the row repeats."""

    id: str
    correlationid: str | None = None


_kept = msgspec.json.Decoder(KeptRow).decode
_names = msgspec.json.Decoder(_Names).decode


def read_row(sequence: int, body: bytes, *, tries: int = 0, why: str = "") -> OutboxRow:
    """Return the record *sequence* from its document.

    :raises msgspec.DecodeError: if the document is not a record
    """
    kept = _kept(body)
    payload = bytes(kept.event)
    names = _names(payload)
    return OutboxRow(
        sequence, names.id, kept.topic, payload, names.correlationid, tries, why, kept.link
    )


class StillRow(msgspec.Struct, frozen=True):
    """A still on its way to the central office.

    :ivar path: path of the JPEG, relative to the data folder
    :ivar sha256: of the JPEG, 64 hexadecimal digits
    :ivar size: of the JPEG, bytes
    :ivar properties: the facts sent with it: ``visit``, ``step``, ``time``
    """

    id: str
    purpose: str
    path: str
    sha256: str
    size: int
    properties: dict[str, str] = {}


class Ledger(msgspec.Struct, frozen=True):
    """The state of a stream: the stored records, and how many of them are delivered.

    :ivar oldest: the first sequence that is still stored; ``last + 1`` if none is
    :ivar last: the last sequence given out; 0 before the first
    :ivar acknowledged: all records up to this sequence have been acknowledged
    :ivar waiting: number of records that wait to be sent
    :ivar parked: number of parked records
    :ivar head: the link of the record *last*
    """

    stream: str
    oldest: int
    last: int
    acknowledged: int
    waiting: int = 0
    parked: int = 0
    head: str = ""


class Resent(msgspec.Struct, frozen=True):
    """The result of resending: how many of the records were in each state.

    :ivar marked: delivered before, now waiting again
    :ivar unparked: parked before, now waiting again
    :ivar waiting: waiting already
    :ivar missing: not stored (any more), or not recorded yet
    """

    marked: int = 0
    unparked: int = 0
    waiting: int = 0
    missing: int = 0


class Encode(Protocol):
    """Encodes a record into its payload, which then never changes."""

    def __call__(
        self,
        record: Record,
        *,
        id: str,  # noqa: A002 - CloudEvents' name
        source: str,
        stream: str,
        sequence: int,
        previous: str,
        recorded_ms: int,
    ) -> bytes:
        """Return the payload, JSON in UTF-8."""
