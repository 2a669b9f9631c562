"""Databases for the central office's tests: each test has both kinds, new and empty."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bench.postgresql import PostgreSQL, programs
from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.partitions import create_partitions
from office.database.schema import prepare
from tests.longer import slow
from tests.office.records import AT_MS

# For the databases of all tests of one process of pytest.
_ROOM_BYTES = 4 * 2**30


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """A running PostgreSQL, for all tests that do not end it."""
    yield from _running()


@pytest.fixture
def own_server() -> Iterator[PostgreSQL]:
    """A running PostgreSQL that the test may end."""
    yield from _running()


def _running() -> Iterator[PostgreSQL]:
    if programs() is None:
        pytest.skip("needs PostgreSQL (sudo apt install postgresql)")
    made = PostgreSQL(synced=False, parent=_quick_folder())
    made.start()
    yield made
    made.remove()


def _quick_folder() -> str | None:
    """Return a folder in memory, if it has room: a database has some hundred files."""
    memory = "/dev/shm"
    try:
        return memory if shutil.disk_usage(memory).free > _ROOM_BYTES else None
    except OSError:
        return None


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> DatabaseSection:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return DatabaseSection(url=f"sqlite:///{tmp_path}/office.db")
    running: PostgreSQL = request.getfixturevalue("server")
    return DatabaseSection(url=running.new_database())


@pytest.fixture
def engine(database: DatabaseSection) -> Iterator[Engine]:
    """An engine for a database with all tables."""
    made = make_engine(database)
    prepare(made, database)
    create_partitions(made, AT_MS)
    yield made
    made.dispose()
