"""Formats of a database: the number of its layout, and the steps from each to the next.

Rules
-----
1. Document 1 of the table ``database`` has the format (and the version of Gardu that wrote it), in
   every format: it is read before all else.
2. The number rises when older code could no longer read the data. A new table, or a field with a
   default, is no new format.
3. The migration from format N to N+1 is a function with a module of its own (``to_format_4.py``).
   It uses no types or constants of the present code, which may be those of a later format.
4. A newer version migrates when it opens the database (edge/store/migration.py). A version that
   meets a newer format refuses it, and changes nothing.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from edge import __version__
from edge.errors import StoreFormat
from edge.store.database import Database, checksum

Rows = Callable[[int], None]
"""Called during a step with the number of rows that were just migrated; it may raise."""

Step = Callable[[Database, Rows], None]
"""Changes the tables from one format to the next, in the transaction of its caller."""

Notify = Callable[[str], None]
"""Called with the progress of a migration, in words; it may raise, which undoes the migration."""

_IDENTITY = 1


class Identity(msgspec.Struct, frozen=True):
    """The document about a database.

    :ivar version: the version of Gardu that began or migrated it; empty if it did not say so
    """

    format: int
    version: str = ""


class Formats(NamedTuple):
    """The format that this Gardu writes, and the step from each older one that it migrates.

    :ivar as_is: older formats that it reads, and writes on in, until the owner of the database
        raises the number
    """

    number: int
    steps: Mapping[int, Step] = MappingProxyType({})
    as_is: frozenset[int] = frozenset()

    def reads(self, number: int) -> bool:
        """Return True if a database of the format *number* is used without a migration."""
        return number == self.number or number in self.as_is

    def admit(self, file: str, found: Identity | None) -> list[Step]:
        """Return the steps from the format *found* to this one; none for a new database.

        :raises StoreFormat: if this Gardu cannot read that format
        """
        if found is None or self.reads(found.format):
            return []
        numbers = range(found.format, self.number)
        if found.format > self.number or any(number not in self.steps for number in numbers):
            raise StoreFormat(refusal(file, found, self.number))
        return [self.steps[number] for number in numbers]


def refusal(file: str, found: Identity, reads: int) -> str:
    """Return why the database *file* is refused, and what to do, in words."""
    writer = f" (Gardu {found.version})" if found.version else ""
    what = f"{file} has format {found.format}{writer}, this Gardu reads {reads}"
    if found.format > reads:
        return (
            f"{what}: install {f'Gardu {found.version}' if writer else 'the version'} that wrote "
            "it or a later one, or return to the database from before its migration: gardu "
            f"undo-migration (Gardu here is {__version__})"
        )
    return f"{what}: install the version of Gardu that wrote it"


def identity(database: Database) -> Identity | None:
    """Return the identity of an open database; None if it is new.

    :raises StoreDamaged: if it cannot be understood
    """
    for row in database.run("after", "database", _IDENTITY - 1, 1):
        try:
            return msgspec.convert(database.document("database", *row), Identity)
        except msgspec.ValidationError as error:
            raise database.damaged(f"document 1 in table database: {error}") from error
    return None


def read_identity(path: Path) -> Identity | None:
    """Return the identity of the database *path*, which may be damaged; None if it is unreadable.

    SQLite may change the log's shared memory: not before the log was examined for damage.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            rows = file.execute("SELECT body, crc FROM database WHERE id = 1").fetchall()
        for body, crc in rows:
            if isinstance(body, bytes) and checksum("database", _IDENTITY, body) == crc:
                return msgspec.json.decode(body, type=Identity)
    except (sqlite3.Error, msgspec.MsgspecError, UnicodeDecodeError):
        pass
    return None


def stamped(document: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Return the document about a database with the format *number* and this version."""
    return {**document, "format": number, "version": __version__}
