"""Fixtures: a filled database, and the office's page before it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from httpx import Client
from sqlalchemy import Engine

from office.board.application import board_application
from office.board.context import Context, Settings
from office.board.roles import Role
from office.board.sessions import COOKIE
from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.reading import make_reading_engine
from office.database.schema import prepare
from office.database.users import UserRow, add_user
from pages.server import Server
from tests.office.board.lobbies import HandClock, fill

SESSION_S = 3600.0
PATIENCE_S = 60.0


@pytest.fixture
def clock() -> HandClock:
    """The office's clock."""
    return HandClock()


@pytest.fixture
def section(tmp_path: Path) -> DatabaseSection:
    """A database of SQLite: how its statements do in PostgreSQL, test_queries.py shows."""
    return DatabaseSection(url=f"sqlite:///{tmp_path}/office.db")


@pytest.fixture
def empty(section: DatabaseSection) -> Iterator[Engine]:
    """The database with all tables, and a user of each role whose name is the role's."""
    made = make_engine(section)
    prepare(made, section)
    with made.begin() as connection:
        for role in Role:
            add_user(connection, UserRow(role.value, role.value, "no hash", 0))
    yield made
    made.dispose()


@pytest.fixture
def office(empty: Engine) -> Engine:
    """The database with what two checkpoints have published."""
    fill(empty)
    return empty


@pytest.fixture
def context(empty: Engine, section: DatabaseSection, clock: HandClock) -> Iterator[Context]:
    """What the pages are made with."""
    reader = make_reading_engine(section)
    settings = Settings(ZoneInfo("Asia/Jakarta"), SESSION_S)
    yield Context(reader, empty, settings, clock)
    reader.dispose()


@pytest.fixture
def served(context: Context) -> Iterator[str]:
    """The address of the page, which is served."""
    with Server(board_application(context)) as running:
        yield running.url


@pytest.fixture
def visitor(served: str) -> Iterator[Client]:
    """A browser that is not logged in."""
    with Client(base_url=served, timeout=PATIENCE_S) as client:
        yield client


@pytest.fixture
def logged_in(context: Context, visitor: Client) -> Callable[[Role], Client]:
    """Return a function that logs the browser in for a role."""

    def enter(role: Role = Role.ADMINISTRATOR, language: str = "en") -> Client:
        cookie = context.gate.sessions.begin(role.value, context.now_ms)
        visitor.cookies.set(COOKIE, cookie)
        visitor.headers["accept-language"] = language
        return visitor

    return enter
