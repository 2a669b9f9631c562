"""The card (or disk) below the data folder: read-only, worn; or no card at all, but memory.

A card's wear is reported by eMMC and by no SD card. How slow it is shows in the store's own commits
(edge/store/commit_times.py).

An ext4 file system that was stopped by an error refuses every change; its count of errors shows it,
and also one that goes on after an error (edge/store/disk_errors.py).
"""

import os
from pathlib import Path
from typing import NamedTuple

from edge.daemon.machine.mounts import MOUNTS, in_memory
from edge.daemon.machine.sysfs import SYS, text
from edge.store.disk_errors import DiskErrors

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
    :ivar errors: how many errors its file system has had since its last repair
    """

    read_only: bool | None = None
    life_used_percent: int | None = None
    worn: bool | None = None
    in_memory: bool | None = None
    errors: int | None = None


def read_card(
    folder: Path,
    sys: Path = SYS,
    before: Card | None = None,
    mounts: Path = MOUNTS,
    errors: DiskErrors | None = None,
) -> Card:
    """Return the state of the card below *folder*.

    :param before: an earlier state: wear and mount are then not read again
    :param errors: those of its file system, for more than one reading
    """
    errors = errors or DiskErrors(folder, sys)
    try:
        read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        device = folder.stat().st_dev
    except OSError:
        return Card()
    if before is None:
        block = sys / f"dev/block/{os.major(device)}:{os.minor(device)}"
        before = wear(block)._replace(in_memory=in_memory(folder, mounts))
    return before._replace(read_only=read_only or errors.have_stopped_it(), errors=errors.count())


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


def _registers(path: Path) -> list[int]:
    """Return the numbers of *path*, as in ``0x01 0x02``; empty if unknown (0: not defined)."""
    try:
        return [value for word in (text(path) or "").split() if (value := int(word, 16))]
    except ValueError:
        return []
