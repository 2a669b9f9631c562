"""Rows: what the outbox says of records and stills, and how a record is kept in the file."""

from typing import Protocol, Self

import msgspec

from edge.sop.records import Record


class OutboxRow(msgspec.Struct, frozen=True):
    """A record on its way to the central office.

    :ivar sequence: its number in the stream, without holes, from 1
    :ivar topic: the topic's suffix, for example ``event/step``
    :ivar payload: the CloudEvent, the same bytes at every try
    :ivar tries: how often sending has failed since it was queued (or resent)
    :ivar why: why it failed the last time
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
    """A record as its document has it: the event itself, and what stands beside it."""

    topic: str
    link: str
    event: msgspec.Raw

    @classmethod
    def of(cls, row: OutboxRow) -> Self:
        """Return how *row* is kept."""
        return cls(row.topic, row.link, msgspec.Raw(row.payload))


class _Names(msgspec.Struct):
    """What a row says of its event."""

    id: str
    correlationid: str | None = None


_kept = msgspec.json.Decoder(KeptRow).decode
_names = msgspec.json.Decoder(_Names).decode


def read_row(sequence: int, body: bytes, *, tries: int = 0, why: str = "") -> OutboxRow:
    """Return the record *sequence* from its document.

    :raises msgspec.DecodeError: if it is none
    """
    kept = _kept(body)
    payload = bytes(kept.event)
    names = _names(payload)
    return OutboxRow(
        sequence, names.id, kept.topic, payload, names.correlationid, tries, why, kept.link
    )


class StillRow(msgspec.Struct, frozen=True):
    """A still on its way to the central office.

    :ivar path: the JPEG, relative to the data folder
    :ivar sha256: of the JPEG, 64 hexadecimal digits
    :ivar size: of the JPEG, bytes
    :ivar properties: what is to be said with it
    """

    id: str
    purpose: str
    path: str
    sha256: str
    size: int
    properties: dict[str, str] = {}


class Delivered(msgspec.Struct, frozen=True):
    """What the broker has taken: sequences of records, ids of stills."""

    records: tuple[int, ...] = ()
    stills: tuple[str, ...] = ()


class Ledger(msgspec.Struct, frozen=True):
    """Which records there are, and how far they have come.

    :ivar oldest: the first sequence still kept; ``last + 1`` if none is
    :ivar last: the last sequence given out; 0 before the first
    :ivar acknowledged: all up to here have been acknowledged
    :ivar waiting: how many wait to be sent
    :ivar parked: how many are parked
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
    """What became of the records that were to be sent again.

    :ivar marked: were delivered, and wait again
    :ivar unparked: were parked, and wait again
    :ivar waiting: waited anyway
    :ivar missing: are not kept (any more), or not recorded yet
    """

    marked: int = 0
    unparked: int = 0
    waiting: int = 0
    missing: int = 0


class Encode(Protocol):
    """What freezes a record into its payload."""

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
