"""Reads small files of the kernel, each with one value.

A missing file, or a driver that cannot read its device now, gives None: not every kernel and
machine has each of them. Calls may block while a device does not answer.
"""

from pathlib import Path

SYS = Path("/sys")
"""Where the kernel shows its devices; tests have a folder of their own."""


def text(path: Path) -> str | None:
    """Return the content of *path* without the blanks around it; None if it cannot be read."""
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None


def number(path: Path, base: int = 10) -> int | None:
    """Return the whole number in *path*; None if it cannot be read, or is none."""
    try:
        return int(text(path) or "", base)
    except ValueError:
        return None
