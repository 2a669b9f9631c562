"""Credentials of systemd: a password or key that systemd hands to the service alone.

In place of a file, the config names ``credential:NAME``, and the unit has
``LoadCredential=NAME:FILE`` (docs/sandbox.md). systemd reads FILE as root, which may be encrypted,
and puts it into a folder in memory that only the service can read.

The variable of that folder exists for the service alone. A command of root finds the folder while
the service runs; other commands cannot examine the credential.
"""

import os
import re
from pathlib import Path

PREFIX = "credential:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_VARIABLE = "CREDENTIALS_DIRECTORY"
# Where systemd has the folders of the services that run (systemd.exec(5)).
_FOLDERS = Path("/run/credentials")
_UNITS = "gardu*.service"

ALLOWED = "credential:NAME, with letters, digits, dots, dashes and underscores"


def located(name: str, folder: Path) -> str:
    """Return the path of the file *name* of a config in *folder*.

    A credential that this process cannot find stays as it is written.
    """
    if not name.startswith(PREFIX):
        return str(folder / name)
    credential = name.removeprefix(PREFIX)
    if not _NAME.fullmatch(credential):
        return name
    given = os.environ.get(_VARIABLE)
    if given:
        return str(Path(given) / credential)
    return str(next(_FOLDERS.glob(f"{_UNITS}/{credential}"), name))


def is_credential(path: str) -> bool:
    """Return True if *path*, from :func:`located`, is that of a credential."""
    given = os.environ.get(_VARIABLE)
    folders = [str(_FOLDERS), *([given] if given else [])]
    return path.startswith(PREFIX) or any(path.startswith(f"{one}/") for one in folders)


def missing(path: str) -> str:
    """Return what is wrong with the credential *path*, in words; empty if it may be right.

    Outside the service a credential is not there, and that is no problem.
    """
    if path.startswith(PREFIX):
        name = path.removeprefix(PREFIX)
        if not _NAME.fullmatch(name):
            return f"is {path!r}; allowed: {ALLOWED}"
        if "INVOCATION_ID" not in os.environ:  # not started by systemd
            return ""
    elif Path(path).is_file():
        return ""
    name = Path(path.removeprefix(PREFIX)).name
    return (
        f"is the credential {name}, which the service does not have; "
        f"allowed: one of its unit: LoadCredential={name}:FILE"
    )
