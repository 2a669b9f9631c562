"""Assembles the program of a package: a Python environment for one suite and architecture.

Nothing of the target is run, so that a package for arm64 can be built on any machine: uv chooses
the wheels of the lock file by their tags, and the environment's few other files are written here.
The folder works at its final path, /opt/gardu/versions/VERSION, where the postinst puts it.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

from gardu_deb.targets import Target

REPOSITORY = Path(__file__).parents[3]
LOCK = REPOSITORY / "packaging/requirements.lock"
BUILD_LOCK = REPOSITORY / "packaging/build-requirements.lock"
VERSIONS = "/opt/gardu/versions"

# The parts that only serve at a developer's desk: the simulator, and its entry points (one of them
# is a pin library that drives no pin).
SIMULATOR = "sim"
# The central office is for a server. `gardu watch` is part of it, and stays: with it a technician
# at the Pi sees what the office receives.
OFFICE, OFFICE_STAYS = "office", ("__init__.py", "watch")
ENTRY_POINTS = """\
[console_scripts]
gardu = edge.commands.main:main

[gardu.commands]
desk = desk.cli:app
watch = office.watch.command:watch
"""
LAUNCHER = """\
#!{python}
import sys

from edge.commands.main import main

sys.exit(main())
"""


def assemble(folder: Path, target: Target, version: str) -> None:
    """Write the environment of *target* to *folder*, for /opt/gardu/versions/*version*.

    Raises CalledProcessError if the lock file has no wheel for the target, or a wheel's hash
    differs; uv has then printed which.
    """
    site = folder / "lib" / f"python{target.python}" / "site-packages"
    wheels = folder.with_name(f"{folder.name}-wheels")
    for old in (folder, wheels):
        shutil.rmtree(old, ignore_errors=True)
    site.mkdir(parents=True)
    print(f"Building the wheel of Gardu {version} ...", flush=True)
    uv("build", "--wheel", "--quiet", "--build-constraints", BUILD_LOCK, "--require-hashes",
       "--out-dir", wheels, REPOSITORY)  # fmt: skip
    print(f"Installing the locked libraries for {target} ...", flush=True)
    into = ("pip", "install", "--quiet", "--no-deps", "--link-mode", "copy",
            "--target", site, "--python-version", target.python,
            "--python-platform", target.platform, "--only-binary", ":all:")  # fmt: skip
    uv(*into, "--require-hashes", "--requirement", LOCK)
    uv(*into, *wheels.glob("*.whl"))
    shutil.rmtree(wheels)
    _leave_out(site)
    _environment(folder, target, version)


def uv(*arguments: str | Path) -> None:
    """Run uv, which is installed beside this Python."""
    program = Path(sys.executable).with_name("uv")
    subprocess.run([program, *arguments], check=True)


def _leave_out(site: Path) -> None:
    """Remove what the checkpoint does not need, and what differs from one build to the next."""
    names = [site / name for name in ("bin", "share", SIMULATOR, "gpiozerocli", ".lock")]
    names += [path for path in (site / OFFICE).iterdir() if path.name not in OFFICE_STAYS]
    for path in names:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    (about,) = site.glob("gardu-*.dist-info")
    for name in ("direct_url.json", "uv_cache.json", "RECORD"):
        (about / name).unlink(missing_ok=True)
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    for record in site.glob("*.dist-info/RECORD"):
        _list_what_is_there(site, record)


def _list_what_is_there(site: Path, record: Path) -> None:
    """Remove the files that were left out from a library's list of its files.

    Hashes of its commands are in that list, whose first lines name the Python of the build.
    """
    with record.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file) if row and (site / row[0]).exists()]
    with record.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _environment(folder: Path, target: Target, version: str) -> None:
    """Write the files that make *folder* an environment of the suite's own Python.

    The packages of the system are visible, behind Gardu's own: picamera2 and libcamera belong to
    the system's kernel and come from its packages.
    """
    binaries = folder / "bin"
    binaries.mkdir()
    for name in ("python", "python3", f"python{target.python}"):
        (binaries / name).symlink_to(f"/usr/bin/python{target.python}")
    (folder / "pyvenv.cfg").write_text(
        f"home = /usr/bin\ninclude-system-site-packages = true\nversion = {target.python}\n"
    )
    launcher = binaries / "gardu"
    launcher.write_text(LAUNCHER.format(python=f"{VERSIONS}/{version}/bin/python"))
    launcher.chmod(0o755)


def main() -> None:
    """Assemble the program that debian/rules asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write the environment")
    parser.add_argument("--suite", required=True)
    parser.add_argument("--architecture", required=True)
    parser.add_argument("--version", required=True, help="the package's version")
    options = parser.parse_args()
    target = Target.named(options.suite, options.architecture)
    try:
        assemble(options.folder, target, options.version)
    except subprocess.CalledProcessError as error:
        sys.exit(f"uv ended with {error.returncode}: the program of {target} cannot be assembled")


if __name__ == "__main__":
    os.umask(0o022)
    main()
