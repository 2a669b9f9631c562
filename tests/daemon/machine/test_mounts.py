"""The file system below a folder, from lists of mounts as the kernel writes them."""

import tempfile
from pathlib import Path

import pytest

from edge.daemon.machine.mounts import in_memory

DATA = Path("/var/lib/gardu")

# As in a machine with overlayroot: root is an overlay, its upper folder is on a tmpfs.
OVERLAYROOT = """\
24 1 0:24 / / rw,relatime shared:1 - overlay overlayroot rw,lowerdir=/media/root-ro,\
upperdir=/media/root-rw/overlay,workdir=/media/root-rw/overlay-workdir/_,uuid=on
25 24 254:0 / /media/root-ro ro,relatime shared:2 - ext4 /dev/vda ro
26 24 0:23 / /media/root-rw rw,relatime shared:3 - tmpfs tmpfs-root rw
27 24 0:21 / /proc rw,nosuid shared:12 - proc proc rw
"""
PARTITION = "90 24 254:16 /gardu /var/lib/gardu rw,noatime shared:40 - ext4 /dev/vdb rw\n"
ON_A_DISK = "22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n"
ON_A_TMPFS = "60 22 0:40 / /var/lib rw shared:9 - tmpfs tmpfs rw\n"
UPPER_ON_A_DISK = OVERLAYROOT.replace("tmpfs tmpfs-root", "ext4 /dev/sda1")
IN_A_CONTAINER = "700 600 0:60 / / rw - overlay overlay rw,lowerdir=/l/A,upperdir=/l/B/diff\n"


@pytest.mark.parametrize(
    ("mounts", "lost"),
    [
        (ON_A_DISK, False),
        (ON_A_DISK + ON_A_TMPFS, True),
        (ON_A_DISK + ON_A_TMPFS.replace("/var/lib", "/var/li"), False),
        (ON_A_DISK + ON_A_TMPFS.replace("/var/lib", r"/var/lib\040x"), False),
        (OVERLAYROOT, True),
        (OVERLAYROOT + PARTITION, False),
        # A second mount at one place hides the first.
        (OVERLAYROOT + PARTITION + ON_A_TMPFS.replace("/var/lib", "/var/lib/gardu"), True),
        (UPPER_ON_A_DISK, False),
        (IN_A_CONTAINER, None),
        (IN_A_CONTAINER.replace(",upperdir=/l/B/diff", ""), False),
        ("", None),
        ("nonsense\n", None),
    ],
)
def test_data_in_memory(tmp_path: Path, mounts: str, lost: bool | None) -> None:
    """Records are lost at a power cut on a tmpfs, and on an overlay whose upper part is one."""
    listed = tmp_path / "mountinfo"
    listed.write_text(mounts, encoding="utf-8")
    assert in_memory(DATA, listed) is lost


def test_a_folder_for_temporary_files_is_not_examined(tmp_path: Path) -> None:
    """A trial's data in /tmp may be in memory on purpose."""
    (tmp_path / "mountinfo").write_text(ON_A_TMPFS.replace("/var/lib", "/"))
    assert in_memory(Path(tempfile.gettempdir()) / "data", tmp_path / "mountinfo") is None


def test_the_kernels_own_list_can_be_read() -> None:
    """This machine's kernel shows /dev/shm as the memory that it is, and /proc as none of it."""
    assert in_memory(Path("/proc/self")) is False
    if Path("/dev/shm").is_dir():
        assert in_memory(Path("/dev/shm")) is True
