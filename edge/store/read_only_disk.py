"""A disk that refuses every change: mounted read-only, or read-only since an error.

An ext4 file system with ``errors=remount-ro`` refuses all writes after its first error. Nothing of
a refused write is on the disk, so that the change can wait and be tried again. A failed sync is
another matter: what it left on the disk is not known.
"""

import contextlib
import errno
import sqlite3
from pathlib import Path

ADVICE = (
    "the disk is read-only, as after an error: copy the data, check the disk (fsck), or replace it"
)

_PROBE = ".write-test"


def refused(error: sqlite3.Error, folder: Path) -> bool:
    """Return True if *error* is a write that the read-only disk of *folder* refused."""
    name = getattr(error, "sqlite_errorname", "")
    return name in ("SQLITE_IOERR_WRITE", "SQLITE_READONLY") and refuses_writes(folder)


def refuses_writes(folder: Path) -> bool:
    """Return True if no file can be written in *folder* because its file system is read-only."""
    probe = folder / _PROBE
    try:
        probe.write_bytes(b"1")
    except OSError as error:
        return error.errno == errno.EROFS
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
    return False
