"""The upgrade tool: which version runs in the end, and what the technician reads."""

import fcntl
import json
from pathlib import Path

import pytest
from gardu_upgrade import record, service, versions
from gardu_upgrade.main import main
from gardu_upgrade.record import Switch
from gardu_upgrade.switch import CannotSwitch

from tests.packaging.upgrade_bench import Machine, run_tool, switcher

OLD, NEW = "0.1.0", "0.2.0"
FAILURES = ("dies", "refuses", "crashes", "hangs")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which OLD runs, and NEW is on the disk."""
    made = Machine(tmp_path / "machine")
    made.add(OLD)
    made.add(NEW)
    made.run_now(OLD)
    monkeypatch.setattr(service, "_systemctl", made.systemctl)
    return made


def now(machine: Machine) -> tuple[str, str]:
    """Return the current and the previous version."""
    return versions.current(machine.places), versions.previous(machine.places)


def test_good_version_stays(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """A version that is ready and lasts becomes the current one, and the old one is kept."""
    assert switcher(machine).switch(NEW)
    assert now(machine) == (NEW, OLD)
    assert machine.commands == ["stop", "daemon-reload", "reset-failed", "start"]
    assert not machine.places.switching.exists()
    assert f"switching from {OLD} to {NEW}" in capfd.readouterr().out


@pytest.mark.parametrize("behaviour", FAILURES)
def test_bad_version_goes(
    machine: Machine, behaviour: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """However the new version fails, the old one runs again, and the reason is printed."""
    machine.behave(NEW, behaviour)
    assert switcher(machine).switch(NEW)
    assert now(machine) == (OLD, "")
    assert machine.state == "active"
    told = capfd.readouterr().err
    assert f"{NEW} does not work: it" in told
    assert f"{OLD} is back and works" in told
    last = record.read(machine.places.last)
    assert last is not None
    assert (last.before, last.to) == (OLD, NEW)
    assert last.why


def test_long_migration_is_no_failure(machine: Machine) -> None:
    """A daemon that migrates its database has more than a minute."""
    machine.behave(NEW, "migrates")
    assert switcher(machine).switch(NEW)
    assert now(machine) == (NEW, OLD)


def test_config_that_is_wrong_for_both(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """If the old version fails as well, the message does not blame the new one."""
    for version in (OLD, NEW):
        machine.behave(version, "refuses")
    assert not switcher(machine).switch(NEW)
    assert now(machine) == (OLD, "")
    told = capfd.readouterr().err
    assert f"{OLD} does not work any more either: it ended: ended: gardu.toml" in told
    assert f"the cause is probably not {NEW}" in told


def test_what_failed_before_does_not_come_back(
    tmp_path: Path, machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    """A version that had failed before the switch is no way back: the new one stays."""
    state = json.loads((machine.folder / "state.json").read_text())
    (machine.folder / "state.json").write_text(json.dumps({**state, "ActiveState": "failed"}))
    machine.behave(NEW, "refuses")
    assert switcher(machine).switch(NEW)
    assert now(machine) == (NEW, OLD)
    assert f"{OLD} did not work before either" in capfd.readouterr().err


@pytest.mark.parametrize("booted", [True, False])
def test_stopped_service_stays_stopped(tmp_path: Path, machine: Machine, booted: bool) -> None:
    """For a service that was stopped, or without systemd (an image), only the link is set."""
    state = json.loads((machine.folder / "state.json").read_text())
    (machine.folder / "state.json").write_text(json.dumps({**state, "ActiveState": "inactive"}))
    if not booted:
        machine.places.booted.rmdir()
    assert switcher(machine).switch(NEW)
    assert now(machine) == (NEW, OLD)
    assert machine.commands == []
    assert machine.programs == []


def test_first_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a current version the link is set, and there is none to go back to."""
    machine = Machine(tmp_path / "new", "inactive")
    machine.add(NEW)
    monkeypatch.setattr(service, "_systemctl", machine.systemctl)
    assert main(["switch", NEW], machine.places) == 0
    assert now(machine) == (NEW, "")
    assert main(["back"], machine.places) == 1


def test_older_versions_go(machine: Machine) -> None:
    """After a good switch only the current and the previous version are on the disk."""
    machine.add("0.0.9")
    (machine.places.versions / "0.0.8.removed/bin").mkdir(parents=True)
    assert switcher(machine).switch(NEW)
    assert sorted(folder.name for folder in machine.places.versions.iterdir()) == [OLD, NEW]


def test_failed_switch_keeps_all_versions(machine: Machine) -> None:
    """A failed version stays for the search of its fault, and so does the previous one."""
    machine.add("0.0.9")
    machine.behave(NEW, "dies")
    versions.set_previous(machine.places, "0.0.9")
    assert switcher(machine).switch(NEW)
    assert now(machine) == (OLD, "0.0.9")
    assert versions.installed(machine.places) == ["0.0.9", OLD, NEW]


def test_back_and_forth(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """`back` returns to the previous version, which asks for its database; twice is forward."""
    assert switcher(machine).switch(NEW)
    assert run_tool(machine, "back").returncode == 0
    assert now(machine) == (OLD, NEW)
    (asked,) = machine.programs
    assert asked.endswith(f"{OLD}/bin/gardu undo-migration --config {machine.places.config}")
    assert run_tool(machine, "back").returncode == 0
    assert now(machine) == (NEW, OLD)
    assert len(machine.programs) == 1, "a newer version migrates by itself"


def test_older_version_that_refuses_the_database(machine: Machine) -> None:
    """If records would be set aside, the newer version stays, and the reason is printed."""
    assert switcher(machine).switch(NEW)
    (machine.places.versions / OLD / "undo").write_text("echo 7 records are newer; exit 1")
    done = run_tool(machine, "back")
    assert done.returncode == 1
    assert "7 records are newer" in done.stderr
    assert now(machine) == (NEW, OLD)
    assert machine.state == "active"


def test_rollback_may_begin_a_new_stream(machine: Machine) -> None:
    """After a failed trial the lobby must work again: the old version may set records aside."""
    machine.behave(NEW, "dies")
    assert switcher(machine).switch(NEW)
    (asked,) = machine.programs
    assert asked.endswith("--new-stream")


def test_rollback_without_a_database(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """If the old version cannot have its database back, the new one stays and is started."""
    (machine.places.versions / OLD / "undo").write_text("echo no copy of format 4; exit 1")
    machine.behave(NEW, "dies")
    assert not switcher(machine).switch(NEW)
    assert now(machine)[0] == NEW
    assert machine.commands[-1] == "start"
    assert "no copy of format 4" in capfd.readouterr().err


@pytest.mark.parametrize("version", ["0.9.9", "../../etc", "", "0.2.0.part", "-x"])
def test_version_that_is_not_there(machine: Machine, version: str) -> None:
    """An unknown or unfinished version is refused with those that are there; nothing changes."""
    with pytest.raises(CannotSwitch, match=f"there: {OLD}, {NEW}"):
        switcher(machine).switch(version)
    assert now(machine) == (OLD, "")
    assert machine.commands == []


def test_full_disk(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room nothing begins, and the running version goes on."""
    monkeypatch.setattr("gardu_upgrade.switch.NEEDS_FREE", 2**62)
    with pytest.raises(CannotSwitch, match="make room"):
        switcher(machine).switch(NEW)
    assert machine.commands == []


def test_same_version_again(machine: Machine, capfd: pytest.CaptureFixture[str]) -> None:
    """A version that is installed again is restarted; if it fails there is no way back."""
    assert switcher(machine).switch(OLD)
    assert now(machine) == (OLD, "")
    machine.behave(OLD, "hangs")
    assert not switcher(machine).switch(OLD)
    assert now(machine) == (OLD, "")
    assert f"{OLD} does not work: it was not ready after 60 s" in capfd.readouterr().err


def test_trials_end(machine: Machine) -> None:
    """A version whose trials never end, because it takes the machine down, goes after two."""
    switch = Switch(before=OLD, to=NEW, trials=2)
    record.write(machine.places.switching, switch)
    versions.set_current(machine.places, NEW)
    assert switcher(machine).finish()
    assert now(machine) == (OLD, "")


def test_boot_in_the_middle_of_a_trial(machine: Machine) -> None:
    """If the boot has started the new version already, it is watched, not restarted."""
    record.write(machine.places.switching, Switch(before=OLD, to=NEW, trials=1))
    versions.set_current(machine.places, NEW)
    assert run_tool(machine, "finish").returncode == 0
    assert now(machine)[0] == NEW
    assert machine.commands == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"to": "0.2.0"}', '{"before": 1, "trials": []}'])
def test_damaged_record(machine: Machine, text: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A record that cannot be understood stops no switch, and is not repeated for ever."""
    machine.places.switching.write_text(text)
    assert switcher(machine).finish()
    assert not machine.places.switching.exists()
    assert f"{OLD} stays the current version" in capfd.readouterr().err


def test_second_run_is_refused(machine: Machine) -> None:
    """While one run holds the lock, a second one ends at once and names it."""
    with machine.places.lock.open("w") as lock:
        lock.write("4711\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_tool(machine, "switch", NEW)
    assert done.returncode == 1
    assert "another switch is under way (process 4711)" in done.stderr
    assert now(machine) == (OLD, "")


def test_list(machine: Machine) -> None:
    """`list` shows the versions, and how the last switch ended."""
    machine.behave(NEW, "refuses")
    assert switcher(machine).switch(NEW)
    shown = run_tool(machine, "list").stdout
    assert f"{OLD}  current\n{NEW}\n" in shown
    assert f"{OLD} to {NEW}: failed: it ended: ended: gardu.toml: unknown key" in shown


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("0.9.0", "0.10.0"),
        ("1.0~rc1", "1.0"),
        ("1.0", "1.0.1"),
        ("0.1.0+bookworm", "0.2.0+bookworm"),
        ("1.0~rc1", "1.0~rc2"),
    ],
)
def test_order_of_versions(older: str, newer: str) -> None:
    """Only the way to an older version asks for its database."""
    assert versions.is_older(older, newer)
    assert not versions.is_older(newer, older)
    assert not versions.is_older(older, older)
