"""Serial ports: whether they are there, may be used, and who has them."""

import os
from collections.abc import Iterator
from pathlib import Path

from edge.commands.doctor.event_words import trouble
from edge.commands.doctor.finding import Finding

BY_ID = Path("/dev/serial/by-id")
_PROC = Path("/proc")
_MASTERS = ("/dev/ptmx", "/dev/pts/ptmx")


def port_findings(device: str, port: str) -> list[Finding]:
    """Return what is wrong with *port*; nothing if the driver may open it."""
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

    Only those of the same user can be seen, all of them by root.
    """
    target = os.path.realpath(path)
    for process in _PROC.iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid() and _has(process, target):
            yield f"{_name(process)} (process {process.name})"


def _has(process: Path, target: str) -> bool:
    try:
        files = {os.path.realpath(number) for number in (process / "fd").iterdir()}
    except OSError:  # somebody else's, or gone meanwhile
        return False
    # Who has a pseudo-terminal's master is the simulated device at its other end, no rival.
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
