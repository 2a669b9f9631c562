"""The file of an SQLite database: it belongs to the user of its folder, also if root makes it.

`sudo gardu office migrate` would otherwise leave a file that the service's user cannot write. The
files beside it (``-wal``, ``-shm``) SQLite gives to the owner of the database by itself.
"""

import os
import pwd
from pathlib import Path

from edge.errors import GarduError


class RootsFile(GarduError):
    """The database's file is root's, in a folder of another user."""


def make_for_owner(file: Path) -> None:
    """Make *file* for the user of its folder, if this process is root's and it is not there.

    Any other process makes it for itself, when SQLite opens it.

    :raises RootsFile: if it is there, and root's, in a folder of another user
    :raises OSError: if it cannot be made
    """
    if os.geteuid() or not file.parent.is_dir():
        return
    owner = file.parent.stat()
    if not owner.st_uid:
        return
    try:
        # Only a file of our own making is given away: the folder's user could have put a link to
        # another one there.
        number = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        _check_owner(file, owner.st_uid)
        return
    try:
        os.fchown(number, owner.st_uid, owner.st_gid)
    finally:
        os.close(number)


def owner_of(file: Path) -> str:
    """Return the name of the user who owns *file*; empty if it is this process's, or not there."""
    try:
        found = file.stat().st_uid
    except OSError:
        return ""
    return "" if found == os.geteuid() else name_of(found)


def name_of(user: int) -> str:
    """Return the name of *user*."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


def _check_owner(file: Path, owner: int) -> None:
    if not file.stat().st_uid:
        name = name_of(owner)
        raise RootsFile(
            f"{file} belongs to root, and its folder to {name}, who could not use it: "
            f"chown {name}: {file}*, then start this again"
        )
