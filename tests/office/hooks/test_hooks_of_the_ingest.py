"""Hooks behind the ingest: each new record is offered once, by the process that has stored it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from bench.postgresql import PostgreSQL
from edge.clock import Clock
from edge.mqtt.decoding import IncomingMessage
from edge.sop.records import AlarmChanged, Record
from office.ingest.reading import Record as Stored
from office.ingest.writer import Writer
from tests.brokers import Mosquitto
from tests.longer import slow
from tests.office.hooks.test_hook import HANG, OK, SECRET, Inbox
from tests.office.processes import OfficeProcess, publish, query, wait_for, write_config
from tests.office.records import AT_MS, Stream, at
from tests.office.test_writer import messages

DELIVERED = "SELECT count FROM counts WHERE word = 'hook delivered'"


def alarms(stream: Stream, count: int) -> list[IncomingMessage]:
    """Return the next *count* records of *stream*: alarms, by a clock that is not trusted."""
    data: Any = AlarmChanged(
        alarm="fire", visit=None, detail=None, since="2026-12-01T00:00:00.000Z", clock_synced=False
    )
    record = Record("gardu.alarm.raised.v1", "alarm/fire", at(AT_MS), None, data)
    return [stream.next(record) for _ in range(count)]


def test_each_new_record_is_handed_over_once(engine: Engine) -> None:
    """Records that come again, to another process or in the same batch, give no second notice."""
    told: list[Stored] = []
    sent = Stream().some(5)
    writers = [Writer(engine, Clock(), 3, told.extend) for _ in range(2)]
    writers[0].write(messages(*sent[:3], sent[1]))
    writers[1].write(messages(*sent))
    writers[0].write(messages(*sent))
    assert [one.sequence for one in told] == [1, 2, 3, 4, 5]


def config_of(folder: Path, port: int, database: str, inbox: Inbox) -> Path:
    """Write the config of an office with one hook."""
    (folder / "hook.secret").write_text(SECRET + "\n", encoding="utf-8")
    hook = f'[[hooks]]\nurl = "{inbox.url}"\nsecret_file = "hook.secret"\n'
    return write_config(folder, port, database, hook)


@slow
def test_two_processes_tell_each_alarm_once(
    mosquitto: Mosquitto, server: PostgreSQL, tmp_path: Path
) -> None:
    """Two processes share the records; each alarm is posted once, and counted in the database."""
    asyncio.run(_two_processes(mosquitto, server.new_database(), tmp_path))


async def _two_processes(mosquitto: Mosquitto, database: str, folder: Path) -> None:
    async with Inbox().listening() as inbox:
        config = config_of(folder, mosquitto.port, database, inbox)
        await asyncio.to_thread(_share, config, mosquitto, database)
        ids = [one.headers["webhook-id"] for one in inbox.requests]
    assert (len(ids), len(set(ids))) == (60, 60)


def _share(config: Path, mosquitto: Mosquitto, database: str) -> None:
    sent = alarms(Stream(), 60)
    first, second = OfficeProcess(config, "ingest"), OfficeProcess(config, "ingest", "--name", "2")
    with first, second:
        first.until(": connected")
        second.until(": connected")
        publish(mosquitto.port, [*sent, *sent])
        wait_for(lambda: query(database, DELIVERED) == [(60,)], lambda: first.log + second.log)
        assert (first.end(), second.end()) == (0, 0)


@slow
@pytest.mark.parametrize("answer", [OK, HANG])
def test_a_kill_tells_no_alarm_twice(mosquitto: Mosquitto, tmp_path: Path, answer: bytes) -> None:
    """A process that is killed after its commit posts nothing again: at most once, by design."""
    asyncio.run(_killed(mosquitto, tmp_path, answer))


async def _killed(mosquitto: Mosquitto, folder: Path, answer: bytes) -> None:
    database = f"sqlite:///{folder}/office.db"
    async with Inbox(answer).listening() as inbox:
        config = config_of(folder, mosquitto.port, database, inbox)
        await asyncio.to_thread(_kill, config, mosquitto, inbox)
        ids = [one.headers["webhook-id"] for one in inbox.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 2


def _kill(config: Path, mosquitto: Mosquitto, inbox: Inbox) -> None:
    first, second = alarms(Stream(), 2)
    office = OfficeProcess(config, "ingest")
    with office:
        office.until(": connected")
        publish(mosquitto.port, [first])
        wait_for(lambda: inbox.requests)
    with office:
        office.until(": connected", 2)
        publish(mosquitto.port, [first, second])
        # In order: a second notice of the first alarm would come before that of the second one.
        wait_for(lambda: len(inbox.requests) > 1, lambda: office.log)
        assert office.end() == 0
