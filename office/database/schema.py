"""The database's tables: created where there are none, checked at every start, migrated on demand.

A database that this version cannot use is refused, with words that say what to do; it is not
changed.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect, text

from edge.errors import GarduError
from office.config import DatabaseSection
from office.database.tables import metadata

_REVISIONS = "alembic_version"
# Any number: processes that start together wait for the one that creates the tables.
_LOCK = 4_711_205_020


class DatabaseRefused(GarduError):
    """The database cannot be used by this version: a person must act."""


def prepare(engine: Engine, section: DatabaseSection) -> None:
    """Create the tables in an empty database; check those of another.

    :raises DatabaseRefused: if it is newer or older, or holds something else
    :raises SQLAlchemyError: if it cannot be used now
    """
    name = section.file or section.url
    with engine.begin() as connection:
        _lock(connection)
        if not inspect(connection).get_table_names():
            command.upgrade(_config(connection), "head")
            return
        revision = revision_of(connection, name)
        if revision != newest():
            raise DatabaseRefused(
                f"{name}: its tables are those of revision {revision}, and this version needs "
                f"{newest()}. Make a backup, stop every ingest, then: gardu office migrate"
            )
        _compare(connection, name)


def migrate(engine: Engine, section: DatabaseSection) -> tuple[str, str]:
    """Bring the tables to this version; return the revisions before and now.

    :raises DatabaseRefused: if it is newer, or holds something else
    :raises SQLAlchemyError: if it cannot be used now
    """
    name = section.file or section.url
    with engine.begin() as connection:
        _lock(connection)
        before = revision_of(connection, name) if inspect(connection).get_table_names() else "none"
        command.upgrade(_config(connection), "head")
        _compare(connection, name)
    return before, newest()


def newest() -> str:
    """Return the revision that this version needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def revision_of(connection: Connection, name: str) -> str:
    """Return the revision of the database's tables.

    :raises DatabaseRefused: if this version does not know it
    """
    if _REVISIONS not in inspect(connection).get_table_names():
        raise DatabaseRefused(
            f"{name}: holds tables, and none is the central office's; allowed: an empty database"
        )
    found = list(connection.scalars(text(f"SELECT version_num FROM {_REVISIONS}")))  # noqa: S608
    revision = str(found[0]) if len(found) == 1 else ""
    try:
        ScriptDirectory.from_config(_config()).get_revision(revision or "none")
    except CommandError:
        raise DatabaseRefused(
            f"{name}: its tables are those of revision {revision or 'none'}, which this version "
            "does not know: a newer Gardu or another program made them. Install that version"
        ) from None
    return revision


def _compare(connection: Connection, name: str) -> None:
    """Check that every table and column is there.

    :raises DatabaseRefused: if one is not
    """
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    missing: list[str] = []
    for table in metadata.sorted_tables:
        if table.name not in there:
            missing.append(table.name)
            continue
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        missing += [f"{table.name}.{c.name}" for c in table.columns if c.name not in columns]
    if missing:
        raise DatabaseRefused(
            f"{name}: says that its tables are complete, but lacks {', '.join(missing)}: they were "
            "changed by hand. Restore it from a backup"
        )


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
