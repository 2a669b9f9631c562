"""Small files of the daemon in the data folder, beside the database: one JSON value each."""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def read(path: Path, kind: type[T]) -> T | None:
    """Return the value in *path*, None if there is no file.

    :raises OSError: if it cannot be read
    :raises msgspec.MsgspecError: if it is no *kind*
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None


def write(path: Path, value: object) -> None:
    """Replace the file, whole or not at all.

    :raises OSError: if it cannot be written
    """
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(msgspec.json.encode(value))
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
