"""The records of the recording file system: operations that change the disk."""

from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal[
    "create",
    "write",
    "truncate",
    "sync",
    "mkdir",
    "rename",
    "unlink",
    "rmdir",
    "sync-folder",
    "symlink",
]


class Operation(msgspec.Struct, frozen=True, array_like=True):
    """One operation on *path* (below the mount, without a leading slash; the mount itself is "").

    :ivar offset: of a write in bytes; of a truncate the new length
    :ivar data: the bytes written
    :ivar target: the new path of a rename; the content of a symlink
    """

    kind: Kind
    path: str
    offset: int = 0
    data: bytes = b""
    target: str = ""


_decode = msgspec.json.Decoder(Operation).decode
encode = msgspec.json.Encoder().encode


def read(log: Path) -> list[Operation]:
    """Return all operations of *log*, one a line."""
    return [_decode(line) for line in log.read_bytes().splitlines()]


def count(log: Path) -> int:
    """Return how many operations *log* has now."""
    return log.read_bytes().count(b"\n")
