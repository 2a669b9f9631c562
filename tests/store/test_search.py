"""Search: bounded by days, it finds exactly the records that a search of all would find."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import Stamp
from edge.sop.records import Record
from edge.store.database import checksum
from edge.store.disk_space import Space
from edge.store.register import DAY_MS
from edge.store.salvage import salvage
from edge.store.search import Found, Search, Wanted, where_to_read
from edge.store.snapshot import Snapshot
from edge.store.store import FILE, FORMAT, Store
from tests.longer import either, longer
from tests.store_bench import SOURCE, HandClock, record, say

NOON = 20_000 * DAY_MS + DAY_MS // 2
RAISED, CLEARED = "gardu.alarm.raised.v1", "gardu.alarm.cleared.v1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Yield a new store."""
    with contextlib.closing(Store(tmp_path, SOURCE, HandClock())) as opened:
        yield opened


def at(wall_ms: int, kind: str = RAISED) -> Record:
    """Return a record of this moment."""
    return msgspec.structs.replace(record(0, kind), at=Stamp(1, wall_ms))


def found(folder: Path, wanted: Wanted, *, backwards: bool = False) -> list[Found]:
    """Return the records that a search finds."""
    with Snapshot(folder) as snapshot:
        return list(Search(snapshot, wanted).found(backwards=backwards))


def numbers(folder: Path, wanted: Wanted) -> list[int]:
    """Return the sequences that a search finds."""
    return [one.sequence for one in found(folder, wanted)]


def change(folder: Path, sql: str) -> None:
    """Change the database file directly."""
    with contextlib.closing(sqlite3.connect(folder / FILE)) as database, database:
        database.execute(sql)


class Kept(NamedTuple):
    """A record as the test knows it."""

    sequence: int
    wall_ms: int
    kind: str
    damaged: bool


def expected(kept: list[Kept], wanted: Wanted, first_run: int) -> list[int]:
    """Return the sequences that a search of all records must find, without the table of days."""
    since = -(10**18) if wanted.since_ms is None else wanted.since_ms
    until = 10**18 if wanted.until_ms is None else wanted.until_ms
    passing = []
    for one in kept:
        day = one.wall_ms // DAY_MS
        if one.damaged:
            of_the_days = since // DAY_MS <= day <= (until - 1) // DAY_MS
            passes = of_the_days or one.sequence < first_run
        else:
            passes = since <= one.wall_ms < until and wanted.part in one.kind
        if passes:
            passing.append(one.sequence)
    return passing


# Moments around the ends of days; the next may be before the last: the clock is corrected.
MOMENTS = st.builds(
    lambda day, ms: (20_000 + day) * DAY_MS + ms,
    st.integers(-3, 3),
    st.sampled_from([0, 1, DAY_MS // 2, DAY_MS - 1]),
)
BOUNDS = st.none() | MOMENTS


@longer
@settings(max_examples=either(30, 600), deadline=None, database=None)
@given(data=st.data())
def test_bounded_search_finds_what_a_search_of_all_finds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """For any times, clock jumps, removals and damage: the same records, in both directions."""
    folder = tmp_path_factory.mktemp("search")
    moments = data.draw(st.lists(st.tuples(MOMENTS, st.sampled_from([RAISED, CLEARED]))))
    removed = data.draw(st.integers(0, len(moments)))
    damaged = data.draw(st.sets(st.integers(1, max(1, len(moments))), max_size=3))
    forgotten = data.draw(st.integers(0, 3))
    space = Space(folder, reserve=0)
    with contextlib.closing(Store(folder, SOURCE, HandClock(), space=space)) as store:
        for wall_ms, kind in moments:
            store.append([at(wall_ms, kind)])
        store.documents.table("outbox").remove(doc_ids=list(range(1, removed + 1)))
        days = store.documents.table("days")
        days.remove(doc_ids=[run.doc_id for run in list(days)[:forgotten]])
        first_run = days.first_id or 10**9
    for sequence in damaged if moments else ():
        change(folder, f"UPDATE outbox SET crc = crc + 1 WHERE id = {sequence}")
    kept = [
        Kept(sequence, wall_ms, kind, sequence in damaged)
        for sequence, (wall_ms, kind) in enumerate(moments, 1)
        if sequence > removed
    ]
    for _ in range(4):
        wanted = Wanted(
            data.draw(BOUNDS), data.draw(BOUNDS), data.draw(st.sampled_from(["", "cleared", "x"]))
        )
        forwards = found(folder, wanted)
        assert [one.sequence for one in forwards] == expected(kept, wanted, first_run)
        assert found(folder, wanted, backwards=True) == forwards[::-1]
        assert {one.sequence for one in forwards if one.fault} <= damaged


def test_other_days_are_not_read(store: Store, tmp_path: Path) -> None:
    """A day between others is found without reading the days before and after it."""
    for day in range(9):
        store.append([at(NOON + day * DAY_MS)] * 10)
    with Snapshot(tmp_path) as snapshot:
        wanted = Wanted(since_ms=NOON + 4 * DAY_MS, until_ms=NOON + 5 * DAY_MS)
        assert snapshot.stored(where_to_read(snapshot, wanted)) == [(41, 60)]
        search = Search(snapshot, wanted)
        assert search.total == 20
        read: list[int] = []
        assert [one.sequence for one in search.found(on_read=read.append)] == [*range(41, 51)]
        assert read == [20]


def test_clock_that_was_wrong_for_a_while_is_followed(store: Store, tmp_path: Path) -> None:
    """Records dated 1970, between others of today, are found under both dates."""
    today = NOON
    store.append([at(today)])
    store.append([at(60_000)])
    store.append([at(today + 60_000)])
    assert numbers(tmp_path, Wanted(since_ms=today)) == [1, 3]
    assert numbers(tmp_path, Wanted(until_ms=DAY_MS)) == [2]


def test_salvaged_database_is_searched_whole(tmp_path: Path) -> None:
    """A new database with records of a damaged one has no days for them: all of them are read."""
    clock = HandClock()
    with contextlib.closing(Store(tmp_path / "old", SOURCE, clock)) as old:
        for day in range(3):
            old.append([at(NOON + day * DAY_MS)])
    (tmp_path / "new").mkdir()
    salvage(tmp_path / "old" / FILE, tmp_path / "new" / FILE, {"format": FORMAT, "stream": "s"})
    with contextlib.closing(Store(tmp_path / "new", SOURCE, clock)) as new:
        new.append([at(NOON + 2 * DAY_MS)])  # the same day: no run begins
        new.append([at(NOON + 3 * DAY_MS)])
    for day, sequences in enumerate(([1], [2], [3, 4], [5])):
        start = NOON + day * DAY_MS
        assert numbers(tmp_path / "new", Wanted(start, start + DAY_MS)) == sequences


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE days SET crc = crc + 1 WHERE id = 2",
        "UPDATE days SET body = 'x' WHERE id = 2",
        "DROP TABLE days",
    ],
)
def test_without_days_all_records_are_read(store: Store, tmp_path: Path, damage: str) -> None:
    """A damaged or missing table of days costs time and no record."""
    for day in range(3):
        store.append([at(NOON + day * DAY_MS)])
    store.close()
    change(tmp_path, damage)
    assert numbers(tmp_path, Wanted(since_ms=NOON + DAY_MS)) == [2, 3]


def test_unreadable_records_are_found(store: Store, tmp_path: Path) -> None:
    """With any type in the filter, damaged rows are found, each with its fault."""
    say(store, 5)
    store.close()
    change(tmp_path, "UPDATE outbox SET crc = crc + 1 WHERE id = 2")
    change(tmp_path, "UPDATE outbox SET body = CAST(body AS TEXT) WHERE id = 3")
    body = b'{"topic":"t","link":"l","event":{}}'
    for sequence, text in ((4, b"{"), (5, body)):
        with contextlib.closing(sqlite3.connect(tmp_path / FILE)) as database, database:
            crc = checksum("outbox", sequence, text)
            database.execute("REPLACE INTO outbox VALUES (?, ?, ?)", (sequence, text, crc))
    faults = {one.sequence: one.fault for one in found(tmp_path, Wanted(part="no such type"))}
    assert list(faults) == [2, 3, 4, 5]
    assert faults[2] == faults[3] == "the checksum of its row is wrong"
    assert "cannot be read" in faults[4]
    assert faults[5] == "the payload has no type"


def test_an_empty_database_has_nothing(store: Store, tmp_path: Path) -> None:
    """Before the first record nothing is found, and nothing is to be read."""
    with Snapshot(tmp_path) as snapshot:
        search = Search(snapshot, Wanted(since_ms=0))
        assert (search.total, list(search.found())) == (0, [])
