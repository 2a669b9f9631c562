"""Measures the commit of one step against bare sqlite3, with the same rows and settings.

All write in turns, every few milliseconds, each into a file of its own on the same disk: so other
load of the machine, and a change of its speed, affect all.
"""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.bed import Bed, say
from bench.stored import fill_register, open_store, open_visit, step_record
from bench.table import Row, median
from edge.sop.records import Record
from edge.store.store import FILE, Store

RATIO, FLAT = 1.5, 1.1
"""The targets: times bare sqlite3; a million register documents against a hundred."""

_FEW, _MANY = 100, 1_000_000
_ROUNDS, _STEPS, _BLOCK = 5, 300, 10

Rows = list[tuple[str, int, bytes, int]]


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of a commit with few and with many register documents."""
    many = 20_000 if bed.quick else _MANY
    rounds = 2 if bed.quick else _ROUNDS
    say(f"one step committed: storing {many:,} register documents")
    few_side, many_side = sides = (_Side(bed, _FEW), _Side(bed, many))
    try:
        for number in range(rounds):
            say(f"one step committed: round {number + 1} of {rounds}")
            _round(sides, number * _STEPS)
    finally:
        for side in sides:
            side.close()
    return [*(side.row() for side in sides), _flat(few_side, many_side)]


class _Side:
    """A store with *count* register documents, and beside it bare sqlite3 with the same rows.

    :ivar ours: milliseconds of a step, the median of each round; *floor*: those of bare sqlite3
    """

    def __init__(self, bed: Bed, count: int) -> None:
        self.count = count
        self.ours: list[float] = []
        self.floor: list[float] = []
        self._folder = bed.new_folder("commit")
        fill_register(self._folder, count)
        self._store = open_store(self._folder)
        self._bare = _Bare(self._folder / "bare.db")
        self._reader = _Reader(self._folder / FILE)
        self._times: list[tuple[float, float]] = []

    def step(self, number: int) -> None:
        """Commit step *number*, then the same rows bare."""
        visit, record = open_visit(number), step_record(number)
        ours = _timed(lambda: _commit(self._store, number, visit, record))
        rows = self._reader.written()
        self._bare.make(rows)
        self._times.append((ours, _timed(lambda: self._bare.commit(rows))))

    def end_round(self) -> None:
        """Add the medians of the steps since the last round."""
        self.ours.append(median([ours for ours, _ in self._times]))
        self.floor.append(median([floor for _, floor in self._times]))
        self._times.clear()

    def row(self) -> Row:
        """Return the row of this side."""
        ours, floor = median(self.ours), median(self.floor)
        return Row(
            measure=f"one step committed, {self.count:,} documents",
            gardu=f"{ours:.3f} ms",
            against=f"{floor:.3f} ms bare sqlite3",
            ratio=ours / floor,
            target=f"<= {RATIO:g} x",
            reached=ours <= RATIO * floor,
        )

    def close(self) -> None:
        """Close and delete the files."""
        self._store.close()
        self._bare.close()
        self._reader.close()
        for file in self._folder.iterdir():
            file.unlink()


def _round(sides: Sequence[_Side], first: int) -> None:
    """Commit a few steps on each side in turns: a machine that is slow for a while is so for both.

    Single steps in turns would show two daemons that share the processor's caches.
    """
    for begin in range(first, first + _STEPS, _BLOCK):
        for side in sides if begin // _BLOCK % 2 else reversed(sides):
            for number in range(begin, begin + _BLOCK):
                side.step(number)
    for side in sides:
        side.end_round()


def _flat(few: _Side, many: _Side) -> Row:
    """Return the row of both sides' ratio, the median of the rounds'."""
    ratio = median([a / b for a, b in zip(many.ours, few.ours, strict=True)])
    return Row(
        measure=f"the same, {many.count:,} against {few.count} documents",
        gardu=f"{median(many.ours):.3f} ms",
        against=f"{median(few.ours):.3f} ms with few",
        ratio=ratio,
        target=f"flat (<= {FLAT:g} x)",
        reached=ratio <= FLAT,
    )


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter_ns()
    call()
    return (time.perf_counter_ns() - began) / 1e6


def _commit(store: Store, number: int, visit: dict[str, Any], record: Record) -> None:
    """Commit the changes of a step at which a locker was opened."""
    doors = ("open", "closed", "closed") if number % 2 else ("closed",) * 3
    lockers = {str(n): {"door": door} for n, door in enumerate(doors, 1)}
    store.commit(
        checkpoint={"opened": number, "places": number},
        parts={"lockers": lockers},
        visits={1: visit},
        records=[record],
    )


class _Reader:
    """Finds the rows that a commit has written: new or changed ones at the end of each table."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._last: dict[str, set[tuple[Any, ...]]] = {}
        self.written()

    def written(self) -> Rows:
        """Return the rows that are new since the last call."""
        found: Rows = []
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table'"
        for (name,) in self._connection.execute(tables).fetchall():
            last = f'SELECT id, body, crc FROM "{name}" ORDER BY id DESC LIMIT 9'  # noqa: S608 - ours
            rows = set(self._connection.execute(last).fetchall())
            found += [(name, *row) for row in sorted(rows - self._last.get(name, set()))]
            self._last[name] = rows
        return found

    def close(self) -> None:
        self._connection.close()


class _Bare:
    """The floor: one prepared statement a row, the store's own settings, no Gardu."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA page_size = 512")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._tables: set[str] = set()

    def commit(self, rows: Rows) -> None:
        """Write *rows* in one transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        for table, *row in rows:
            self._connection.execute(f'INSERT OR REPLACE INTO "{table}" VALUES (?, ?, ?)', row)  # noqa: S608 - ours
        self._connection.execute("COMMIT")

    def make(self, rows: Rows) -> None:
        """Make the tables that *rows* need."""
        for table, *_ in rows:
            if table not in self._tables:
                self._tables.add(table)
                self._connection.execute(
                    f'CREATE TABLE "{table}" (id INTEGER PRIMARY KEY, body BLOB NOT NULL, '
                    "crc INT NOT NULL)"
                )

    def close(self) -> None:
        self._connection.close()
