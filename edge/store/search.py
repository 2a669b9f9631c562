"""Search: finds records by time and type, without reading days that cannot have them.

Rules
-----
1. A record is found if its own time and type pass. A record that cannot be read is found too,
   unless its day shows that its time does not pass.
2. The table ``days`` (edge/store/register.py) has the day of every run of consecutive records; runs
   of other days are not read. The order of the runs is that of recording: after a clock correction
   a later run may be of an earlier day, so every run is compared by itself.
3. Records from before the first run, such as those that were salvaged from a damaged database, are
   always read. If the table cannot be read, all records are.
"""

from collections.abc import Callable, Iterator

import msgspec

from edge.clock import iso
from edge.errors import StoreError
from edge.store.record_row import WRONG_CHECKSUM, Row, is_sound, payload_of
from edge.store.register import DAY_MS, Spans, runs, spans_of_days
from edge.store.snapshot import Snapshot

_NO_END = 2**63 - 1

# The type of a record that cannot be read.
_UNREADABLE = "?"


class Wanted(msgspec.Struct, frozen=True):
    """The records to be found.

    :ivar since_ms: from this time on, milliseconds since 1970 UTC; None: from the first on
    :ivar until_ms: before this time; None: to the last
    :ivar part: a part of the type; empty: any type
    """

    since_ms: int | None = None
    until_ms: int | None = None
    part: str = ""


class Found(msgspec.Struct, frozen=True):
    """A record that was found.

    :ivar time: when it happened, RFC 3339 UTC; *type* and *subject* likewise from its payload
    :ivar link: its link in the hash chain (edge/store/chain.py)
    :ivar fault: why it cannot be read: the other fields are then empty, and the type is ``?``
    :ivar body: the record as it is stored
    """

    sequence: int
    type: str = _UNREADABLE
    time: str = ""
    subject: str = ""
    link: str = ""
    fault: str = ""
    body: bytes = b""

    @property
    def payload(self) -> bytes:
        """The CloudEvent, byte for byte as it is sent; empty if it cannot be read."""
        return b"" if self.fault else payload_of(self.body)


class Search:
    """The records of *snapshot* that are *wanted*.

    Releases *snapshot* from its transaction, so that the daemon can reset its log meanwhile.

    :ivar total: number of records to be read, at most
    """

    def __init__(self, snapshot: Snapshot, wanted: Wanted) -> None:
        self._snapshot = snapshot
        self._wanted = wanted
        self._spans = snapshot.stored(where_to_read(snapshot, wanted))
        self.total = sum(last - first + 1 for first, last in self._spans)
        snapshot.release()

    def found(
        self, *, backwards: bool = False, on_read: Callable[[int], None] | None = None
    ) -> Iterator[Found]:
        """Iterate over the records that are found, in order of their sequence.

        :param backwards: the newest first
        :param on_read: called after each page with the number of records read so far
        """
        find = _finder(self._wanted)
        for page in self._snapshot.pages(self._spans, backwards=backwards):
            yield from filter(None, map(find, page.rows))
            if on_read is not None:
                on_read(page.passed)


def where_to_read(snapshot: Snapshot, wanted: Wanted) -> Spans:
    """Return the sequences that the *wanted* records can have: spans with gaps, in order."""
    if wanted.since_ms is None and wanted.until_ms is None:
        return snapshot.everything
    try:
        known = runs(snapshot)
    except (StoreError, msgspec.DecodeError, UnicodeDecodeError, KeyError):
        return snapshot.everything
    first_day = -_NO_END if wanted.since_ms is None else wanted.since_ms // DAY_MS
    last_day = _NO_END if wanted.until_ms is None else (wanted.until_ms - 1) // DAY_MS
    return spans_of_days(known, first_day, last_day)


class _Typed(msgspec.Struct):
    type: str = _UNREADABLE


class _TypedRow(msgspec.Struct):
    """A row of which only the type is read."""

    event: _Typed


class _Event(_Typed):
    time: str = ""
    subject: str = ""


class _Row(msgspec.Struct):
    """A row of which the fields of :class:`Found` are read."""

    topic: str
    link: str
    event: _Event


_decode_type = msgspec.json.Decoder(_TypedRow).decode
_decode = msgspec.json.Decoder(_Row).decode


def _finder(wanted: Wanted) -> Callable[[Row], Found | None]:
    """Return the function that returns the record of a row if it is *wanted*."""
    part = wanted.part
    since = "" if wanted.since_ms is None else iso(wanted.since_ms)
    until = None if wanted.until_ms is None else iso(wanted.until_ms)

    def find(row: Row) -> Found | None:
        sequence, body, _ = row
        if not is_sound(row):
            return Found(sequence, fault=WRONG_CHECKSUM)
        try:
            if part:  # most of a search is decoding: rows of other types are decoded no further
                kind = _decode_type(body).event.type
                if part not in kind and kind != _UNREADABLE:
                    return None
            kept = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return Found(sequence, fault=f"its row cannot be read: {error}")
        event = kept.event
        if event.type == _UNREADABLE:
            return Found(sequence, fault="the payload has no type")
        # Times in this form sort as text.
        if event.time < since or (until is not None and event.time >= until):
            return None
        return Found(sequence, event.type, event.time, event.subject, kept.link, body=body)

    return find
