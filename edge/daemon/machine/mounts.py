"""The file system below a folder: on a disk, or in memory.

Rules of this module
--------------------
1. A root file system that is read-only below an overlay (Debian's overlayroot) lets every program
   write: into memory. A data folder there works, and is empty after the next power cut.
2. An overlay is in memory if the file system of its upper folder is. If that is not visible from
   here (in a container), it is not known.
3. A folder below the folder for temporary files was chosen for a trial: it is not examined.
"""

import re
import tempfile
from pathlib import Path
from typing import NamedTuple

MOUNTS = Path("/proc/self/mountinfo")
"""Where the kernel lists the mounted file systems; tests have a file of their own."""

_IN_MEMORY = frozenset({"tmpfs", "ramfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """One mounted file system.

    :ivar kind: the kernel's name of the file system, as ``ext4``
    :ivar options: those of the file system, as ``upperdir=/media/root-rw/overlay``
    """

    point: Path
    kind: str
    options: tuple[str, ...]


def in_memory(folder: Path, mounts: Path = MOUNTS) -> bool | None:
    """Return True if files in *folder* are in memory only; None if that is not known (rule 2)."""
    if folder.resolve().is_relative_to(Path(tempfile.gettempdir()).resolve()):
        return None
    listed = _listed(mounts)
    mount = mount_of(folder.resolve(), listed)
    if mount is None or mount.kind != "overlay":
        return None if mount is None else mount.kind in _IN_MEMORY
    upper = next((o.partition("=")[2] for o in mount.options if o.startswith("upperdir=")), None)
    if upper is None:  # an overlay without one cannot be written
        return False
    below = mount_of(Path(upper), listed)
    return None if below is None or below.kind == "overlay" else below.kind in _IN_MEMORY


def _listed(mounts: Path) -> list[Mount]:
    """Return the mounts that the file *mounts* lists; none if it cannot be read."""
    try:
        return read_mounts(mounts.read_text("utf-8", "surrogateescape"))
    except (OSError, ValueError, IndexError):
        return []


def read_mounts(text: str) -> list[Mount]:
    """Return the mounts of *text*, in the order of mounting; its format: proc_pid_mountinfo(5).

    :raises ValueError, IndexError: if *text* is in another format
    """
    mounts = []
    for line in text.splitlines():
        before, after = line.split(" - ", 1)
        kind, _source, options = after.split(" ", 2)
        mounts.append(Mount(Path(_plain(before.split(" ")[4])), kind, tuple(options.split(","))))
    return mounts


def mount_of(path: Path, mounts: list[Mount]) -> Mount | None:
    """Return the mount that *path* (without symbolic links) is on: the last at the longest path."""
    above = [mount for mount in mounts if path.is_relative_to(mount.point)]
    deepest = max((len(mount.point.parts) for mount in above), default=0)
    return next((m for m in reversed(above) if len(m.point.parts) == deepest), None)


def _plain(escaped: str) -> str:
    """Return a path of the kernel's list with its blanks, which are octal numbers there."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), escaped)
