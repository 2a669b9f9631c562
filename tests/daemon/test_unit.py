"""The units: systemd reads them, and their restarts match the daemon's exit codes."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from edge.config.sections.desk import Desk
from edge.daemon import exit_codes, restart_pause

FOLDER = Path(__file__).parents[2] / "systemd"
SERVICE, WATCH, CORRECTED, UPGRADE, DESK = UNITS = tuple(
    FOLDER / name
    for name in (
        "gardu.service", "gardu-config.path", "gardu-config.service", "gardu-upgrade.service",
        "gardu-desk.service",
    )
)  # fmt: skip
# systemd before 254 does not know these two and ignores them.
NEWER = {"RestartSteps", "RestartMaxDelaySec"}


def unit(path: Path) -> RawConfigParser:
    """Return the keys of a unit; of a key that stands twice the last value."""
    found = RawConfigParser(strict=False)
    found.optionxform = str  # type: ignore[method-assign,assignment]  # as its manual shows
    found.read(path, encoding="utf-8")
    return found


def complaints(folder: Path, **changes: str) -> list[str]:
    """Return what systemd says about copies of the units, whose programs are on this machine."""
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/usr/bin/gardu", "/bin/true")
        text = text.replace("/usr/lib/gardu/upgrade", "/bin/true")
        for key, value in changes.items():
            text = re.sub(f"^{key}=.*$", f"{key}={value}", text, flags=re.MULTILINE)
        (folder / path.name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify",
         *(str(folder / path.name) for path in (SERVICE, WATCH, UPGRADE, DESK))],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return [
        line
        for line in done.stderr.splitlines()
        if str(folder) in line and not any(f"Unknown key '{key}'" in line for key in NEWER)
    ]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_reads_every_line(tmp_path: Path) -> None:
    """No unknown key and no value that is ignored; a mistake would be shown."""
    assert complaints(tmp_path) == []
    assert len(complaints(tmp_path, Restart="sometimes", PathChanged="relative")) >= 2


def test_an_unusable_config_is_not_restarted_and_everything_else_is() -> None:
    """The codes that a person must answer are exactly those that the unit names."""
    service = unit(SERVICE)["Service"]
    assert service["Restart"] == "always"
    prevented = {int(code) for code in service["RestartPreventExitStatus"].split()}
    assert prevented == {exit_codes.CONFIG, exit_codes.FORMAT, exit_codes.USAGE}
    assert prevented.isdisjoint({0, 1, 2, exit_codes.OTHER, exit_codes.UNAVAILABLE})


def test_systemds_own_pauses_stay_short() -> None:
    """Its counter is never reset by a run that lasts: one crash a month must not cost a minute."""
    service = unit(SERVICE)["Service"]
    assert int(service["RestartSteps"]) > 0
    assert 2 <= float(service["RestartMaxDelaySec"]) <= 10


def test_the_count_of_quick_ends_outlives_a_restart() -> None:
    """The runtime directory, which holds it, is preserved; a pause does not end in a time-out."""
    service = unit(SERVICE)["Service"]
    assert service["RuntimeDirectory"] == "gardu"
    assert service["RuntimeDirectoryPreserve"] == "restart"
    assert float(service["TimeoutStartSec"]) == restart_pause._START_S


def test_a_corrected_config_starts_it_again_without_starting_a_stopped_one() -> None:
    """The watch comes with the service; it starts it only if it has failed."""
    assert unit(SERVICE)["Unit"]["Wants"] == WATCH.name
    assert unit(WATCH)["Path"]["Unit"] == CORRECTED.name
    watched = [
        line.partition("=")[2]
        for line in WATCH.read_text(encoding="utf-8").splitlines()
        if line.startswith("PathChanged=")
    ]
    assert watched == ["/etc/gardu", "/etc/gardu/sop"]
    assert "/etc/gardu/gardu.toml" in unit(SERVICE)["Service"]["ExecStart"]
    assert "is-failed gardu.service" in unit(CORRECTED)["Service"]["ExecStart"]


def test_the_daemon_does_not_depend_on_the_desk() -> None:
    """No unit of the checkpoint starts, wants or waits for the pages; they begin after it."""
    for path in (SERVICE, WATCH, CORRECTED, UPGRADE):
        keys = [key for key, value in unit(path)["Unit"].items() if DESK.name in value]
        assert keys == [], path.name
    assert SERVICE.name in unit(DESK)["Unit"]["After"].split()


def test_the_desk_cannot_read_the_checkpoints_data() -> None:
    """Another user, another folder for the socket, and the data folder out of its sight."""
    desk, daemon = unit(DESK)["Service"], unit(SERVICE)["Service"]
    assert desk["User"] != daemon["User"]
    assert "-/var/lib/gardu" in desk["InaccessiblePaths"].split()
    folders = (FOLDER / "gardu.tmpfiles").read_text(encoding="utf-8").splitlines()
    socket_folder = f"d {Desk().socket_folder} 2750 {daemon['User']} {desk['Group']}"
    assert socket_folder in folders
    assert daemon["ReadWritePaths"] == f"-{Desk().socket_folder}"
    assert f"d /etc/gardu/{Path(Desk().pin_file).parent} 2750 root {desk['Group']}" in folders
    assert "d /var/lib/gardu 0700 gardu gardu" in folders
