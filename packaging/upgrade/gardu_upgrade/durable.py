"""Files and links that are whole after a power cut: the old one or the new one, never a part.

A name is on the disk only once its folder was synced (POSIX).
"""

import os
import shutil
from pathlib import Path

REMOVED = ".removed"
"""End of the name of a folder that is being deleted."""


def sync_folder(folder: Path) -> None:
    """Sync the names in *folder* to the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def write(path: Path, text: str) -> None:
    """Write the file *path*, in place of the one that is there."""
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync_folder(path.parent)


def link(path: Path, target: str) -> None:
    """Make *path* a symlink to *target*, in place of the one that is there."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.rename(path)
    sync_folder(path.parent)


def remove(path: Path) -> None:
    """Delete the file or link *path*, if it is there."""
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def remove_folder(folder: Path) -> None:
    """Delete *folder*; a power cut leaves it whole, or under a name that ends with REMOVED."""
    going = folder
    if folder.suffix != REMOVED:
        going = folder.with_name(f"{folder.name}{REMOVED}")
        shutil.rmtree(going, ignore_errors=True)
        folder.rename(going)
        sync_folder(folder.parent)
    shutil.rmtree(going, ignore_errors=True)
