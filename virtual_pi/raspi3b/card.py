"""Builds the memory card, the kernel, the initrd and the device tree of the Pi 3B.

No arm64 program runs on this machine: Debian's packages and Gardu's are only unpacked, and what
their installation scripts do is done here.
"""

import lzma
import re
import shutil
from pathlib import Path

from virtual_pi import cache
from virtual_pi.build import mirror
from virtual_pi.build.package import dependencies
from virtual_pi.commands import run
from virtual_pi.progress import Progress

SUITE = "trixie"
ARCHITECTURE = "arm64"
INSIDE = Path(__file__).parent / "inside"

# Essential packages have to be named: an extracted root begins empty.
_PACKAGES = (
    "base-files", "base-passwd", "bash", "coreutils", "dash", "debianutils", "findutils", "grep",
    "hostname", "libc-bin", "login.defs", "mount", "sed", "tar", "util-linux",
    "systemd", "systemd-sysv", "udev", "kmod", "procps", "python3", "busybox-static",
    "linux-image-arm64", "tzdata",
)  # fmt: skip
# In the order of loading: each needs those before it. The kernel has the card's driver as a module.
_MODULES = (
    "bcm2835-rng", "crc32c_generic", "libcrc32c", "crc16", "mbcache", "jbd2", "ext4", "bcm2835",
)  # fmt: skip
_DEVICE_TREE = "bcm2837-rpi-3-b.dtb"
# The firmware writes the board's revision into the device tree: Pi 3B, 1 GB.
_REVISION = "a02082"
# QEMU accepts memory cards of a power of two.
_CARD_SIZE = "2G"
_NOT_ON_THE_CARD = (
    "boot", "usr/lib/modules", "usr/share/doc", "usr/share/man", "usr/share/locale",
    "var/cache/apt", "var/lib/apt", "usr/share/i18n", "usr/lib/udev/hwdb.d",
)  # fmt: skip
# Their work takes minutes under emulation and is not what is tested.
_MASKED = (
    "systemd-hwdb-update", "ldconfig", "systemd-udev-trigger", "systemd-networkd",
    "systemd-journal-flush", "systemd-journal-catalog-update", "modprobe@fuse",
    "modprobe@configfs", "modprobe@efi_pstore",
)  # fmt: skip
# Raspberry Pi OS has these groups from the beginning: udev looks them up when it reads its rules.
_GROUPS = "gpio:x:986:\ni2c:x:987:\nspi:x:988:\n"
_RULES = 'SUBSYSTEM=="gpio", GROUP="gpio", MODE="0660"\n'


def build_card(folder: Path, package: Path, config: Path, progress: Progress) -> Path:
    """Return the layer with ``card.img``, ``vmlinuz``, ``initrd`` and ``pi3b.dtb``.

    :param folder: the cache
    :param package: Gardu for arm64
    :param config: the folder with gardu.toml and sop
    """
    url = mirror.mirror()
    names = (*_PACKAGES, *dependencies(package))
    release = mirror.point_release(url, SUITE)
    root_digest = cache.key(SUITE, release, " ".join(names))

    def unpack(into: Path) -> None:
        with progress.stage(f"Pi 3B: Debian {SUITE} {release} for arm64, unpacked"):
            run(
                "mmdebstrap", "--variant=extract", f"--architectures={ARCHITECTURE}", "--quiet",
                f"--include={','.join(names)}", SUITE, into / "root", url,
            )  # fmt: skip

    root = cache.layer(folder, "pi3b-root", root_digest, unpack) / "root"
    digest = cache.key(root_digest, package, config, INSIDE, Path(__file__))

    def make(into: Path) -> None:
        with progress.stage("Pi 3B: memory card, initrd"):
            tree = into / "tree"
            tree.mkdir()
            copied = [f"--exclude=./{name}" for name in _NOT_ON_THE_CARD]
            run("sh", "-ec", 'tar -C "$0" "$@" -cf - . | tar -C "$1" -xf -', root, tree, *copied)
            install(package, tree)
            configure(tree, config)
            run("truncate", "-s", _CARD_SIZE, into / "card.img")
            run("mkfs.ext4", "-q", "-F", "-L", "pi3b", "-d", tree, into / "card.img")
            shutil.rmtree(tree)
            make_initrd(root, into)
            take_kernel(root, into)

    return cache.layer(folder, "pi3b-card", digest, make)


def install(package: Path, tree: Path) -> None:
    """Unpack *package* into *tree* and do what its installation script does with the program."""
    run("dpkg-deb", "-x", package, tree)
    version = run("dpkg-deb", "-f", package, "Version").strip()
    versions = tree / "opt/gardu/versions"
    versions.mkdir(parents=True)
    shutil.move(tree / "usr/lib/gardu/program", versions / version)
    (tree / "opt/gardu/current").symlink_to(f"versions/{version}")


def configure(tree: Path, config: Path) -> None:
    """Write into *tree* what the first boot of Debian, and the trial, need."""
    for name in ("passwd", "group"):
        shutil.copy(tree / f"usr/share/base-passwd/{name}.master", tree / "etc" / name)
    with (tree / "etc/group").open("a", encoding="utf-8") as groups:
        groups.write(_GROUPS)
    _write(tree, "etc/udev/rules.d/99-com.rules", _RULES)
    _write(tree, "etc/hostname", "pi3b\n")
    _write(tree, "etc/fstab", "")
    # An identity, and a system that needs no first-boot updates.
    _write(tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n")
    for name in ("etc/.updated", "var/.updated"):
        (tree / name).touch()
    shutil.copytree(config, tree / "etc/gardu", dirs_exist_ok=True)
    units = tree / "etc/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    for name in _MASKED:
        (units / f"{name}.service").symlink_to("/dev/null")
    for unit in ("trial.service", "trial.target"):
        shutil.copy(INSIDE / unit, units)
    programs = tree / "usr/local/lib/virtual-pi"
    programs.mkdir(parents=True, exist_ok=True)
    for program in ("trial.py", "release-init"):
        shutil.copy(INSIDE / program, programs)


def make_initrd(root: Path, into: Path) -> None:
    """Write the initrd: busybox and the modules that the memory card needs."""
    small = into / "small"
    for name in ("bin", "dev", "proc", "sys", "card", "modules"):
        (small / name).mkdir(parents=True)
    shutil.copy(root / "usr/bin/busybox", small / "bin")
    shutil.copy(INSIDE / "card-init", small / "init")
    for number, module in enumerate(_MODULES):
        found = next((root / "usr/lib/modules").rglob(f"{module}.ko.xz"))
        (small / f"modules/{number}-{module}.ko").write_bytes(lzma.decompress(found.read_bytes()))
    pack = 'cd "$0" && find . | cpio --create --format=newc --quiet | gzip > "$1"'
    run("sh", "-ec", pack, small, into / "initrd")
    shutil.rmtree(small)


def take_kernel(root: Path, into: Path) -> None:
    """Copy the kernel and the device tree, with the revision that the firmware adds."""
    kernel = max((root / "boot").glob("vmlinuz-*"), key=lambda file: _numbers(file.name))
    shutil.copy(kernel, into / "vmlinuz")
    tree = next((root / "usr/lib").glob(f"linux-image-*/broadcom/{_DEVICE_TREE}"))
    shutil.copy(tree, into / "pi3b.dtb")
    run("fdtput", "-p", "-t", "x", into / "pi3b.dtb", "/system", "linux,revision", _REVISION)


def _numbers(name: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", name)]


def _write(tree: Path, name: str, text: str) -> None:
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
