"""Engine: the connection to the database, by its URL."""

import os
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from office.config import DatabaseSection
from office.database.sqlite_file import make_for_owner

# How long a statement waits for another program that holds the database of SQLite, seconds.
BUSY_S = 10
# Time-out of a connection to PostgreSQL, seconds.
CONNECT_S = 10


def make_engine(section: DatabaseSection) -> Engine:
    """Return an engine for the database of *section*; it connects when it is first used.

    Each connection of SQLite has a write-ahead log, and syncs at each commit. Each transaction of
    it begins as a writer: one that began as a reader could not wait for another writer later.

    :raises RootsFile: if the file is root's in a folder of another user
    :raises OSError: if its folder cannot be made
    """
    if section.sqlite:
        Path(section.file).parent.mkdir(parents=True, exist_ok=True)
        make_for_owner(Path(section.file))
        engine = create_engine(section.url, connect_args={"timeout": BUSY_S})
        event.listen(engine, "connect", partial(_set_up_sqlite, section.file))
        event.listen(engine, "begin", partial(_begin_sqlite, section.file))
        return engine
    return create_engine(
        _with_password(section),
        pool_pre_ping=True,
        connect_args={"connect_timeout": CONNECT_S, "application_name": "gardu-office"},
    )


def _with_password(section: DatabaseSection) -> URL:
    url = make_url(section.url).set(drivername="postgresql+psycopg")
    password = section.password
    return url.set(password=password) if password else url


def _set_up_sqlite(file: str, connection: Any, record: Any) -> None:
    # The driver must begin no transaction by itself: _begin_sqlite does.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    # What is deleted, such as stills whose time is over, cannot be read in the file any more.
    connection.execute("PRAGMA secure_delete=ON")
    record.info["inode"] = _inode(file)


def _begin_sqlite(file: str, connection: Connection) -> None:
    """Begin a transaction, unless the database's file is no longer the one that was opened.

    What is written into a file that was removed is gone when the process ends.
    """
    if _inode(file) != connection.info["inode"]:
        connection.invalidate()
        problem = sqlite3.OperationalError("the file was removed or replaced while in use")
        raise OperationalError("BEGIN", None, problem)
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _inode(file: str) -> int | None:
    try:
        return os.stat(file).st_ino  # noqa: PTH116 - twice as quick as Path.stat, at each commit
    except OSError:
        return None
