"""Failures of the database, in words for the person who must mend it."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import DataError, DBAPIError

from office.config import DatabaseSection
from office.database.sqlite_file import owner_of

# The messages of SQLite about its file, and their meaning.
_SQLITE = (
    ("database is locked", "another program holds it"),
    ("database or disk is full", "its disk is full"),
    ("unable to open database file", "the file cannot be opened; its folder must be writable"),
    ("attempt to write a readonly database", "the file may only be read"),
    ("disk I/O error", "its disk fails"),
    ("file is not a database", "the file is no database of SQLite"),
    ("no such table", "has not the office's tables; start the office again to create them"),
    ("malformed", "the file is damaged; restore it from a backup"),
)


def words_of(error: DBAPIError, section: DatabaseSection) -> str:
    """Return what *error* means, with the name of the database."""
    name = section.file if section.sqlite else section.url
    origin = getattr(error, "orig", None)
    text = " ".join(str(origin or error).split())
    if isinstance(origin, sqlite3.Error):
        readonly = "readonly" in text
        text = next((words for part, words in _SQLITE if part in text), text)
        owner = owner_of(Path(section.file))
        if readonly and owner:
            text += f": it belongs to {owner}"
    return f"{name}: {text[:300]}"


def is_of_values(error: DBAPIError) -> bool:
    """Return True if the database refuses the values of a statement, and works otherwise.

    Every other failure may be over later: a message is put aside only if no try can ever store it.
    """
    return isinstance(error, DataError) and not error.connection_invalidated
