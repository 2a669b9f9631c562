"""The lock files agree with pyproject.toml, name no place, and every library has a licence."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
DEB_LOCK = ROOT / "packaging/requirements.lock"
BUILD_LOCK = ROOT / "packaging/build-requirements.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# The extras whose libraries the Debian package contains (Makefile, `lock`).
IN_DEB = ("pi", "stills", "video", "invitations", "report", "desk")
PYTHONS = ("3.11", "3.12", "3.13")

_PIN = re.compile(
    r"^([a-z0-9._-]+)==([^\s;\\]+)(?: ; ([^\\\n]+?))?(?: \\)?\n((?:    --hash=.*\n)*)", re.MULTILINE
)


def _pins(lock: Path) -> list[tuple[str, Version, str, str]]:
    """Return name, version, marker and hashes of each pin of *lock*."""
    found = _PIN.findall(lock.read_text(encoding="utf-8"))
    return [(name, Version(version), marker, hashes) for name, version, marker, hashes in found]


def _wanted(extras: list[str]) -> list[Requirement]:
    """Return the requirements of the project with *extras*, and of the extras that they name."""
    found = [Requirement(one) for one in PROJECT["dependencies"]]
    seen, ahead = set[str](), list(extras)
    while ahead:
        extra = ahead.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for one in map(Requirement, EXTRAS[extra]):
            if one.name == PROJECT["name"]:
                ahead += one.extras
            else:
                found.append(one)
    return found


def _environment(python: str, machine: str) -> dict[str, str]:
    here = {key: str(value) for key, value in default_environment().items()}
    return here | {
        "python_version": python, "python_full_version": f"{python}.0",
        "platform_machine": machine, "sys_platform": "linux", "platform_system": "Linux",
    }  # fmt: skip


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("lock", "extras"), [(LOCK, list(EXTRAS)), (DEB_LOCK, list(IN_DEB))], ids=["all", "deb"]
)
def test_the_lock_has_each_requirement(
    lock: Path, extras: list[str], python: str, machine: str
) -> None:
    """On each Python and machine, each requirement has one pin that it allows: else `make lock`."""
    here = _environment(python, machine)
    pinned = dict[str, Version]()
    for name, version, marker, _ in _pins(lock):
        if not marker or Requirement(f"x ; {marker}").marker.evaluate(here):  # type: ignore[union-attr]
            assert name not in pinned
            pinned[name] = version
    for one in _wanted(extras):
        if one.marker is None or one.marker.evaluate(here):
            found = pinned.get(canonicalize_name(one.name))
            assert found is not None, f"{one} is not in {lock.name}: make lock"
            assert one.specifier.contains(found, prereleases=True), f"{one}: make lock"


def test_the_package_has_the_versions_of_the_tests() -> None:
    """What the Debian package contains is what the tests ran with."""
    all_pins = {(name, version) for name, version, _, _ in _pins(LOCK)}
    assert {(name, version) for name, version, _, _ in _pins(DEB_LOCK)} <= all_pins


@pytest.mark.parametrize("lock", [LOCK, DEB_LOCK, BUILD_LOCK], ids=lambda lock: lock.parent.name)
def test_each_pin_has_hashes_and_no_place(lock: Path) -> None:
    """A file from elsewhere is refused by its hash; no index and no folder is named."""
    text = lock.read_text(encoding="utf-8")
    pins = _pins(lock)
    assert len(pins) == len(re.findall(r"^\S+==", text, re.MULTILINE)) > 0
    assert all("--hash=sha256:" in hashes for *_, hashes in pins)
    assert not re.search(
        r"://|--index|--find-links|--extra-index|^-e |file:|/opt/|/root/", text, re.MULTILINE
    )


def test_each_library_has_its_licence() -> None:
    """docs/licences.md has each library of the lock, with a licence: else `make lock`."""
    lines = dict(
        re.findall(
            r"^\| ([a-z0-9._-]+) \| ([^|]+) \|",
            (ROOT / "docs/licences.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert {name for name, *_ in _pins(LOCK)} == lines.keys() - {"library"}
    assert not [name for name, words in lines.items() if words.strip() in ("not known", "-", "")]


def test_each_lock_is_used() -> None:
    """`make` installs from the lock, with hashes; continuous integration uses `make`."""
    script = (ROOT / "packaging/install-locked.sh").read_text(encoding="utf-8")
    assert "--require-hashes --no-deps --only-binary :all: -r requirements.lock" in script
    assert "sh packaging/install-locked.sh" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "make sbom" in (ROOT / ".ci/run").read_text(encoding="utf-8")
