"""A disk that refuses every change: mounted read-only, or stopped since an error.

An ext4 file system with ``errors=remount-ro`` refuses all writes after its first error, and with
Linux 6.11 to 6.14 all reads too (edge/store/disk_errors.py). The change at hand can wait: nothing
of a refused write is on the disk. A failed sync is another matter, because what it left on the disk
is not known: it may wait only on a disk that was stopped for good, where no later sync can succeed.
"""

import contextlib
import errno
import sqlite3
from pathlib import Path

from edge.store.disk_errors import DiskErrors

ADVICE = (
    "the disk is read-only, as after an error: restart the machine, which checks the disk (fsck); "
    "if it happens again, copy the data and replace the disk"
)

_PROBE = ".write-test"

_MAY_SHOW_IT = ("SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")
_WRITES = ("SQLITE_IOERR_WRITE", "SQLITE_READONLY")


def refused(error: sqlite3.Error, folder: Path, errors: DiskErrors) -> bool:
    """Return True if the read-only, or stopped, disk of *folder* is why *error* came.

    :param errors: those of its file system since the database was opened
    """
    name = getattr(error, "sqlite_errorname", "")
    # First, because by its write the kernel also notices a journal that it could not write before.
    read_only = name.startswith(_MAY_SHOW_IT) and refuses_writes(folder)
    # Of a stopped disk each error: a schema that it cannot read is "malformed" to SQLite.
    return errors.have_stopped_it() or (read_only and name in _WRITES)


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
