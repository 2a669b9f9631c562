"""The read-only root: its second disk, and the commands of docs/read-only-root.md."""

import re
from pathlib import Path

from virtual_pi.commands import run
from virtual_pi.site import REPOSITORY

PAGE = REPOSITORY / "docs/read-only-root.md"
OVERLAY = "overlayroot=tmpfs fsck.repair=yes"
"""What raspi-config and Raspberry Pi OS put into the kernel's command line."""

DEVICE = "/dev/vdb"
_SIZE = "1G"
_BLOCK = re.compile(r"```sh\n(DATA=.*?)```", re.DOTALL)
_BACK = re.compile(r"## Back to an ordinary root\n.*?```sh\n(.*?)```", re.DOTALL)


def commands(page: str, device: str) -> str:
    """Return the commands that make the data partition, as *page* has them, for *device*.

    :raises ValueError: if the page has no such commands
    """
    found = _BLOCK.search(page)
    if found is None:
        raise ValueError("the page has no block of commands that begins with DATA=")
    first, rest = found[1].split("\n", 1)
    return f"set -e\n{first.partition('=')[0]}={device}\n{rest}"


def commands_back(page: str) -> str:
    """Return the commands that put the data back onto the root, as *page* has them.

    :raises ValueError: if the page has none
    """
    found = _BACK.search(page)
    if found is None:
        raise ValueError("the page has no commands for the way back")
    return f"set -e\n{found[1]}"


def make_disk(image: Path) -> None:
    """Make the empty second disk."""
    run("truncate", "-s", _SIZE, image)


def plugged(image: Path) -> list[str]:
    """Return QEMU's options for the second disk; its place makes the kernel find it last."""
    return [*unplugged(image), "-device", "virtio-blk-pci,drive=data,id=data-disk,addr=0x1e"]


def unplugged(image: Path) -> list[str]:
    """Return QEMU's options for the second disk, to be plugged in later by ``device_add``."""
    return ["-drive", f"file={image},format=raw,if=none,id=data,cache=writethrough"]
