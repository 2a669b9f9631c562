"""The package in a Debian root: installed, upgraded, interrupted, removed, purged (make deb-test).

The root has no running systemd, as with a builder of images; the restart of a running checkpoint is
tried in the virtual Pi.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gardu_deb import build
from gardu_deb.targets import Target

ROOT = Path(__file__).parents[2]
FIRST, SECOND = "first.deb", "second.deb"
_WAIT_S = 300

pytestmark = [
    pytest.mark.skipif("GARDU_DEBIAN_ROOT" not in os.environ, reason="minutes: make deb-test"),
    pytest.mark.skipif(os.geteuid() != 0, reason="a Debian root needs root"),
    pytest.mark.skipif(shutil.which("mmdebstrap") is None, reason="mmdebstrap is not installed"),
    pytest.mark.timeout(1800),
]


class Machine:
    """A Debian root with two versions of the package in it."""

    def __init__(self, root: Path, versions: tuple[str, str]) -> None:
        """Use the Debian system in the folder *root*."""
        self.root = root
        self.first, self.second = versions

    def run(self, *command: str) -> str:
        """Run *command* there and return what it prints; a failure is the test's."""
        done = self.start(*command)
        printed, _ = done.communicate()
        assert done.returncode == 0, printed
        return printed

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start *command* there, in a process group of its own."""
        return subprocess.Popen(
            ["chroot", self.root, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, process_group=0, env=os.environ | {"LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    def current(self) -> str:
        """Return the version in use."""
        return (self.root / "opt/gardu/current").readlink().name


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a minimal Debian system of this machine's suite."""
    tar = tmp_path_factory.mktemp("system") / "system.tar"
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase",
         "--include=systemd,python3,init-system-helpers,zlib1g", build._own_suite(), tar],
        check=True,
    )  # fmt: skip
    return tar


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two versions of the package, the second newer."""
    folder = tmp_path_factory.mktemp("packages")
    target = Target.named(build._own_suite(), build._own_architecture())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "WORK", folder / "work")
        patch.setattr(build, "DIST", folder / "dist")
        return build.build(target), build.build(target, "+2")


@pytest.fixture
def machine(system: Path, packages: tuple[Path, Path], tmp_path: Path) -> Iterator[Machine]:
    """Return a fresh system in which the first version is installed."""
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["tar", "--extract", f"--file={system}", f"--directory={root}"], check=True)
    for package, name in zip(packages, (FIRST, SECOND), strict=True):
        shutil.copy(package, root / name)
    subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
    try:
        one, two = (package.name.split("_")[1] for package in packages)
        there = Machine(root, (one, two))
        there.run("dpkg", "--install", FIRST)
        yield there
    finally:
        subprocess.run(["umount", root / "proc"], check=True)


def test_it_works_as_installed(machine: Machine) -> None:
    """The command runs, the service is enabled, and the user sees the devices' groups."""
    assert machine.run("gardu", "--version").startswith("gardu ")
    example = "/usr/share/doc/gardu/examples/gardu.toml"
    assert "no problems" in machine.run("gardu", "check", "--config", example)
    assert machine.current() == machine.first
    assert (machine.root / "etc/systemd/system/multi-user.target.wants/gardu.service").is_symlink()
    assert {"gpio", "dialout"} <= set(machine.run("id", "-nG", "gardu").split())
    assert (machine.root / "var/lib/gardu").stat().st_mode & 0o777 == 0o700


def test_a_second_run_of_the_script_changes_nothing(machine: Machine) -> None:
    """The package manager may run the postinst again at any time."""
    link = machine.root / "opt/gardu/current/bin/gardu"
    before = link.stat().st_ino
    machine.run("/var/lib/dpkg/info/gardu.postinst", "configure", machine.first)
    machine.run("/var/lib/dpkg/info/gardu.postinst", "abort-upgrade", machine.first)
    assert link.stat().st_ino == before
    assert machine.current() == machine.first


def test_an_upgrade_leaves_the_older_version_whole(machine: Machine) -> None:
    """The running daemon imports modules of its own version until it is restarted."""
    machine.run("dpkg", "--install", SECOND)
    assert machine.current() == machine.second
    older = f"/opt/gardu/versions/{machine.first}/bin/gardu"
    assert machine.run(older, "--version").startswith("gardu ")
    assert "previous" in machine.run("/usr/lib/gardu/upgrade", "list")


def test_an_interrupted_upgrade_is_completed(machine: Machine) -> None:
    """Killed while the new version is being placed: the older one is used until dpkg goes on."""
    part = machine.root / f"opt/gardu/versions/.{machine.second}.part"
    upgrade = machine.start("dpkg", "--install", SECOND)
    end = time.monotonic() + _WAIT_S
    while not part.exists():
        assert upgrade.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(upgrade.pid, signal.SIGKILL)
    upgrade.communicate()
    assert machine.current() == machine.first
    assert machine.run("gardu", "--version").startswith("gardu ")
    machine.run("dpkg", "--configure", "--pending")
    assert machine.current() == machine.second
    assert machine.run("gardu", "--version").startswith("gardu ")
    assert not part.exists()


@pytest.mark.parametrize("how", ["--remove", "--purge"])
def test_removal_leaves_config_and_data_and_prints_so(machine: Machine, how: str) -> None:
    """A technician who removes the program does not delete an office's records."""
    config, data = (machine.root / path for path in ("etc/gardu/gardu.toml", "var/lib/gardu/x"))
    config.write_text("# the office's\n", encoding="utf-8")
    data.write_text("a record", encoding="utf-8")
    printed = machine.run("dpkg", how, "gardu")
    assert "/etc/gardu /var/lib/gardu" in printed
    assert config.exists()
    assert data.exists()
    assert not (machine.root / "opt/gardu").exists()
    assert not (machine.root / "usr/bin/gardu").is_symlink()
    machine.run("dpkg", "--install", FIRST)
    assert data.exists()
