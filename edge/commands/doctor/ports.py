"""Checks of ports: they exist, may be used, and no other process has them open."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge.commands.doctor.finding import Finding
from edge.config.inventory import Line


class _Kind(NamedTuple):
    """A kind of port: the folder of its names, the access it needs, the group that has it."""

    folder: Path
    access: int
    group: str


_SERIAL = _Kind(Path("/dev/serial/by-id"), os.R_OK | os.W_OK, "dialout")
_INPUT = _Kind(Path("/dev/input/by-id"), os.R_OK, "input")
_PROC = Path("/proc")
_MASTERS = ("/dev/ptmx", "/dev/pts/ptmx")


def port_findings(line: Line) -> list[Finding]:
    """Return the fault of the port of *line*; an empty list if the driver may open it."""
    device, path = line.device, Path(line.port)
    kind = _INPUT if line.types else _SERIAL
    if not path.exists():
        there = ", ".join(sorted(entry.name for entry in _listed(kind.folder))) or "nothing"
        try_ = (
            f"Plug it in. ls -l {kind.folder}/ shows what is plugged in; the name there belongs in "
            f"the config. Now it lists: {there}."
        )
        return [Finding(device, "wrong", f"The port {path} is not there: no such file.", try_)]
    if not os.access(path, kind.access):
        saw = f"{_user()} may not use the port {path}: permission denied."
        try_ = (
            f"Add the user to the group {kind.group} (sudo usermod -aG {kind.group} USER, then log "
            "in again), or run this as the daemon's user: sudo -u gardu gardu doctor ..."
        )
        return [Finding(device, "wrong", saw, try_)]
    users = list(holders(path))
    if users:
        why = f"The port {path} is in use by {' and '.join(users)}"
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
