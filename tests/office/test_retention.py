"""Retention: what is too old goes, in small transactions, and is never taken for a loss."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from edge.mqtt.decoding import IncomingMessage
from edge.sop.ids import uuid7
from office.config import RetentionSection
from office.database import partitions, retention
from office.database.following import add_breaks
from office.ingest.follower import Follower
from office.ingest.purger import Purger
from office.ingest.writer import Writer
from tests.command_line import invoke
from tests.longer import slow
from tests.office.board.lobbies import HandClock
from tests.office.board.months import report, summary
from tests.office.processes import OfficeProcess, query, write_config
from tests.office.records import AT_MS, Stream, closed, opened, stepped
from tests.office.test_writer import messages, rows

DAY_MS = 86_400_000
LOST = "SELECT (SELECT count(*) FROM gaps), (SELECT count(*) FROM breaks)"
TEN_DAYS = RetentionSection(records_days=10, stills_days=10, aside_days=10)


class Office:
    """An office whose clock a test sets; what arrives is stored and followed at once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = HandClock(AT_MS)
        self.writer = Writer(engine, self.clock, 100)
        self.follower = Follower(engine, self.clock, 0.0)

    def take(self, *sent: Any, after_days: int = 0) -> None:
        """Store *sent*, which arrives so many days after the first record."""
        self.clock.at_ms = AT_MS + after_days * DAY_MS
        self.writer.write(messages(*sent))
        for _ in range(2):
            self.follower.follow(self.writer.touched, stills=True)

    def purge(self, after_days: int, section: RetentionSection = TEN_DAYS) -> dict[str, int]:
        """Delete what is too old on that day; return what was."""
        purger = Purger(self.engine, section, AT_MS + after_days * DAY_MS)
        while purger.step():
            pass
        return dict(purger.deleted)

    def count(self, table: str) -> int:
        """Return the number of rows of *table*."""
        return int(rows(self.engine, f"SELECT count(*) FROM {table}")[0][0])


@pytest.fixture
def office(engine: Engine) -> Office:
    """An office with an empty database."""
    return Office(engine)


def still_id(at_ms: int, name: str = "still") -> str:
    """Return the id of a still of that moment."""
    return uuid7(at_ms, name)


def test_old_records_go_and_nothing_is_missed(office: Office) -> None:
    """No gap, no break, no question: neither at once, nor by later, late or repeated records."""
    stream = Stream()
    old, visits = stream.some(6), [stream.next(closed("visit-1")), stream.next(opened("stays"))]
    office.take(*old, *visits, stream.ledger())
    assert office.purge(10) == {}, "not before their time"
    assert office.purge(11) == {"deleted record": 8}
    assert office.count("records") == 0
    assert rows(office.engine, LOST) == [(0, 0)]
    office.take(*stream.some(3), stream.ledger(oldest=9), after_days=11)
    assert rows(office.engine, LOST) == [(0, 0)]
    assert rows(office.engine, "SELECT front FROM streams") == [(11,)]
    office.take(old[2], stream.next(), after_days=11)
    assert rows(office.engine, LOST) == [(0, 0)]
    ((count,),) = rows(office.engine, "SELECT \"count\" FROM counts WHERE word = 'deleted record'")
    assert count == 8


def test_visits_go_with_their_records(office: Office) -> None:
    """A visit that has ended goes with its last record; one that is open stays to be seen."""
    stream = Stream()
    office.take(
        stream.next(opened("ended")), stream.next(opened("open")), stream.next(closed("ended"))
    )
    office.purge(11)
    assert rows(office.engine, "SELECT visit FROM visits") == [("open",)]


def test_what_arrived_late_stays(office: Office) -> None:
    """Old by its id, but here for a short time only: a clock that was wrong, or a long outage."""
    stream = Stream()
    still = stream.still(still_id(0), b"\xff\xd8\xff\xe0", correlationid="v")
    office.take(*stream.some(2), still, after_days=5)
    assert office.purge(11) == {}
    assert office.purge(16) == {"deleted record": 2, "deleted still": 1}


def test_what_is_kept_for_ever(office: Office) -> None:
    """Published months, broken chains and heads that differ stay; so does all with 0 days."""
    stream = Stream()
    refused = IncomingMessage(f"{stream.base}/event/visit", b"nonsense", 1, 1)
    office.take(stream.next(), stream.next(report(summary(1))), refused, stream.ledger())
    with office.engine.begin() as connection:
        add_breaks(connection, [(1, 1, "chain")], AT_MS)
    none = RetentionSection(records_days=0, stills_days=0, aside_days=0)
    assert office.purge(40_000, none) == {}
    assert office.purge(11) == {"deleted record": 1, "deleted refused": 1}
    assert rows(office.engine, "SELECT type FROM records") == [("gardu.report.monthly.v1",)]
    assert (office.count("breaks"), office.count("aside"), office.count("heads")) == (1, 0, 0)


def test_records_behind_a_hole_wait(office: Office) -> None:
    """What the front has not passed is not deleted: its chain has not been checked."""
    stream = Stream()
    first, _missing, last = stream.some(3)
    patient = Follower(office.engine, office.clock, 1e9)
    office.writer.write(messages(first, last))
    patient.follow(office.writer.touched)
    assert office.purge(11) == {"deleted record": 1}
    assert rows(office.engine, "SELECT sequence FROM records") == [(3,)]


def test_stills_go_before_their_records(office: Office) -> None:
    """The days of stills are their own; the record that names a still stays as it was."""
    stream = Stream()
    still = stream.still(still_id(AT_MS), b"\xff\xd8\xff\xe0", correlationid="visit-1")
    office.take(stream.next(opened("visit-1")), stream.next(stepped("visit-1", "a")), still)
    assert office.purge(91, RetentionSection()) == {"deleted still": 1}
    assert (office.count("stills"), office.count("records")) == (0, 2)


def test_transactions_are_small(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """No step deletes more than a portion, and each is committed by itself."""
    monkeypatch.setattr(retention, "_PORTION", 3)
    stream, other = Stream(), Stream("annex", "another")
    office.take(*stream.some(7), *other.some(4))
    left = [11]
    purger = Purger(office.engine, TEN_DAYS, AT_MS + 11 * DAY_MS)
    while purger.step():
        left.append(office.count("records"))
    assert left[-1] == 0
    assert max(before - after for before, after in pairwise(left)) == 3


def test_old_months_are_dropped(office: Office) -> None:
    """PostgreSQL drops a month at once; what stays of it is moved; younger months lose rows."""
    if office.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no partitions")
    stream = Stream()
    still = stream.still(still_id(AT_MS), b"\xff\xd8\xff\xe0", correlationid="v")
    office.take(*stream.some(3), stream.next(report(summary(1))), still)
    office.take(*stream.some(2), after_days=300)
    there = "SELECT relname FROM pg_class WHERE relname LIKE '%2026_11' AND relkind = 'r'"
    assert len(rows(office.engine, there)) == 2
    assert office.purge(60) == {"deleted record": 3, "deleted still": 1}, "one by one"
    assert len(rows(office.engine, there)) == 2
    assert office.purge(305) == {}, "nothing was left in it"
    assert rows(office.engine, there) == []
    assert office.count("records_other") == 3, "the month's report, and what came late"
    partitions.create_partitions(office.engine, AT_MS + 305 * DAY_MS)
    assert rows(office.engine, there) == []
    assert rows(office.engine, LOST) == [(0, 0)]


def test_the_command(tmp_path: Path) -> None:
    """It says what it would delete, deletes it, and says so; a bad number is refused in words."""
    database = f"sqlite:///{tmp_path}/office.db"
    file = write_config(tmp_path, 1, database, "[retention]\nrecords_days = 10\n")
    arguments = ["office", "purge", "--config", str(file)]
    assert invoke(arguments).output == "deleted: nothing\n"
    fill_old(database)
    assert invoke([*arguments, "--dry-run"]).output == "to be deleted: 3 records, 1 stills\n"
    assert query(database, "SELECT count(*) FROM records") == [(3,)]
    assert invoke(arguments).output == "deleted: 3 records, 1 stills\n"
    assert query(database, "SELECT count(*) FROM records") == [(0,)]
    bad = write_config(tmp_path, 1, database, "[retention]\nstills_days = -1\n")
    done = invoke(["office", "purge", "--config", str(bad)])
    assert done.exit_code == 2
    assert "retention.stills_days" in done.output
    assert "0: for ever" in done.output


def fill_old(database: str) -> None:
    """Fill a database with what came long ago."""
    from sqlalchemy import create_engine

    engine = create_engine(database)
    office, stream, long_ago = Office(engine), Stream(), -400
    still = stream.still(still_id(AT_MS - 400 * DAY_MS), b"\xff\xd8\xff\xe0")
    office.take(*stream.some(3), still, after_days=long_ago)
    with engine.begin() as connection:
        # Ids of that time too.
        for number, (old,) in enumerate(connection.execute(text("SELECT id FROM records")).all()):
            connection.execute(
                text("UPDATE records SET id = :new WHERE id = :old"),
                {"new": still_id(AT_MS - 400 * DAY_MS, f"record {number}"), "old": old},
            )
    engine.dispose()


@slow
@pytest.mark.timeout(600)
def test_the_ingest_deletes_by_itself(tmp_path: Path) -> None:
    """A running office deletes what is too old, and says so in its log."""
    database = f"sqlite:///{tmp_path}/office.db"
    file = write_config(tmp_path, 1, database, "[retention]\nrecords_days = 10\n")
    assert invoke(["office", "purge", "--config", str(file)]).exit_code == 0
    fill_old(database)
    with OfficeProcess(file, "ingest") as process:
        process.until("retention: deleted 3 records, 1 stills")
    assert query(database, "SELECT count(*) FROM stills") == [(0,)]
