"""A file system that passes through to a folder, records changes, and fails on demand.

``python -m tests.faults.powercut.filesystem MOUNT FOLDER LOG`` mounts it until it is unmounted.
Every operation is in LOG before its caller gets the result, so after any call the length of LOG
shows the operations that the call needed.

``setxattr(MOUNT, "user.fail", b"fsync gardu.db-wal 2 5")`` makes the second fsync from now on of
files with names that end so fail with errno 5, and all after it, until ``b""`` is set.
"""

import errno
import os
import stat
import sys
from pathlib import Path
from typing import Any

from mfusepy import FUSE, Operations

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


class Recorder(Operations):  # type: ignore[misc]  # mfusepy's base class is untyped
    """Passes through to *folder* and records in *log*."""

    use_ns = True

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder = folder
        self._log = log.open("ab", buffering=0)
        self._fault = Fault(b"")

    def _real(self, path: str) -> str:
        return str(self._folder) + path

    def _record(
        self, kind: Kind, path: str, offset: int = 0, data: bytes = b"", target: str = ""
    ) -> None:
        operation = Operation(kind, path.lstrip("/"), offset, data, target.lstrip("/"))
        self._log.write(encode(operation) + b"\n")

    # -- operations that leave the disk as it is

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """Pass through."""
        found = os.lstat(self._real(path)) if fh is None else os.fstat(fh)
        names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_blocks")
        times = {name: getattr(found, f"{name}_ns") for name in ("st_atime", "st_mtime")}
        return {name: getattr(found, name) for name in names} | times

    def readdir(self, path: str, fh: int) -> Any:
        """Pass through."""
        return [".", "..", *os.listdir(self._real(path))]  # noqa: PTH208 - names only

    def open(self, path: str, flags: int) -> int:
        """Pass through; the kernel truncates by itself."""
        return os.open(self._real(path), flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR))

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Pass through."""
        return os.pread(fh, size, offset)

    def release(self, path: str, fh: int) -> int:
        """Pass through."""
        os.close(fh)
        return 0

    def statfs(self, path: str) -> dict[str, int]:
        """Pass through."""
        found = os.statvfs(self._real(path))
        return {name: getattr(found, name) for name in dir(found) if name.startswith("f_b")}

    def access(self, path: str, amode: int) -> int:
        """Allow everything: the kernel admits only the user who mounted."""
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Pass through."""
        os.chmod(self._real(path), stat.S_IMODE(mode))  # noqa: PTH101 - a string on a hot path
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Ignore times: no test needs them."""
        return 0

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        """Accept an order to fail."""
        if (path, name) != ("/", "user.fail"):
            raise OSError(errno.ENOTSUP, name)
        self._fault = Fault(value)
        return 0

    # -- operations that change the disk

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Pass through and record."""
        self._fault.meet("create", path)
        number = os.open(self._real(path), os.O_RDWR | os.O_CREAT, mode)
        self._record("create", path)
        return number

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Pass through and record."""
        self._fault.meet("write", path)
        written = os.pwrite(fh, data, offset)
        self._record("write", path, offset, data[:written])
        return written

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Pass through and record."""
        self._fault.meet("truncate", path)
        os.truncate(self._real(path), length)
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
        os.mkdir(self._real(path), mode)  # noqa: PTH102 - a string on a hot path
        self._record("mkdir", path)
        return 0

    def rmdir(self, path: str) -> int:
        """Pass through and record."""
        os.rmdir(self._real(path))  # noqa: PTH106 - a string on a hot path
        self._record("rmdir", path)
        return 0

    def rename(self, old: str, new: str) -> int:
        """Pass through and record."""
        os.replace(self._real(old), self._real(new))  # noqa: PTH105 - a string on a hot path
        self._record("rename", old, target=new)
        return 0

    def readlink(self, path: str) -> str:
        """Pass through."""
        return os.readlink(self._real(path))  # noqa: PTH115 - a string

    def symlink(self, path: str, content: str) -> int:
        """Pass through and record."""
        os.symlink(content, self._real(path))  # noqa: PTH211 - a string on a hot path
        operation = Operation("symlink", path.lstrip("/"), target=content)
        self._log.write(encode(operation) + b"\n")
        return 0

    def unlink(self, path: str) -> int:
        """Pass through and record."""
        os.unlink(self._real(path))  # noqa: PTH108 - a string on a hot path
        self._record("unlink", path)
        return 0


def main(mount: str, folder: str, log: str) -> None:
    """Serve until unmounted; one thread, so that the log has the order of the operations."""
    FUSE(Recorder(Path(folder), Path(log)), mount, foreground=True, nothreads=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
