"""The files that commands write for people.

Rules
-----
1. What anybody may read (a form, a drawing, a report without names) takes the place of a file of
   that name: whoever makes November's report once more wants the new one. It is there whole or not
   at all: while it is written, and if that fails, the old one stands.
2. What holds personal data or a secret (the guest book, invitations, keys, a report with names) is
   for its owner alone and takes the place of nothing: such a file is deleted on purpose, not by
   the way, and never reached through a link.
"""

import os
from pathlib import Path

from edge.errors import GarduError

REPLACES = "The file to write; one of that name is replaced."
NEW_ONLY = "A file that is not there yet; for you alone (mode 0600)."


def write(path: Path, data: bytes) -> None:
    """Write *data* into the file *path*, in place of what was there.

    :raises GarduError: if it cannot be written
    """
    try:
        if path.exists() and not path.is_file():  # /dev/stdout, a pipe
            path.write_bytes(data)
            return
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise GarduError(f"{path} cannot be written: {error.strerror}") from error


def write_secret(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write *data* into the file *path*, which was not there.

    :param mode: whatever the umask says
    :raises GarduError: if it is there, or cannot be written
    """
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        raise GarduError(
            f"{path}: is there already, and what holds personal data or keys replaces nothing: "
            "delete it, or name another file"
        ) from None
    except OSError as error:
        raise GarduError(f"{path} cannot be written: {error.strerror}") from error
    with os.fdopen(number, "wb") as file:
        os.fchmod(number, mode)
        file.write(data)
