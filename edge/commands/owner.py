"""Work as the user that a folder belongs to, so that root leaves no files that user cannot use."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

SERVICE_USER = "gardu"
"""The daemon's user on an installed checkpoint (systemd/gardu.sysusers)."""


class Owner(NamedTuple):
    """A user and a group, by number."""

    user: int
    group: int


def owner_of(folder: Path) -> Owner:
    """Return the owner of *folder*; if it is missing, the user that should own it.

    That is the daemon's user if this process is root's and there is one, else this process's.
    """
    if folder.exists():
        found = folder.stat()
        return Owner(found.st_uid, found.st_gid)
    if not os.geteuid():
        with suppress(KeyError):
            entry = pwd.getpwnam(SERVICE_USER)
            return Owner(entry.pw_uid, entry.pw_gid)
    return Owner(os.geteuid(), os.getegid())


@contextmanager
def acting_as(owner: Owner) -> Iterator[None]:
    """Let all threads of this process act as *owner* meanwhile; only root's process can change."""
    if os.geteuid() or not owner.user:
        yield
        return
    group = os.getegid()
    os.setegid(owner.group)
    os.seteuid(owner.user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
