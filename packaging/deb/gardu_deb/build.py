"""Builds the Debian packages of Gardu: `make deb`.

Each package is built by dpkg-buildpackage and debhelper from a copy of the committed and changed
files of this repository, in build/deb/SUITE-ARCHITECTURE, and is put into dist/. Two builds of one
commit are identical: all times are that of the commit.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from email.utils import formatdate
from pathlib import Path

from gardu_deb.targets import ARCHITECTURES, SUITES, Target

REPOSITORY = Path(__file__).parents[3]
WORK = REPOSITORY / "build/deb"
DIST = REPOSITORY / "dist"
MAINTAINER = "Gardu <gardu@localhost>"
# The tool, and the Debian package that has it.
TOOLS = {"dpkg-buildpackage": "dpkg-dev", "dh": "debhelper", "fakeroot": "fakeroot", "git": "git"}


def main() -> None:
    """Build the packages that the options name."""
    parser = argparse.ArgumentParser(prog="make deb", description=__doc__)
    parser.add_argument("--suite", choices=SUITES, help="default: this machine's")
    parser.add_argument("--architecture", choices=ARCHITECTURES, help="default: this machine's")
    parser.add_argument("--all", action="store_true", help="every suite and architecture")
    parser.add_argument(
        "--suffix",
        default="",
        help="end of the version, to try an upgrade: +2 is newer, ~rc1 older",
    )
    options = parser.parse_args()
    if options.suffix and not re.fullmatch(r"[+~][A-Za-z0-9.+~]+", options.suffix):
        parser.error("--suffix begins with + or ~; letters, digits, and . + ~ follow")
    _require_tools()
    targets = [
        Target.named(suite, architecture)
        for suite in (SUITES if options.all else [options.suite or _own_suite()])
        for architecture in (
            ARCHITECTURES if options.all else [options.architecture or _own_architecture()]
        )
    ]
    for number, target in enumerate(targets, 1):
        print(f"[{number}/{len(targets)}] Package for {target}", flush=True)
        print(f"[{number}/{len(targets)}] {build(target, options.suffix)}", flush=True)


def build(target: Target, suffix: str = "") -> Path:
    """Build the package of *target* and return its path in dist/."""
    version = f"{program_version()}+{target.suite}{suffix}"
    source = WORK / f"{target.suite}-{target.architecture}" / "gardu"
    time = _commit_time()
    _copy_sources(source)
    _write_changelog(source / "debian/changelog", target, version, time)
    environment = os.environ | {
        "GARDU_PYTHON": sys.executable,
        "GARDU_SUITE": target.suite,
        "SOURCE_DATE_EPOCH": str(time),
        "DEB_BUILD_OPTIONS": "nocheck",
        "LC_ALL": "C.UTF-8",
    }
    # The tools were searched by _require_tools, for this machine and not for the package's.
    command = ["dpkg-buildpackage", "--build=binary", "--unsigned-changes", "--no-check-builddeps",
               f"--host-arch={target.architecture}"]  # fmt: skip
    log = source.with_name("build.log")
    _run_logged(command, source, environment, log)
    built = source.with_name(f"gardu_{version}_{target.architecture}.deb")
    DIST.mkdir(exist_ok=True)
    shutil.copy2(built, DIST)
    return DIST / built.name


def program_version() -> str:
    """Return the version of Gardu, from edge/__init__.py."""
    text = (REPOSITORY / "edge/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)
    if found is None:
        sys.exit('edge/__init__.py: no line __version__ = "..."')
    return found[1]


def _run_logged(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> None:
    """Run *command*; print its lines of progress, and all of them if it fails."""
    with log.open("w", encoding="utf-8") as file, subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            if line.rstrip().endswith("..."):
                print(f"      {line.rstrip()}", flush=True)
    if process.returncode:
        sys.stderr.write(log.read_text(encoding="utf-8"))
        sys.exit(f"{command[0]} ended with {process.returncode}; the log is {log}")


def _copy_sources(folder: Path) -> None:
    """Copy the files that git knows, and new ones that it does not ignore, to *folder*."""
    shutil.rmtree(folder.parent, ignore_errors=True)
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        origin = REPOSITORY / name
        if origin.exists():  # one that was deleted and not yet committed is listed too
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, copy, follow_symlinks=False)


def _write_changelog(path: Path, target: Target, version: str, time: int) -> None:
    """Write debian/changelog: dpkg reads the version, and the suite, from it."""
    path.write_text(
        f"gardu ({version}) {target.suite}; urgency=medium\n\n"
        "  * The changes are in CHANGELOG.md.\n\n"
        f" -- {MAINTAINER}  {formatdate(time)}\n",
        encoding="utf-8",
    )


def _commit_time() -> int:
    """Return the time of the last commit, in seconds since 1970, or SOURCE_DATE_EPOCH if set."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or _git("log", "-1", "--format=%ct"))


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=REPOSITORY, stdout=subprocess.PIPE, check=False, text=True
    )
    if done.returncode:
        sys.exit("The package is built from a git checkout: its files and its times come from git.")
    return done.stdout


def _require_tools() -> None:
    """Install the packaging tools that are missing where this may be done; else name them."""
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if not missing:
        return
    names = " ".join(missing)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {names} ...", flush=True)
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for step in (
            ["update", "-qq"],
            ["install", "-y", "-qq", "--no-install-recommends", *missing],
        ):
            subprocess.run(["apt-get", *step], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if any(shutil.which(tool) is None for tool in TOOLS):
        sys.exit(f"The package needs Debian's {names}: sudo apt install {names}")


def _own_suite() -> str:
    """Return this machine's suite; end if Gardu has no package for it."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r'^VERSION_CODENAME="?(\w+)', release, re.MULTILINE)
    suite = found[1] if found else "unknown"
    if suite not in SUITES:
        sys.exit(f"This machine's suite is {suite}; say one: make deb SUITE={' or '.join(SUITES)}")
    return suite


def _own_architecture() -> str:
    """Return this machine's architecture; end if Gardu has no package for it."""
    done = subprocess.run(
        ["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True, check=True
    )
    own = done.stdout.strip()
    if own not in ARCHITECTURES:
        sys.exit(f"This machine is {own}; say one: make deb ARCH={' or '.join(ARCHITECTURES)}")
    return own


if __name__ == "__main__":
    main()
