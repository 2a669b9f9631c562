"""The calculations of the benchmark, and the figures that it reads from the kernel."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.broker import Listener
from bench.burst import Edge, disorder
from bench.card import MISSING, SlowCard
from bench.peers.bare_synced import Log
from bench.pin_watch import PinWatch
from bench.proc import cpu_s, peak_mb, resident_mb, written
from bench.race import ratio_of, typical
from bench.table import Row, median, percentile, render
from bench.throttle import SHARE, pause_s
from edge.errors import GarduError
from sim.world.header import HeaderPin


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1.0), (50, 5.0), (51, 6.0), (95, 10.0), (90, 9.0), (100, 10.0)]
)
def test_percentiles_are_values_that_were_seen(percent: float, expected: float) -> None:
    """Nearest rank: a percentile is always one of the measured values, never between two."""
    assert percentile([10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0], percent) == expected


def test_the_median_does_not_follow_an_outlier() -> None:
    """The median is the middle of an odd number, the mean of the middle two of an even number."""
    assert median([1.0, 1000.0, 2.0]) == 2.0
    assert median([4.0, 1.0, 3.0, 1000.0]) == 3.5


def test_nothing_measured_is_an_error_and_not_a_zero() -> None:
    """A round without measurements is an error, so that it cannot become a good figure."""
    with pytest.raises(ValueError, match="nothing"):
        median([])
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)


def test_the_table_says_what_falls_short() -> None:
    """Columns are aligned, a missed target is marked NO, notes come below."""
    rows = [
        Row(measure="a", gardu="1 ms", against="2 ms b", ratio=0.5, target="<= 2 x", reached=True),
        Row(measure="longer", gardu="9 s", target="<= 1 s", reached=False, note="why"),
        Row(measure="c", gardu="3"),
    ]
    head, line, first, second, third, *notes = render(rows).splitlines()
    columns = [head.index(word) for word in ("measure", "Gardu", "against", "ratio", "to reach")]
    assert [first[at:].split()[0] for at in columns] == ["a", "1", "2", "0.50", "<="]
    assert set(line) == {"-"}
    assert first.endswith("yes")
    assert second.endswith("NO")
    assert third.split() == ["c", "3", "-", "-", "-", "-"]
    assert notes == ["", "longer: why"]


def test_proc_tells_of_a_process_what_it_did(tmp_path: Path) -> None:
    """Memory, processor time and bytes written are read for this process only."""
    me = os.getpid()
    assert 1 < resident_mb(me) <= peak_mb(me)
    assert cpu_s(me) > 0
    before = written(me).calls
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    assert written(me).calls - before >= 100_000


def test_a_ratio_is_of_rounds_that_ran_one_after_the_other() -> None:
    """A machine that is three times as slow in one round changes no ratio."""
    gardu, peer = [[2.0, 2.0], [6.0, 6.0], [2.2, 2.2]], [[1.0, 1.0], [3.0, 3.0], [1.0, 1.0]]
    assert ratio_of(gardu, peer, 50) == 2.0
    assert typical(gardu, 95) == 2.2


def test_a_burst_with_lost_order_is_no_figure() -> None:
    """Messages that come twice, out of order, or without the one between are found."""
    raised, cleared = "gardu.alarm.raised.v1", "gardu.alarm.cleared.v1"
    first, second, third = Edge(raised, "0001"), Edge(cleared, "0002"), Edge(raised, "0003")
    assert disorder([first, second, third]) == ""
    assert disorder([first, third, second]) != ""
    assert disorder([first, first, second]) == "0001 came after 0001"
    assert disorder([second, first]) == "0001 came after 0002"


def test_a_stopped_process_gets_its_share() -> None:
    """The stops are as long as the share demands, less the time by which the last was too long."""
    assert pause_s(0.001, 0.0) == pytest.approx(0.001 / SHARE - 0.001)
    assert pause_s(0.001, 0.003) == pytest.approx(0.001)
    assert pause_s(0.001, 1.0) == 0.0


def test_the_floor_writes_as_many_bytes_as_it_was_given(tmp_path: Path) -> None:
    """The peer's file does not grow: a sync has only data to write. At its end it begins again."""
    log = Log(tmp_path / "log", 1_500_000)
    size = (tmp_path / "log").stat().st_size
    before = written(os.getpid()).calls
    for _ in range(3):
        log()
    assert written(os.getpid()).calls - before >= 4_500_000
    assert (tmp_path / "log").stat().st_size == size


def test_the_address_of_a_listener_says_if_it_has_tls() -> None:
    """The daemon encrypts only by the scheme of its broker's address."""
    assert Listener(1883).url == "mqtt://127.0.0.1:1883"
    assert Listener(8883, "ca.pem").url == "mqtts://127.0.0.1:8883"


def test_a_watched_pin_gives_each_change_once() -> None:
    """A change before the press is forgotten; the next one is waited for."""

    async def scenario() -> None:
        pin = HeaderPin(9)
        watch = PinWatch(pin, "a lamp")
        pin.drive(1, 0)
        watch.forget()
        before = time.perf_counter_ns()
        pin.drive(0, 0)
        assert await watch.next_change() >= before
        await watch.until_at(0, 0.0)

    asyncio.run(scenario())


@pytest.fixture
def card(tmp_path: Path) -> SlowCard:
    """Return a slow card; skipped without a C compiler."""
    try:
        return SlowCard(tmp_path)
    except GarduError as error:
        if str(error) != MISSING:
            raise
        pytest.skip(MISSING)


def test_a_slow_card_lengthens_the_syncs_of_a_process(card: SlowCard, tmp_path: Path) -> None:
    """Both kinds of sync are lengthened and counted, and a stall holds them, in that process."""
    program = (
        "import os, sys, time; file = os.open(sys.argv[1], os.O_CREAT | os.O_RDWR)\n"
        "for sync in os.fsync, os.fdatasync:\n"
        "    began = time.monotonic(); sync(file); print(time.monotonic() - began)"
    )

    def seconds() -> list[float]:
        run = subprocess.run(
            [sys.executable, "-c", program, tmp_path / "file"],
            env={**os.environ, **card.environment}, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return [float(line) for line in run.stdout.split()]

    async def slowed() -> list[float]:
        async with card.slowed(50):
            return await asyncio.to_thread(seconds)

    assert min(asyncio.run(slowed())) >= 0.05
    assert card.syncs == 2
    began = time.monotonic()
    card.stall(0.5)
    assert len(seconds()) == 2
    assert time.monotonic() - began >= 0.5
