"""Measures from a contact's edge to its message: Gardu with its commit, the others bare."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random

from bench.bed import ROOT, Bed, daemon_of, lobby_of, pins, say
from bench.peers import bare_contact, mqtt_io
from bench.subscriber import Subscriber, subscriber
from bench.table import Row, median, percentile
from sim.lobby import Lobby
from sim.process import spawn, stop
from sim.rundir import RunDir

# The door contact of the first locker, without a bounce time (bench/bed.py). Normally closed: an
# open door is a high level, and raises an alarm; a closed one clears it. One edge, one record.
PIN = 17

_ROUNDS, _EDGES, _WARM_UP = 5, 200, 30
# Between a message and the next edge, real seconds: the figure is of a lobby, not of a flood.
_PAUSE_S = (0.02, 0.08)
_PATIENCE_S = 10.0

P50, P95 = 2.0, 5.0
"""The targets: times the bare script's median; milliseconds."""

Peer = Callable[[Bed, RunDir], AbstractAsyncContextManager[object]]


@asynccontextmanager
async def _gardu(_bed: Bed, run: RunDir) -> AsyncIterator[None]:
    async with daemon_of(run, pins(run)):
        yield


@asynccontextmanager
async def _bare(bed: Bed, run: RunDir) -> AsyncIterator[None]:
    process = await spawn(
        sys.executable, "-m", bare_contact.__name__, str(bed.port), str(PIN),
        environment=pins(run),
    )  # fmt: skip
    try:
        yield
    finally:
        await stop(process)


@asynccontextmanager
async def _mqtt_io(bed: Bed, run: RunDir) -> AsyncIterator[None]:
    async with mqtt_io.mqtt_io(bed, PIN, mqtt_io.INTERRUPT, pins(run)):
        yield


# Name → how it is started, the topics to subscribe to, and the part of a topic that means the edge.
# Gardu's topics are all subscribed: it delivers in order, and waits until a record has a
# subscriber.
_PEERS: dict[str, tuple[Peer, str, str]] = {
    "gardu": (_gardu, f"{ROOT}/#", "/event/alarm"),
    "bare": (_bare, bare_contact.TOPIC, ""),
    "mqtt-io": (_mqtt_io, mqtt_io.TOPIC, ""),
}


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of p50 and p95; every round starts every competitor again."""
    version = mqtt_io.version()
    names = [name for name in _PEERS if name != "mqtt-io" or version]
    rounds, edges = (1, 40) if bed.quick else (_ROUNDS, _EDGES)
    seen: dict[str, list[list[float]]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            say(f"contact to subscriber: round {number + 1} of {rounds}, {name}")
            seen[name].append(await _round(bed, name, edges, number))
    return _rows(seen, version)


def _rows(seen: dict[str, list[list[float]]], version: str) -> list[Row]:
    p50 = {name: median([percentile(times, 50) for times in all_]) for name, all_ in seen.items()}
    p95 = {name: median([percentile(times, 95) for times in all_]) for name, all_ in seen.items()}
    words = {"bare": "bare gpiozero + paho", "mqtt-io": f"mqtt-io {version}, interrupt, QoS 0"}
    note = "" if version else mqtt_io.MISSING
    rows = [
        _row("p50", p50, words, note, f"<= {P50:g} x", reached=p50["gardu"] <= P50 * p50["bare"]),
        _row("p95", p95, words, "", f"<= {P95:g} ms", reached=p95["gardu"] <= P95),
    ]
    if version:
        del words["bare"]
        rows += [_row("p50", p50, words), _row("p95", p95, words)]
    return rows


def _row(
    which: str,
    times: dict[str, float],
    words: dict[str, str],
    note: str = "",
    target: str = "",
    *,
    reached: bool | None = None,
) -> Row:
    """Return the row of the percentile *which* against the first peer in *words*."""
    peer, name = next(iter(words.items()))
    return Row(
        measure=f"edge to subscriber, {which}",
        gardu=f"{times['gardu']:.2f} ms",
        against=f"{times[peer]:.2f} ms {name}",
        ratio=times["gardu"] / times[peer],
        target=target,
        reached=reached,
        note=note,
    )


async def _round(bed: Bed, name: str, edges: int, seed: int) -> list[float]:
    """Start one competitor; return its milliseconds for each edge."""
    start, topic, part = _PEERS[name]
    run = bed.run_dir(name)
    async with (
        lobby_of(run) as lobby,
        subscriber(bed.url, topic, part) as ears,
        start(bed, run),
    ):
        await _until_it_answers(lobby, ears)
        chance = Random(seed)  # noqa: S311 - pauses, not secrets
        times = [await _edge(lobby, ears, chance) for _ in range(_WARM_UP + edges)]
    return times[_WARM_UP:]


async def _until_it_answers(lobby: Lobby, ears: Subscriber) -> None:
    """Move the contact until a message comes: then all is up and connected."""
    async with asyncio.timeout(30):
        while ears.heard.empty():
            _toggle(lobby)
            await asyncio.sleep(0.2)
    await asyncio.sleep(1.0)
    ears.forget()


async def _edge(lobby: Lobby, ears: Subscriber, chance: Random) -> float:
    """Make one edge; return the milliseconds until its message is here."""
    await asyncio.sleep(chance.uniform(*_PAUSE_S))
    began = time.perf_counter_ns()
    _toggle(lobby)
    async with asyncio.timeout(_PATIENCE_S):
        heard, _ = await ears.heard.get()
    return (heard - began) / 1e6


def _toggle(lobby: Lobby) -> None:
    pin = lobby.header[PIN]
    pin.tie(None if pin.level == 0 else 0, lobby.clock.boot_ns())
