"""The tables: created in an empty database; every other one is refused with clear words."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text

from office.config import DatabaseSection
from office.database.engine import make_engine
from office.database.partitions import create_partitions, first_id
from office.database.schema import DatabaseRefused, migrate, newest, prepare
from office.database.tables import metadata
from tests.office.records import AT_MS
from tests.office.test_writer import rows


def test_the_migrations_make_the_tables(engine: Engine) -> None:
    """The migrations and the tables that the code uses are the same, in both databases."""
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_own})
        assert compare_metadata(context, metadata) == []


def _is_own(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


def test_prepare_again_changes_nothing(engine: Engine, database: DatabaseSection) -> None:
    """Every process prepares the database at its start."""
    prepare(engine, database)
    assert migrate(engine, database) == (newest(), newest())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "does not know: a newer Gardu"),
        ("DELETE FROM alembic_version", "revision none, which this version does not know"),
        ("DROP TABLE alembic_version", "none is the central office's; allowed: an empty database"),
        ("DROP TABLE gaps", "lacks gaps"),
        ("ALTER TABLE visits RENAME COLUMN host TO owner", "lacks visits.host"),
    ],
)
def test_other_databases_are_refused(
    engine: Engine, database: DatabaseSection, change: str, words: str
) -> None:
    """A newer, a foreign and a changed database are named as what they are, and left alone."""
    with engine.begin() as connection:
        connection.execute(text(change))
    with pytest.raises(DatabaseRefused, match=words) as refused:
        prepare(engine, database)
    assert (database.file or database.url) in str(refused.value)


def test_an_older_database_waits_for_migrate(
    engine: Engine, database: DatabaseSection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade changes no database by itself: the person in charge makes a backup first."""
    monkeypatch.setattr("office.database.schema.newest", lambda: "0099")
    with pytest.raises(DatabaseRefused, match="gardu office migrate"):
        prepare(engine, database)


def test_records_are_in_the_partition_of_their_month(engine: Engine) -> None:
    """PostgreSQL has a partition a month, so that a month can be dropped at once."""
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no partitions")
    create_partitions(engine, AT_MS)  # again: harmless
    insert = text(
        "INSERT INTO records VALUES (1, :id, 1, 1, 't', NULL, 0, 0, 0, '\\x', '\\x', '\\x')"
    )
    november = 2026 * 12 + 10
    just_before = f"{int(first_id(november).replace('-', ''), 16) - 1:032x}"
    with engine.begin() as connection:
        for one in (first_id(november), just_before, "0" * 32):
            connection.execute(insert, {"id": one})
    assert rows(engine, "SELECT CAST(tableoid::regclass AS TEXT) FROM records ORDER BY id") == [
        ("records_other",), ("records_2026_10",), ("records_2026_11",),
    ]  # fmt: skip


def test_a_file_that_is_no_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A wrong file is named, not overwritten."""
    from sqlalchemy.exc import DBAPIError

    from office.database.failures import words_of

    file = tmp_path_factory.mktemp("office") / "office.db"
    file.write_bytes(b"not a database at all" * 100)
    section = DatabaseSection(url=f"sqlite:///{file}")
    with pytest.raises(DBAPIError) as error:
        prepare(make_engine(section), section)
    assert words_of(error.value, section) == f"{file}: the file is no database of SQLite"
    assert file.read_bytes().startswith(b"not a database")
