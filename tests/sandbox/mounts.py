"""Shows a command the file system as the unit does: read-only, no homes, its own temporary files.

bubblewrap makes the view, as systemd makes it for ``ProtectSystem=strict``, ``ProtectHome=yes`` and
``PrivateTmp=yes``. The processes in it are no longer root. ``/dev`` is the machine's:
``DeviceAllow=`` is a matter of control groups.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tests.sandbox.unit_file import Section, is_on

PROJECT = Path(__file__).parents[2]
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")


@cache
def why_not() -> str:
    """Return the reason why there is no such view here; empty if there is."""
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (Debian: apt install bubblewrap)"
    tried = subprocess.run(
        ["bwrap", "--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--unshare-user", "true"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return tried.stderr.strip() if tried.returncode else ""


def view(section: Section, readable: Sequence[Path], writable: Sequence[Path]) -> list[str]:
    """Return the command in front of another that runs it in the view of the unit.

    :param readable: folders that are seen although they lie below hidden ones
    :param writable: the folders for state and run time
    """
    forward = [sys.executable, "-B", str(Path(__file__).with_name("forward.py")), "bwrap"]
    options = [word for words in _options(section, readable, writable) for word in words]
    return [*forward, *options, "--"]


def _options(
    section: Section, readable: Sequence[Path], writable: Sequence[Path]
) -> Iterator[tuple[str, ...]]:
    strict = section.get("ProtectSystem", [""])[-1] == "strict"
    yield ("--unshare-user", "--uid", "1000", "--gid", "1000", "--die-with-parent")
    yield ("--ro-bind" if strict else "--bind", "/", "/")
    yield ("--dev-bind", "/dev", "/dev")
    yield ("--bind", "/proc", "/proc")
    if is_on(section, "PrivateTmp"):
        for folder in _TEMPORARY:
            yield ("--tmpfs", folder)
    hidden = [home for home in _HOMES if is_on(section, "ProtectHome") and Path(home).is_dir()]
    for folder in hidden:
        yield ("--tmpfs", folder)
    # The code, Python and the test's files may lie below what was hidden just now.
    for path in (PROJECT, Path(sys.base_prefix), Path(sys.prefix), *readable):
        yield ("--ro-bind", str(path), str(path))
    for path in writable:
        yield ("--bind", str(path), str(path))
    for folder in hidden:
        yield ("--remount-ro", folder)
