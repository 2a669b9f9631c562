"""The Debian package under test."""

import os
import re
import shutil
from pathlib import Path

from virtual_pi.commands import run
from virtual_pi.errors import CannotRun, CommandFailed
from virtual_pi.site import REPOSITORY

ARCHITECTURE = "amd64"


def build_package(suite: str, architecture: str = ARCHITECTURE) -> Path:
    """Build the package for *suite* by ``make deb`` and return its file.

    :raises CommandFailed: if it cannot be built
    """
    run("make", "deb", f"SUITE={suite}", f"ARCH={architecture}", folder=REPOSITORY,
        environment=os.environ)  # fmt: skip
    found = sorted(
        (REPOSITORY / "dist").glob(f"gardu_*{suite}*_{architecture}.deb"),
        key=lambda file: file.stat().st_mtime,
    )
    if not found:
        raise CommandFailed(f"make deb left no package for {suite} {architecture} in dist/")
    return found[-1]


def given_package(file: Path) -> Path:
    """Return the package that the command line names.

    :raises CannotRun: if it is not a package of Gardu
    """
    try:
        name = run("dpkg-deb", "-f", file, "Package").strip()
    except CommandFailed as error:
        raise CannotRun(f"{file} is no Debian package: {error}") from error
    if name != "gardu":
        raise CannotRun(f"{file} is a package of {name}, not of gardu")
    return file


def version(package: Path) -> str:
    """Return the version of *package*."""
    return run("dpkg-deb", "-f", package, "Version").strip()


def dependencies(package: Path) -> tuple[str, ...]:
    """Return the names of the Debian packages that *package* depends on, or recommends."""
    fields = run("dpkg-deb", "-f", package, "Depends", "Recommends")
    return names(re.sub(r"^\w+:", ",", fields, flags=re.MULTILINE))


def names(depends: str) -> tuple[str, ...]:
    """Return the package names of a ``Depends`` field, the first of each alternative."""
    first = (part.split("|")[0].split("(")[0].split(":")[0] for part in depends.split(","))
    return tuple(sorted({name.strip() for name in first} - {""}))


def make_variant(package: Path, into: Path, version: str, script: str) -> Path:
    """Make another version of *package* and return its file.

    :param script: a shell script that changes the unpacked package, in its working directory;
        ``$1`` is the new version
    """
    folder = into / "package"
    shutil.rmtree(folder, ignore_errors=True)
    run("dpkg-deb", "-R", package, folder)
    run("sh", "-ec", script, "sh", version, folder=folder)
    made = into / f"gardu_{version}_{ARCHITECTURE}.deb"
    # -Z none: a trial package is used once, and compression takes longer than all else.
    run("dpkg-deb", "-Znone", "-b", folder, made)
    shutil.rmtree(folder)
    return made
