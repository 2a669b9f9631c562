"""Runs publishers of the same contact's edges in turns, under one setting; compares them."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.bed import Bed, lobby_of, say
from bench.contact import Contact
from bench.proc import written
from bench.publishers import PUBLISHERS, Setting, start_of
from bench.subscriber import subscriber
from bench.table import Row, median, percentile

WARM_UP = 30
"""Edges before the measured ones of a round."""

# Until Gardu has run once under this setting: about as many bytes as it then is found to write.
_EVENT_BYTES = 4_000

Rounds = dict[str, list[list[float]]]
"""For each publisher, by short name, the milliseconds of the edges of each round."""


class Target(msgspec.Struct, frozen=True):
    """Greatest ratios of p50 and p95 to those of a peer."""

    p50: float
    p95: float


class Race:
    """Runs *names* under *setting*; each round starts all again, in another order.

    :param what: the name of the measure, in the table and in messages
    :param names: of :data:`PUBLISHERS`, with ``gardu`` as the first
    :ivar seen: the rounds so far
    :ivar event_bytes: bytes that Gardu wrote for each event in its last round, without its journal
    """

    def __init__(self, bed: Bed, what: str, names: Sequence[str], setting: Setting) -> None:
        self._bed = bed
        self._what = what
        self._names = names
        self._setting = setting
        self.seen: Rounds = {name: [] for name in names}
        self.event_bytes = _EVENT_BYTES

    async def run(self, rounds: int, edges: int, warm_up: int = WARM_UP) -> None:
        """Run *rounds* of *edges* measured edges for each publisher."""
        for number in range(rounds):
            for name in _rotated(self._names, number):
                say(f"{self._what}: round {number + 1} of {rounds}, {name}")
                self.seen[name].append(await self._round(name, number, edges, warm_up))

    async def _round(self, name: str, seed: int, edges: int, warm_up: int) -> list[float]:
        """Start one publisher; return its milliseconds for each edge."""
        publisher = PUBLISHERS[name]
        run = self._bed.run_dir(name, self._setting.listener)
        start = start_of(self._bed, run, self._setting, self.event_bytes)
        async with (
            lobby_of(run) as lobby,
            subscriber(self._bed.url, publisher.topic, publisher.part) as received,
            publisher.start(start) as process,
        ):
            contact = Contact(lobby, received, seed)
            await contact.until_answered()
            async with self._setting.slow(process.pid):
                await contact.edges(warm_up, self._setting.pause)
                before = written(process.pid).calls - _size(run.daemon_log)
                times = await contact.edges(edges, self._setting.pause)
                after = written(process.pid).calls - _size(run.daemon_log)
        if name == "gardu":
            self.event_bytes = round((after - before) / edges)
        return times

    def rows(self, peer: str, target: Target | None = None) -> list[Row]:
        """Return the rows of Gardu's p50 and p95 against those of *peer*."""
        p50, p95 = (None, None) if target is None else (target.p50, target.p95)
        return [self._row(peer, 50, p50), self._row(peer, 95, p95)]

    def _row(self, peer: str, percent: int, target: float | None) -> Row:
        gardu, other = self.seen["gardu"], self.seen[peer]
        ratio = ratio_of(gardu, other, percent)
        return Row(
            measure=f"{self._what}, p{percent}",
            gardu=f"{typical(gardu, percent):.2f} ms",
            against=f"{typical(other, percent):.2f} ms {PUBLISHERS[peer].words}",
            ratio=ratio,
            target="" if target is None else f"<= {target:g} x",
            reached=None if target is None else ratio <= target,
        )


def typical(rounds: Sequence[Sequence[float]], percent: float) -> float:
    """Return the median over *rounds* of each round's percentile."""
    return median([percentile(times, percent) for times in rounds])


def ratio_of(
    rounds: Sequence[Sequence[float]], others: Sequence[Sequence[float]], percent: float
) -> float:
    """Return the median over the rounds of the ratio of their percentiles.

    The two of one round ran one after the other, so a machine that changes its speed between
    rounds does not change it.
    """
    pairs = zip(rounds, others, strict=True)
    return median([percentile(a, percent) / percentile(b, percent) for a, b in pairs])


def _rotated(names: Sequence[str], number: int) -> list[str]:
    first = number % len(names)
    return [*names[first:], *names[:first]]


def _size(file: Path) -> int:
    """Return the bytes in *file*; 0 if it does not exist: only the daemon has a journal."""
    return file.stat().st_size if file.exists() else 0
