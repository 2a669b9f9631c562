"""Makes the disk, the kernel and the initrd of guest A out of its root."""

import shutil
from pathlib import Path

from virtual_pi.build.root import kernel_version
from virtual_pi.commands import run, run_in

INSIDE = Path(__file__).parent.parent / "inside"
SIZE = "6G"  # sparse
_SERVICES = ("virtual-pi-header", "virtual-pi-wires", "virtual-pi-agent")

_INITRD_MODULES = "virtio_pci\nvirtio_blk\next4\n"
_NETWORK = "[Match]\nName=en*\n[Network]\nDHCP=yes\n[DHCPv4]\nUseNTP=no\n"


def add_guest(root: Path, modules: Path) -> None:
    """Put into *root* what only the virtual Pi needs: modules, header, wires, agent, network."""
    kernel = kernel_version(root)
    extra = root / "usr/lib/modules" / kernel / "extra"
    extra.mkdir(exist_ok=True)
    for module in modules.glob("*.ko"):
        shutil.copy(module, extra)
    programs = root / "usr/local/lib/virtual-pi"
    programs.mkdir(parents=True, exist_ok=True)
    for program in INSIDE.glob("*.py"):
        shutil.copy(program, programs)
    (programs / "pins.py").chmod(0o755)
    (root / "usr/local/bin/pins").symlink_to("/usr/local/lib/virtual-pi/pins.py")
    units = root / "etc/systemd/system"
    for service in _SERVICES:
        shutil.copy(INSIDE / f"{service}.service", units)
    (units / "gardu.service.d").mkdir(exist_ok=True)
    shutil.copy(INSIDE / "gardu.conf", units / "gardu.service.d/virtual-pi.conf")
    _write(root, "etc/systemd/network/80-dhcp.network", _NETWORK)
    _write(root, "etc/systemd/resolved.conf.d/empty.conf", "")
    _write(root, "etc/hostname", "virtual-pi\n")
    _write(root, "etc/hosts", "127.0.0.1 localhost\n127.0.1.1 virtual-pi\n")
    _write(root, "etc/fstab", "/dev/vda / ext4 defaults,noatime 0 1\n")
    _write(root, "etc/initramfs-tools/conf.d/virtual-pi", "MODULES=list\nCOMPRESS=zstd\n")
    _write(root, "etc/initramfs-tools/modules", _INITRD_MODULES)
    _write(root, "etc/resolv.conf", "nameserver 10.0.2.3\n")
    services = " ".join(_SERVICES)
    run_in(
        root,
        f"depmod {kernel}; systemctl -q enable systemd-networkd {services}; passwd -q -d root; "
        # Work in the background that a Pi has at night, and these guests at each boot.
        "systemctl -q mask man-db.timer apt-daily.timer apt-daily-upgrade.timer "
        "e2scrub_reap.service e2scrub_all.timer fstrim.timer dpkg-db-backup.timer; "
        f"systemctl -q disable systemd-timesyncd; update-initramfs -u -k {kernel}; apt-get clean",
    )


def make_image(root: Path, into: Path) -> None:
    """Write ``disk.img``, ``vmlinuz`` and ``initrd`` of *root* into *into*."""
    kernel = kernel_version(root)
    shutil.copy(root / f"boot/vmlinuz-{kernel}", into / "vmlinuz")
    shutil.copy(root / f"boot/initrd.img-{kernel}", into / "initrd")
    disk = into / "disk.img"
    run("truncate", "-s", SIZE, disk)
    run("mkfs.ext4", "-q", "-F", "-L", "virtual-pi", "-d", root, disk)


def _write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    path.write_text(text, "utf-8")
