"""The root of guest A: Debian with a kernel, systemd and the packages that Gardu depends on."""

from pathlib import Path

from virtual_pi.commands import run, run_in

# Raspberry Pi OS Lite has these too (kernel and boot loader apart).
BASE = (
    "systemd", "systemd-sysv", "systemd-timesyncd", "udev", "dbus", "kmod", "iproute2", "procps",
    "linux-image-amd64", "initramfs-tools", "e2fsprogs", "ca-certificates", "tzdata", "adduser",
    "python3", "python3-venv", "sudo", "zstd", "bash-completion", "man-db",
)  # fmt: skip
# For the rows: traces, the camera's libraries, pictures, the read-only root.
TOOLS = (
    "strace", "python3-libcamera", "libcamera-ipa", "libcamera-tools", "v4l-utils",
    "python3-numpy", "python3-pil", "overlayroot", "busybox",
)  # fmt: skip


def build_root(root: Path, suite: str, mirror: str, packages: tuple[str, ...]) -> None:
    """Make the root folder of *suite* with *packages*."""
    run(
        "mmdebstrap", "--variant=minbase", "--dpkgopt=force-unsafe-io", "--format=directory",
        f"--include={','.join(packages)}", suite, root, mirror,
    )  # fmt: skip


def kernel_version(root: Path) -> str:
    """Return the version of the kernel in *root*."""
    return max(path.name for path in (root / "usr/lib/modules").iterdir())


def install(root: Path, packages: tuple[str, ...]) -> None:
    """Install Debian packages into *root*."""
    names = " ".join(packages)
    run_in(root, f"apt-get update -qq; apt-get install -y -qq --no-install-recommends {names}")
