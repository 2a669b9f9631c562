"""Folders whose names survive a power cut.

A new, renamed or deleted name is on the disk only once its folder was synced; syncing the file
itself does not promise it (POSIX; ext4 mostly does it all the same, other file systems do not).
"""

import os
from pathlib import Path


def sync(folder: Path) -> None:
    """Bring the names in *folder* to the disk.

    :raises OSError: if the disk failed
    """
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def make(folder: Path) -> None:
    """Make *folder* (mode 0700) and those above it that are not there, for good.

    :raises OSError: if it cannot be made
    """
    if folder.is_dir():
        return
    make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync(folder.parent)
