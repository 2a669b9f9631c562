"""Availability set on the page, in both databases; and with real processes, broker, checkpoint."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from edge.clock import Clock
from edge.config.sections.guests import GuestBookSection
from edge.guestbook.book import GuestBook
from edge.mqtt.request_handler import RequestHandler
from edge.sop.events import Post
from edge.store.rows import Resent
from edge.worker import Worker
from office.database.availability import (
    HostRequest,
    add_request,
    newest_requests,
    note_answer,
    note_sent,
    requests_to_send,
)
from tests.brokers import Mosquitto
from tests.longer import slow
from tests.office.board.lobbies import ANNEX, LOBBY, fill
from tests.office.processes import OfficeProcess, query, wait_for, write_config
from tests.office.records import AT_MS
from tests.uplinks import QUICK, Running, make_config, make_store, running

HOSTS, REASONS = ("bupati", "wakil"), ("host-in-meeting",)


def asked(identifier: str, at_ms: int, host: str = "bupati", name: str = LOBBY) -> HostRequest:
    """Return a request that a host is away."""
    return HostRequest(identifier, name, host, False, None, "host-in-meeting", "desk", at_ms)


def test_requests_in_the_database(engine: Engine) -> None:
    """The newest of each host is sent and shown; an answer is stored once, and from its own."""
    fill(engine)
    with engine.begin() as connection:
        old, new, other = asked("a", AT_MS), asked("b", AT_MS), asked("c", AT_MS - 1, "wakil")
        offline = asked("d", AT_MS + 1, name=ANNEX)
        for one in (old, new, other, offline):
            assert add_request(connection, one)
        assert not add_request(connection, asked("e", AT_MS, name="setda/none"))
        assert requests_to_send(connection, AT_MS - 2) == [other, new, offline]
        assert requests_to_send(connection, AT_MS - 1) == [new, offline]
        assert requests_to_send(connection, 0, ["b", "d"]) == [other]
        assert {one.id for one in newest_requests(connection, [LOBBY])} == {"b", "c"}
        assert newest_requests(connection, []) == []
        for identifier in ("b", "d"):
            note_sent(connection, identifier, AT_MS)
        assert requests_to_send(connection, AT_MS - 1) == [new._replace(sent_ms=AT_MS)]
        assert note_answer(connection, "b", "ok", "", AT_MS, ANNEX) is None, "not its own"
        found = note_answer(connection, "b", "ok", "w" * 999, AT_MS, LOBBY)
        assert found is not None
        assert (found.word, found.why) == ("ok", "w" * 200)
        assert newest_requests(connection, [LOBBY, ANNEX])[1] == found
        assert note_answer(connection, "b", "too old", "", AT_MS, LOBBY) is None
        assert note_answer(connection, "none", "ok", "", AT_MS, LOBBY) is None
        assert note_answer(connection, "c", "broker", "no", AT_MS) is not None
        assert requests_to_send(connection, 0) == []


@asynccontextmanager
async def checkpoint(port: int, folder: Path) -> AsyncIterator[Running]:
    """Run a checkpoint's uplink, which answers requests about its hosts."""
    worker = Worker("guest-book")

    async def send_again(_stream: str, _first: int, _last: int) -> Resent:
        raise AssertionError

    def handler(post: Post) -> RequestHandler:
        return RequestHandler(
            GuestBookSection(), HOSTS, REASONS, clock=Clock(), post=post, book=GuestBook(folder),
            worker=worker, open_visits=list, send_again=send_again,
        )  # fmt: skip

    config = make_config(f"mqtt://127.0.0.1:{port}")
    async with running(config, make_store(folder, 0), folder, QUICK, handler) as run:
        yield run
    worker.stop()


def ask(database: str, identifier: str, host: str) -> None:
    """Store a request of this moment, as the page does."""
    engine = create_engine(database)
    at_ms = Clock().now().wall_ms
    with engine.begin() as connection:
        assert add_request(connection, asked(identifier, at_ms, host, "kantor/lobi"))
    engine.dispose()


@slow
@pytest.mark.timeout(600)
def test_a_real_checkpoint_answers(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """At once if it is online; as soon as it is back if it was offline; refusals come too."""
    (tmp_path / "checkpoint").mkdir()
    database = f"sqlite:///{tmp_path}/office.db"
    file = write_config(tmp_path, mosquitto.port, database)
    words = "SELECT id, word FROM availability WHERE word IS NOT NULL ORDER BY asked_ms"
    first, second, third = (f"0f8fad5b-d9cb-469f-a165-70867728950{n}" for n in range(3))

    def answered(*rows: tuple[str, str]) -> None:
        wait_for(lambda: query(database, words) == list(rows), lambda: str(query(database, words)))

    async def scenario() -> None:
        with OfficeProcess(file, "ingest") as office:
            await asyncio.to_thread(office.until, ": connected")
            async with checkpoint(mosquitto.port, tmp_path / "checkpoint"):
                online = "SELECT 1 FROM checkpoints WHERE status = 'online'"
                await asyncio.to_thread(wait_for, lambda: query(database, online))
                ask(database, first, "bupati")
                await asyncio.to_thread(answered, (first, "ok"))
                ask(database, second, "nobody-here")
                await asyncio.to_thread(answered, (first, "ok"), (second, "unknown host"))
            offline = "SELECT 1 FROM checkpoints WHERE status = 'offline'"
            await asyncio.to_thread(wait_for, lambda: query(database, offline))
            ask(database, third, "wakil")
            at_broker = f"SELECT 1 FROM availability WHERE id = '{third}' AND sent_ms IS NOT NULL"
            await asyncio.to_thread(wait_for, lambda: query(database, at_broker))
            async with checkpoint(mosquitto.port, tmp_path / "checkpoint"):
                await asyncio.to_thread(
                    answered, (first, "ok"), (second, "unknown host"), (third, "ok")
                )
        assert "kantor/lobi: bupati is away: sent, as desk has asked" in office.log
        assert "kantor/lobi: wakil is away: the checkpoint answers: ok" in office.log

    asyncio.run(scenario())
