"""The store on an ext4 file system that is read-only after an error, for real (loop device)."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.daemon.machine.card import read_card
from edge.errors import StoreError, StoreUnavailable
from edge.store.data_folder import FolderLock
from edge.store.read_only_disk import refuses_writes
from edge.store.still_files import StillFiles
from edge.store.store import Store
from tests.faults.powercut.workload import decide, open_store

SIZE = 32 << 20


class Disk:
    """An ext4 file system in a file, mounted as docs/read-only-root.md has it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "disk"
        self._image = folder / "image"
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(SIZE)
        _run("mkfs.ext4", "-q", str(self._image))

    def mount(self) -> None:
        """Mount it, after the check that a boot makes."""
        _run("fsck.ext4", "-p", str(self._image), allowed=(0, 1))
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.path))

    def unmount(self) -> None:
        """Unmount it, if it is mounted."""
        if self.path.is_mount():
            _run("umount", str(self.path))

    @property
    def _kernel(self) -> Path:
        device = self.path.stat().st_dev
        block = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve()
        return Path("/sys/fs/ext4") / block.name

    def fail(self) -> None:
        """Have the kernel meet an error in it; return once it has counted it."""
        (self._kernel / "trigger_fs_error").write_text("1", encoding="ascii")
        end = time.monotonic() + 10
        while int((self._kernel / "errors_count").read_text(encoding="ascii")) == 0:
            assert time.monotonic() < end, "the kernel did not count the error"
            time.sleep(0.01)


def _run(*command: str, allowed: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in allowed:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A mounted disk; skipped where none can be mounted."""
    if os.geteuid() or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root, and e2fsprogs")
    found = Disk(tmp_path)
    try:
        found.mount()
    except OSError as error:
        pytest.skip(f"needs a loop device: {error}")
    yield found
    found.unmount()


def data(disk: Disk) -> Path:
    """Return the data folder on *disk*."""
    folder = disk.path / "data"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def committed(store: Store) -> list[int]:
    """Return the sequences of the records of *store*."""
    return [row.sequence for row in store.waiting(0, 200)]


def test_a_change_waits_and_nothing_is_lost(disk: Disk) -> None:
    """The disk refuses the change, which may be tried again; what was committed is there after."""
    folder = data(disk)
    store, stills = open_store(folder), StillFiles(folder)
    decide(store, stills, 1)
    before = committed(store)
    disk.fail()
    assert refuses_writes(folder)
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"the disk is read-only.*fsck"):
            decide(store, stills, 2)
    assert committed(store) == before
    store.close()
    disk.unmount()
    disk.mount()
    again = open_store(folder)
    assert committed(again) == before
    decide(again, StillFiles(folder), 2)
    again.close()
    assert again.quarantined is None


def test_the_card_is_seen_to_be_read_only(disk: Disk) -> None:
    """By the kernel's count of errors: since 6.11 it does not mark the file system read-only."""
    before = read_card(data(disk))
    assert before.read_only is False
    disk.fail()
    assert read_card(data(disk), before=before).read_only is True


def test_a_start_says_that_the_disk_is_read_only(disk: Disk) -> None:
    """Not that the lock file belongs to another user."""
    folder = data(disk)
    disk.fail()
    with pytest.raises(StoreError, match=r"gardu\.lock: Read-only file system; the disk is"):
        FolderLock(folder)


def test_a_well_disk_is_written(tmp_path: Path) -> None:
    """The probe leaves nothing behind, and takes no other error for a read-only disk."""
    assert not refuses_writes(tmp_path)
    assert not list(tmp_path.iterdir())
    assert not refuses_writes(tmp_path / "absent")
