"""Files of the kit: written whole or not at all; one writer at a time."""

import fcntl
import grp
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edge.errors import GarduError
from edge.store.data_folder import sync

BROKER_GROUP = "mosquitto"
"""The group of Debian's mosquitto, which reads its files again on a signal, as that user."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other writers out of *folder*; the kernel ends the lock with the process.

    :raises GarduError: if another process holds the lock, or the folder cannot be used
    """
    try:
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise GarduError(f"{folder}: {(error.strerror or str(error)).lower()}") from None
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GarduError(
                f"another gardu office broker works in {folder}: wait until it has ended"
            ) from None
        yield
    finally:
        os.close(number)


def write(path: Path, data: bytes, mode: int, *, for_broker: bool = False) -> None:
    """Replace *path* by *data* with *mode*, durably.

    :param for_broker: the group of the broker may read it, if this process is root's
    :raises OSError: if it cannot be written
    """
    part = write_part(path, data, mode, for_broker=for_broker)
    part.replace(path)
    sync(path.parent)


def write_part(path: Path, data: bytes, mode: int, *, for_broker: bool = False) -> Path:
    """Write *data* durably beside *path*, under the name of a part; return it."""
    part = part_of(path)
    part.unlink(missing_ok=True)
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(number, "wb") as file:
        os.fchmod(number, mode)
        if for_broker:
            _give_to_broker(number)
        file.write(data)
        file.flush()
        os.fsync(number)
    return part


def part_of(path: Path) -> Path:
    """Return the name of *path* while it is being written."""
    return path.with_name(f".{path.name}.part")


def make_folder(path: Path, mode: int, *, for_broker: bool = False) -> None:
    """Make *path* with *mode*; also if it is there already."""
    path.mkdir(mode=mode, exist_ok=True)
    path.chmod(mode)
    if for_broker:
        _give_to_broker(path)


def _give_to_broker(file: int | Path) -> None:
    if not os.geteuid():
        with suppress(KeyError):
            os.chown(file, -1, grp.getgrnam(BROKER_GROUP).gr_gid)
