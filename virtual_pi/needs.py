"""What this machine must have for the virtual Pi; missing Debian packages are installed as root."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from virtual_pi.commands import run
from virtual_pi.errors import CannotRun, CommandFailed
from virtual_pi.progress import Progress

# Programs, and the Debian packages that have them.
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mkfs.ext4": "e2fsprogs",
    "mosquitto": "mosquitto",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "chroot": "coreutils",
    "dpkg-deb": "dpkg",
}
# Files that those packages only recommend: a PC's firmware, the keys of Debian.
FILES = {
    "/usr/share/seabios/bios-256k.bin": "seabios",
    "/usr/share/keyrings/debian-archive-keyring.gpg": "debian-archive-keyring",
}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DISK_GIB = 8
MEMORY_MIB = 2048


def check(cache: Path, progress: Progress) -> None:
    """Make sure that the virtual Pi can run here.

    :raises CannotRun: with every reason, one a line
    """
    if os.geteuid() != 0:
        raise CannotRun("it needs root: guests are built with chroot (try: sudo make virtual-pi)")
    reasons = shortages(free_gib(cache), available_mib(Path("/proc/meminfo").read_text()))
    missing = missing_packages()
    if missing and not reasons:
        missing = _install(missing, progress)
    if missing:
        reasons.append(f"Debian packages are missing: apt install {' '.join(missing)}")
    if reasons:
        raise CannotRun("\n".join(reasons))


def missing_packages() -> list[str]:
    """Return the Debian packages of the programs that this machine lacks."""
    lacking = {package for name, package in PROGRAMS.items() if not shutil.which(name, path=_PATH)}
    lacking |= {package for file, package in FILES.items() if not Path(file).exists()}
    return sorted(lacking)


def shortages(gib: float, mib: float) -> list[str]:
    """Return what is too small of the free disk space and the free memory."""
    reasons = []
    if gib < DISK_GIB:
        reasons.append(f"too little disk space for guests: {gib:.0f} GiB of {DISK_GIB} GiB")
    if mib < MEMORY_MIB:
        reasons.append(f"too little memory for a guest: {mib:.0f} MiB of {MEMORY_MIB} MiB")
    return reasons


def available_mib(meminfo: str) -> float:
    """Return the memory that programs can still have, MiB, from the text of /proc/meminfo."""
    values: Mapping[str, str] = dict(
        line.split(":", 1) for line in meminfo.splitlines() if ":" in line
    )
    return int(values["MemAvailable"].split()[0]) / 1024


def free_gib(folder: Path) -> float:
    """Return the free space of the file system that *folder* is or will be on, GiB."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return shutil.disk_usage(existing).free / 2**30


def _install(missing: list[str], progress: Progress) -> list[str]:
    """Install Debian packages; return those that are still missing."""
    if shutil.which("apt-get") is None:
        return missing
    with progress.stage(f"apt-get install {' '.join(missing)}"):
        try:
            run("apt-get", "update", "-qq")
            run(
                "apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing,
                environment={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )  # fmt: skip
        except CommandFailed:
            return missing
    return missing_packages()
