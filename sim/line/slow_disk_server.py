"""The process of a slow disk: ``python -m sim.line.slow_disk_server FOLDER MODE``.

It mounts a file system over FOLDER that passes everything through to the folder below, and writes a
line to stdout once it is mounted. The first byte of the file MODE, which is mapped, defines at any
moment which requests it holds (sim/line/disk_mode.py). For each of them it writes a line to stdout:
the number of the thread that waits for it, and ``sync`` or ``write``. It goes on with it when it
reads that number from stdin. At the end of stdin it unmounts and ends, also when the simulation was
killed.
"""

import ctypes
import mmap
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mfusepy import FUSE, fuse_get_context

from sim.line.disk_mode import Mode
from sim.line.pass_through import PassThrough

# prctl(2): no signal when the parent dies; the end of stdin shows it, and there is a folder to
# unmount.
_PR_SET_PDEATHSIG = 1


class Gate:
    """Holds requests, each on the server's thread that handles it.

    :param mode: its first byte is the present mode
    :param say: writes a line
    """

    def __init__(self, mode: mmap.mmap, say: Callable[[str], None]) -> None:
        self._mode = mode
        self._say = say
        self._lock = threading.Lock()
        self._held: dict[int, threading.Event] = {}
        self._open = False

    def write(self) -> None:
        """Return when a write may go on."""
        self._pass("write", Mode.SYNCS_AND_WRITES)

    def sync(self) -> None:
        """Return when a sync may go on."""
        self._pass("sync", Mode.SYNCS)

    def _pass(self, what: str, least: Mode) -> None:
        thread = fuse_get_context()[2]
        # The kernel's own threads write pages that a process has mapped: nothing waits for them.
        if self._mode[0] < least or not thread:
            return
        go_on = threading.Event()
        with self._lock:
            if self._open:
                return
            self._held[thread] = go_on
        self._say(f"{thread} {what}")
        go_on.wait()

    def let_go(self, thread: int) -> None:
        """Go on with the request of *thread*."""
        with self._lock:
            self._held.pop(thread).set()

    def open(self) -> None:
        """Go on with all requests, also with those to come."""
        with self._lock:
            self._open = True
            for go_on in self._held.values():
                go_on.set()


class SlowFiles(PassThrough):
    """Passes through to *folder* what *gate* lets pass.

    Reads pass: a card that stalls still answers from the page cache.
    """

    def __init__(self, folder: str, gate: Gate) -> None:
        super().__init__(folder)
        self._gate = gate

    def init(self, path: str) -> None:  # noqa: ARG002 - FUSE's signature
        """Write the line that says: mounted."""
        _say("mounted")

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Wait as a write does, then pass through."""
        self._gate.write()
        return super().create(path, mode, fi)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Wait, then pass through."""
        self._gate.write()
        return super().write(path, data, offset, fh)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Wait as a write does, then pass through."""
        self._gate.write()
        return super().truncate(path, length, fh)

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Wait, then pass through."""
        self._gate.sync()
        return super().fsync(path, datasync, fh)

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        """Wait, then pass through."""
        self._gate.sync()
        return super().fsyncdir(path, datasync, fh)

    # The daemon's control socket, and files without a name that get one, need these.

    def mknod(self, path: str, mode: int, dev: int) -> int:
        """Pass through: the daemon's control socket."""
        os.mknod(self._real(path), mode, dev)
        return 0

    def chown(self, path: str, uid: int, gid: int) -> int:
        """Pass through."""
        os.chown(self._real(path), uid, gid)
        return 0

    def link(self, target: str, source: str) -> int:
        """Pass through."""
        os.link(self._real(source), self._real(target))
        return 0


def _say(line: str) -> None:
    with suppress(BrokenPipeError):  # the simulation was killed: the end of stdin follows
        os.write(1, f"{line}\n".encode())  # in one piece: several threads write


def _obey(gate: Gate, folder: Path) -> None:
    """Go on with the requests whose threads are on stdin; unmount at its end."""
    with open(0, "rb", closefd=False) as threads:
        for thread in threads:
            gate.let_go(int(thread))
    gate.open()
    if os.geteuid():
        tool = shutil.which("fusermount3") or shutil.which("fusermount") or "fusermount3"
        command = [tool, "-u", "-z", str(folder)]
    else:
        command = ["umount", "-l", str(folder)]
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL)  # noqa: S603 - no shell


def main(folder: Path, mode: Path) -> None:
    """Serve until unmounted. The folder below is reached by a descriptor from before the mount."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, 0)
    below = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    with mode.open("rb") as file:
        gate = Gate(mmap.mmap(file.fileno(), 1, access=mmap.ACCESS_READ), _say)
    threading.Thread(target=_obey, args=(gate, folder), daemon=True).start()
    files = SlowFiles(f"/proc/self/fd/{below}", gate)
    FUSE(files, str(folder), foreground=True, nonempty=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
