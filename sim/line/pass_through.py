"""A FUSE file system that passes every operation through to a folder.

Base of those that do more: sim/line/slow_disk_server.py is slow, and a test's records what was done
(tests/faults/powercut/filesystem.py).
"""

# ruff: noqa: ARG002 - the signatures are those of FUSE

import errno
import os
import stat
from typing import Any

from mfusepy import Operations


class PassThrough(Operations):  # type: ignore[misc]  # mfusepy's base class is untyped
    """Passes through to *folder*."""

    use_ns = True

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def _real(self, path: str) -> str:
        return self._folder + path

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

    def readlink(self, path: str) -> str:
        """Pass through."""
        return os.readlink(self._real(path))  # noqa: PTH115 - a string

    # -- operations that change the disk

    def create(self, path: str, mode: int, fi: Any = None) -> int:
        """Pass through."""
        return os.open(self._real(path), os.O_RDWR | os.O_CREAT, mode)

    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Pass through."""
        return os.pwrite(fh, data, offset)

    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Pass through."""
        os.truncate(self._real(path), length)
        return 0

    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Pass through."""
        os.fsync(fh)
        return 0

    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        """Succeed: the folder below is synced by its own disk."""
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Pass through."""
        os.chmod(self._real(path), stat.S_IMODE(mode))  # noqa: PTH101 - a string on a hot path
        return 0

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> int:
        """Pass through."""
        if times is None:
            os.utime(self._real(path))
        else:
            os.utime(self._real(path), ns=times)
        return 0

    def mkdir(self, path: str, mode: int) -> int:
        """Pass through."""
        os.mkdir(self._real(path), mode)  # noqa: PTH102 - a string on a hot path
        return 0

    def rmdir(self, path: str) -> int:
        """Pass through."""
        os.rmdir(self._real(path))  # noqa: PTH106 - a string on a hot path
        return 0

    def rename(self, old: str, new: str) -> int:
        """Pass through."""
        os.replace(self._real(old), self._real(new))  # noqa: PTH105 - a string on a hot path
        return 0

    def symlink(self, path: str, content: str) -> int:
        """Pass through."""
        os.symlink(content, self._real(path))  # noqa: PTH211 - a string on a hot path
        return 0

    def unlink(self, path: str) -> int:
        """Pass through."""
        os.unlink(self._real(path))  # noqa: PTH108 - a string on a hot path
        return 0

    def setxattr(self, path: str, name: str, value: bytes, options: int, position: int = 0) -> int:
        """Refuse, as a disk without attributes does."""
        raise OSError(errno.ENOTSUP, name)
