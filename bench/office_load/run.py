"""Runs a load: broker, database, ingest processes and publisher, watched once a second."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from pathlib import Path

import msgspec
import psycopg

from bench.bed import Bed, say
from bench.office_load import publisher
from bench.office_load.outcome import Counted, Load, Measured, Sample, counted, stored, streams
from bench.office_load.publisher import Job, Progress
from bench.office_process import office_config, start_ingest
from bench.postgresql import PostgreSQL
from bench.proc import cpu_s, resident_mb, tree_cpu_s
from sim.stage.process import spawn, stop

_BATCH = 500
_SEED = 1
_SAY_S = 10.0
# Until all is stored after the last record, and between a kill and the next start, real seconds.
_PATIENCE_S, _AWAY_S = 600.0, 3.0
# An office's own server has more memory than a test's; commit times measure the way of a record.
_SERVER = {"shared_buffers": "512MB", "max_wal_size": "4GB", "track_commit_timestamp": "on"}


async def run(bed: Bed, load: Load) -> Measured:
    """Run *load* and return what was measured."""
    server = PostgreSQL(settings=_SERVER)
    server.start()
    try:
        return await _Run(bed, load, server).run()
    finally:
        server.remove()


class _Run:
    """One run.

    :ivar samples: one a second while records are published
    """

    def __init__(self, bed: Bed, load: Load, server: PostgreSQL) -> None:
        self.samples: list[Sample] = []
        self._bed, self._load, self._server = bed, load, server
        self._database = server.new_database()
        self._config: Path = office_config(
            bed.new_folder("office"), bed.url, self._database, _BATCH
        )
        self._ingests: list[Process] = []
        self._progress = Progress()
        self._ended_cpu_s = 0.0  # of ingest processes that were killed; and of servers
        self._ended_server_cpu_s = 0.0

    async def run(self) -> Measured:
        load = self._load
        for number in range(load.processes):
            self._ingests.append(await start_ingest(self._config, number))
        job = Job(
            port=self._bed.port, day=load.day, checkpoints=load.checkpoints, rate=load.rate,
            seconds=load.seconds, seed=_SEED, live=load.live,
        )  # fmt: skip
        source = await spawn(
            sys.executable, "-m", publisher.__name__, msgspec.json.encode(job).decode(),
            stdin=PIPE, stdout=PIPE,
        )  # fmt: skip
        try:
            return await self._watched(source)
        finally:
            for process in (source, *self._ingests):
                await stop(process)

    async def _watched(self, source: Process) -> Measured:
        drains = [asyncio.create_task(_drain(process)) for process in self._ingests]
        killing = asyncio.create_task(self._kill_in_turns(drains))
        try:
            await asyncio.to_thread(self._until, streams, self._load.checkpoints)
            say("office load: the office knows all checkpoints; the records begin")
            before = self._cpu()
            assert source.stdin is not None
            source.stdin.write(b"\n")
            await self._follow(source)
            if killing.done():
                killing.result()
            await killing
            await asyncio.to_thread(self._until, stored, self._progress.acknowledged)
            used = {name: self._cpu()[name] - before[name] for name in before}
        finally:
            for task in (killing, *drains):
                task.cancel()
        return Measured(
            progress=self._progress,
            samples=self.samples,
            cpu_s=used,
            counted=await asyncio.to_thread(self._count),
        )

    async def _follow(self, source: Process) -> None:
        """Follow the publisher until its last acknowledgement; sample once a second."""
        assert source.stdout is not None
        began = said = time.monotonic()
        while not self._progress.done:
            line = await source.stdout.readline()
            assert line, "the publisher ended"
            self._progress = msgspec.json.decode(line, type=Progress)
            if not self._progress.recorded:
                began = said = time.monotonic()
                continue
            at_s = time.monotonic() - began
            with contextlib.suppress(ProcessLookupError, FileNotFoundError):
                memory = [resident_mb(one.pid) for one in self._ingests]
                self.samples.append(Sample(at_s, self._progress.acknowledged, memory))
            if time.monotonic() - said >= _SAY_S:
                said = time.monotonic()
                await self._say(at_s)

    async def _say(self, at_s: float) -> None:
        now = self._progress
        there: object = "?"
        with contextlib.suppress(psycopg.OperationalError):  # killed just now
            there = await asyncio.to_thread(stored, self._database)
        memory = ", ".join(f"{one:.0f} MB" for one in self.samples[-1].memory_mb)
        say(
            f"{at_s:5.0f} s: {now.recorded:,} records, {now.acknowledged:,} at the broker, "
            f"{there} followed; {now.live:,} live messages; ingest {memory}"
        )

    async def _kill_in_turns(self, drains: list[asyncio.Task[None]]) -> None:
        """Kill the ingest and PostgreSQL in turns, evenly over the time."""
        load = self._load
        while not self._progress.recorded:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.1)
        for number in range(load.kills):
            await asyncio.sleep(load.seconds / (load.kills + 1))
            if number % 2:
                say("PostgreSQL is killed")
                self._ended_server_cpu_s += tree_cpu_s(self._server.pid)
                self._server.stop(kill=True)
                await asyncio.sleep(_AWAY_S)
                await asyncio.to_thread(self._server.start)
                continue
            place = number // 2 % load.processes
            say(f"ingest process {place + 1} is killed")
            process = self._ingests[place]
            self._ended_cpu_s += cpu_s(process.pid)
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
            await asyncio.sleep(_AWAY_S)
            self._ingests[place] = await start_ingest(self._config, place)
            drains.append(asyncio.create_task(_drain(self._ingests[place])))

    def _cpu(self) -> dict[str, float]:
        return {
            "ingest": sum(cpu_s(one.pid) for one in self._ingests) + self._ended_cpu_s,
            "PostgreSQL": tree_cpu_s(self._server.pid) + self._ended_server_cpu_s,
            "mosquitto": cpu_s(self._bed.listeners.pid),
        }

    def _until(self, number: Callable[[str], int], wanted: int) -> None:
        """Return once *number* of the database is *wanted*.

        :raises TimeoutError: if that takes too long
        """
        end = time.monotonic() + _PATIENCE_S
        while (now := number(self._database)) < wanted:
            if time.monotonic() > end:
                raise TimeoutError(f"{now:,} of {wanted:,} in the database")
            time.sleep(0.5)

    def _count(self) -> Counted:
        return counted(self._database)


async def _drain(process: Process) -> None:
    """Read what an ingest process writes, and pass it on, so that it never waits for us."""
    assert process.stderr is not None
    async for line in process.stderr:
        say(f"ingest: {line.decode().rstrip()}")
