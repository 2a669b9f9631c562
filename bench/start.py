"""Measures from exec to READY=1 on systemd's socket, with many records in the store."""

import asyncio
import shutil
import socket
import time
from contextlib import closing
from typing import NamedTuple

from bench.bed import Bed, daemon_of, lobby_of, pins, say
from bench.broker import Listener
from bench.proc import cpu_s, peak_mb
from bench.stored import fill_outbox
from bench.table import Row, median
from sim.stage.rundir import RunDir

SECONDS = 1.0
"""The target."""

_RECORDS, _STARTS = 100_000, 7
_PATIENCE_S = 60.0


class Start(NamedTuple):
    """One start until READY: time, processor time (seconds), the most memory (MB)."""

    seconds: float
    cpu_s: float
    peak_mb: float


async def measure(bed: Bed) -> list[Row]:
    """Return the row of a start with records that all wait to be sent: the worst case."""
    count, starts = (2_000, 2) if bed.quick else (_RECORDS, _STARTS)
    # A port without a broker: ready does not mean connected.
    run = bed.run_dir("start", Listener(9))
    say(f"start: storing {count:,} records")
    fill_outbox(run.data, count)
    begun = []
    # The first start is not counted: it may still have to compile the bytecode.
    for number in range(starts + 1):
        say(f"start: {number} of {starts}")
        begun.append(await _start(run))
    shutil.rmtree(run.folder)
    times = [one.seconds for one in begun[1:]]
    seconds = median(times)
    return [
        Row(
            measure=f"exec to READY, {count:,} records waiting",
            gardu=f"{seconds:.2f} s",
            target=f"<= {SECONDS:g} s",
            reached=seconds <= SECONDS,
            # On a busy machine the processor's time says more than the clock's.
            note=f"slowest of {starts}: {max(times):.2f} s; of the processor: "
            f"{median([one.cpu_s for one in begun[1:]]):.2f} s; "
            f"peak memory {max(one.peak_mb for one in begun):.1f} MB",
        )
    ]


async def _start(run: RunDir) -> Start:
    """Start the daemon, stop it when it is READY."""
    path = run.wire / "notify"
    path.unlink(missing_ok=True)
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(path))
        manager.setblocking(False)
        async with lobby_of(run):
            began = time.perf_counter()
            async with daemon_of(run, {**pins(run), "NOTIFY_SOCKET": str(path)}) as process:
                await _until_ready(manager)
                seconds = time.perf_counter() - began
                return Start(seconds, cpu_s(process.pid), peak_mb(process.pid))


async def _until_ready(manager: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(_PATIENCE_S):
        while b"READY=1" not in await loop.sock_recv(manager, 4096):
            pass
