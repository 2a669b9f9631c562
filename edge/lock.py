"""The lock of a data folder: one process at a time.

``flock`` and not a pid file: the kernel lets go of it however the process ends. A child that is
forked (not spawned) would hold it on, so nothing in Gardu forks without ``exec``.
"""

import contextlib
import fcntl
import os
from pathlib import Path

from edge.errors import StoreError

NAME = "gardu.lock"


class FolderLock:
    """Holds *folder* for this process until :meth:`release`.

    :raises StoreError: naming the process that has it, or why the lock file cannot be used
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"{folder / NAME}: {error.strerror}; check who owns it") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreError(
                f"{folder} is in use by process {holder}: stop that one first "
                "(systemctl stop gardu), or give this one a data folder of its own"
            ) from error
        with contextlib.suppress(OSError):  # on a full disk the lock holds, only nameless
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have the folder; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
