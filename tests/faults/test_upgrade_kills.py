"""The upgrade tool is killed before each of its steps: the next run settles the switch."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from gardu_upgrade import service, versions

from tests.longer import either, longer, slow
from tests.packaging.upgrade_bench import Machine, run_tool, switcher

pytestmark = slow

OLD, NEW = "0.1.0", "0.2.0"
MOST_STEPS = 200

# The behaviour of the new version, and the version that must run in the end.
ENDS = [("ready", NEW), ("refuses", OLD)]


def prepared(folder: Path, behaviour: str) -> Machine:
    """Return a machine on which OLD runs and a version before it is on the disk."""
    machine = Machine(folder)
    for version, does in (("0.0.9", "ready"), (OLD, "ready"), (NEW, behaviour)):
        machine.add(version, does)
    machine.run_now(OLD)
    versions.set_previous(machine.places, "0.0.9")
    return machine


def killed(folder: Path, behaviour: str) -> Iterator[Machine]:
    """Yield a machine for each step (here: each third), on which the tool was killed before it."""
    for step in range(1, MOST_STEPS, either(3, 1)):
        machine = prepared(folder / str(step), behaviour)
        done = run_tool(machine, "--kill", str(step), "switch", NEW)
        if done.returncode != -signal.SIGKILL:
            assert done.returncode == 0, done.stderr
            assert step > 20, "the tool has more steps than that"
            return
        yield machine
        shutil.rmtree(machine.folder)
    raise AssertionError("the tool does not come to its end")


def check_whole(machine: Machine) -> None:
    """Check what the boot needs: the link leads to a whole version."""
    assert versions.current(machine.places) in (OLD, NEW)
    assert versions.is_whole(machine.places, versions.current(machine.places))
    assert (machine.places.current / "bin/gardu").exists()


def check_settled(machine: Machine, right: str) -> None:
    """Check the end: the right version runs, and nothing is left to finish."""
    assert versions.current(machine.places) == right
    assert machine.state == "active"
    assert not machine.places.switching.exists()
    assert not list(machine.places.opt.glob("*.part"))
    kept = {NEW: {OLD, NEW}, OLD: {"0.0.9", OLD, NEW}}[right]
    assert {folder.name for folder in machine.places.versions.iterdir()} == kept
    assert versions.previous(machine.places) == (OLD if right == NEW else "0.0.9")


@longer
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("behaviour", "right"), ENDS)
def test_killed_before_each_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, right: str
) -> None:
    """After a kill the link is whole; the next boot's run, or a second switch, settles it."""
    for machine in killed(tmp_path, behaviour):
        check_whole(machine)
        monkeypatch.setattr(service, "_systemctl", machine.systemctl)
        begun = machine.places.switching.exists()
        assert switcher(machine).finish()
        if not begun and versions.current(machine.places) == OLD:
            # Killed before the record was on the disk: the package manager calls it once more.
            assert switcher(machine).switch(NEW)
        if machine.places.last.exists() and versions.current(machine.places) == NEW:
            assert switcher(machine).switch(NEW), "the package manager configures it again"
        check_settled(machine, right)


@pytest.mark.timeout(600)
def test_killed_again_while_it_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills in a row, each some steps further: the way back ends at the old version."""
    for first in (3, 7, 11):
        machine = prepared(tmp_path / f"first-{first}", "dies")
        words = ["switch", NEW]
        for step in range(first, MOST_STEPS, 2):
            done = run_tool(machine, "--kill", str(step), *words)
            check_whole(machine)
            words = ["finish"]
            if done.returncode != -signal.SIGKILL:
                break
        assert done.returncode == 0, done.stderr
        if not machine.places.last.exists():  # all kills came before the record
            monkeypatch.setattr(service, "_systemctl", machine.systemctl)
            assert switcher(machine).switch(NEW)
        check_settled(machine, OLD)
