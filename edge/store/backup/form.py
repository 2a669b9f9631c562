"""Form of a backup: one file, a tar archive compressed with gzip, that any tar program opens.

Rules
-----
1. The first member is ``about.json`` (:class:`About`), the last is ``manifest.json`` with the size
   and the SHA-256 of every other member: a file without its end has no manifest and is refused.
2. Every member is a plain file with one of the names in :data:`_NAME`. There are no folders, links
   or extended headers.
3. Databases are whole SQLite files without a log, each of one moment.
4. What a newer Gardu wrote is refused: its config, procedures or tables may mean something else.
"""

import os
import re
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta

from edge.errors import GarduError

FORMAT = 1
"""Format of the archive; raised when an older Gardu could no longer read it."""

ABOUT, MANIFEST, CONFIG = "about.json", "manifest.json", "config/gardu.toml"

MOST_MEMBERS = 200_000
"""Most members of a backup: two thousand stills a day for 90 days, and some."""

LONGEST_ABOUT = 256 * 1024
"""Greatest size of ``about.json``, bytes."""

LONGEST_MANIFEST = 64 * 2**20
"""Greatest size of ``manifest.json``, bytes: that of :data:`MOST_MEMBERS` entries."""

LONGEST_FILE = 1024 * 1024
"""Greatest size of a config, procedure or password file, bytes (read: 256 KiB at most)."""

CHUNK = 256 * 1024
"""Bytes read or written at a time."""

_NAME = re.compile(
    r"gardu\.db|guestbook\.db|about\.json|manifest\.json"
    r"|stills/[0-9]{4}-[0-9]{2}-[0-9]{2}/[A-Za-z0-9][A-Za-z0-9-]{0,79}\.jpg(\.sealed)?"
    r"|(config|secrets)/[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}"
)
_NUMBER = re.compile(r"[0-9]+")

Text = Annotated[str, Meta(max_length=4096)]
Count = Annotated[int, Meta(ge=0, le=2**62)]


class BadBackup(GarduError):
    """The file is no backup that can be restored here: nothing was written."""


class Stopped(GarduError):
    """The work was stopped before its end; nothing of it remains."""


class ConfigEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file that the config names, or the config itself.

    :ivar key: the config's key that names it, for people; empty for the config itself
    :ivar member: its member of the archive; empty if it was left out
    :ivar place: its path below the config's folder; empty if it lies elsewhere
    :ivar original: its path on the machine of the backup
    """

    key: Text
    member: Text
    place: Text
    original: Text
    secret: bool = False


class About(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about a backup.

    :ivar format: :data:`FORMAT` of its writer; *version*: the version of Gardu
    :ivar made: when the database was copied, RFC 3339 UTC
    :ivar stream: the stream of the records; *sequence* and *head*: the last record, and its link
    :ivar changed: the first record that does not fit the hash chain, in words; empty if all do
    :ivar waiting: number of records that were not delivered (parked ones too)
    :ivar visits: number of open visits; *cards* and *lockers*: cards out, lockers of visits
    :ivar databases: the format of each database, by member
    :ivar guests: True if guest book and stills were to be included
    """

    format: Count
    version: Text
    site: Text
    checkpoint: Text
    made: Text
    clock_synced: bool
    stream: Text
    sequence: Count
    head: Text
    changed: Text = ""
    waiting: Count = 0
    visits: Count = 0
    cards: Count = 0
    lockers: tuple[Count, ...] = ()
    databases: dict[str, int] = {}
    guests: bool = True
    files: tuple[ConfigEntry, ...] = ()


class Member(msgspec.Struct, frozen=True, array_like=True):
    """A member of the archive: its name, size in bytes, and SHA-256."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """All members but the manifest itself, in order."""

    members: tuple[Member, ...]


def allowed(name: str) -> bool:
    """Return True if a member may have the *name*."""
    return _NAME.fullmatch(name) is not None


def longest(name: str) -> int:
    """Return the greatest size of the member *name*, bytes; databases and stills have none."""
    if name.startswith(("config/", "secrets/")):
        return LONGEST_FILE
    return {ABOUT: LONGEST_ABOUT, MANIFEST: LONGEST_MANIFEST}.get(name, 2**62)


def new_file(path: Path) -> BinaryIO:
    """Open the new file *path*, which only its owner may read, for writing."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def is_newer(version: str, mine: str) -> bool:
    """Return True if *version* is a later one than *mine*."""
    return _numbers(version) > _numbers(mine)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version: (0, 12, 1) of ``0.12.1.dev3``."""
    return tuple(int(number[:9]) for number in _NUMBER.findall(version)[:3])
