"""Measures a month's report, in a process of its own: a busy month, and the last of five years."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.bed import Bed, say
from bench.months import fill_months
from bench.stored import open_store
from bench.table import Row, median

SECONDS, MEMORY_MB, RATIO = 10.0, 200.0, 1.1
"""The targets; the last: five years stored, against one month."""

_BUSY, _YEARS_MONTHS, _A_MONTH, _ROUNDS = 20_000, 60, 16_667, 5
_LAST = (2026, 11)
_ZONE = "Asia/Jakarta"


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of a busy month and of five years."""
    busy, a_month, months = (500, 100, 6) if bed.quick else (_BUSY, _A_MONTH, _YEARS_MONTHS)
    rounds = 2 if bed.quick else _ROUNDS
    rows = []
    for gone in (False, True):
        folder, records = _stored(bed, 1, busy, gone=gone)
        seconds, peak = await _reports([folder], rounds)
        rows.append(_busy_row(busy, records, seconds[0], peak, gone=gone))
        shutil.rmtree(folder)
    return [*rows, await _years(bed, months, a_month, rounds)]


def _busy_row(visits: int, records: int, seconds: float, peak: float, *, gone: bool) -> Row:
    where = "gone into the register" if gone else "in the outbox"
    return Row(
        measure=f"report of {visits:,} visits, {where}",
        gardu=f"{seconds:.2f} s, {peak:.1f} MB peak",
        target=f"< {SECONDS:g} s, < {MEMORY_MB:g} MB",
        reached=seconds < SECONDS and peak < MEMORY_MB,
        note=f"{records:,} records in the file; a process of its own, its start included",
    )


async def _years(bed: Bed, months: int, visits: int, rounds: int) -> Row:
    one, _ = _stored(bed, 1, visits, gone=True)
    all_of_it, records = _stored(bed, months, visits, gone=True)
    size_gb = (all_of_it / "gardu.db").stat().st_size / 1e9
    # In turns, so that other load of the machine affects both.
    (short, long), peak = await _reports([one, all_of_it], rounds)
    for folder in (one, all_of_it):
        shutil.rmtree(folder)
    ratio = long / short
    return Row(
        measure=f"the last of {months} months, {months * visits:,} visits",
        gardu=f"{long:.2f} s, {peak:.1f} MB peak",
        against=f"{short:.2f} s with one month stored",
        ratio=ratio,
        target=f"no slower (<= {RATIO:g} x)",
        reached=ratio <= RATIO,
        note=f"{records:,} records, {size_gb:.1f} GB",
    )


def _stored(bed: Bed, months: int, visits: int, *, gone: bool) -> tuple[Path, int]:
    """Return a data folder with *months*, the last of them to be reported, and its record count."""
    folder = bed.new_folder("months")
    say(f"report: storing {months * visits:,} visits")
    open_store(folder).close()
    last = _LAST[0] * 12 + _LAST[1] - 1
    names = [(number // 12, number % 12 + 1) for number in range(last - months + 1, last + 1)]
    return folder, fill_months(folder, names, visits, fresh=0 if gone else 1)


async def _reports(folders: list[Path], rounds: int) -> tuple[list[float], float]:
    """Return the median seconds of each folder's report, and the highest memory of any, MB."""
    seconds: dict[Path, list[float]] = {folder: [] for folder in folders}
    peak = 0.0
    for number in range(rounds + 1):
        for folder in folders:
            took, memory = await _report(folder)
            if number:  # the first brings the pages into memory
                seconds[folder].append(took)
            peak = max(peak, memory)
    return [median(found) for found in seconds.values()], peak


async def _report(folder: Path) -> tuple[float, float]:
    """Return the seconds of one report, and its peak memory, MB."""
    month = f"{_LAST[0]}-{_LAST[1]:02d}"
    command = [sys.executable, "-m", "edge.report", str(folder), month, _ZONE]
    return await asyncio.to_thread(_run, command)


# Linux counts the highest memory of the parent as the child's too, and this process has filled
# databases: a small parent between the two gives the figure of the report alone.
_BETWEEN = (
    "import resource, subprocess, sys; "
    "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def _run(command: list[str]) -> tuple[float, float]:
    between = [sys.executable, "-c", _BETWEEN, *command]
    began = time.perf_counter()
    run = subprocess.run(between, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own
    peak_kib = run.stdout
    return time.perf_counter() - began, int(peak_kib) * 1024 / 1e6
