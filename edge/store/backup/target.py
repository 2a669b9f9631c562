"""The place of a backup: its file system, its room, and the disk that it lies on."""

import os
import re
import shutil
from pathlib import Path
from typing import NamedTuple

_MOUNTS = Path("/proc/self/mountinfo")
_BLOCK_DEVICES = Path("/sys/dev/block")
_OCTAL = re.compile(r"\\([0-7]{3})")

# The size of a file in FAT's directory entry has 32 bits.
_FAT = ("vfat", "msdos")
_FAT_LARGEST = 2**32 - 1
# File systems without owners: every person who holds the disk can read all of it.
_WITHOUT_OWNERS = (*_FAT, "exfat", "ntfs", "ntfs3", "fuseblk")


class Mount(NamedTuple):
    """A mounted file system: its folder, and its type (``ext4``, ``vfat``)."""

    folder: str
    kind: str

    @property
    def largest_file(self) -> int | None:
        """The size of the largest file that it can hold, bytes; None: no limit that matters."""
        return _FAT_LARGEST if self.kind in _FAT else None

    @property
    def has_owners(self) -> bool:
        """False if it cannot make a file readable for one user only."""
        return self.kind not in _WITHOUT_OWNERS


def mount_of(folder: Path, mounts: str | None = None) -> Mount:
    """Return the file system that *folder* lies on.

    :param mounts: the text of ``/proc/self/mountinfo``, for tests
    """
    text = _MOUNTS.read_text(encoding="utf-8", errors="replace") if mounts is None else mounts
    place = folder.resolve()
    found = Mount("/", "unknown")
    for line in text.splitlines():
        fields, _, rest = line.partition(" - ")
        # A later line lies over an earlier one.
        point = _OCTAL.sub(lambda octal: chr(int(octal[1], 8)), fields.split()[4])
        if place.is_relative_to(point) and len(point) >= len(found.folder):
            found = Mount(point, rest.split()[0])
    return found


def same_disk(one: Path, other: Path) -> bool:
    """Return True if the two folders lie on one disk or memory card, on any of its partitions."""
    numbers = [folder.stat().st_dev for folder in (one, other)]
    return numbers[0] == numbers[1] or _disk(numbers[0]) == _disk(numbers[1])


def _disk(device: int) -> str:
    """Return the disk of a block *device*; a name that is like no other if that is unknown."""
    try:
        place = (_BLOCK_DEVICES / f"{os.major(device)}:{os.minor(device)}").resolve(strict=True)
    except OSError:
        return f"device {device}"
    return str(place.parent if (place / "partition").exists() else place)


def room_problem(folder: Path, size: int, meanwhile: int) -> str:
    """Return why no backup of *size* bytes fits into *folder*, in words; empty if it does.

    :param meanwhile: bytes that the copied databases need until they are packed
    """
    largest = mount_of(folder).largest_file
    if largest is not None and size > largest:
        return (
            f"{folder} is a FAT file system, whose files have at most {in_mib(largest)}; this one "
            f"may have {in_mib(size)}: format the stick with ext4 or exFAT, or leave guest book "
            "and stills out (--without-guests)"
        )
    free = shutil.disk_usage(folder).free
    if size + meanwhile > free:
        return (
            f"{folder} has {in_mib(free)} free; the backup may need {in_mib(size)}, and "
            f"{in_mib(meanwhile)} more while it is made: make room, or name another place"
        )
    return ""


def in_mib(size: int) -> str:
    """Return *size* bytes in MiB, rounded up."""
    return f"{-(-size // 2**20)} MiB"
