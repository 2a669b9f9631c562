"""Measures the steady state of the write-ahead log: latency and its size after 10,000 events."""

from pathlib import Path

from bench.bed import Bed, daemon_of, lobby_of, pins, say
from bench.contact import Contact, Pause
from bench.publishers import PUBLISHERS
from bench.race import WARM_UP
from bench.subscriber import subscriber
from bench.table import Row, percentile
from edge.store.store import FILE

_EVENTS, _FRESH, _STEADY = 10_000, 300, 1_000
_AT_ONCE: Pause = (0.0, 0.0)
_SHORT: Pause = (0.005, 0.02)
_STEP = 1_000


async def measure(bed: Bed) -> list[Row]:
    """Return the rows of p50, p95 and p99 with a log in steady state against a fresh one.

    SQLite begins its log again from the start after each checkpoint; 10,000 events are several.
    """
    events, fresh_edges, steady_edges = (500, 60, 100) if bed.quick else (_EVENTS, _FRESH, _STEADY)
    run, gardu = bed.run_dir("log"), PUBLISHERS["gardu"]
    async with (
        lobby_of(run) as lobby,
        subscriber(bed.url, gardu.topic, gardu.part) as received,
        daemon_of(run, pins(run), moved=True),
    ):
        contact = Contact(lobby, received)
        await contact.until_answered()
        await contact.edges(WARM_UP, _SHORT)
        say("steady state of the log: fresh")
        fresh = await contact.edges(fresh_edges, _SHORT)
        for done in range(0, events, _STEP):
            say(f"steady state of the log: {done:,} of {events:,} events")
            await contact.edges(min(_STEP, events - done), _AT_ONCE)
        say("steady state of the log: steady")
        steady = await contact.edges(steady_edges, _SHORT)
        log, data = (_megabytes(run.data / f"{FILE}{end}") for end in ("-wal", ""))
    name = f"edge to subscriber after {events:,} events"
    rows = [_row(name, steady, fresh, percent) for percent in (50, 95, 99)]
    size = Row(measure="write-ahead log after them", gardu=f"{log:.1f} MB",
               note=f"the database has {data:.1f} MB")  # fmt: skip
    return [*rows, size]


def _row(name: str, steady: list[float], fresh: list[float], percent: int) -> Row:
    late, early = percentile(steady, percent), percentile(fresh, percent)
    return Row(
        measure=f"{name}, p{percent}",
        gardu=f"{late:.2f} ms",
        against=f"{early:.2f} ms in the first {len(fresh)}",
        ratio=late / early,
    )


def _megabytes(file: Path) -> float:
    return file.stat().st_size / 1e6
