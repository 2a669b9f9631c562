"""The register: type, time and data of every record, for as long as the database exists.

A record can be sent again for some months and is then removed (edge/store/retention.py). Its type,
time and data stay: they are written into the register of its month when it is removed, a page of
records at once, so that a decision writes each fact only once. The document's number is the
record's sequence. A month is read from both places: the outbox, and the register.

The records of a month are found without reading the others. The table ``days`` has a row for each
*run* of consecutive records that happened on one day (UTC): its number is the sequence of the
first one. A run has the day of its own records, so the records need not be in order of time, even
if the clock jumps. Records from before there were runs are read every time.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, Protocol

import msgspec
from tinydb.table import Document

from edge.clock import iso
from edge.config.zone import Month, month_named
from edge.store.documents import Documents

DAY_MS = 86_400_000
_NO_END = 2**63 - 1

Spans = list[tuple[int, int]]


class Fact(msgspec.Struct, frozen=True):
    """The fact in one record; *time* is when it happened, RFC 3339 UTC."""

    type: str
    time: str
    data: dict[str, Any]

    @property
    def month(self) -> str:
        """The month of its register, for example ``2026-11``."""
        return self.time[:7]


class Bodies(Protocol):
    """A database with tables that can be read by number: Documents, or a Snapshot."""

    def bodies(self, table: str, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Iterate over the documents *first* to *last* of *table* (which need not exist)."""


class DayRange(msgspec.Struct, frozen=True):
    """Records *first* to *last*, all of which happened on *day* (days since 1970 UTC)."""

    first: int
    last: int
    day: int


def archive(documents: Documents, records: Iterable[Document]) -> None:
    """Write the facts of the outbox's *records* into the registers, before they are removed."""
    for record in records:
        fact = msgspec.convert(record["event"], Fact)
        documents.table(f"register-{fact.month}").put(record.doc_id, fact)


def facts(database: Bodies, month: str | Month) -> Iterator[Fact]:
    """Iterate over the facts of *month*, in order of their recording, one at a time.

    :param month: ``2026-11`` means that month in UTC
    """
    asked = month_named(month, UTC) if isinstance(month, str) else month
    start, end = _text(asked.start), _text(asked.end)
    for fact in _within(database, spans(runs(database), asked), _registers(asked)):
        if start <= fact.time < end:
            yield fact


def runs(database: Bodies) -> list[DayRange]:
    """Return all runs, in order."""
    decode = msgspec.json.Decoder(dict[str, int]).decode
    starts = [(first, decode(body)["day"]) for first, body in database.bodies("days", 1, _NO_END)]
    ends = [*(first - 1 for first, _ in starts[1:]), _NO_END]
    return [DayRange(first, end, day) for (first, day), end in zip(starts, ends, strict=False)]


def spans(known: list[DayRange], month: Month) -> Spans:
    """Return the sequences that can be of *month*: spans with gaps between them, in order."""
    first_day = int(month.start.timestamp() * 1000) // DAY_MS
    last_day = (int(month.end.timestamp() * 1000) - 1) // DAY_MS
    return spans_of_days(known, first_day, last_day)


def spans_of_days(known: list[DayRange], first_day: int, last_day: int) -> Spans:
    """Return the sequences that can be of these days: spans with gaps between them, in order.

    :param first_day: days since 1970 UTC; *last_day* likewise, included
    """
    found: Spans = [(1, known[0].first - 1 if known else _NO_END)]
    for run in known:
        if first_day <= run.day <= last_day:
            if found[-1][1] == run.first - 1:
                found[-1] = (found[-1][0], run.last)
            else:
                found.append((run.first, run.last))
    return [(first, last) for first, last in found if first <= last]


def _registers(month: Month) -> list[str]:
    """Return the names of the registers (UTC) that *month*, in its zone, overlaps."""
    last_ms = int(month.end.timestamp() * 1000) - 1
    names = {_text(month.start)[:7], iso(last_ms)[:7]}
    return [f"register-{name}" for name in sorted(names)]


def _within(database: Bodies, where: Spans, registers: list[str]) -> Iterator[Fact]:
    """Merge the facts of the tables in the spans *where*, by sequence."""
    ways: list[tuple[str, Callable[[bytes], Fact]]] = [(name, _kept_fact) for name in registers]
    ways.append(("outbox", _record_fact))
    for first, last in where:
        tables = [_decoded(database, table, read, first, last) for table, read in ways]
        for _, fact in heapq.merge(*tables, key=lambda pair: pair[0]):
            yield fact


def _decoded(
    database: Bodies, table: str, read: Callable[[bytes], Fact], first: int, last: int
) -> Iterator[tuple[int, Fact]]:
    return ((number, read(body)) for number, body in database.bodies(table, first, last))


class _Row(msgspec.Struct):
    event: Fact


_kept_fact = msgspec.json.Decoder(Fact).decode
_row = msgspec.json.Decoder(_Row).decode


def _record_fact(body: bytes) -> Fact:
    return _row(body).event


def _text(moment: datetime) -> str:
    return iso(int(moment.timestamp() * 1000))


def newest_by_month(
    known: list[DayRange], last: int, months_of: Callable[[int], Iterable[Month]]
) -> dict[int, tuple[Month, int]]:
    """Return, by month number, the month and its newest possible record.

    :param last: the last sequence given out
    :param months_of: returns the months that a day (days since 1970 UTC) overlaps
    """
    found: dict[int, tuple[Month, int]] = {}
    touched = chain.from_iterable(((run, month) for month in months_of(run.day)) for run in known)
    for run, month in touched:
        newest = max(min(run.last, last), found.get(month.number, (month, 0))[1])
        found[month.number] = (month, newest)
    return found
