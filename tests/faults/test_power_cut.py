"""The store after a power cut: at every operation of its days, with every effect on a disk.

`make test` checks a sample of the cuts of two recordings (a new folder; a start after a cut), `make
soak` every cut, with many random disks. Why FUSE: tests/faults/powercut/__init__.py.
"""

from pathlib import Path

import pytest

from tests.faults.powercut import workload
from tests.faults.powercut.disk import Disk, Image
from tests.faults.powercut.mount import missing
from tests.faults.powercut.operations import Operation
from tests.faults.powercut.workload import Recording, check, cuts, memory_folder, record
from tests.longer import either, longer, sample, slow

SEED = 2017
CHANCES = either(1, 20)

needs_fuse = pytest.mark.skipif(bool(missing()), reason=missing())


def bytes_of(image: Image, path: str) -> bytes:
    """Return the content of a file of a disk, empty if there is none."""
    content = image.get(path)
    return content if isinstance(content, bytes) else b""


def survive_all(recording: Recording, tmp_path: Path) -> int:
    """Check cuts of *recording*; return the number of cuts that there are."""
    every = list(cuts(recording, SEED, CHANCES))
    for promise, image in sample(every):
        check(promise, image, memory_folder(tmp_path))
    return len(every)


@slow
@longer
@needs_fuse
def test_cut_anywhere_from_an_empty_folder(tmp_path: Path) -> None:
    """From the first mkdir on: every committed decision is there, whole, and commits go on."""
    recording = record(tmp_path)
    kinds = [operation.kind for operation in recording.operations]
    database = [o for o in recording.operations if (o.kind, o.path) == ("sync", "data/gardu.db")]
    assert kinds.count("sync") > 40
    assert len(database) > 5, "the log must be checkpointed within the workload"
    assert survive_all(recording, tmp_path) > len(recording.operations)


@longer
@needs_fuse
def test_cut_again_while_recovering(tmp_path: Path) -> None:
    """A start after a power cut can be cut off too, at any point, and loses as little."""
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    first = record(tmp_path / "first", days=1)
    images = list(cuts(first, SEED, chances=1))
    promise, image = max(images, key=lambda cut: len(bytes_of(cut[1], "data/gardu.db-wal")))
    second = record(tmp_path / "second", image, promise, days=1)
    assert survive_all(second, tmp_path) > len(second.operations)


@needs_fuse
def test_the_check_sees_a_loss(tmp_path: Path) -> None:
    """Without syncs the store fails the check: the check does find a loss."""
    recording = record(tmp_path, days=1)
    unsynced = [o for o in recording.operations if not o.kind.startswith("sync")]
    last = recording.promises[-1]
    disk = Disk({})
    for operation in unsynced:
        disk.apply(operation)
    check(last, disk.kept(), memory_folder(tmp_path))
    with pytest.raises(AssertionError):
        check(last, disk.dropped(), memory_folder(tmp_path))


@needs_fuse
def test_rounds_for_the_table() -> None:
    """The soak's table gets the requested number of rounds, and no losses."""
    assert workload.run(25) == (25, 0)


def test_disk_model() -> None:
    """Content is sure once its file was synced, a name once its folder was: both are needed."""
    disk = Disk({})
    for operation in (
        Operation("create", "a"),
        Operation("write", "a", 0, b"x" * 1000),
        Operation("sync", "a"),
        Operation("write", "a", 1000, b"y" * 1000),
    ):
        disk.apply(operation)
    assert disk.dropped() == {}
    assert disk.kept() == {"a": b"x" * 1000 + b"y" * 1000}
    disk.apply(Operation("sync-folder", ""))
    assert disk.dropped() == {"a": b"x" * 1000}
    disk.apply(Operation("rename", "a", target="b"))
    assert disk.dropped() == {"a": b"x" * 1000}
    assert list(disk.kept()) == ["b"]
