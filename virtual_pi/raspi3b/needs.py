"""What this machine must have for the Pi 3B, beyond virtual_pi/needs.py."""

import shutil

PROGRAMS = {
    "qemu-system-aarch64": "qemu-system-arm",
    "mmdebstrap": "mmdebstrap",
    "fdtput": "device-tree-compiler",
    "cpio": "cpio",
}
"""Programs, and the Debian packages that have them."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> list[str]:
    """Return the Debian packages that this machine lacks."""
    return sorted({name for program, name in PROGRAMS.items()
                   if shutil.which(program, path=_PATH) is None})  # fmt: skip
