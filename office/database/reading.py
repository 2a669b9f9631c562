"""A second engine for pages, which only reads: it never holds up a writer, nor waits for one."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event

from office.config import DatabaseSection
from office.database.engine import BUSY_S, make_engine
from office.database.sqlite_file import make_for_owner


def make_reading_engine(section: DatabaseSection) -> Engine:
    """Return an engine that cannot change the database of *section*."""
    if not section.sqlite:
        return make_engine(section).execution_options(postgresql_readonly=True)
    make_for_owner(Path(section.file))
    engine = create_engine(section.url, connect_args={"timeout": BUSY_S})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    # The driver must begin no transaction by itself: _begin does, as a reader.
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")


def _begin(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN DEFERRED")
