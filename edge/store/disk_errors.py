"""Errors that the kernel has met in the ext4 file system of a folder, and if they have stopped it.

The kernel counts them; the count is kept on the disk until ``e2fsck`` has repaired it. The mount
option ``errors=continue``, which is mkfs's default, lets the file system go on after an error. With
``errors=remount-ro`` the first one stops it until it is mounted again:

=============  ===================  =====================  ========================================
Linux          reading a file       writing a file         is shown
=============  ===================  =====================  ========================================
up to 6.10     works                EROFS                  as read-only (statvfs, the options)
6.11 to 6.14   EIO, also if opened  EIO                    only by the count
from 6.15      works                EROFS                  by the option ``emergency_ro``
=============  ===================  =====================  ========================================
"""

import contextlib
import os
from pathlib import Path

SYS = Path("/sys")
PROC = Path("/proc/fs/ext4")
"""Where the kernel lists the options of each ext4 file system, the defaults too."""

_STOPS = "errors=remount-ro"
_STOPPED = "emergency_ro"


class DiskErrors:
    """Reads the errors of the file system of *folder*, from the count of now on.

    The device is looked up once: a disk that was pulled out has none any more.
    """

    def __init__(self, folder: Path, sys: Path = SYS, proc: Path = PROC) -> None:
        self._count: Path | None = None
        with contextlib.suppress(OSError):
            number = folder.stat().st_dev
            block = sys / f"dev/block/{os.major(number)}:{os.minor(number)}"
            name = block.resolve(strict=True).name
            self._count, self._options = sys / f"fs/ext4/{name}/errors_count", proc / name
        self._before = self.count() or 0

    def count(self) -> int | None:
        """Return how many errors it has had since its last repair; None if that is not known."""
        if self._count is None:
            return None
        with contextlib.suppress(OSError, ValueError):
            return int(self._count.read_text(encoding="ascii"))
        return None

    def have_stopped_it(self) -> bool:
        """Return True if an error has stopped it: no write succeeds before it is mounted again."""
        if self._count is None:
            return False
        try:
            options = (self._options / "options").read_text(encoding="ascii").split()
        except (OSError, ValueError):
            return False
        return _STOPPED in options or (_STOPS in options and (self.count() or 0) > self._before)
