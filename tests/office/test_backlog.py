"""A broker that sends more than it may: the ingest's memory stays bounded, and nothing is lost."""

import asyncio
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.model import Broker
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.packets import Filter
from office.config import BrokerSection, DatabaseSection, IngestSection, OfficeConfig
from office.database.engine import make_engine
from office.database.schema import prepare
from office.ingest.ingest import Ingest
from tests.brokers import HOST, until
from tests.longer import slow
from tests.office.processes import PATIENCE_S, query
from tests.office.records import Stream
from tests.other_programs import OtherProgram
from tests.packets import ScriptedBroker, publish
from tests.picky_broker import Answer, Packet, PickyBroker

_BATCH, _COUNT = 20, 3000
# One read of the socket has at most so many records of this test.
_ONE_READ = 40
_SUBSCRIBE, _PING = 8, 12


def test_a_broker_that_sends_too_much_is_not_read(tmp_path: Path) -> None:
    """Records that come although earlier ones are not acknowledged wait at the broker's side."""
    asyncio.run(_flooded(tmp_path))


async def _flooded(folder: Path) -> None:
    file = folder / "office.db"
    database = DatabaseSection(url=f"sqlite:///{file}")
    engine = make_engine(database)
    prepare(engine, database)
    sent = Stream().some(_COUNT)
    kinds: list[int] = []

    def judge(packet: Packet) -> Answer:
        kinds.append(packet.kind)
        return "accept"

    broker = PickyBroker(judge)
    async with broker.listening():
        config = OfficeConfig(
            database=database,
            broker=BrokerSection(url=f"mqtt://{HOST}:{broker.port}"),
            ingest=IngestSection(batch=_BATCH),
        )
        ingest, stop = Ingest(config, engine, Clock()), asyncio.Event()
        running = asyncio.create_task(ingest.run(stop))
        await until(lambda: _SUBSCRIBE in kinds)
        with OtherProgram(file, "BEGIN IMMEDIATE", "SELECT 1"):
            for mid, one in enumerate(sent, 1):
                broker.send(publish(one.topic, mid, payload=one.payload))
            await until(lambda: ingest.waiting >= 4 * _BATCH)
            for _ in range(2000):  # turns of the loop in which all could be read
                await asyncio.sleep(0)
            assert ingest.waiting <= 4 * _BATCH + _ONE_READ
        await until(lambda: ingest.stored["record"] == _COUNT, PATIENCE_S)
        stop.set()
        await running
    engine.dispose()
    assert query(database.url, "SELECT front FROM streams") == [(_COUNT,)]


@slow
def test_a_connection_that_is_not_read_is_kept_alive() -> None:
    """While it is paused, answers to its pings cannot be read: it stays, and goes on afterwards."""
    asyncio.run(_paused())


async def _paused() -> None:
    seen: list[IncomingMessage] = []
    broker = ScriptedBroker()
    async with broker.listening():
        link = Connection(
            Broker(url=f"mqtt://{HOST}:{broker.port}", keepalive_s=1), "test", 60,
            on_message=seen.append,
        )  # fmt: skip
        await link.open()
        link.pause_reading()
        link.subscribe([Filter("#")])
        broker.script = publish("first", 1)
        await until(lambda: sum(one[0] >> 4 == _PING for one in broker.packets) >= 4)
        assert link.up, link.why
        assert seen == []
        link.resume_reading()
        await until(lambda: [one.topic for one in seen] == ["first"])
        link.leave()


@pytest.mark.parametrize("call", ["pause_reading", "resume_reading"])
def test_an_ended_connection_is_not_read_again(call: str) -> None:
    """Both are harmless when the connection has ended meanwhile."""
    link = Connection(Broker(url=f"mqtt://{HOST}:1"), "test", 60)
    getattr(link, call)()
    assert not link.up
