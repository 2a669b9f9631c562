"""Runs commands in the sandbox of ``systemd/gardu.service``, without systemd.

    with Sandbox(tmp_path) as sandbox:
        done = sandbox.run("python", "-m", "edge.report", …)
    assert sandbox.refusals == []

What it applies: the filter of system calls with all keys that add to it (``rules.py``), no
capabilities, no new privileges, the umask, the environment of a service, and, where bubblewrap is
installed, the view of the file system (``mounts.py``).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from tests.sandbox import libseccomp, mounts
from tests.sandbox.observer import Observer, Refusal
from tests.sandbox.rules import rules_of
from tests.sandbox.unit_file import UNIT, service_section

LASTS_S = 100.0
"""The longest time for a command, real seconds; a passing test does not need it."""


def why_no_filter() -> str:
    """Return the reason why the filter cannot be installed here; empty if it can."""
    if shutil.which("systemd-analyze") is None:
        return "no systemd-analyze (Debian's systemd): it expands the groups of SystemCallFilter="
    if not libseccomp.available():
        return "no libseccomp (Debian: apt install libseccomp2)"
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    if not actions.exists() or "user_notif" not in actions.read_text(encoding="ascii").split():
        return "this kernel's seccomp does not notify (Linux before 5.0)"
    if os.geteuid() == 0 and mounts.why_not():
        # SQLite as root gives its files to the database's owner; the unit's user never does.
        return f"the programs would run as root: {mounts.why_not()}"
    return ""


needs_filter = pytest.mark.skipif(bool(why_no_filter()), reason=why_no_filter())
needs_view = pytest.mark.skipif(bool(mounts.why_not()), reason=mounts.why_not())


class Sandbox:
    """The unit's sandbox. Use as ``with``.

    :param folder: holds the config; seen read-only
    :param state: the data folder; None: ``data`` in *folder*
    :param runtime: the folder for run time; None: ``run`` in *folder*
    :param readable: other folders that the command may read
    :param forbid: system calls that this sandbox refuses although the unit allows them
    """

    def __init__(
        self,
        folder: Path,
        *,
        state: Path | None = None,
        runtime: Path | None = None,
        readable: Sequence[Path] = (),
        forbid: Sequence[str] = (),
    ) -> None:
        section = service_section(UNIT.read_text(encoding="utf-8"))
        self.state = state or folder / "data"
        self.runtime = runtime or folder / "run"
        section["SystemCallFilter"].append("~" + " ".join(forbid))
        for path in (self.state, self.runtime):
            path.mkdir(exist_ok=True, mode=0o700)
        rules = rules_of(section)
        self._observer = Observer(folder, rules)
        self._order = folder / "sandbox.json"
        self._order.write_bytes(
            msgspec.json.encode(
                {
                    "allowed": rules.allowed,
                    "socket": str(self._observer.path),
                    "umask": int(section.get("UMask", ["0022"])[-1], 8),
                    "folder": str(self.runtime),
                }
            )
        )
        self._view: list[str] = []
        if not mounts.why_not():
            self._view = mounts.view(section, [folder, *readable], [self.state, self.runtime])

    def __enter__(self) -> Self:
        self._observer.__enter__()
        return self

    def __exit__(self, *_error: object) -> None:
        self._observer.__exit__()

    @property
    def refusals(self) -> list[Refusal]:
        """The refused system calls so far."""
        return self._observer.refusals

    def command(self, *words: str) -> list[str]:
        """Return the command that runs *words* in the sandbox, from any folder."""
        enter = f"import sys; sys.path.insert(0, {str(mounts.PROJECT)!r}); from tests.sandbox.enter"
        enter += " import main; main()"
        python = [sys.executable, "-B", "-c", enter]
        return [*self._view, *python, str(self._order), *words]

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a service, and *more*."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.state),
            "STATE_DIRECTORY": str(self.state),
            "RUNTIME_DIRECTORY": str(self.runtime),
            "LG_WD": str(self.runtime),
            **more,
        }

    def run(
        self, *words: str, environment: Mapping[str, str] | None = None, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run *words* in the sandbox to their end."""
        return subprocess.run(
            self.command(*words),
            env=self.environment(**(environment or {})),
            capture_output=True,
            text=True,
            check=False,
            timeout=LASTS_S,
            **options,
        )
