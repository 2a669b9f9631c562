"""Measures the commit of one step against bare sqlite3, with the same rows and settings.

Both write in turns, each into a file of its own on the same disk, so that other load of the machine
affects both.
"""

import sqlite3
import time
from collections.abc import Callable
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
_ROUNDS, _STEPS = 5, 300

Rows = list[tuple[str, int, bytes, int]]


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of a commit with few and with many register documents."""
    many = 20_000 if bed.quick else _MANY
    rounds = 2 if bed.quick else _ROUNDS
    ours, bare = {}, {}
    for count in (_FEW, many):
        say(f"one step committed: with {count:,} register documents")
        ours[count], bare[count] = _compare(bed, count, rounds)
    rows = [_row(count, ours[count], bare[count]) for count in (_FEW, many)]
    # Each divided by its own floor: so other load of the machine cancels out.
    flat = (ours[many] / bare[many]) / (ours[_FEW] / bare[_FEW])
    rows.append(
        Row(
            measure=f"the same, {many:,} against {_FEW} documents",
            gardu=f"{ours[many] / bare[many]:.2f} x its floor",
            against=f"{ours[_FEW] / bare[_FEW]:.2f} x its floor",
            ratio=flat,
            target=f"flat (<= {FLAT:g} x)",
            reached=flat <= FLAT,
        )
    )
    return rows


def _row(count: int, ours: float, bare: float) -> Row:
    return Row(
        measure=f"one step committed, {count:,} documents",
        gardu=f"{ours:.3f} ms",
        against=f"{bare:.3f} ms bare sqlite3",
        ratio=ours / bare,
        target=f"<= {RATIO:g} x",
        reached=ours <= RATIO * bare,
    )


def _compare(bed: Bed, count: int, rounds: int) -> tuple[float, float]:
    """Return milliseconds of one step, Gardu's and bare: medians of the rounds' medians."""
    folder = bed.new_folder("commit")
    fill_register(folder, count)
    store, bare, reader = open_store(folder), _Bare(folder / "bare.db"), _Reader(folder / FILE)
    try:
        pairs = [_round(store, reader, bare, number * _STEPS) for number in range(rounds)]
    finally:
        store.close()
        bare.close()
        reader.close()
        for file in folder.iterdir():
            file.unlink()
    return median([ours for ours, _ in pairs]), median([floor for _, floor in pairs])


def _round(store: Store, reader: "_Reader", bare: "_Bare", first: int) -> tuple[float, float]:
    ours, floor = [], []
    for number in range(first, first + _STEPS):
        visit, record = open_visit(number), step_record(number)
        ours.append(_timed(lambda: _commit(store, number, visit, record)))  # noqa: B023 - at once
        rows = reader.written()
        bare.make(rows)
        floor.append(_timed(lambda: bare.commit(rows)))  # noqa: B023 - at once
    return median(ours), median(floor)


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
