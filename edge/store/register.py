"""The register: what every record said, for as long as the database lives.

A record can be sent again for some months and then goes (edge/store/retention.py). What it said
stays: its type, time and data are written into the register of its month as it goes, a page of
records at once, so that a decision writes each fact only once. The document's number is the
record's sequence. Whoever reads a month meets both kinds: what is still in the outbox, and what
went.

Which records are a month's is known without looking at the others. The table ``days`` has a row
for each *run* of records that happened on one day (UTC) one after the other: its number is the
first one's sequence. However a clock jumps, the runs say what the records say, so nothing has to
be in order of time. What was recorded before there were runs is looked at every time.
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
    """What one record said; *time* is when it happened, RFC 3339 UTC."""

    type: str
    time: str
    data: dict[str, Any]

    @property
    def month(self) -> str:
        """The month of its register, for example ``2026-11``."""
        return self.time[:7]


class Bodies(Protocol):
    """A database whose tables can be read by number: Documents, or a Snapshot."""

    def bodies(self, table: str, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Iterate over the documents *first* to *last* of *table* (which need not be there)."""


class DayRange(msgspec.Struct, frozen=True):
    """Records *first* to *last* happened on *day* (days since 1970 UTC), all of them."""

    first: int
    last: int
    day: int


def archive(documents: Documents, records: Iterable[Document]) -> None:
    """Put what *records* of the outbox say into the registers; they are about to go."""
    for record in records:
        fact = msgspec.convert(record["event"], Fact)
        documents.table(f"register-{fact.month}").put(record.doc_id, fact)


def facts(database: Bodies, month: str | Month) -> Iterator[Fact]:
    """Iterate over what happened in *month*, in order of its recording, one at a time.

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
    """Return where the records of *month* are: spans of sequences, in order, apart."""
    first_day = int(month.start.timestamp() * 1000) // DAY_MS
    last_day = (int(month.end.timestamp() * 1000) - 1) // DAY_MS
    found: Spans = [(1, known[0].first - 1 if known else _NO_END)]
    for run in known:
        if first_day <= run.day <= last_day:
            if found[-1][1] == run.first - 1:
                found[-1] = (found[-1][0], run.last)
            else:
                found.append((run.first, run.last))
    return [(first, last) for first, last in found if first <= last]


def _registers(month: Month) -> list[str]:
    """Return the names of the registers that *month*, in its zone, has a share of."""
    last_ms = int(month.end.timestamp() * 1000) - 1
    names = {_text(month.start)[:7], iso(last_ms)[:7]}
    return [f"register-{name}" for name in sorted(names)]


def _within(database: Bodies, where: Spans, registers: list[str]) -> Iterator[Fact]:
    """Merge what the tables have in the spans *where* by sequence."""
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
    """Return, by month, the newest record that may be of it.

    :param last: the last sequence given out
    :param months_of: the months that a day (since 1970 UTC) has a share of
    """
    found: dict[int, tuple[Month, int]] = {}
    touched = chain.from_iterable(((run, month) for month in months_of(run.day)) for run in known)
    for run, month in touched:
        newest = max(min(run.last, last), found.get(month.number, (month, 0))[1])
        found[month.number] = (month, newest)
    return found
