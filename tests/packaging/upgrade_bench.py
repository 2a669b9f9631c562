"""A machine for the upgrade tool: versions with fake programs, and a fake systemctl."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from gardu_upgrade.places import Places
from gardu_upgrade.switch import Switcher
from gardu_upgrade.trial import Pace, Trial

from tests.packaging import fake_systemctl

_PROGRAM = """#!/bin/sh
echo "$0 $*" >> {log}
if [ -e {folder}/undo ]; then . {folder}/undo; fi
"""
_STATE = {"LoadState": "loaded", "SubState": "dead", "InvocationID": "", "StatusText": "",
          "Result": "success", "ExecMainStatus": "0", "NRestarts": "0"}  # fmt: skip


# Few looks: each runs a program.
PACE = Pace(look=5.0)


class Machine:
    """A machine below *folder*: ``opt``, ``etc``, ``bin`` (systemctl) and the unit's state.

    It is made if *folder* is missing.
    """

    def __init__(self, folder: Path, active: str = "active") -> None:
        self.folder = folder
        self.places = Places(folder / "opt", folder / "etc/gardu.toml", folder / "booted", "")
        if folder.exists():
            return
        (folder / "etc").mkdir(parents=True)
        (folder / "etc/gardu.toml").write_text("")
        (folder / "booted").mkdir()
        (folder / "bin").mkdir()
        self.places.versions.mkdir(parents=True)
        (folder / "state.json").write_text(json.dumps({**_STATE, "ActiveState": active}))
        systemctl = folder / "bin/systemctl"
        fake = Path(fake_systemctl.__file__)
        systemctl.write_text(f'#!/bin/sh\nexec {sys.executable} -IS {fake} "$@"\n')
        systemctl.chmod(0o755)

    @property
    def environment(self) -> dict[str, str]:
        """The variables under which programs find the fake systemctl and this machine."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, "FAKE_SYSTEMD": str(self.folder)}

    def systemctl(self, *words: str) -> str:
        """Answer as the fake systemctl does, without a process."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            fake_systemctl.main(self.folder, list(words))
        return out.getvalue()

    def add(self, version: str, behaviour: str = "ready", undo: str = "") -> None:
        """Put *version* on the disk.

        :param undo: what its command ``undo-migration`` does, in the language of sh
        """
        folder = self.places.versions / version
        (folder / "bin").mkdir(parents=True)
        (folder / "behaviour").write_text(behaviour)
        if undo:
            (folder / "undo").write_text(undo)
        program = folder / "bin/gardu"
        program.write_text(_PROGRAM.format(log=self.folder / "programs", folder=folder))
        program.chmod(0o755)

    def behave(self, version: str, behaviour: str) -> None:
        """Change the behaviour of the daemon of *version*."""
        (self.places.versions / version / "behaviour").write_text(behaviour)

    def run_now(self, version: str) -> None:
        """Make *version* the current one, as a first installation does."""
        self.places.current.symlink_to(f"versions/{version}")

    @property
    def state(self) -> str:
        """The unit's ActiveState."""
        return str(json.loads((self.folder / "state.json").read_text())["ActiveState"])

    @property
    def commands(self) -> list[str]:
        """The commands that systemctl was given, less its questions."""
        log = self.folder / "commands"
        given = log.read_text().split() if log.exists() else []
        return [verb for verb in given if verb != "show"]

    @property
    def programs(self) -> list[str]:
        """The command lines with which programs of versions were called."""
        log = self.folder / "programs"
        return log.read_text().splitlines() if log.exists() else []


class FakeClock:
    """A clock that only a sleep moves, seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        """Return the time."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self.seconds += seconds


def quick_trial() -> Callable[..., Trial]:
    """Return a maker of trials that wait for no real time."""
    clock = FakeClock()
    return partial(Trial, now=clock.now, sleep=clock.sleep)


def switcher(machine: Machine) -> Switcher:
    """Return the tool's switcher for *machine*; its trials wait for no real time."""
    return Switcher(machine.places, PACE, trial=quick_trial())


def run_tool(machine: Machine, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the tool as a program of its own, without waits."""
    child = [sys.executable, "-m", "tests.packaging.upgrade_child", str(machine.folder), *words]
    root = Path(__file__).parents[2]
    environment = {**os.environ, **machine.environment, "PYTHONPATH": "packaging/upgrade"}
    return subprocess.run(
        child, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
