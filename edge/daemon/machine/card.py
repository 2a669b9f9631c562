"""The card (or disk) below the data folder: read-only, worn; or no card at all, but memory.

A card's wear is reported by eMMC and by no SD card. How slow it is shows in the store's own commits
(edge/store/commit_times.py).

An ext4 file system with ``errors=remount-ro`` that has met an error refuses every change. Kernels
up to 6.11 then report it as read-only; later ones do not (from 6.15 on ``emergency_ro`` stands
among its options), but count its errors.
"""

import os
from pathlib import Path
from typing import NamedTuple

from edge.daemon.machine.mounts import MOUNTS, in_memory, options_of
from edge.daemon.machine.sysfs import SYS, text

# JEDEC eMMC 5.1, EXT_CSD registers 267 to 269.
# Values of a life time estimate: 0x01 is 0 to 10 % used … 0x0A is 90 to 100 %, 0x0B more.
WORN = 0x0A
# Values of PRE_EOL_INFO: 0x01 normal, 0x02 80 % of the spare blocks are used, 0x03 90 %.
FEW_SPARE = 0x02


class Card(NamedTuple):
    """The state of the card; None where it cannot be known.

    :ivar read_only: no file can be changed; a kernel does this to a file system with errors
    :ivar life_used_percent: the part of its life that is used, at most, by its own estimate
    :ivar worn: it should be replaced
    :ivar in_memory: the folder is in memory, on no card: all in it is lost when the power goes
    :ivar errors: how many errors its file system had met at the first reading, if the next one
        makes it refuse every change
    """

    read_only: bool | None = None
    life_used_percent: int | None = None
    worn: bool | None = None
    in_memory: bool | None = None
    errors: int | None = None


def read_card(
    folder: Path, sys: Path = SYS, before: Card | None = None, mounts: Path = MOUNTS
) -> Card:
    """Return the state of the card below *folder*.

    :param before: an earlier state: wear, mount and first errors are then not read again
    """
    try:
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        device = folder.stat().st_dev
    except OSError:
        return Card()
    block = sys / f"dev/block/{os.major(device)}:{os.minor(device)}"
    errors = _errors(sys, block)
    if before is None:
        stops = "errors=remount-ro" in options_of(folder, mounts)
        before = wear(block)._replace(
            in_memory=in_memory(folder, mounts), errors=errors if stops else None
        )
    elif before.errors is not None and errors is not None:
        read_only = read_only or errors > before.errors
    return before._replace(read_only=read_only)


def wear(block: Path) -> Card:
    """Return the wear of the card with the block device, or partition, *block* in sysfs."""
    there = block.resolve()
    for disk in (there, there.parent):
        estimates = _registers(disk / "device/life_time")
        if estimates:
            spare = _registers(disk / "device/pre_eol_info") or [0]
            worst = max(estimates)
            return Card(None, 10 * worst, worst >= WORN or spare[0] >= FEW_SPARE)
    return Card()


def _errors(sys: Path, block: Path) -> int | None:
    """Return the number of errors of the ext4 file system on *block*; None if it is none."""
    count = text(sys / f"fs/ext4/{block.resolve().name}/errors_count") or ""
    return int(count) if count.isdecimal() else None


def _registers(path: Path) -> list[int]:
    """Return the numbers of *path*, as in ``0x01 0x02``; empty if unknown (0: not defined)."""
    try:
        return [value for word in (text(path) or "").split() if (value := int(word, 16))]
    except ValueError:
        return []
