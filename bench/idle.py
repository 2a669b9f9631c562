"""Measures the CPU of an idle daemon: all devices of a whole checkpoint, broker connected."""

import asyncio
from contextlib import AsyncExitStack

from bench.bed import ROOT, Bed, daemon_of, lobby_of, pins, say
from bench.contact import PIN
from bench.peers import mqtt_io
from bench.proc import cpu_s
from bench.subscriber import subscriber
from bench.table import Row

PERCENT = 0.5
"""The target, of one processor."""

_SECONDS, _SETTLE_S = 40.0, 5.0


async def measure(bed: Bed) -> list[Row]:
    """Return the row of idle CPU; mqtt-io polls beside it, in the same seconds."""
    seconds = 5.0 if bed.quick else _SECONDS
    version = mqtt_io.version()
    say(f"idle: {seconds:g} s")
    async with AsyncExitStack() as stack:
        run, other = bed.run_dir("idle"), bed.run_dir("idle")
        await stack.enter_async_context(lobby_of(run))
        await stack.enter_async_context(lobby_of(other))
        await stack.enter_async_context(subscriber(bed.url, f"{ROOT}/#"))
        processes = [await stack.enter_async_context(daemon_of(run, pins(run)))]
        if version:
            polling = mqtt_io.mqtt_io(bed, PIN, mqtt_io.POLL, pins(other))
            processes.append(await stack.enter_async_context(polling))
        await asyncio.sleep(_SETTLE_S)
        before = [cpu_s(process.pid) for process in processes]
        await asyncio.sleep(seconds)
        percents = [
            100 * (cpu_s(process.pid) - spent) / seconds
            for process, spent in zip(processes, before, strict=True)
        ]
    return [
        Row(
            measure="idle CPU",
            gardu=f"{percents[0]:.2f} %",
            against=f"{percents[1]:.2f} % mqtt-io {version}, polling" if version else "-",
            ratio=percents[0] / percents[1] if version and percents[1] else None,
            target=f"<= {PERCENT:g} %",
            reached=percents[0] <= PERCENT,
            note="" if version else mqtt_io.MISSING,
        )
    ]
