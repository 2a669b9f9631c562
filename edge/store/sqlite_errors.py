"""SQLite's errors: the exception that each of them becomes, with advice for a technician."""

import sqlite3
from typing import NamedTuple

from edge.errors import StoreDamaged, StoreError, StoreFull, StoreUnavailable

# Beginning of SQLite's name of the error → the error raised here, and the advice in its message.
# The shared memory of the log is a file too: it may find no room before the log itself does.
_FULL = "the disk is full: free some space; this change was not kept, all before it are"
_HELD = "another program holds it: close that program, or commit or undo what it has begun"
_DAMAGED = "it is damaged: restart Gardu, which sets it aside and begins a new one"
_MEANINGS: dict[str, tuple[type[StoreError], str]] = {
    "SQLITE_FULL": (StoreFull, _FULL),
    "SQLITE_IOERR_SHMSIZE": (StoreFull, _FULL),
    "SQLITE_BUSY": (StoreUnavailable, _HELD),
    "SQLITE_LOCKED": (StoreUnavailable, _HELD),
    "SQLITE_PROTOCOL": (StoreUnavailable, _HELD),  # a race for the locks of the log was lost
    "SQLITE_CORRUPT": (StoreDamaged, _DAMAGED),
    "SQLITE_NOTADB": (StoreDamaged, _DAMAGED),
    "SQLITE_TOOBIG": (StoreDamaged, _DAMAGED),  # no document of ours is that large
    "SQLITE_IOERR": (
        StoreError,
        "the disk failed: restart Gardu; if it happens again, replace the card or disk",
    ),
    "SQLITE_CANTOPEN": (StoreError, "check that its folder exists and belongs to Gardu's user"),
    "SQLITE_READONLY": (
        StoreError,
        "check that it belongs to Gardu's user and the disk is mounted writable",
    ),
}
_FATAL = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_TOOBIG", "SQLITE_IOERR")


class Meaning(NamedTuple):
    """The exception that an error becomes, with advice; *retry*: the file is certainly unchanged.

    After a *fatal* one the file must not be used any more.
    """

    kind: type[StoreError]
    advice: str
    fatal: bool
    retry: bool


def meaning(error: sqlite3.Error) -> Meaning:
    """Return the meaning of *error*."""
    name = getattr(error, "sqlite_errorname", "")
    found = [meant for begin, meant in _MEANINGS.items() if name.startswith(begin)]
    kind, advice = (found or [(StoreError, "restart Gardu")])[0]
    retry = kind in (StoreFull, StoreUnavailable)
    return Meaning(kind, advice, name.startswith(_FATAL) and not retry, retry)
