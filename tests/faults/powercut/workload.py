"""A day of the real store, its promises on the way, and a check of them on a disk."""

import hashlib
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from unittest import mock

import msgspec

from edge.clock import Clock
from edge.sop.state import PendingStill
from edge.store.disk_space import Space
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.faults.powercut.disk import Disk, Image, write_out
from tests.faults.powercut.mount import Mount, mounted
from tests.faults.powercut.operations import Operation
from tests.store_child import opened

SOURCE = "/gardu/site/checkpoint"
DATA = "data"

# A day's decisions, and the rows changed between two checkpoints of the log: several a day. Some
# are waited for (after four times as many rows), however late the thread of the others is.
DECISIONS = 16
CHECKPOINT_EVERY = 10

# Bytes of the log that are written in advance: some commits overwrite, later ones make it longer.
PREWRITTEN = 16 * 1024

# Every so many decisions a batch of several is committed together.
BATCH_EVERY, BATCH = 5, 4


class Promise(msgspec.Struct, frozen=True):
    """The store's confirmations after *operations* operations.

    :ivar number: the last decision that was confirmed as committed
    :ivar acknowledged: the last acknowledgement that was confirmed as stored
    :ivar under_way: number of decisions (the next ones) that are being committed together
    """

    operations: int
    number: int = 0
    acknowledged: int = 0
    under_way: int = 0


class Recording(msgspec.Struct, frozen=True):
    """A disk, all operations of a workload on it, and the promises in between."""

    begin: Image
    operations: list[Operation]
    promises: list[Promise]


def record(
    place: Path, begin: Image | None = None, promise: Promise | None = None, days: int = 2
) -> Recording:
    """Run the workload on a recording file system in the empty folder *place*.

    Each day opens the store, commits decisions and closes it.

    :param begin: the disk to begin with, for example after an earlier power cut
    :param promise: the promise that holds for that disk
    """
    promises = [msgspec.structs.replace(promise or Promise(0), operations=0)]
    with (
        mounted(place) as mount,
        mock.patch("edge.store.database._CHECKPOINT_EVERY", CHECKPOINT_EVERY),
    ):
        write_out(begin or {}, mount.folder)
        for _ in range(days):
            _day(mount, promises)
        return Recording(begin or {}, mount.operations(), promises)


def open_store(data: Path) -> Store:
    """Open the store as the daemon does, but without the reserve and with a small log.

    A disk is copied thousands of times here.
    """
    with mock.patch("edge.store.write_ahead_log.PREWRITTEN", PREWRITTEN):
        return Store(data, SOURCE, Clock(), space=Space(data, reserve=0))


def _day(mount: Mount, promises: list[Promise]) -> None:
    store = open_store(mount.path / DATA)
    stills = StillFiles(mount.path / DATA)
    checkpoint, _ = store.load()
    first = int(checkpoint["number"]) + 1 if checkpoint else 1
    number = first - 1
    while number < first + DECISIONS - 1:
        acknowledged = promises[-1].acknowledged
        together = BATCH if (number + 1) % BATCH_EVERY == 0 else 1
        promises.append(Promise(mount.done(), number, acknowledged, under_way=together))
        decide(store, stills, number + 1, together)
        number += together
        promises.append(Promise(mount.done(), number, acknowledged))
        if number % 3 == 0:
            # Also records left by an earlier day that was cut; every third record waits for ever.
            waiting = [row.sequence for row in store.waiting(0, number)]
            store.acknowledge([sequence for sequence in waiting if sequence % 3 != 1])
            promises.append(Promise(mount.done(), number, number))
    store.close()


def decide(store: Store, stills: StillFiles, first: int, count: int = 1) -> None:
    """Commit *count* decisions from *first* on as the checkpoint does, a still in every fourth."""
    numbers = range(first, first + count)
    rows = []
    for number in numbers:
        if number % 4 == 0:
            taken = stills.write(f"still-{number}", Clock().now(), jpeg(number))
            rows.append(stills.row(taken, PendingStill(visit=f"v{number}", step="s", purpose="d")))
    last = numbers[-1]
    store.commit(
        checkpoint={"number": last},
        visits={last: {"number": last, "text": "x" * 900}, first - 1: None},
        records=[opened(number) for number in numbers],
        stills=rows,
    )


def jpeg(number: int) -> bytes:
    """Return 2 kB in place of a picture, different for each *number*."""
    return hashlib.sha256(str(number).encode()).digest() * 64


def cuts(recording: Recording, seed: int, chances: int) -> Iterator[tuple[Promise, Image]]:
    """Yield a disk for every power cut: before the first operation, and after each.

    Per cut: only synced data, all data, and *chances* random disks; a disk is yielded only once.
    """
    dice = random.Random(seed)
    disk, before = Disk(recording.begin), set[int]()
    promises = iter([*recording.promises, Promise(len(recording.operations) + 1)])
    promise, following = next(promises), next(promises)
    for done in range(len(recording.operations) + 1):
        if done:
            disk.apply(recording.operations[done - 1])
        while following.operations <= done:
            promise, following = following, next(promises)
        for image in _images(disk, dice, chances):
            key = hash((promise, tuple(image.items())))
            if key not in before:
                before.add(key)
                yield promise, image


def _images(disk: Disk, dice: random.Random, chances: int) -> Iterable[Image]:
    yield disk.dropped()
    yield disk.kept()
    for _ in range(chances):
        yield disk.chance(dice)


def check(promise: Promise, image: Image, memory: Path) -> None:
    """Start the store on *image* as a restarted daemon does: *promise* must hold, and work goes on.

    :param memory: a folder on a disk that is as fast as memory, if there is one
    :raises AssertionError: if data is lost or wrong
    :raises StoreError: if the database cannot be used
    """
    folder = Path(tempfile.mkdtemp(dir=memory))
    try:
        write_out(image, folder)
        store = open_store(folder / DATA)
        try:
            _check(store, promise, folder / DATA)
        finally:
            store.close()
    finally:
        shutil.rmtree(folder)


def _check(store: Store, promise: Promise, data: Path) -> None:
    number = _check_state(store, promise)
    _check_outbox(store, promise, number)
    _check_stills(store, data)
    decide(store, StillFiles(data), number + 1)
    assert store.load()[0] == {"number": number + 1}
    assert store.ledger().last == number + 1


def _check_state(store: Store, promise: Promise) -> int:
    """Return the number of the last decision: the last committed one, or the one in flight."""
    checkpoint, visits = store.load()
    number = int(checkpoint["number"]) if checkpoint else 0
    # All decisions of a batch, or none.
    assert number in (promise.number, promise.number + promise.under_way)
    assert [visit["number"] for visit in visits] == ([number] if number else [])
    return number


def _check_outbox(store: Store, promise: Promise, number: int) -> None:
    ledger = store.ledger()
    assert (ledger.last, ledger.oldest) == (number, 1)
    store.next_session(10**6)
    recent = store.to_send_again(0, number + 1)
    unsent = store.waiting(0, number + 1)
    rows = sorted(recent + unsent, key=lambda row: row.sequence)
    assert [row.sequence for row in rows] == list(range(1, number + 1))
    assert all(msgspec.json.decode(row.payload)["id"] == row.id for row in rows)
    assert {row.sequence for row in recent} >= set(range(3, promise.acknowledged + 1, 3))


def _check_stills(store: Store, data: Path) -> None:
    """Every still that is to be sent is whole in its file."""
    for row in store.waiting_stills(1000):
        image = (data / row.path).read_bytes()
        assert hashlib.sha256(image).hexdigest() == row.sha256


def memory_folder(otherwise: Path) -> Path:
    """Return the folder for the disks: in memory if the machine has /dev/shm."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() else otherwise


def run(rounds: int, seed: int = 2017) -> tuple[int, int]:
    """Cut the power *rounds* times, at each operation of as many recordings as that needs.

    :return: the rounds run, and how many of them had a loss
    """
    losses = done = 0
    while done < rounds:
        with tempfile.TemporaryDirectory() as place:
            recording = record(Path(place))
            for promise, image in cuts(recording, seed + done, chances=2):
                losses += not _survives(promise, image, memory_folder(Path(place)))
                done += 1
                if done == rounds:
                    break
    return done, losses


def _survives(promise: Promise, image: Image, memory: Path) -> bool:
    try:
        check(promise, image, memory)
    except Exception as error:  # noqa: BLE001 - any error is a loss
        print(f"power cut after operation {promise}: {error!r}")
        return False
    return True
