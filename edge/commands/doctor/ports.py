"""Checks of serial ports: they exist, may be used, and no other process has them open."""

import os
from collections.abc import Iterator
from pathlib import Path

from edge.commands.doctor.event_words import trouble
from edge.commands.doctor.finding import Finding

BY_ID = Path("/dev/serial/by-id")
_PROC = Path("/proc")
_MASTERS = ("/dev/ptmx", "/dev/pts/ptmx")


def port_findings(device: str, port: str) -> list[Finding]:
    """Return the fault of *port*; an empty list if the driver may open it."""
    path = Path(port)
    if not path.exists():
        missing = trouble(device, f"The port {port} is not there: no such file")
        there = ", ".join(sorted(entry.name for entry in _listed(BY_ID))) or "nothing"
        return [Finding(device, "wrong", missing.saw, f"{missing.try_} Now it lists: {there}.")]
    if not os.access(path, os.R_OK | os.W_OK):
        return [trouble(device, f"{_user()} may not use the port {port}: permission denied")]
    users = list(holders(path))
    if users:
        why = f"The port {port} is in use by {' and '.join(users)}"
        return [Finding(device, "wrong", f"{why}.", "Stop that program, then try again.")]
    return []


def holders(path: Path) -> Iterator[str]:
    """Yield the other processes that have *path* open, as ``name (process 123)``.

    Only root finds processes of other users.
    """
    target = os.path.realpath(path)
    for process in _PROC.iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid() and _has(process, target):
            yield f"{_name(process)} (process {process.name})"


def _has(process: Path, target: str) -> bool:
    try:
        files = {os.path.realpath(number) for number in (process / "fd").iterdir()}
    except OSError:  # another user's process, or one that has ended
        return False
    # A process with a pseudo-terminal's master is the simulated device at its other end.
    return target in files and files.isdisjoint(_MASTERS)


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "a program"


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _user() -> str:
    return f"User {os.environ.get('USER') or os.getuid()}"
