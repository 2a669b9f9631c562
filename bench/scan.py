"""Measures `gardu records --since` and `gardu verify` against a bare sqlite3 loop over their rows.

Each alternates with its floor, so that other load of the machine affects both. Both run in this
process, without the start and the output of a command.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import msgspec

from bench.bed import Bed, say
from bench.stored import open_store, step_record
from bench.table import Row, median
from edge.clock import Stamp
from edge.store.chain_check import ChainCheck
from edge.store.register import DAY_MS
from edge.store.search import Search, Wanted
from edge.store.snapshot import Snapshot
from edge.store.store import FILE

FLAT, VERIFY_S = 1.2, 30.0
"""The targets: one day of many days against one of few; seconds for a million records."""

_FEW_DAYS, _MANY_DAYS, _A_DAY, _ROUNDS = 10, 100, 10_000, 9
_FIRST_DAY = 20_000  # days since 1970


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of one day's records, with few and with many days, and of all records."""
    a_day, rounds = (300, 3) if bed.quick else (_A_DAY, _ROUNDS)
    ours, bare, rows = {}, {}, list[Row]()
    for days in (_FEW_DAYS, _MANY_DAYS):
        folder = bed.new_folder("scan")
        say(f"scan: storing {days * a_day:,} records")
        _fill(folder, days, a_day)
        ours[days], bare[days] = _compare(folder, _one_day(days), a_day * (days - 1), rounds)
        rows.append(_since_row(days, a_day, ours[days], bare[days]))
        if days == _MANY_DAYS:
            say("scan: checking the chain")
            rows.append(_verify_row(days * a_day, *_compare(folder, _verify, 0, 1)))
    flat = (ours[_MANY_DAYS] / bare[_MANY_DAYS]) / (ours[_FEW_DAYS] / bare[_FEW_DAYS])
    rows.insert(
        2,
        Row(
            measure=f"the same, {_MANY_DAYS} against {_FEW_DAYS} days",
            gardu=f"{ours[_MANY_DAYS] / bare[_MANY_DAYS]:.2f} x its floor",
            against=f"{ours[_FEW_DAYS] / bare[_FEW_DAYS]:.2f} x its floor",
            ratio=flat,
            target=f"flat (<= {FLAT:g} x)",
            reached=flat <= FLAT,
        ),
    )
    return rows


def _since_row(days: int, a_day: int, ours: float, bare: float) -> Row:
    return Row(
        measure=f"records --since, 1 day of {days}",
        gardu=f"{ours * 1e3:.1f} ms",
        against=f"{bare * 1e3:.1f} ms bare sqlite3",
        ratio=ours / bare,
        note=f"{a_day:,} records a day; without the start of the command",
    )


def _verify_row(records: int, ours: float, bare: float) -> Row:
    return Row(
        measure=f"verify, {records:,} records",
        gardu=f"{ours:.1f} s",
        against=f"{bare:.1f} s bare sqlite3",
        ratio=ours / bare,
        target=f"< {VERIFY_S:g} s",
        reached=ours < VERIFY_S,
        note="every checksum, every link and every field that a link depends on",
    )


def _fill(folder: Path, days: int, a_day: int) -> None:
    """Write *a_day* records for each of *days* into the store of *folder*."""
    with closing(open_store(folder)) as store:
        for day in range(days):
            start_ms = (_FIRST_DAY + day) * DAY_MS
            store.append(
                [
                    msgspec.structs.replace(step_record(n), at=Stamp(n, start_ms + n * 1000))
                    for n in range(a_day)
                ]
            )


def _one_day(days: int) -> Callable[[Snapshot], int]:
    """Return the function that finds the records of the last of *days*."""
    wanted = Wanted(since_ms=(_FIRST_DAY + days - 1) * DAY_MS)
    return lambda snapshot: _count(Search(snapshot, wanted).found())


def _verify(snapshot: Snapshot) -> int:
    check = ChainCheck(snapshot)
    if (difference := check.run()) is not None:
        raise ValueError(f"the chain is not intact: {difference}")
    return check.done


def _compare(
    folder: Path, ours: Callable[[Snapshot], int], after: int, rounds: int
) -> tuple[float, float]:
    """Return the median seconds of *ours* and of a bare loop over the records above *after*."""
    own, floor = list[float](), list[float]()
    for _ in range(rounds + 1):  # the first brings the pages into memory
        began = time.perf_counter()
        with Snapshot(folder) as snapshot:
            read = ours(snapshot)
        between = time.perf_counter()
        if _bare(folder, after) != read:
            raise ValueError("the two did not read the same records")
        own.append(between - began)
        floor.append(time.perf_counter() - between)
    return median(own[1:]), median(floor[1:])


def _bare(folder: Path, after: int) -> int:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        sql = "SELECT id, body, crc FROM outbox WHERE id > ? ORDER BY id"
        return _count(connection.execute(sql, (after,)))


def _count(rows: Iterable[object]) -> int:
    return sum(1 for _ in rows)
