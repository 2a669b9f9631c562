"""The floor: the bare script, which also writes as many bytes as Gardu and syncs them.

``python -m bench.peers.bare_synced PORT PIN FILE BYTES``: at each edge it writes BYTES bytes, calls
``fdatasync`` and then publishes. No program can store an event before it is published and do less:
there is one write and one sync, and the file is written in full beforehand, so that a sync has only
data to write: the size of the file does not change. At its end it is written from the start again,
as SQLite's log is. (A file that grows is at least as slow.)
"""

import os
import sys
from pathlib import Path

from bench.peers import bare_contact

_FILE_BYTES = 4 << 20


class Log:
    """The file: *size* bytes of it are written and synced at each call."""

    def __init__(self, path: Path, size: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._entry = bytes(size)
        os.write(self._file, bytes(_FILE_BYTES))
        os.fsync(self._file)
        self._at = 0

    def __call__(self) -> None:
        """Write one entry and sync it."""
        if self._at + len(self._entry) > _FILE_BYTES:
            self._at = 0
        self._at += os.pwrite(self._file, self._entry, self._at)
        os.fdatasync(self._file)


if __name__ == "__main__":
    log = Log(Path(sys.argv[3]), int(sys.argv[4]))
    bare_contact.main(int(sys.argv[1]), int(sys.argv[2]), store=log)
