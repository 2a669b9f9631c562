"""Measures the central office's ingest: records a second of its processor time.

The records wait at the broker while the process is stopped (SIGSTOP); then it stores all of them in
PostgreSQL, and its processor time is read before and after. The floor is a bare paho and psycopg
loop that stores the same records. The publisher's, broker's and database's time is not counted.
"""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import AsyncExitStack

import psycopg

from bench.bed import Bed, say
from bench.office_process import ingest, office_config
from bench.office_traffic import Published, traffic
from bench.peers import bare_office
from bench.postgresql import PostgreSQL, programs
from bench.proc import cpu_s, resident_mb
from bench.table import Row, median
from edge.clock import Clock
from edge.config.model import Broker
from edge.mqtt.connection import Connection
from edge.mqtt.packets import Packed
from edge.store.cloudevent import RECORD_CONTENT
from sim.stage.process import spawn, stop

RATIO, GROWTH = 0.7, 1.15
"""The targets: of the bare loop's rate; the cost of a record with two processes against one."""

_RECORDS, _ROUNDS, _CHECKPOINTS = 30_000, 3, 100
_BATCH = 500
_WINDOW = 100
_PATIENCE_S, _CHECK_S = 300.0, 0.2


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of one process against the bare loop, and of two against one."""
    if programs() is None:
        say("office: PostgreSQL is not installed: its rows are left out")
        return []
    count, rounds = (3_000, 1) if bed.quick else (_RECORDS, _ROUNDS)
    ours, two, bare = list[float](), list[float](), list[float]()
    server = PostgreSQL()
    server.start()
    try:
        for number in range(rounds):
            say(f"office: round {number + 1} of {rounds}")
            bare.append(await _bare(bed, server, count))
            ours.append(await _gardu(bed, server, count, 1))
            two.append(await _gardu(bed, server, count, 2))
    finally:
        server.remove()
    return [_row(median(ours), median(bare)), _growth_row(median(two), median(ours))]


def _row(ours: float, bare: float) -> Row:
    return Row(
        measure="office: records a second of processor time",
        gardu=f"{1 / ours:,.0f}",
        against=f"{1 / bare:,.0f} bare paho + psycopg",
        ratio=bare / ours,
        target=f">= {RATIO:g} x",
        reached=bare / ours >= RATIO,
    )


def _growth_row(two: float, one: float) -> Row:
    return Row(
        measure="office: processor time of a record, two processes",
        gardu=f"{two * 1e6:.0f} us",
        against=f"{one * 1e6:.0f} us with one",
        ratio=two / one,
        target=f"<= {GROWTH:g} x",
        reached=two <= GROWTH * one,
    )


async def _bare(bed: Bed, server: PostgreSQL, count: int) -> float:
    """Return the bare loop's processor time for a record, seconds."""
    database = server.new_database()
    process = await spawn(
        sys.executable, "-m", bare_office.__name__, str(bed.port), database, str(_BATCH),
        stdout=PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        await process.stdout.readline()
        return await _stored(bed, [process], database, count, "SELECT count(*) FROM records")
    finally:
        await stop(process)


async def _gardu(bed: Bed, server: PostgreSQL, count: int, processes: int) -> float:
    """Return the processor time of all *processes* for a record, followed, seconds."""
    database = server.new_database()
    file = office_config(bed.new_folder("office"), bed.url, database, _BATCH)
    async with AsyncExitStack() as stack:
        started = [
            await stack.enter_async_context(ingest(file, number)) for number in range(processes)
        ]
        followed = "SELECT coalesce(sum(front), 0) FROM streams"
        return await _stored(bed, started, database, count, followed)


async def _stored(
    bed: Bed, processes: Sequence[Process], database: str, count: int, query: str
) -> float:
    """Publish *count* records while *processes* are stopped; return their time for a record.

    :param query: returns *count* once all are stored
    """
    records = traffic(_CHECKPOINTS, count, Clock().now().wall_ms)
    await asyncio.sleep(2.0)  # what belongs to the start is over, and the subscription is there
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    before = sum(cpu_s(process.pid) for process in processes)
    await _publish(bed.url, records)
    for process in processes:
        os.kill(process.pid, signal.SIGCONT)
    async with asyncio.timeout(_PATIENCE_S):
        await asyncio.to_thread(_until_all, database, query, count)
    say(f"office: {', '.join(f'{resident_mb(process.pid):.0f} MB' for process in processes)}")
    return (sum(cpu_s(process.pid) for process in processes) - before) / count


def _until_all(database: str, query: str, count: int) -> None:
    """Return once *query* returns *count*."""
    with psycopg.connect(database, autocommit=True) as connection:
        while True:
            row = connection.execute(query.encode()).fetchone()
            if row is not None and row[0] >= count:
                return
            time.sleep(_CHECK_S)


async def _publish(url: str, records: Sequence[Published]) -> None:
    """Publish *records* in order; returns when the broker has acknowledged all."""
    link = Connection(Broker(url=url), "bench-publisher", 0)
    await link.open()
    come, about, sent, acknowledged = asyncio.Event(), Packed(RECORD_CONTENT), 0, 0
    link.on_pubacks = come.set
    async with asyncio.timeout(_PATIENCE_S):
        while acknowledged < len(records):
            while sent < len(records) and sent - acknowledged < _WINDOW:
                record = records[sent]
                assert link.publish(record.topic, record.payload, about) is not None
                sent += 1
            await come.wait()
            come.clear()
            while link.answers:
                assert not link.answers.popleft().answer.no_subscriber
                acknowledged += 1
    link.leave()
