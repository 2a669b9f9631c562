"""Backup and restore as docs/office.md has them: made under load, whole, and the ingest goes on."""

import sqlite3
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.postgresql import PostgreSQL, programs
from office.database.tables import metadata
from tests.brokers import Mosquitto
from tests.longer import slow
from tests.office.processes import (
    OfficeProcess,
    in_background,
    publish,
    query,
    wait_for,
    write_config,
)
from tests.office.records import Stream
from tests.office.test_ingest import COUNT, all_of, more_than

DOCS = Path(__file__).parents[2] / "docs" / "office.md"
SENT, BEFORE, AFTER = 1500, 200, 40
OPEN_GAPS = 'SELECT "first", "last" FROM gaps WHERE closed_ms IS NULL'


class Place(NamedTuple):
    """A database that is in use, and how it is saved and restored.

    :ivar save: writes a backup into a file; *restore*: returns a new database with that
    """

    database: str
    save: Callable[[Path], None]
    restore: Callable[[Path], str]


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty database of each kind; PostgreSQL is restored into a second server."""
    if request.param == "sqlite":
        return _sqlite(tmp_path)
    return _postgresql(request.getfixturevalue("server"), request.getfixturevalue("own_server"))


def _sqlite(folder: Path) -> Place:
    file = folder / "office.db"

    def save(backup: Path) -> None:
        connection = sqlite3.connect(file)
        connection.execute(f"VACUUM INTO '{backup}'")
        connection.close()

    return Place(f"sqlite:///{file}", save, lambda backup: f"sqlite:///{backup}")


def _postgresql(first: PostgreSQL, second: PostgreSQL) -> Place:
    database, folder = first.new_database(), programs()
    assert folder is not None

    def run(*words: str) -> None:
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, "")

    def save(backup: Path) -> None:
        run(f"{folder}/pg_dump", "--format=custom", f"--file={backup}", database)

    def restore(backup: Path) -> str:
        restored = second.new_database()
        run(f"{folder}/pg_restore", "--no-owner", "--exit-on-error", f"--dbname={restored}",
            str(backup))  # fmt: skip
        return restored

    return Place(database, save, restore)


def rows_of(database: str) -> dict[str, int]:
    """Return the number of rows of each table."""
    return {
        name: query(database, f"SELECT count(*) FROM {name}")[0][0]
        for name in (*metadata.tables, "alembic_version")
    }


@slow
def test_a_backup_is_whole_and_the_ingest_goes_on(
    mosquitto: Mosquitto, place: Place, tmp_path: Path
) -> None:
    """Saved while records come, it has each record up to one; what it lacks is found and filled."""
    stream = Stream()
    sent = stream.some(SENT)
    under_load, at_rest = tmp_path / "under-load.backup", tmp_path / "at-rest.backup"
    config = write_config(tmp_path, mosquitto.port, place.database, "[ingest]\nbatch = 40\n")
    with OfficeProcess(config, "ingest") as office:
        office.until(": connected")
        with in_background(lambda: publish(mosquitto.port, [*sent, stream.ledger()])):
            wait_for(partial(more_than, place.database, BEFORE))
            place.save(under_load)
        all_of(place.database, SENT)
        assert office.end() == 0
    place.save(at_rest)
    assert rows_of(place.restore(at_rest)) == rows_of(place.database)

    restored = place.restore(under_load)
    ((saved, *_),) = query(restored, COUNT)
    assert BEFORE < saved < SENT, "the backup was made while records came"
    assert query(restored, COUNT) == [(saved, saved, 1, saved)]
    assert rows_of(restored)["visits"] == saved

    config = write_config(tmp_path, mosquitto.port, restored)
    with OfficeProcess(config, "ingest") as office:
        office.until(": connected", 2)
        other = Stream("annex", "another")
        publish(mosquitto.port, [*stream.some(AFTER), stream.ledger(), *other.some(1)])
        wait_for(lambda: query(restored, OPEN_GAPS) == [(saved + 1, SENT)])
        # As the checkpoint does when it is asked (test_resend.py).
        publish(mosquitto.port, sent[saved:])
        wait_for(lambda: query(restored, OPEN_GAPS) == [])
        count = SENT + AFTER + 1
        each = COUNT.replace("DISTINCT sequence", "DISTINCT id")
        wait_for(lambda: query(restored, each) == [(count, count, 1, SENT + AFTER)])
        wait_for(lambda: query(restored, "SELECT front FROM streams ORDER BY front") == [
            (1,), (SENT + AFTER,),
        ])  # fmt: skip
        assert query(restored, "SELECT 1 FROM breaks") == []
        assert office.end() == 0


def test_the_docs_have_the_commands_that_are_tested() -> None:
    """The commands of the page are those of this test."""
    text = DOCS.read_text(encoding="utf-8").partition("## Upgrade, backup")[2]
    for words in ("VACUUM INTO", "pg_dump --format=custom", "pg_restore --no-owner"):
        assert words in text, words
