"""Lock holders: names the other programs that have locked a database (``/proc/locks``).

SQLite locks bytes of the file and of its log's shared memory ("WAL-mode File Format", section
"WAL-Index Locks"): byte 120 of the shared memory while a program writes, bytes 123 to 127 while
programs read. A lock for writing on the file itself shuts all others out.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_LOCKS = Path("/proc/locks")
_WRITER = range(120, 121)
_READERS = range(123, 128)


class _Lock(NamedTuple):
    """A lock on the file with number *inode*, held by a process."""

    kind: str
    process: int
    inode: int
    first: int
    last: int

    def covers(self, inode: int | None, places: range) -> bool:
        """Return True if it locks one of the bytes *places* of the file *inode*."""
        return self.inode == inode and self.first < places.stop and self.last >= places.start


def writers(database: Path) -> str:
    """Return the processes that hold *database* for writing, for example ``process 812 (sqlite3)``.

    Empty if none is known.
    """
    file, shared = _inode(database), _inode(Path(f"{database}-shm"))
    return _names(
        lock.process
        for lock in _locks()
        if lock.kind == "WRITE" and (lock.inode == file or lock.covers(shared, _WRITER))
    )


def readers(database: Path) -> str:
    """Return the processes that read *database* now, as :func:`writers` does."""
    shared = _inode(Path(f"{database}-shm"))
    return _names(lock.process for lock in _locks() if lock.covers(shared, _READERS))


def _locks() -> Iterator[_Lock]:
    """Yield the locks of other processes.

    A line is ``1: POSIX  ADVISORY  READ 812 08:02:77 120 120``: process, device and file, bytes.
    Lines of processes that wait for a lock have ``->`` in place of the type.
    """
    with suppress(OSError):
        for line in _LOCKS.read_text(encoding="ascii", errors="replace").splitlines():
            words = line.split()
            if len(words) == 8 and words[1] == "POSIX":
                kind, process, file, first, last = words[3:]
                end = 2**63 if last == "EOF" else int(last)
                lock = _Lock(kind, int(process), int(file.split(":")[-1]), int(first), end)
                if lock.process != os.getpid():
                    yield lock


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _names(processes: Iterator[int]) -> str:
    return ", ".join(f"process {number}{_program(number)}" for number in sorted(set(processes)))


def _program(process: int) -> str:
    """Return the program's name in brackets; empty where systemd's ProtectProc= hides it."""
    try:
        name = Path(f"/proc/{process}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
    return f" ({name})"
