"""Retention: only deliveries older than the limit are removed, and none under a wrong clock."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import Clock, iso
from edge.config.model import Retention as Limits
from edge.store import retention
from edge.store.chain import Walk
from edge.store.disk_space import Space
from edge.store.register import facts
from edge.store.retention import RetentionPostponed, Sweep, remove_expired, run_retention
from edge.store.snapshot import Snapshot
from edge.store.store import StillRow, Store
from edge.worker import Worker
from tests.longer import either, longer
from tests.store_bench import SOURCE, HandClock, record, say, sequences

DAY = 86_400.0
LIMITS = Limits()


pytestmark = pytest.mark.usefixtures("short_batches")


@pytest.fixture
def clock() -> HandClock:
    """A clock that is moved by hand."""
    return HandClock()


@pytest.fixture
def store(tmp_path: Path, clock: HandClock) -> Iterator[Store]:
    """A new store."""
    opened = Store(tmp_path, SOURCE, clock)
    yield opened
    opened.close()


def sweep(store: Store, folder: Path, clock: HandClock, limits: Limits = LIMITS) -> Sweep:
    """Run retention to its end, on a thread of its own as in service."""

    async def work() -> Sweep:
        worker = Worker("store")
        try:
            return await remove_expired(store, worker, clock.now(), folder, limits)
        finally:
            worker.stop()

    return asyncio.run(work())


def kept(store: Store) -> list[int]:
    """Return the sequences of the stored records."""
    return [row.doc_id for row in store.documents.table("outbox")]


def intact(folder: Path) -> bool:
    """Return True if the chain is intact from its present beginning on."""
    with Snapshot(folder) as snapshot:
        walk = Walk(snapshot.stream, snapshot.start)
        return walk.go(snapshot.records(), snapshot.head) is None


def test_delivered_records_go_after_their_time(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    """Not before their time; chain and numbers go on, and no record is sent again."""
    say(store, 5)
    store.acknowledge([1, 2, 3])
    clock.pass_s(30 * DAY)
    store.acknowledge([4, 5])
    clock.pass_s(59 * DAY)
    assert sweep(store, tmp_path, clock).records == 0
    clock.pass_s(2 * DAY)
    assert sweep(store, tmp_path, clock).records == 3
    assert kept(store) == [4, 5]
    assert intact(tmp_path)
    clock.pass_s(30 * DAY)
    sweep(store, tmp_path, clock)
    assert kept(store) == []
    assert len(store.documents.table("acknowledged")) == 0
    ledger = store.ledger()
    assert (ledger.oldest, ledger.last, ledger.acknowledged) == (6, 5, 5)
    assert intact(tmp_path)
    assert sequences(say(store, 2)) == [6, 7]
    assert intact(tmp_path)


def test_what_was_not_delivered_stays_for_ever(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    """Waiting and parked records stay, and those after them, so that history has no holes."""
    say(store, 9)
    store.acknowledge([1, 2, 4, 6, 7, 9])
    store.failed(3, "0x87")
    store.park(3, "0x87")
    clock.pass_s(4000 * DAY)
    assert sweep(store, tmp_path, clock).records == 2
    assert kept(store) == list(range(3, 10))
    assert sequences(store.waiting(0, 9)) == [5, 8]
    assert sequences(store.parked()) == [3]
    assert store.resend(3, 3).unparked == 1
    store.acknowledge([3])
    clock.pass_s(89 * DAY)
    assert sweep(store, tmp_path, clock).records == 0
    clock.pass_s(2 * DAY)
    assert sweep(store, tmp_path, clock).records == 2
    assert kept(store) == list(range(5, 10))
    assert intact(tmp_path)


def test_what_records_said_stays(store: Store, clock: HandClock, tmp_path: Path) -> None:
    """A month gives the same facts before, during and after the removal of its records."""
    month = record(1).at.iso()[:7]
    say(store, 5)
    store.acknowledge([1, 2])
    before = list(facts(store.documents, month))
    assert len(before) == 5
    clock.pass_s(91 * DAY)
    sweep(store, tmp_path, clock)
    assert (kept(store), list(facts(store.documents, month))) == ([3, 4, 5], before)
    store.acknowledge([3, 4, 5])
    clock.pass_s(4000 * DAY)
    sweep(store, tmp_path, clock)
    assert (kept(store), list(facts(store.documents, month))) == ([], before)
    assert list(facts(store.documents, "1999-12")) == []


def test_large_histories_go_in_small_pieces(store: Store, clock: HandClock, tmp_path: Path) -> None:
    """No step removes more than a page, so that the next event does not wait long."""
    for _ in range(retention.PAGE + 50):
        store.acknowledge(sequences(say(store, 2)))
    clock.pass_s(100 * DAY)
    one = Sweep(store, tmp_path, LIMITS, clock.now())
    counts = []
    for step in one.steps:
        while True:
            before = len(kept(store))
            more = step()
            counts.append(before - len(kept(store)))
            if not more:
                break
    assert max(counts) == retention.PAGE
    assert sum(counts) == 2 * (retention.PAGE + 50)
    assert kept(store) == []


@pytest.mark.parametrize(("over_s", "removed"), [(60, 0), (110, 0), (130, 2)])
def test_the_clocks_error_makes_no_record_older(
    store: Store, clock: HandClock, tmp_path: Path, over_s: int, removed: int
) -> None:
    """A minute of possible error on each side of a reboot counts for the record."""
    clock.moment = msgspec.structs.replace(clock.moment, error_ms=60_000)
    say(store, 2)
    store.acknowledge([1, 2])
    clock.reboot(LIMITS.delivered_days * DAY + over_s)
    clock.moment = msgspec.structs.replace(clock.moment, error_ms=60_000)
    assert sweep(store, tmp_path, clock).records == removed


@pytest.mark.parametrize("wall_jump_s", [-1.7e9, 3.2e8])
def test_untrusted_clock_removes_nothing(
    store: Store, clock: HandClock, tmp_path: Path, wall_jump_s: float
) -> None:
    """An untrusted clock of 1970 or 2036 postpones retention; a right one completes it."""
    say(store, 2)
    store.acknowledge([1, 2])
    clock.reboot(wall_jump_s, synced=False)
    with pytest.raises(RetentionPostponed, match="not trusted"):
        sweep(store, tmp_path, clock)
    clock.reboot(-wall_jump_s + 91 * DAY)
    assert sweep(store, tmp_path, clock).records == 2


def test_clock_that_contradicts_itself_removes_nothing(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    """A clock behind the newest delivery, or that jumped within a boot, is wrong."""
    say(store, 1)
    store.acknowledge([1])
    right = clock.moment
    for jump_s in (-100 * DAY, 3650 * DAY):
        clock.moment = msgspec.structs.replace(right, wall_ms=right.wall_ms + int(jump_s * 1000))
        with pytest.raises(RetentionPostponed, match="contradicts"):
            sweep(store, tmp_path, clock)
    clock.moment = right
    clock.reboot(-100 * DAY)
    with pytest.raises(RetentionPostponed, match="contradicts"):
        sweep(store, tmp_path, clock)
    assert kept(store) == [1]


def test_a_clock_behind_the_newest_record_removes_nothing(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    """Without any delivery the newest record shows that the clock is wrong."""
    say(store, 1)
    clock.reboot(-100 * DAY)
    with pytest.raises(RetentionPostponed, match="newer records"):
        sweep(store, tmp_path, clock)
    assert kept(store) == [1]


def test_untrusted_deliveries_are_dated_by_later_ones(
    store: Store, clock: HandClock, tmp_path: Path
) -> None:
    """A delivery under a clock of 1970 is as old as the next trusted one, and no older."""
    say(store, 3)
    clock.reboot(-1.7e9, synced=False)
    store.acknowledge([1])
    clock.reboot(1.7e9)
    store.acknowledge([2])
    clock.pass_s(80 * DAY)
    store.acknowledge([3])
    assert sweep(store, tmp_path, clock).records == 0
    clock.pass_s(11 * DAY)
    assert sweep(store, tmp_path, clock).records == 2


def still(store: Store, folder: Path, name: str, clock: HandClock) -> Path:
    """Store a still; return its file."""
    path = f"stills/{clock.now().iso()[:10]}/{name}.jpg"
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(b"\xff\xd8")
    store.add_still(StillRow(name, "desk", path, "0" * 64, 2))
    return folder / path


def test_stills_go_with_their_files(store: Store, clock: HandClock, tmp_path: Path) -> None:
    """Delivered stills are deleted, with row, file and empty folder; waiting ones stay."""
    first, waiting = (still(store, tmp_path, name, clock) for name in ("a", "b"))
    clock.pass_s(DAY)
    later = still(store, tmp_path, "c", clock)
    store.acknowledge_still("a")
    store.acknowledge_still("c")
    clock.pass_s(89 * DAY)
    assert sweep(store, tmp_path, clock).stills == 0
    clock.pass_s(2 * DAY)
    assert sweep(store, tmp_path, clock).stills == 2
    assert (first.exists(), later.exists(), waiting.exists()) == (False, False, True)
    assert [row.id for row in store.waiting_stills(9)] == ["b"]
    assert len(store.documents.table("stills-sent")) == 0
    clock.pass_s(DAY)
    sweep(store, tmp_path, clock)
    assert not later.parent.exists()


def test_files_without_a_row_go_too(store: Store, clock: HandClock, tmp_path: Path) -> None:
    """A picture that was written and never recorded shows a person too; it is removed in time."""
    stray = still(store, tmp_path, "x", clock).with_name("stray.part")
    stray.touch()
    other = tmp_path / "stills" / "not-a-day" / "x.jpg"
    other.parent.mkdir()
    other.touch()
    clock.pass_s(90 * DAY)
    sweep(store, tmp_path, clock)
    assert stray.exists()
    clock.pass_s(3 * DAY)
    assert sweep(store, tmp_path, clock).stills == 1
    assert not stray.exists()
    assert other.exists()
    assert (stray.parent / "x.jpg").exists()


Day = st.tuples(
    st.integers(0, 3),  # records
    st.lists(st.integers(1, 40), max_size=6),  # acknowledged, if they wait
    st.integers(0, 40),  # resent from here
    st.integers(1, 60),  # days that pass
)


@longer
@settings(max_examples=either(20, 400), deadline=None, database=None)
@given(days=st.lists(Day, max_size=12))
def test_whatever_happens_only_old_deliveries_go(
    tmp_path_factory: pytest.TempPathFactory, days: list[tuple[int, list[int], int, int]]
) -> None:
    """Compared with a plain model: only old deliveries are removed, without holes, in a chain."""
    folder, clock = tmp_path_factory.mktemp("retention"), HandClock()
    delivered: dict[int, float] = {}
    space = Space(folder, reserve=0)
    with contextlib.closing(Store(folder, SOURCE, clock, space=space)) as store:
        for new, acknowledged, resent, passing in days:
            say(store, new)
            known = store.ledger().last
            if resent:
                store.resend(resent, resent + 1)
            waiting = set(sequences(store.waiting(0, 999)))
            store.acknowledge([n for n in acknowledged if n in waiting])
            delivered |= {n: clock.wall_ms() for n in acknowledged if n in waiting}
            clock.pass_s(passing * DAY)
            sweep(store, folder, clock)
            there = kept(store)
            assert there == list(range(known + 1 - len(there), known + 1))
            gone = set(range(1, known + 1)) - set(there)
            limit = clock.wall_ms() - 90 * DAY * 1000
            assert all(delivered[n] <= limit for n in gone)
            assert not gone & set(sequences(store.waiting(0, 999)))
            assert intact(folder)
            # The first record that stays must have a reason to stay.
            if there:
                first = there[0]
                assert first in set(sequences(store.waiting(0, 999))) or delivered[first] >= limit


class Hurried(HandClock):
    """A clock with pauses that last no time, but are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    async def pause(self, seconds: float) -> None:
        """Count the pause and advance the clock."""
        self.pauses.append(seconds)
        self.pass_s(seconds)
        await asyncio.sleep(0)


def test_runs_at_start_and_daily_and_waits_for_the_clock(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Every day; every AGAIN_S while the clock is not trusted, with one line in the log."""

    async def scenario() -> None:
        clock = Hurried()
        store, worker = Store(tmp_path, SOURCE, clock), Worker("store")
        say(store, 1)
        store.acknowledge([1])
        clock.moment = msgspec.structs.replace(clock.moment, synced=False)
        job = asyncio.create_task(run_retention(store, worker, clock, tmp_path, LIMITS))
        while len(clock.pauses) < 3:
            await asyncio.sleep(0.001)
        assert set(clock.pauses) == {retention.AGAIN_S}
        clock.moment = msgspec.structs.replace(clock.moment, synced=True)
        while retention.DAY_S not in clock.pauses:
            await asyncio.sleep(0.001)
        while kept(store):
            await asyncio.sleep(0.001)
        job.cancel()
        await asyncio.wait([job])
        worker.stop()
        store.close()
        assert 90 <= clock.pauses.count(retention.DAY_S) <= 200

    asyncio.run(scenario())
    assert caplog.text.count("nothing old is removed for now") == 1


def test_old_days_are_told_by_their_names(tmp_path: Path, clock: HandClock, store: Store) -> None:
    """A folder of 1970, from before the clock was set, is old."""
    epoch = tmp_path / "stills" / iso(0)[:10] / "s.jpg"
    epoch.parent.mkdir(parents=True)
    epoch.touch()
    assert isinstance(clock, Clock)
    assert sweep(store, tmp_path, clock).stills == 1
    assert not epoch.parent.exists()
