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
from edge.store.record_row import Row, is_sound, read_record
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
    """

    sequence: int
    type: str = _UNREADABLE
    time: str = ""
    subject: str = ""
    payload: bytes = b""
    link: str = ""
    fault: str = ""


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
        passes = _filter(self._wanted)
        for page in self._snapshot.pages(self._spans, backwards=backwards):
            yield from (_read(row) for row in page.rows if passes(row))
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


class _Event(msgspec.Struct):
    """The fields of a payload that are filtered."""

    type: str = _UNREADABLE
    time: str = ""


class _Row(msgspec.Struct):
    event: _Event


class _Shown(_Event):
    """The fields of a payload that are shown."""

    subject: str = ""


# Half of a search is the decoding: so the records that are not found are decoded no further.
_decode = msgspec.json.Decoder(_Row).decode
_decode_shown = msgspec.json.Decoder(_Shown).decode


def _filter(wanted: Wanted) -> Callable[[Row], bool]:
    """Return the function that is True of rows that are found."""
    part = wanted.part
    since = "" if wanted.since_ms is None else iso(wanted.since_ms)
    until = None if wanted.until_ms is None else iso(wanted.until_ms)

    def passes(row: Row) -> bool:
        if not is_sound(row):
            return True
        try:
            event = _decode(row[1]).event
        except (msgspec.DecodeError, UnicodeDecodeError):
            return True
        # Times in this form sort as text.
        return event.type == _UNREADABLE or (
            part in event.type and event.time >= since and (until is None or event.time < until)
        )

    return passes


def _read(row: Row) -> Found:
    record = read_record(row)
    try:
        shown = _decode_shown(record.payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Found(record.sequence, fault=record.fault or "the payload cannot be read")
    if shown.type == _UNREADABLE:
        return Found(record.sequence, fault="the payload has no type")
    return Found(
        record.sequence, shown.type, shown.time, shown.subject, record.payload, record.link
    )
