"""The ingest as it is used: processes, a real broker, real databases, and what may happen to them.

Rule of all these tests: 0 lost, 0 twice.
"""

from functools import partial
from pathlib import Path

import pytest

from bench.postgresql import PostgreSQL
from edge.mqtt.decoding import IncomingMessage
from tests.brokers import Mosquitto
from tests.longer import either, longer, slow
from tests.office.processes import (
    LASTING,
    OfficeProcess,
    in_background,
    publish,
    query,
    wait_for,
    write_config,
)
from tests.office.records import Stream

COUNT = "SELECT count(*), count(DISTINCT sequence), min(sequence), max(sequence) FROM records"


def more_than(database: str, count: int) -> bool:
    """Return True if more than *count* records are there."""
    return bool(query(database, COUNT)[0][0] > count)


def all_of(database: str, count: int) -> None:
    """Wait until the records 1 to *count* are there: each once, followed, without gap or break."""
    whole = [(count, count, 1, count)]
    wait_for(lambda: query(database, COUNT) == whole, lambda: str(query(database, COUNT)))
    wait_for(lambda: query(database, "SELECT front FROM streams") == [(count,)])
    assert query(database, "SELECT 1 FROM gaps WHERE closed_ms IS NULL") == []
    assert query(database, "SELECT 1 FROM breaks") == []


def test_records_are_stored_and_shown(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The plain case: what a checkpoint publishes is in the database; Ctrl-C ends it cleanly."""
    database = f"sqlite:///{tmp_path}/office.db"
    stream = Stream()
    with OfficeProcess(write_config(tmp_path, mosquitto.port, database), "run") as office:
        office.until(": connected")
        publish(mosquitto.port, [
            stream.live("health", {"time": "t"}), *stream.some(200), stream.ledger(),
            IncomingMessage(f"{stream.base}/event/step", b"{", 1, 1),
        ])  # fmt: skip
        all_of(database, 200)
        assert query(database, "SELECT holds FROM heads") == [(1,)]
        assert [row[0] for row in query(database, "SELECT topic FROM live")] == ["health"]
        wait_for(lambda: query(database, "SELECT why FROM aside"))
        assert office.end() == 0


@slow
@longer
@pytest.mark.timeout(900)
def test_kill_of_the_ingest(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """SIGKILL at any moment under load: nothing is lost, nothing is there twice."""
    rounds = either(2, 20)
    database = f"sqlite:///{tmp_path}/office.db"
    config = write_config(tmp_path, mosquitto.port, database, "[ingest]\nbatch = 40\n")
    sent = Stream().some(600 * (rounds + 1))
    office = OfficeProcess(config, "ingest")
    with office:
        office.until(": connected")
    with in_background(lambda: publish(mosquitto.port, sent)):
        for number in range(1, rounds + 1):
            with office:
                wait_for(partial(more_than, database, 200 * number))
        with office:
            all_of(database, len(sent))


@slow
def test_two_processes_share_the_records(
    mosquitto: Mosquitto, server: PostgreSQL, tmp_path: Path
) -> None:
    """Two processes on one PostgreSQL, one of them killed: each record once, and no gap."""
    database = server.new_database()
    config = write_config(tmp_path, mosquitto.port, database, "[ingest]\nbatch = 40\n")
    stream = Stream()
    sent = stream.some(1500)
    first, second = OfficeProcess(config, "ingest"), OfficeProcess(config, "ingest", "--name", "2")
    with first, second:
        first.until(": connected")
        second.until(": connected")
        with in_background(lambda: publish(mosquitto.port, sent)):
            wait_for(partial(more_than, database, 300))
            second.kill()
        with second:
            second.until(": connected", 2)
            publish(mosquitto.port, [stream.ledger()])
            all_of(database, len(sent))
    assert mosquitto.log.count("Sending PUBLISH to gardu-office-2 ") > 100


@slow
@slow
def test_kill_of_postgresql(mosquitto: Mosquitto, own_server: PostgreSQL, tmp_path: Path) -> None:
    """The database is killed under load and comes back: said once, and nothing is lost."""
    database = own_server.new_database()
    config = write_config(tmp_path, mosquitto.port, database, "[ingest]\nbatch = 40\n")
    sent = Stream().some(1200)
    with OfficeProcess(config, "ingest") as office:
        office.until(": connected")
        with in_background(lambda: publish(mosquitto.port, sent)):
            wait_for(partial(more_than, database, 200))
            own_server.stop(kill=True)
            office.until("nothing is acknowledged until it works")
            own_server.start()
            office.until("the database works again")
        all_of(database, len(sent))


@slow
@slow
def test_kill_of_the_broker(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The broker is killed and comes back: session and queue are there, and nothing is lost."""
    folder = tmp_path / "kept"
    folder.mkdir()
    mosquitto.stop()
    mosquitto.configure(LASTING.format(folder=folder))
    mosquitto.start()
    database = f"sqlite:///{tmp_path}/office.db"
    config = write_config(tmp_path, mosquitto.port, database, "[ingest]\nbatch = 40\n")
    stream = Stream()
    sent = stream.some(1000)
    with OfficeProcess(config, "ingest") as office:
        office.until(": connected")
        with in_background(lambda: publish(mosquitto.port, sent)):
            wait_for(partial(more_than, database, 200))
            mosquitto.stop(kill=True)
            office.until("not connected")
            mosquitto.start()
        office.until(": connected", 2)
        # As a checkpoint does after a lost connection (its resend window).
        publish(mosquitto.port, sent)
        all_of(database, len(sent))


@slow
def test_database_away_at_the_start(
    mosquitto: Mosquitto, own_server: PostgreSQL, tmp_path: Path
) -> None:
    """Without its database the office waits, says which one, and starts once it is there."""
    database = own_server.new_database()
    own_server.stop()
    with OfficeProcess(write_config(tmp_path, mosquitto.port, database), "ingest") as office:
        office.until("trying again")
        assert database in office.log
        own_server.start()
        office.until(": connected")
        assert office.end() == 0


@slow
def test_broker_away_at_the_start(tmp_path: Path) -> None:
    """Without its broker the office says so, and SIGTERM ends it."""
    config = write_config(tmp_path, 1, f"sqlite:///{tmp_path}/office.db")
    with OfficeProcess(config, "run") as office:
        office.until("broker 127.0.0.1:1: not connected")
        assert office.end() == 0
