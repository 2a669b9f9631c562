"""A full disk: a small file system of its own, filled to the last byte."""

import asyncio
import itertools
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.errors import StoreError, StoreFull
from edge.sop.events import Event, SystemAlarmCleared, SystemAlarmRaised
from edge.sop.state import PendingStill
from edge.store.disk_space import FILE as RESERVE_FILE
from edge.store.disk_space import Space
from edge.store.patient_worker import PatientWorker
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.store_bench import SOURCE
from tests.store_child import opened

SIZE = 8 * 2**20
RESERVE = 2**20
STILL = 100_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of SIZE bytes."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "gardu-test", str(tmp_path)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs root that may mount a tmpfs: a small disk of its own")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def open_store(disk: Path, reserve: int = RESERVE) -> Store:
    """Open the store on the small disk, with a small reserve."""
    space = Space(disk / "data", reserve=reserve, stills_need=2 * RESERVE)
    return Store(disk / "data", SOURCE, Clock(), space=space)


def fill(disk: Path, leave: int = 0) -> Path:
    """Fill the disk but for *leave* bytes; return the file to delete for room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave)
    assert shutil.disk_usage(disk).free == leave
    return filler


def decide(store: Store, number: int) -> None:
    """Commit one decision with a record, as large as one of a full lobby."""
    store.commit(
        checkpoint={"number": number}, visits={1: {"text": "x" * 9000}}, records=[opened(number)]
    )


def decide_for_ever(store: Store) -> None:
    """Commit one decision after another, without end."""
    for number in itertools.count(1):
        decide(store, number)


def decide_until_full(store: Store) -> int:
    """Commit until the disk is full; return the number of the last record."""
    with pytest.raises(StoreFull, match="the disk is full"):
        decide_for_ever(store)
    return store.ledger().last


def deliver_stills(store: Store, stills: StillFiles, count: int) -> list[Path]:
    """Store *count* stills and acknowledge them; return their files, the oldest first."""
    for number in range(count):
        taken = stills.write(f"s{number}", Clock().now(), b"x" * STILL)
        store.add_still(stills.row(taken, PendingStill(visit="v", step="s", purpose="desk")))
        store.acknowledge_still(f"s{number}")
    return [file for number in range(count) for file in store._path.parent.rglob(f"s{number}.jpg")]


def test_the_reserve_and_then_room(disk: Path) -> None:
    """A full disk refuses one change whole; the reserve, and later free space, let others go on."""
    with closing(open_store(disk)) as store:
        filler = fill(disk)
        last = decide_until_full(store)
        assert store.load()[0] == ({"number": last} if last else None)
        assert store.free_space()
        assert not store.space.reserved
        assert decide_until_full(store) > last + 20
        assert not store.free_space()
        assert not store.space.reserve()
        filler.unlink()
        assert store.space.reserve()
        decide(store, 1)
        ledger = store.ledger()
        assert [row.sequence for row in store.waiting(0, 10_000)] == [*range(1, ledger.last + 1)]


@pytest.mark.parametrize("leave", range(0, 80, 4))
def test_full_at_any_point(disk: Path, leave: int) -> None:
    """If the disk fills up within a change, that change is undone and no other data is lost."""
    with closing(open_store(disk, reserve=0)) as store:
        decide(store, 1)
        filler = fill(disk, leave * 1024)
        decide_until_full(store)
        before = store.load(), store.ledger()
        with pytest.raises(StoreFull):
            store.commit(checkpoint=None, visits={2: {"text": "x" * 500_000}})
        assert (store.load(), store.ledger()) == before
    with closing(open_store(disk, reserve=0)) as store:  # the disk is still full
        assert (store.load(), store.ledger()) == before
        filler.unlink()
        decide(store, 1)
        assert store.quarantined is None


def test_too_full_to_open(disk: Path) -> None:
    """A start on a full disk uses the reserve; without one it is refused with a message."""
    open_store(disk).close()
    fill(disk)
    with closing(open_store(disk)) as store:
        decide(store, 1)
    (disk / "data" / RESERVE_FILE).unlink(missing_ok=True)
    fill_up = disk / "more"
    fill_up.write_bytes(b"x" * shutil.disk_usage(disk).free)
    with pytest.raises(StoreError, match="disk is full"):
        open_store(disk)


def test_delivered_stills_go_first(disk: Path) -> None:
    """Delivered stills make room, the oldest first, and only as many as needed."""
    with closing(open_store(disk)) as store:
        stills = StillFiles(disk / "data", store.room_for_still)
        files = deliver_stills(store, stills, 20)
        fill(disk)
        decide_until_full(store)
        assert store.free_space()
        assert store.space.reserved
        there = [file.exists() for file in files]
        assert there == sorted(there)
        assert any(there)
        assert not all(there)
        decide(store, 1)


def test_new_stills_are_refused_before_records(disk: Path) -> None:
    """With little room left a still is refused and a record is not; free space ends this."""
    with closing(open_store(disk)) as store:
        stills = StillFiles(disk / "data", store.room_for_still)
        filler = fill(disk, 2 * RESERVE - 4096)
        with pytest.raises(OSError, match="what is left is for records"):
            stills.write("s", Clock().now(), b"jpeg")
        decide(store, 1)
        filler.unlink()
        stills.write("s", Clock().now(), b"jpeg")


def test_stills_push_out_delivered_ones(disk: Path) -> None:
    """With little room left the oldest delivered still is removed for a new one."""
    with closing(open_store(disk)) as store:
        stills = StillFiles(disk / "data", store.room_for_still)
        files = deliver_stills(store, stills, 5)
        fill(disk, 2 * RESERVE - 4096)
        stills.write("new", Clock().now(), b"jpeg")
        assert [file.exists() for file in files] == [False, True, True, True, True]


class Waiting:
    """A worker on the small disk, its posted events, and the number of alarms that sounded."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.posted: list[Event] = []
        self.sounded = 0
        self.when_sounded: dict[int, Callable[[], None]] = {}
        self.worker = PatientWorker("test", store)
        self.worker.report(self._sound, lambda make: self.posted.append(make(Clock().now())))

    def _sound(self) -> None:
        assert self.worker.waiting
        self.sounded += 1
        self.when_sounded.get(self.sounded, lambda: None)()


def test_a_change_waits_for_room(disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full beyond the reserve: the change waits, the alarm sounds, and free space ends both."""
    monkeypatch.setattr("edge.store.patient_worker.WAIT_S", 0.001)

    async def scene(store: Store) -> None:
        waiting = Waiting(store)
        filler = fill(disk)
        waiting.when_sounded = {3: filler.unlink}
        number = 0
        while not waiting.sounded:
            number += 1
            await waiting.worker.do(decide, store, number)
        assert waiting.sounded == 3
        assert not waiting.worker.waiting
        assert store.ledger().last == number
        await waiting.worker.do(store.ledger)
        kinds = [type(event) for event in waiting.posted]
        assert kinds in (
            [SystemAlarmRaised, SystemAlarmCleared],
            [SystemAlarmCleared, SystemAlarmRaised, SystemAlarmCleared],
        )
        waiting.worker.stop()

    with closing(open_store(disk)) as store:
        asyncio.run(scene(store))


def test_after_a_start_the_alarm_of_the_run_before_is_cleared(disk: Path) -> None:
    """With the reserve in place the first call clears the alarm; later calls post no event."""

    async def scene(store: Store) -> None:
        waiting = Waiting(store)
        for number in range(3):
            await waiting.worker.do(decide, store, number)
        assert [type(event) for event in waiting.posted] == [SystemAlarmCleared]
        waiting.worker.stop()

    with closing(open_store(disk)) as store:
        asyncio.run(scene(store))
