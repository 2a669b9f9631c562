"""Writes docs/licences.md: the licence of each library and tool in requirements.lock.

The licences are those that the packages declare; those that declare none, or are for another system
and so are not installed here, are in a table below.
"""

import re
import sys
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
LOCK = REPOSITORY / "requirements.lock"
DEB_LOCK = REPOSITORY / "packaging/requirements.lock"
PAGE = REPOSITORY / "docs/licences.md"

UNKNOWN = "not known"
# Read in the projects' own files.
_READ = {"atheris": "Apache-2.0", "brotlicffi": "MIT", "colorama": "BSD-3-Clause"}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)
_LINE = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
# The longest text in the field License that is a licence's name and not its whole text, characters.
_NAME = 80
_HEAD = """# Licences

Gardu is under the MIT licence (`LICENSE`). These are the libraries and tools of
`requirements.lock`, with the licence that each declares; `make lock` writes this page. Those in the
Debian package are on the Pi; the others serve the central office, the simulator and developers.

What Debian and Raspberry Pi OS bring has its licences in `/usr/share/doc`.

| library | licence | in the Debian package |
|---|---|---|
"""


def locked(lock: Path) -> set[str]:
    """Return the names in the file *lock*."""
    return {name for name, _ in _PIN.findall(lock.read_text(encoding="utf-8"))}


def page() -> str:
    """Return the text of the page; a package that is not installed keeps its present licence."""
    before = {line[0]: line[1] for line in _LINE.findall(_present())}
    deb = locked(DEB_LOCK)
    rows = []
    for name in sorted(locked(LOCK)):
        words = licence(name) or _READ.get(name) or before.get(name, UNKNOWN)
        rows.append(f"| {name} | {words} | {'yes' if name in deb else '-'} |\n")
    return _HEAD + "".join(rows)


def licence(name: str) -> str:
    """Return the licence that the package *name* declares; empty if it is not installed."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    if expressions := about.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = [
        one.rpartition(" :: ")[2]
        for one in about.get_all("Classifier") or ()
        if one.startswith("License :: ") and not one.endswith("OSI Approved")
    ]
    declared = "".join(about.get_all("License") or ()).strip()
    if classifiers:
        return ", ".join(classifiers)
    return declared if declared and len(declared) <= _NAME else ""


def _present() -> str:
    return PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(REPOSITORY)}\n")
