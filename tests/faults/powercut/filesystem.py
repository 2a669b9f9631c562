"""A file system that passes through to a folder, records changes, and fails on demand.

``python -m tests.faults.powercut.filesystem MOUNT FOLDER LOG`` mounts it until it is unmounted.
Every operation is in LOG before its caller gets the result, so after any call the length of LOG
shows the operations that the call needed.

``setxattr(MOUNT, "user.fail", b"fsync gardu.db-wal 2 5")`` makes the second fsync from now on of
files with names that end so fail with errno 5, and all after it, until ``b""`` is set.
"""

import os
import sys
from pathlib import Path
from typing import Any

from mfusepy import FUSE

from sim.line.pass_through import PassThrough
from tests.faults.powercut.operations import Kind, Operation, encode


class Fault:
    """An order to fail: operations *what* on files named ``*name``, after *spared* of them."""

    def __init__(self, order: bytes) -> None:
        self.what, self.name, nth, number = (order.decode() or "- - 1 0").split()
        self.spared = int(nth) - 1
        self.errno = int(number)

    def meet(self, what: str, path: str) -> None:
        """Raise OSError if this operation is to fail."""
        if what != self.what or not path.endswith(self.name):
            return
        if self.spared > 0:
            self.spared -= 1
            return
        raise OSError(self.errno, os.strerror(self.errno))


class Recorder(PassThrough):
    """Passes through to *folder* and records in *log*."""

    def __init__(self, folder: Path, log: Path) -> None:
        super().__init__(str(folder))
        self._log = log.open("ab", buffering=0)
        self._fault = Fault(b"")

    def _record(
        self, kind: Kind, path: str, offset: int = 0, data: bytes = b"", target: str = ""
    ) -> None:
        operation = Operation(kind, path.lstrip("/"), offset, data, target.lstrip("/"))
        self._log.write(encode(operation) + b"\n")

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        """Accept an order to fail."""
        if (path, name) != ("/", "user.fail"):
            return super().setxattr(path, name, value, options, position)
        self._fault = Fault(value)
        return 0

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Pass through and record."""
        self._fault.meet("create", path)
        number = super().create(path, mode, fi)
        self._record("create", path)
        return number

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Pass through and record."""
        self._fault.meet("write", path)
        written = super().write(path, data, offset, fh)
        self._record("write", path, offset, data[:written])
        return written

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Pass through and record."""
        self._fault.meet("truncate", path)
        super().truncate(path, length, fh)
        self._record("truncate", path, length)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Record only: the model decides what is safe, not the folder below."""
        self._fault.meet("fsync", path)
        self._record("sync", path)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        """Record."""
        self._fault.meet("fsync", path)
        self._record("sync-folder", path)
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        """Pass through and record."""
        super().mkdir(path, mode)
        self._record("mkdir", path)
        return 0

    def rmdir(self, path: str) -> int:
        """Pass through and record."""
        super().rmdir(path)
        self._record("rmdir", path)
        return 0

    def rename(self, old: str, new: str) -> int:
        """Pass through and record."""
        super().rename(old, new)
        self._record("rename", old, target=new)
        return 0

    def symlink(self, path: str, content: str) -> int:
        """Pass through and record."""
        super().symlink(path, content)
        operation = Operation("symlink", path.lstrip("/"), target=content)
        self._log.write(encode(operation) + b"\n")
        return 0

    def unlink(self, path: str) -> int:
        """Pass through and record."""
        super().unlink(path)
        self._record("unlink", path)
        return 0


def main(mount: str, folder: str, log: str) -> None:
    """Serve until unmounted; one thread, so that the log has the order of the operations."""
    FUSE(Recorder(Path(folder), Path(log)), mount, foreground=True, nothreads=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
