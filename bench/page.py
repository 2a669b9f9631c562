"""Measures the daemon of a simulated lobby with its page open, against one whose page is closed.

Two lobbies run side by side (``gardu sim --page``, at real time). In turns, a locker of each is
forced and shut: one edge, one record. The event stream of one page is read all the time, as an open
browser reads it; the other page is never opened.
"""

import asyncio
import json
import re
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import msgspec

from bench.bed import Bed, say
from bench.proc import cpu_s, resident_mb
from bench.race import ratio_of, typical
from bench.subscriber import Subscriber, subscriber
from bench.table import Row
from edge.config.places import default_config_folder
from sim.stage.process import gardu, spawn, stop

LATENCY, MEMORY = 1.15, 1.05
"""The targets of the median and of the memory, against the lobby whose page is closed."""

_ROUNDS, _EDGES = 6, 24
# Eight edges of each, and then a rest: the daemon silences a contact that goes on changing.
_LOCKERS = (1, 2, 3)
_FAST, _REST_S = 60.0, 1.5  # at this speed the rest is over ten seconds of the lobby's time
_START_S, _ANSWER_S, _SETTLE_S = 60.0, 20.0, 5.0
_PAUSES_S = (0.05, 0.15)


class Lobby(msgspec.Struct, frozen=True):
    """A simulated lobby: the address of its page, and the process of its daemon."""

    site: str
    url: str
    daemon: int


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of latency, memory and processor time."""
    rounds, edges = (1, 12) if bed.quick else (_ROUNDS, _EDGES)
    chance = Random(1)  # noqa: S311 - pauses, not secrets
    times: dict[str, list[list[float]]] = {"open": [], "closed": []}
    async with AsyncExitStack() as stack:
        received = await stack.enter_async_context(subscriber(bed.url, "gardu/v1/#", "event/alarm"))
        lobbies = {
            name: await stack.enter_async_context(_lobby(bed, f"page-{name}")) for name in times
        }
        await stack.enter_async_context(_open_page(lobbies["open"].url))
        await asyncio.sleep(_SETTLE_S)
        spent = {name: cpu_s(lobby.daemon) for name, lobby in lobbies.items()}
        for number in range(rounds):
            say(f"page: round {number + 1} of {rounds}")
            for name in sorted(times, reverse=bool(number % 2)):
                times[name].append(await _edges(lobbies[name], received, edges, chance))
            await _rest(list(lobbies.values()))
        cpu = {name: cpu_s(lobby.daemon) - spent[name] for name, lobby in lobbies.items()}
        memory = {name: resident_mb(lobby.daemon) for name, lobby in lobbies.items()}
    return [
        *(_latency_row(times, percent) for percent in (50, 95)),
        _memory_row(memory, cpu),
    ]


def _latency_row(times: dict[str, list[list[float]]], percent: int) -> Row:
    ratio = ratio_of(times["open"], times["closed"], percent)
    return Row(
        measure=f"page open: contact to subscriber, p{percent}",
        gardu=f"{typical(times['open'], percent):.1f} ms",
        against=f"{typical(times['closed'], percent):.1f} ms with the page closed",
        ratio=ratio,
        target=f"<= {LATENCY:g} x" if percent == 50 else "",
        reached=ratio <= LATENCY if percent == 50 else None,
    )


def _memory_row(memory: dict[str, float], cpu: dict[str, float]) -> Row:
    ratio = memory["open"] / memory["closed"]
    return Row(
        measure="page open: resident memory of the daemon",
        gardu=f"{memory['open']:.1f} MB",
        against=f"{memory['closed']:.1f} MB with the page closed",
        ratio=ratio,
        target=f"<= {MEMORY:g} x",
        reached=ratio <= MEMORY,
        note=f"its processor time {cpu['open']:.1f} s, {cpu['closed']:.1f} s with the page closed",
    )


@asynccontextmanager
async def _lobby(bed: Bed, site: str) -> AsyncIterator[Lobby]:
    """Run ``gardu sim --page`` at real time, publishing under *site*."""
    config = default_config_folder() / "gardu.toml"
    process = await spawn(
        *gardu(), "sim", "--page", "--speed", "1", "--broker", bed.url, "--site", site,
        "--config", str(config), "--data", str(bed.new_folder(site)), stderr=PIPE,
    )  # fmt: skip
    said = asyncio.create_task(_address(process))
    try:
        async with asyncio.timeout(_START_S):
            url = await said
        yield Lobby(site, url, _daemon_of(process.pid))
    finally:
        await stop(process, 30.0)


async def _address(process: Process) -> str:
    """Return the address of the page, which *process* says."""
    assert process.stderr is not None
    async for line in process.stderr:
        if found := re.search(rb"http://\S+", line):
            return found[0].decode()
    raise ChildProcessError("the simulation did not start")


def _daemon_of(parent: int) -> int:
    """Return the process of the daemon that the simulation *parent* has started."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text("ascii").split():
        if b"\0run\0" in Path(f"/proc/{child}/cmdline").read_bytes():
            return int(child)
    raise ProcessLookupError(f"process {parent} has no daemon")


@asynccontextmanager
async def _open_page(url: str) -> AsyncIterator[None]:
    """Read the page's event stream, as a browser does."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(f"GET /events HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    reading = asyncio.create_task(_read_all(reader))
    try:
        yield
    finally:
        reading.cancel()
        writer.close()
        with suppress(asyncio.CancelledError):
            await reading


async def _read_all(reader: asyncio.StreamReader) -> None:
    while await reader.read(1 << 16):
        pass


async def _edges(lobby: Lobby, received: Subscriber, edges: int, chance: Random) -> list[float]:
    """Force and shut lockers; return the milliseconds until each record was received."""
    times = []
    for number in range(edges):
        await asyncio.sleep(chance.uniform(*_PAUSES_S))
        received.forget()
        locker = _LOCKERS[number // 2 % len(_LOCKERS)]
        asked = {"do": "shut", "locker": locker} if number % 2 else _force(locker)
        begun = await asyncio.to_thread(_act, lobby.url, asked)
        async with asyncio.timeout(_ANSWER_S):
            at = await _record(lobby, received, f"locker-forced-{locker}")
        times.append((at - begun) / 1e6)
    return times


def _act(url: str, asked: dict[str, Any]) -> int:
    """Post an act of the player; return the moment before it, ns of the performance counter."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=_ANSWER_S)
    with closing(connection):
        begun = time.perf_counter_ns()
        connection.request("POST", "/act", json.dumps(asked), {"content-type": "application/json"})
        connection.getresponse().read()
    return begun


async def _rest(lobbies: list[Lobby]) -> None:
    """Let the contacts of *lobbies* be at rest until the daemon trusts them again."""
    for times in (_FAST, 1.0):
        for lobby in lobbies:
            await asyncio.to_thread(_act, lobby.url, {"do": "speed", "times": times})
        await asyncio.sleep(_REST_S)


def _force(locker: int) -> dict[str, Any]:
    return {"do": "trouble", "fault": {"at_s": 0, "do": "force-locker", "locker": locker}}


async def _record(lobby: Lobby, received: Subscriber, alarm: str) -> int:
    """Return the moment at which the next record of *alarm* came."""
    while True:
        at, message = await received.heard.get()
        if f"/{lobby.site}/" in message.topic and alarm.encode() in message.payload:
            return at
