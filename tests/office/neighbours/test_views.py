"""The views: the same columns and values in SQLite and PostgreSQL, for any content of a record."""

import json
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from edge.clock import Clock
from office.config import DatabaseSection
from office.database import schema
from office.database.engine import make_engine
from office.export.columns import TABLES, Table
from office.ingest.writer import Writer
from tests.office.hooks.test_hooks_of_the_ingest import alarms
from tests.office.records import Stream, closed, opened, stepped
from tests.office.test_writer import messages, rows


@pytest.fixture
def stream(engine: Engine) -> Stream:
    """A checkpoint with two visits, a step, and an alarm."""
    made = Stream()
    sent = [
        made.next(opened("v")), made.next(stepped("v", "reception")), made.next(closed("v")),
        made.next(opened("w")), *alarms(made, 1), made.status("online", 1),
        made.live("state/alarm/fire", {"since": "2026-11-21T03:51:37.412Z"}),
    ]  # fmt: skip
    Writer(engine, Clock(), 3).write(messages(*sent))
    return made


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_columns(engine: Engine, table: Table) -> None:
    """Each view has the columns that are documented and exported, in their order."""
    assert [one["name"] for one in inspect(engine).get_columns(table.view)] == list(table.columns)


def test_values(engine: Engine, stream: Stream) -> None:
    """A visit, its step with standard and duration, alarms, and the checkpoint."""
    visits = rows(engine, "SELECT visit, outcome, opened IS NULL, last_step FROM report_visits "
                          "ORDER BY visit")  # fmt: skip
    assert [(*one[:2], bool(one[2]), one[3]) for one in visits] == [
        ("v", "completed", False, "reception"), ("w", None, False, None),
    ]  # fmt: skip
    (step,) = rows(engine, "SELECT site, checkpoint, step, duration_s, standard_s, within_standard,"
                           " number, clock_trusted, outcome FROM report_steps")  # fmt: skip
    assert step == ("setda", "lobi", "reception", 1.0, None, None, 1, True, "completed")
    (alarm,) = rows(engine, "SELECT change, alarm, clock_trusted FROM report_alarms")
    assert (*alarm[:2], bool(alarm[2])) == ("raised", "fire", False)
    assert rows(engine, "SELECT site, alarm, since FROM report_alarms_standing") == [
        ("setda", "fire", "2026-11-21T03:51:37.412Z")
    ]
    assert rows(engine, "SELECT checkpoint, status FROM report_checkpoints") == [("lobi", "online")]
    (data,) = rows(engine, "SELECT data FROM report_records WHERE sequence = 4")[0]
    assert json.loads(data)["visit"] == "w"


def test_times_are_utc(engine: Engine, stream: Stream) -> None:
    """A time of a view is the record's, to the millisecond."""
    (found,) = rows(engine, "SELECT opened FROM report_visits WHERE visit = 'v'")[0]
    text_of = found if isinstance(found, str) else f"{found:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    assert text_of == "2026-11-21T03:51:37.412Z"


_CHANGES = [
    (b'"step":"reception"', b'"step":{"a":[1]}'),
    (b'"step":"reception"', b'"step":"\\u0000"'),
    (b'"duration_s":1.0', b'"duration_s":"=1+1"'),
    (b'"duration_s":1.0', b'"duration_s":1e400000'),
    (b'"duration_s":1.0', b'"duration_s":1e-400'),
    (b'"duration_s":1.0', b'"duration_s":-1e300'),
    (b'"number":1', b'"number":99999999999999999999'),
    (b'"clock_synced":true', b'"clock_synced":[]'),
    (b'"station":"x"', b'"station":"\xff\xfe"'),
    (b'"station":"x"', b'"station":' + b"[" * 900 + b"]" * 900),
    (b'"time":"2026-11-21T03:51', b'"time":"0001-01-01T00:00'),
    (b'"time":"2026-11-21T03:51', b'"time":"9999-12-31T23:59'),
]
_DATA = [b'"x"', b"[]", b"7", b"null", b'"\\u0000"', b'"{}"', b'"{"', b"[" * 900 + b"]" * 900]


def test_hostile_records_fail_no_query(engine: Engine) -> None:
    """What one checkpoint publishes breaks no report: wrong keys are null, other rows are there."""
    stream = Stream()
    sent = [stream.next(stepped("v", "reception"))]
    for old, new in _CHANGES:
        bad = stream.next(stepped("w", "reception"))
        assert old in bad.payload
        sent.append(bad._replace(payload=bad.payload.replace(old, new, 1)))
    for data in _DATA:
        bad = stream.next(stepped("w", "reception"))
        head = bad.payload[: bad.payload.index(b'"data":')]
        sent.append(bad._replace(payload=head + b'"data":' + data + b"}"))
    Writer(engine, Clock(), 3).write(messages(*sent))
    stored: Any = rows(engine, "SELECT count(*) FROM records")[0][0]
    assert stored == len(sent)
    with engine.connect() as connection:
        _decode_badly(connection)
        for table in TABLES.values():
            found = connection.execute(text(f"SELECT * FROM {table.view}")).all()
            assert table.view != "report_steps" or len(found) == stored
        query = "SELECT count(*) FROM report_steps WHERE step = 'reception' AND duration_s = 1"
        assert connection.scalar(text(query)) >= 5


def test_an_older_database_gets_them(database: DatabaseSection) -> None:
    """`gardu office migrate` brings a database of the first version to this one, with its rows."""
    engine = make_engine(database)
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0001")
        connection.execute(text("INSERT INTO checkpoints (site, checkpoint) VALUES ('a', 'b')"))
    assert schema.migrate(engine, database) == ("0001", schema.newest())
    assert rows(engine, "SELECT site, status, since FROM report_checkpoints") == [
        ("a", "unknown", None)
    ]
    engine.dispose()


def _decode_badly(connection: Any) -> None:
    """Have Python's own SQLite replace bytes that are no UTF-8, as the export does."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.driver_connection
        raw.text_factory = lambda found: found.decode("utf-8", "replace")
