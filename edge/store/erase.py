"""Erases files with personal data: their bytes are overwritten before they are deleted or replaced.

The file system then writes the same blocks again. A memory card's controller may keep old copies of
a block, which no program can reach.
"""

import os
from pathlib import Path
from typing import IO

from edge.store import data_folder

_CHUNK = 2**20


def erase(path: Path) -> None:
    """Overwrite the file *path* with zeros, durably, and delete it.

    :raises OSError: if it cannot be written
    """
    with path.open("r+b") as file:
        _overwrite(file)
    path.unlink()
    data_folder.sync(path.parent)


def replace_erasing(old: Path, new: Path, content: bytes) -> None:
    """Write *content* durably to *new*, with the times of *old*; then erase *old*.

    Both may be the same path. A crash in the middle leaves *old* whole, or *new* whole beside it.

    :raises OSError: if there is no room, or a file cannot be written
    """
    part = new.with_name(f"{new.name}.part")
    with old.open("r+b") as before:
        times = os.fstat(before.fileno())
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(part, ns=(times.st_atime_ns, times.st_mtime_ns))
        part.rename(new)
        data_folder.sync(new.parent)
        _overwrite(before)
    if new != old:
        old.unlink()
        data_folder.sync(old.parent)


def _overwrite(file: IO[bytes]) -> None:
    left = os.fstat(file.fileno()).st_size
    while left > 0:
        left -= file.write(bytes(min(left, _CHUNK)))
    file.flush()
    os.fsync(file.fileno())
