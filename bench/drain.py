"""Measures the drain of a full outbox, acknowledgements stored, against a bare paho loop."""

import asyncio
import shutil
import sys
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import msgspec

from bench.bed import ROOT, Bed, config_of, daemon_of, lobby_of, pins, say
from bench.peers import bare_drain
from bench.proc import peak_mb, resident_mb
from bench.sink import sink
from bench.stored import fill_outbox, open_store
from bench.subscriber import Subscriber, subscriber
from bench.table import Row, median
from sim.stage.process import spawn, stop

RATIO, GROWTH_MB = 0.8, 5.0
"""The targets: of the bare loop's rate; MB that a full queue may cost over an empty one."""

_RECORDS, _ROUNDS = 100_000, 3
_PATIENCE_S = 240.0


async def measure(bed: Bed) -> list[Row]:
    """Return the row of the drain; both go in turns, with the same payloads."""
    count, rounds = (4_000, 1) if bed.quick else (_RECORDS, _ROUNDS)
    past = bed.new_folder("past")
    say(f"drain: storing {count:,} records")
    fill_outbox(past, count)
    lines = _payloads(past, bed.folder / "payloads", count)
    ours, bare, peaks = [], [], []
    for number in range(rounds):
        say(f"drain: round {number + 1} of {rounds}, gardu")
        rate, peak = await _gardu(bed, past, count)
        ours.append(rate)
        peaks.append(peak)
        say(f"drain: round {number + 1} of {rounds}, bare")
        bare.append(await _bare(bed, lines, count))
    empty = await _empty(bed)
    return [_row(count, median(ours), median(bare), max(peaks), empty)]


def _row(count: int, ours: float, bare: float, peak: float, empty: float) -> Row:
    return Row(
        measure=f"draining {count:,} records",
        gardu=f"{ours:,.0f}/s",
        against=f"{bare:,.0f}/s bare paho",
        ratio=ours / bare,
        target=f">= {RATIO:g} x, memory flat",
        reached=ours >= RATIO * bare and peak - empty <= GROWTH_MB,
        note=f"peak memory {peak:.1f} MB; {empty:.1f} MB with nothing to drain",
    )


def _payloads(folder: Path, file: Path, count: int) -> Path:
    """Write the payloads of the store in *folder* into *file*, one a line."""
    store, after = open_store(folder), 0
    with file.open("wb") as lines:
        while after < count:
            rows = store.waiting(after, 1000)
            lines.writelines(row.payload + b"\n" for row in rows)
            after = rows[-1].sequence
    store.close()
    return file


async def _gardu(bed: Bed, past: Path, count: int) -> tuple[float, float]:
    """Return records a second, until the ledger reports all acknowledgements as stored; peak MB."""
    run = bed.run_dir("drain")
    shutil.copytree(past, run.data, dirs_exist_ok=True)
    async with (
        lobby_of(run),
        sink(bed, f"{ROOT}/event/#") as taken,
        subscriber(bed.url, f"{ROOT}/ledger") as ledger,
        daemon_of(run, pins(run)) as process,
    ):
        await _until_delivered(ledger, count)
        rate = count / (time.perf_counter() - taken.began)
        peak = peak_mb(process.pid)
    shutil.rmtree(run.folder)
    return rate, peak


async def _until_delivered(ledger: Subscriber, count: int) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            _, message = await ledger.heard.get()
            # A retained one is from the previous round.
            if message.retain or not message.payload:
                continue
            if msgspec.json.decode(message.payload)["acked_seq"] >= count:
                return


async def _bare(bed: Bed, lines: Path, count: int) -> float:
    window = config_of(bed.run_dir("bare")).broker.window
    async with sink(bed, bare_drain.TOPIC) as taken:
        process = await spawn(
            sys.executable, "-m", bare_drain.__name__, str(bed.port), str(lines), str(window),
            stdout=PIPE,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            async with asyncio.timeout(_PATIENCE_S):
                await process.stdout.readline()
            return count / (time.perf_counter() - taken.began)
        finally:
            await stop(process)


async def _empty(bed: Bed) -> float:
    """Return the MB of a daemon that is connected and has an empty queue."""
    run = bed.run_dir("empty")
    async with (
        lobby_of(run),
        subscriber(bed.url, f"{ROOT}/#", "/ledger") as ledger,
        daemon_of(run, pins(run)) as process,
    ):
        await _until_delivered(ledger, 1)
        return resident_mb(process.pid)
