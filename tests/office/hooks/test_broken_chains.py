"""Broken chains, told by hooks: each once, after the commit, to the hooks that want them."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine
from standardwebhooks.webhooks import Webhook

from bench.postgresql import PostgreSQL
from edge.clock import Clock
from edge.mqtt.decoding import IncomingMessage
from office.database.following import BreakFound
from office.hooks.notices import notice_of_break, wanted
from office.hooks.settings import HookSection
from office.ingest.follower import Follower
from office.ingest.writer import Writer
from tests.brokers import Mosquitto
from tests.longer import slow
from tests.office.hooks.test_hook import SECRET, Inbox
from tests.office.hooks.test_hooks_of_the_ingest import config_of
from tests.office.processes import OfficeProcess, publish, query, wait_for
from tests.office.records import STREAM, Stream
from tests.office.test_writer import messages

_FOUND = BreakFound("setda", "lobi", STREAM, 4, "chain", 1_796_108_400_000)


def changed() -> tuple[Stream, list[IncomingMessage]]:
    """Return a stream of five records, whose fourth does not follow on the third."""
    stream = Stream()
    sent = stream.some(3)
    stream.head = "ab" * 32
    return stream, [*sent, *stream.some(2)]


def test_a_break_is_told_once(engine: Engine) -> None:
    """Not again by the next walk, by another process, or because records come again."""
    told: list[BreakFound] = []
    stream, sent = changed()
    writer = Writer(engine, Clock(), 10)
    followers = [Follower(engine, Clock(), 0.0, told.extend) for _ in range(2)]
    for _ in range(2):
        writer.write(messages(*sent, stream.ledger()))
        for follower in followers:
            follower.follow(writer.touched)
    assert [one._replace(found_ms=0) for one in told] == [
        BreakFound("setda", "lobi", STREAM, 4, "chain", 0)
    ]


def test_a_head_that_does_not_hold_is_told(engine: Engine) -> None:
    """The head that the checkpoint published is another one than that of the stored record."""
    told: list[BreakFound] = []
    stream = Stream()
    sent = stream.some(3)
    stream.head = "cd" * 32
    writer, follower = Writer(engine, Clock(), 10), Follower(engine, Clock(), 0.0, told.extend)
    writer.write(messages(*sent, stream.ledger()))
    follower.follow(writer.touched)
    assert [(one.sequence, one.what) for one in told] == [(3, "head")]


def test_what_is_not_committed_is_not_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that fails tells nothing; the next one that finds it does."""
    told: list[BreakFound] = []
    _, sent = changed()
    writer, follower = Writer(engine, Clock(), 10), Follower(engine, Clock(), 0.0, told.extend)
    writer.write(messages(*sent))
    with monkeypatch.context() as failing:
        failing.setattr(follower, "_check_heads", _fail)
        with pytest.raises(OSError, match="disk"):
            follower.follow(writer.touched)
    assert told == []
    follower.follow(writer.touched)
    assert [one.sequence for one in told] == [4]


def _fail(*_arguments: object) -> None:
    raise OSError("disk")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"kinds": ("alarm", "guest")}, False),
        ({"sites": ("setda",)}, True),
        ({"sites": ("dinas",)}, False),
        ({"hosts": ("bupati",)}, True),
    ],
)
def test_who_is_told_of_it(changes: dict[str, tuple[str, ...]], expected: bool) -> None:
    """By default every hook; hosts are for guests alone, sites and kinds hold here too."""
    section = msgspec.convert({"url": "https://a.example", "secret_file": "s", **changes},
                              HookSection)  # fmt: skip
    assert wanted(notice_of_break(_FOUND), section) is expected


def test_the_notice() -> None:
    """Its id is the same for every try, and unlike that of every other break."""
    notice = notice_of_break(_FOUND)
    assert notice.id == f"setda.lobi.{STREAM}.4.chain"
    assert notice.id != notice_of_break(_FOUND._replace(what="head")).id
    assert json.loads(notice.body) == {
        "type": "gardu.chain.broken",
        "timestamp": "2026-12-01T07:00:00.000Z",
        "data": {
            "site": "setda", "checkpoint": "lobi", "stream": STREAM, "sequence": 4, "what": "chain",
        },
    }  # fmt: skip


@slow
def test_two_processes_tell_a_break_once(
    mosquitto: Mosquitto, server: PostgreSQL, tmp_path: Path
) -> None:
    """A receiver gets one signed message, also after a kill and when all records come again."""
    asyncio.run(_two_processes(mosquitto, server.new_database(), tmp_path))


async def _two_processes(mosquitto: Mosquitto, database: str, folder: Path) -> None:
    async with Inbox().listening() as inbox:
        config = config_of(folder, mosquitto.port, database, inbox)
        await asyncio.to_thread(_break, config, mosquitto, database, inbox)
    (request,) = inbox.requests
    told = Webhook(SECRET).verify(request.body, request.headers)
    assert (told["type"], told["data"]["sequence"]) == ("gardu.chain.broken", 4)


def _break(config: Path, mosquitto: Mosquitto, database: str, inbox: Inbox) -> None:
    first, second = OfficeProcess(config, "ingest"), OfficeProcess(config, "ingest", "--name", "2")
    stream, sent = changed()
    with first, second:
        first.until(": connected")
        second.until(": connected")
        publish(mosquitto.port, [*sent, stream.ledger()])
        wait_for(lambda: inbox.requests, lambda: first.log + second.log)
        first.kill()
        with first:
            first.until(": connected", 2)
            more = stream.some(1)
            publish(mosquitto.port, [*sent, *more, stream.ledger()])
            wait_for(lambda: query(database, "SELECT front FROM streams") == [(6,)])
            assert (first.end(), second.end()) == (0, 0)
