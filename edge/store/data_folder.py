"""The data folder: its lock, and file names in it that survive a power cut.

A new, renamed or deleted name is on the disk only after its folder was synced; syncing the file
itself does not guarantee it (POSIX; ext4 mostly does it all the same, other file systems do not).

The lock is ``flock``, not a pid file: the kernel releases it however the process ends. A child that
is forked (not spawned) would hold it too, so Gardu does not fork without ``exec``.

The process that takes the lock closes the folder to other users (:func:`close_to_others`): a folder
made by hand, or files of an older version, may be open to them, and SQLite makes a log as readable
as its database.
"""

import contextlib
import errno
import fcntl
import logging
import os
import pwd
import stat
from pathlib import Path

from edge.errors import StoreError
from edge.store.read_only_disk import ADVICE

log = logging.getLogger(__name__)

LOCK = "gardu.lock"
_OTHERS = 0o077


def sync(folder: Path) -> None:
    """Sync the names in *folder* to the disk.

    :raises OSError: if the disk failed
    """
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def make(folder: Path) -> None:
    """Make *folder* (mode 0700) and its missing parents, durably.

    :raises OSError: if it cannot be made
    """
    if folder.is_dir():
        return
    make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync(folder.parent)


def require(folder: Path) -> None:
    """Check that the data folder exists: a person makes it, or systemd, with the right owner.

    :raises StoreError: if it is missing
    """
    if not folder.is_dir():
        raise StoreError(
            f"the data folder {folder} is not there (key data in [checkpoint]): systemd makes "
            f"/var/lib/gardu for the service; make another one first, of the user who starts this: "
            f"install -d -m 0700 {folder}, or for the service: "
            f"install -d -m 0700 -o gardu -g gardu {folder}"
        )


def refuse_root(folder: Path) -> None:
    """Refuse root's work in a folder of the daemon's user, who could not use root's files.

    :raises StoreError: if this process is root's and *folder* is not
    """
    owner = folder.stat().st_uid if folder.is_dir() else 0
    if owner and not os.geteuid():
        user = _name_of(owner)
        raise StoreError(
            f"{folder} belongs to {user}: root would leave files there that {user} cannot use; "
            f"start this as that user: sudo -u {user} ..., or systemctl start gardu"
        )


def close_to_others(folder: Path) -> None:
    """Take from *folder*, and from all that lies directly in it, what other users may do with it.

    What lies deeper is then closed too. Files of other users, and links, stay as they are; so does
    all on a disk that is read-only, or that knows no modes.
    """
    changed = 0
    with contextlib.suppress(OSError):
        for path in (folder, *folder.iterdir()):
            found = path.lstat()
            mode = stat.S_IMODE(found.st_mode)
            if mode & _OTHERS and found.st_uid == os.geteuid() and not path.is_symlink():
                path.chmod(mode & ~_OTHERS)
                changed += 1
    if changed:
        log.info("%s: other users could read %d names in it; they cannot any more", folder, changed)


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


class FolderLock:
    """Locks *folder* for this process until :meth:`release`.

    :raises StoreError: if another process holds the lock (named in the message), the lock file
        cannot be used, or this process is root's and the folder is not
    """

    def __init__(self, folder: Path) -> None:
        refuse_root(folder)
        try:
            self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            advice = ADVICE if error.errno == errno.EROFS else "check who owns it"
            raise StoreError(f"{folder / LOCK}: {error.strerror}; {advice}") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            raise StoreError(
                f"{folder} is in use by process {holder}: stop that one first "
                "(systemctl stop gardu), or give this one a data folder of its own"
            ) from error
        with contextlib.suppress(OSError):  # on a full disk: locked, but without the process id
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
        close_to_others(folder)

    def release(self) -> None:
        """Release the lock; may be called twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
