"""A database that cannot be used now: said in words, nothing half stored; it goes on later."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from edge.clock import Clock
from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.failures import is_of_values, words_of
from office.database.schema import prepare
from office.ingest.writer import Writer
from tests.office.records import Stream
from tests.office.test_writer import messages, rows


@pytest.fixture
def section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatabaseSection:
    """The section of a database of SQLite, whose statements wait for no lock."""
    monkeypatch.setattr("office.database.engine.BUSY_S", 0)
    return DatabaseSection(url=f"sqlite:///{tmp_path}/office.db")


@contextmanager
def held(section: DatabaseSection, _engine: Engine) -> Iterator[None]:
    """Hold the database, as a person with another program does."""
    with closing(sqlite3.connect(section.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@contextmanager
def full(_section: DatabaseSection, engine: Engine) -> Iterator[None]:
    """Allow the database's file no further page, as on a full disk."""

    def limit(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    def free(connection: sqlite3.Connection, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 1000000")

    event.listen(engine, "checkout", limit)
    yield
    event.remove(engine, "checkout", limit)
    event.listen(engine, "checkout", free)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [(held, "another program holds it"), (full, "its disk is full")],
)
def test_trouble_passes(
    section: DatabaseSection,
    trouble: Callable[[DatabaseSection, Engine], AbstractContextManager[None]],
    words: str,
) -> None:
    """A batch that cannot be stored now raises, stays whole, and is stored later."""
    engine = make_engine(section)
    prepare(engine, section)
    writer = Writer(engine, Clock(), 10)
    stream = Stream()
    writer.write(messages(stream.next()))
    batch = messages(*stream.some(500))
    with trouble(section, engine):
        with pytest.raises(DBAPIError) as error:
            writer.write(batch)
        assert words_of(error.value, section) == f"{section.file}: {words}"
        assert not is_of_values(error.value)
    assert rows(engine, "SELECT count(*) FROM records") == [(1,)]
    writer.write(batch)
    assert rows(engine, "SELECT count(*) FROM records") == [(501,)]
    assert rows(engine, "SELECT count(*) FROM aside") == [(0,)]


def test_nothing_is_written_into_a_file_that_was_removed(section: DatabaseSection) -> None:
    """The database's file is deleted while in use: no record is taken, and the words say why."""
    engine = make_engine(section)
    prepare(engine, section)
    writer, stream = Writer(engine, Clock(), 10), Stream()
    writer.write(messages(stream.next()))
    Path(section.file).unlink()
    with pytest.raises(DBAPIError) as error:
        writer.write(messages(stream.next()))
    assert "was removed or replaced while in use" in words_of(error.value, section)
    with pytest.raises(DBAPIError):  # a new, empty file is not the office's database either
        writer.write(messages(stream.next()))
