"""An ext4 file system in a file (loop device), in which the kernel can be made to meet errors."""

import fcntl
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SIZE = 128 << 20  # sparse

# EXT4_IOC_SHUTDOWN, as _IOR('X', 125, __u32), and EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h).
_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2


class Disk:
    """An ext4 file system in a file, mounted as docs/read-only-root.md has it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "disk"
        self._image = folder / "image"
        self.path.mkdir()
        with self._image.open("wb") as image:
            image.truncate(SIZE)
        _run("mkfs.ext4", "-q", str(self._image))

    def mount(self, errors: str = "remount-ro") -> None:
        """Mount it, after the check that a boot makes."""
        _run("fsck.ext4", "-p", str(self._image), allowed=(0, 1))
        _run("mount", "-o", f"loop,errors={errors}", str(self._image), str(self.path))

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

    def fail_as_linux_6_12(self) -> None:
        """Have the kernel meet an error, and fail all reads and writes from then on.

        Linux 6.11 to 6.14 do both at the error; other versions at this request.
        """
        self.fail()
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(folder)


def _run(*command: str, allowed: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode not in allowed:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()}")


@contextmanager
def ext4_disk(folder: Path) -> Iterator[Disk]:
    """Yield a mounted disk below *folder*; skip the test where none can be mounted."""
    if os.geteuid() or shutil.which("mkfs.ext4") is None:
        pytest.skip("needs root, and e2fsprogs")
    found = Disk(folder)
    try:
        found.mount()
    except OSError as error:
        pytest.skip(f"needs a loop device: {error}")
    try:
        yield found
    finally:
        found.unmount()
