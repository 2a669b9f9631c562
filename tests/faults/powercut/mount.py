"""The recording file system, mounted for a test."""

import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.clock import Clock
from tests.faults.powercut import operations
from tests.faults.powercut.operations import Operation

_ROOT = Path(__file__).parents[3]
_WAIT_S = 20


class Mount:
    """A mounted recording file system.

    :ivar path: the mount point; ``folder`` is the folder below it
    """

    def __init__(self, place: Path) -> None:
        self.path = place / "mount"
        self.folder = place / "below"
        self._log = place / "operations"
        self.path.mkdir()
        self.folder.mkdir()

    def done(self) -> int:
        """Return how many operations were done so far."""
        return operations.count(self._log)

    def operations(self) -> list[Operation]:
        """Return all operations done so far."""
        return operations.read(self._log)

    def fail(self, what: str, name: str, errno: int, nth: int = 1) -> None:
        """Make the *nth* operation *what* on files named ``*name`` fail, and all after it."""
        os.setxattr(self.path, "user.fail", f"{what} {name} {nth} {errno}".encode())

    def heal(self) -> None:
        """End all failures."""
        os.setxattr(self.path, "user.fail", b"")


def missing() -> str:
    """Return the reason why no such file system can be mounted here; "" if it can."""
    if not Path("/dev/fuse").exists():
        return "needs FUSE: there is no /dev/fuse"
    if not (ctypes.util.find_library("fuse") or ctypes.util.find_library("fuse3")):
        return "needs FUSE: apt install libfuse2"
    if os.geteuid() and not shutil.which("fusermount") and not shutil.which("fusermount3"):
        return "needs FUSE: root, or apt install fuse3"
    return ""


@contextmanager
def mounted(place: Path) -> Iterator[Mount]:
    """Mount a recording file system in the empty folder *place*."""
    mount = Mount(place)
    command = [sys.executable, "-m", "tests.faults.powercut.filesystem"]
    arguments = [str(mount.path), str(mount.folder), str(mount._log)]
    with subprocess.Popen([*command, *arguments], cwd=_ROOT) as server:
        try:
            _wait(mount, server)
            yield mount
        finally:
            _unmount(mount, server)


def _wait(mount: Mount, server: subprocess.Popen[bytes]) -> None:
    clock = Clock()
    for _ in range(_WAIT_S * 50):
        if mount.path.is_mount():
            return
        if server.poll() is not None:
            break
        clock.sleep(0.02)
    raise RuntimeError("the recording file system was not mounted; its error is above")


def _unmount(mount: Mount, server: subprocess.Popen[bytes]) -> None:
    if os.geteuid():
        tool = shutil.which("fusermount3") or shutil.which("fusermount") or "fusermount3"
        command = [tool, "-u", "-z", str(mount.path)]
    else:
        command = ["umount", "-l", str(mount.path)]
    subprocess.run(command, check=False, capture_output=True)
    try:
        server.wait(_WAIT_S)
    except subprocess.TimeoutExpired:
        server.kill()
