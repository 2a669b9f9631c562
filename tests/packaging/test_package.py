"""The Debian package: it is built once, then its contents and scripts are examined."""

import csv
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from gardu_deb import build
from gardu_deb.targets import Target

from tests.longer import slow

ROOT = Path(__file__).parents[2]
PROGRAM = "usr/lib/gardu/program"
SCRIPTS = ("postinst", "prerm", "postrm")
# The other libraries of the wheels lie in the wheels; these the package depends on.
SYSTEM_LIBRARIES = re.compile(
    r"(lib(c|m|dl|rt|pthread|util|gcc_s|stdc\+\+|z)|ld-linux-(x86-64|aarch64))\.so\.[0-9]+"
)

pytestmark = [
    pytest.mark.skipif(
        any(shutil.which(tool) is None for tool in build.TOOLS),
        reason="debhelper is not installed (make deb installs it where it may)",
    ),
    pytest.mark.xdist_group("package"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a package for arm64, built as `make deb` does; no code of it is run here."""
    folder = tmp_path_factory.mktemp("package")
    patch = pytest.MonkeyPatch()
    patch.setattr(build, "WORK", folder / "work")
    patch.setattr(build, "DIST", folder / "dist")
    patch.setenv("PYTHONPATH", str(ROOT / "packaging/deb"))
    try:
        return build.build(Target.named("trixie", "arm64"))
    finally:
        patch.undo()


@pytest.fixture(scope="module")
def members(package: Path) -> dict[str, tarfile.TarInfo]:
    """Return the package's files by path, without the leading ./ of each."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as tar:
        assert tar.stdout is not None
        with tarfile.open(fileobj=tar.stdout, mode="r|") as archive:
            return {member.name.removeprefix("./"): member for member in archive}


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the package's files, and its scripts in DEBIAN."""
    folder = tmp_path_factory.mktemp("unpacked")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder], check=True)
    return folder


@slow
def test_every_file_belongs_to_root_and_none_can_be_changed_by_others(
    members: dict[str, tarfile.TarInfo],
) -> None:
    """A file that another user could write would run as the daemon, or as root in the postinst."""
    assert len(members) > 1000
    for name, member in members.items():
        assert (member.uid, member.gid) == (0, 0), name
        assert member.issym() or not member.mode & 0o6022, name


def test_it_owns_what_its_users_rely_on(members: dict[str, tarfile.TarInfo]) -> None:
    """Units, settings, manual pages and completions have their places; nothing lies in /lib."""
    expected = {
        "usr/bin/gardu",
        "usr/lib/gardu/upgrade",
        "usr/lib/sysctl.d/60-gardu.conf",
        "usr/lib/systemd/journald.conf.d/60-gardu.conf",
        "usr/lib/systemd/system.conf.d/60-gardu.conf",
        "usr/lib/sysusers.d/gardu.conf",
        "usr/lib/tmpfiles.d/gardu.conf",
        "usr/lib/udev/rules.d/60-gardu.rules",
        "usr/share/bash-completion/completions/gardu",
        "usr/share/doc/gardu/examples/gardu.toml",
        "usr/share/fish/vendor_completions.d/gardu.fish",
        "usr/share/man/man1/gardu-doctor.1.gz",
        "usr/share/man/man8/gardu-run.8.gz",
        "usr/share/zsh/vendor-completions/_gardu",
    } | {
        f"usr/lib/systemd/system/{unit.name}"
        for unit in (ROOT / "systemd").iterdir()
        if unit.suffix in {".service", ".path"}
    }
    assert expected <= members.keys()
    assert not [name for name in members if name.startswith(("lib/", "opt/", "var/"))]
    assert members["usr/bin/gardu"].linkname == "/opt/gardu/current/bin/gardu"


def test_the_pages_that_the_units_name_are_there(unpacked: Path) -> None:
    """`systemctl help gardu` opens them."""
    named = set[str]()
    for unit in (unpacked / "usr/lib/systemd/system").iterdir():
        named |= set(re.findall(r"file:/(\S+)", unit.read_text(encoding="utf-8")))
    assert named
    assert [page for page in named if not (unpacked / page).is_file()] == []


def test_the_program_is_for_the_target_and_no_other(unpacked: Path) -> None:
    """Every compiled library is of the architecture, and needs only libraries that are there."""
    program = unpacked / PROGRAM
    assert (program / "bin/python").readlink() == Path("/usr/bin/python3.13")
    libraries = [path for path in program.rglob("*.so*") if path.is_file()]
    there = {path.name for path in libraries}
    assert len(libraries) > 20
    for library in libraries:
        shown = subprocess.run(
            ["readelf", "--file-header", "--dynamic", library],
            stdout=subprocess.PIPE, text=True, check=True,
        ).stdout  # fmt: skip
        assert "AArch64" in shown, library
        needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", shown)) - there
        assert not [name for name in needed if not SYSTEM_LIBRARIES.fullmatch(name)], library


def test_the_program_has_no_simulated_pins(unpacked: Path) -> None:
    """An office's checkpoint cannot choose a pin library that drives no pin."""
    (site,) = (unpacked / PROGRAM / "lib").glob("python*/site-packages")
    assert not (site / "sim").exists()
    assert {one.name for one in (site / "office").iterdir()} == {"__init__.py", "watch"}
    assert (site / "desk/cli.py").exists()
    entry_points = next(site.glob("gardu-*.dist-info")) / "entry_points.txt"
    assert "gardu-sim" not in entry_points.read_text()
    assert "desk = desk.cli:app" in entry_points.read_text()
    assert "watch = office.watch.command:watch" in entry_points.read_text()


def test_each_library_lists_files_that_are_there(unpacked: Path) -> None:
    """The commands that are left out had the builder's Python in their first lines, and a hash."""
    (site,) = (unpacked / PROGRAM / "lib").glob("python3.*/site-packages")
    records = list(site.glob("*.dist-info/RECORD"))
    assert records
    for record in records:
        with record.open(newline="", encoding="utf-8") as file:
            assert [row[0] for row in csv.reader(file) if not (site / row[0]).exists()] == []


def test_the_desk_is_not_enabled_by_the_installation(unpacked: Path) -> None:
    """No office has pages with guests' names that it did not ask for."""
    postinst = (unpacked / "DEBIAN/postinst").read_text(encoding="utf-8")
    assert "deb-systemd-helper enable 'gardu.service'" in postinst
    # Only one that an administrator has enabled is enabled again by an upgrade.
    (enabling,) = re.findall(
        r"debian-installed 'gardu-desk.service'.*?enable 'gardu-desk.service'", postinst, re.DOTALL
    )
    assert enabling
    assert postinst.count("deb-systemd-helper enable 'gardu-desk.service'") == 1


def test_the_scripts_can_be_read_by_every_shell(unpacked: Path) -> None:
    """A mistake in a script leaves a package that can neither be installed nor removed."""
    for name in SCRIPTS:
        script = unpacked / "DEBIAN" / name
        assert os.access(script, os.X_OK)
        subprocess.run(["sh", "-n", script], check=True)


def test_no_file_of_the_system_can_be_a_conffile(unpacked: Path) -> None:
    """An upgrade never asks a question: the package has no file in /etc."""
    assert not (unpacked / "DEBIAN/conffiles").exists()


@pytest.mark.skipif("GARDU_DEBIAN_ROOT" not in os.environ, reason="a minute: make deb-test")
@pytest.mark.skipif(shutil.which("lintian") is None, reason="lintian is not installed")
def test_lintian_finds_no_error(package: Path) -> None:
    """Each finding that stays has its reason in debian/gardu.lintian-overrides."""
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error", package],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="no systemd here")
def test_user_groups_and_folders_are_made(unpacked: Path, tmp_path: Path) -> None:
    """`sudo -u gardu gardu doctor` has its groups before the first start."""
    (tmp_path / "etc").mkdir()
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", unpacked / "usr/lib/sysusers.d/gardu.conf"],
        check=True,
    )
    groups = (tmp_path / "etc/group").read_text(encoding="utf-8")
    for group in ("gpio", "dialout", "video", "input"):
        assert re.search(rf"^{group}:.*\bgardu$", groups, re.MULTILINE), group
    unit = (unpacked / "usr/lib/systemd/system/gardu.service").read_text(encoding="utf-8")
    assert "SupplementaryGroups=gpio dialout video input\n" in unit


def test_the_completion_knows_commands_options_and_values(unpacked: Path) -> None:
    """Tab offers what `--help` has."""
    script = unpacked / "usr/share/bash-completion/completions/gardu"
    asked = (
        f'. "{script}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gardu; echo "${{COMPREPLY[@]}}"'
    )

    def offered(*words: str) -> list[str]:
        done = subprocess.run(
            ["bash", "-c", asked, "bash", *words], stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout.split()

    assert offered("gardu", "out") == ["outputs-off"]
    assert "show" in offered("gardu", "sop", "")
    assert "--form" in offered("gardu", "sop", "show", "--f")
    assert "flowchart" in offered("gardu", "sop", "show", "--form", "")


@pytest.mark.skipif("GARDU_DEBIAN_ROOT" not in os.environ, reason="a second build: make deb-test")
def test_two_builds_are_identical(package: Path, tmp_path: Path) -> None:
    """A package can be compared with one that was built elsewhere from the same commit."""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "packaging/deb")}
    again = (
        "import sys; from pathlib import Path; from gardu_deb import build;"
        "from gardu_deb.targets import Target; build.WORK = Path(sys.argv[1]);"
        "build.DIST = build.WORK / 'dist'; build.build(Target.named('trixie', 'arm64'))"
    )
    subprocess.run([sys.executable, "-c", again, tmp_path], env=environment, check=True)
    (second,) = (tmp_path / "dist").iterdir()
    first_hash, second_hash = (
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (package, second)
    )
    assert first_hash == second_hash
