"""Power cuts at every operation of the upgrade tool: the boot after it settles the switch."""

import shutil
from pathlib import Path, PurePosixPath

import pytest
from gardu_upgrade import service, versions

from tests.faults.powercut.disk import Image, write_out
from tests.faults.powercut.mount import missing, mounted
from tests.faults.powercut.workload import Promise, Recording, cuts
from tests.longer import longer, sample
from tests.packaging.upgrade_bench import Machine, switcher

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

BEFORE, OLD, NEW = "0.0.9", "0.1.0", "0.2.0"
SEED = 2017


def disk(behaviour: str) -> Image:
    """Return a disk on which OLD is the current version, and BEFORE the previous one."""
    image: Image = {"opt": None, "opt/versions": None}
    for version, does in ((BEFORE, "ready"), (OLD, "ready"), (NEW, behaviour)):
        folder = f"opt/versions/{version}"
        image |= {folder: None, f"{folder}/bin": None, f"{folder}/bin/gardu": b"#!/bin/sh\n"}
        image[f"{folder}/behaviour"] = does.encode()
    current, previous = (PurePosixPath(f"versions/{version}") for version in (OLD, BEFORE))
    return image | {"opt/current": current, "opt/previous": previous}


def put(image: Image, machine: Machine, folder: Path) -> None:
    """Put the disk *image* into *folder*, and have *machine* use it."""
    write_out(image, folder)
    for program in folder.glob("opt/versions/*/bin/gardu"):
        program.chmod(0o755)
    shutil.rmtree(machine.places.opt)
    machine.places.opt.symlink_to(folder / "opt")


def boot(machine: Machine) -> None:
    """Start the checkpoint with the version that the link names, then finish the switch."""
    machine.systemctl("start")
    assert versions.is_whole(machine.places, versions.current(machine.places))
    assert switcher(machine).finish()


def check(machine: Machine, right: str) -> None:
    """Check the end after the package manager has called the tool once more."""
    if not machine.places.last.exists() or versions.current(machine.places) == NEW:
        assert switcher(machine).switch(NEW)
    assert versions.current(machine.places) == right
    machine.systemctl("show")
    assert versions.previous(machine.places) == (OLD if right == NEW else BEFORE)
    assert machine.state == "active"
    assert not machine.places.switching.exists()
    kept = {NEW: {OLD, NEW}, OLD: {BEFORE, OLD, NEW}}[right]
    assert {folder.name for folder in machine.places.versions.iterdir()} == kept


@longer
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("behaviour", "right"), [("ready", NEW), ("refuses", OLD)])
def test_power_cut_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, right: str
) -> None:
    """Whatever reached the disk: the link leads to a whole version, and the switch ends right."""
    begin = disk(behaviour)
    machine = Machine(tmp_path / "machine")
    monkeypatch.setattr(service, "_systemctl", machine.systemctl)
    with mounted(tmp_path) as mount:
        put(begin, machine, mount.folder)
        machine.places.opt.unlink()
        machine.places.opt.symlink_to(mount.path / "opt")
        assert switcher(machine).switch(NEW)
        recording = Recording(begin, mount.operations(), [Promise(0)])
    machine.places.opt.unlink()
    assert [operation.kind for operation in recording.operations].count("rename") > 3
    every = list(cuts(recording, SEED, chances=2))
    assert len(every) > 10
    for number, (_, image) in enumerate(sample(every)):
        after = Machine(tmp_path / f"cut-{number}")
        monkeypatch.setattr(service, "_systemctl", after.systemctl)
        folder = after.folder / "disk"
        folder.mkdir()
        put(image, after, folder)
        boot(after)
        check(after, right)
        shutil.rmtree(after.folder)
