"""Requests over a real broker: answered, replayed, malformed, a flood, and wrong reply topics."""

import asyncio
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from edge.mqtt import inbox
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.request_handler import Request
from edge.mqtt.requests import LONGEST, Answer
from edge.sop.events import AvailabilitySet, InputRefused
from tests.brokers import HOST, Centre, Mosquitto, until
from tests.faults.test_mqtt_floods import memory
from tests.guests import (
    BASE,
    SECRETS,
    VISITS,
    DeskApplication,
    Office,
    available,
    desk_application,
    register,
)
from tests.uplinks import Running, about, make_config, make_store, opened, running, sequences


@asynccontextmanager
async def answering(
    broker: Mosquitto, folder: Path
) -> AsyncIterator[tuple[Office, Running, DeskApplication]]:
    """Run an uplink with a request handler, and an application that asks it."""
    book = folder / "book"
    book.mkdir(exist_ok=True)
    office = Office(book)
    store = make_store(folder / "store", 3)
    try:
        async with (
            running(make_config(broker.url), store, folder, handler=office.desk_for) as run,
            desk_application(broker.port) as application,
        ):
            await until(lambda: f"{BASE}cmd/availability/#" in broker.log)
            yield office, run, application
    finally:
        office.close()


def refusals(run: Running) -> set[str]:
    """Return the reasons of refused requests."""
    return {event.why for event in run.events if isinstance(event, InputRefused)}


def test_a_registration_is_answered(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The answer goes to the requester alone; no other topic contains guests' details."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            async with answering(mosquitto, tmp_path) as (office, run, application):
                answer = await application.answer(register())
                assert (answer.ok, answer.visit) == (True, VISITS[0])
                assert office.book.entry(VISITS[0]) is not None
                await run.add(opened("after"))
                await run.drained()
            topics = {
                m.topic for m in centre.messages if any(s.encode() in m.payload for s in SECRETS)
            }
            assert topics == {f"{BASE}cmd/register"}
            (reply,) = centre.heard("reply/")
            assert (reply.topic, reply.retain) == (f"{BASE}reply/meja", False)
            assert about(reply).ContentType == "application/json"
            assert len(sequences(centre.heard("event/visit"))) == 4

    asyncio.run(scenario())


def test_guests_details_are_for_the_checkpoint_alone(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """With the access list of docs/mqtt.md a desk may register, and the office reads no request."""

    async def scenario() -> None:
        mosquitto.stop()
        mosquitto.configure(f"acl_file {access_list(tmp_path)}")
        mosquitto.start()
        office = Office(tmp_path)
        config = make_config(mosquitto.url, username="kantor.lobi")
        try:
            with Centre(mosquitto.port, user="pusat") as centre:
                async with (
                    running(
                        config, make_store(tmp_path, 3), tmp_path, handler=office.desk_for
                    ) as run,
                    desk_application(mosquitto.port, user="meja-lobi") as application,
                ):
                    await until(lambda: f"{BASE}cmd/register" in mosquitto.log)
                    assert (await application.answer(register())).ok
                    application.ask(available(), "cmd/resend")  # not allowed to it
                    await until(lambda: "Denied PUBLISH" in mosquitto.log)
                    await run.drained()
                    await until(lambda: len(centre.heard("event/visit")) == 3)
                assert not centre.heard("cmd/")
                assert not any(s.encode() in m.payload for s in SECRETS for m in centre.messages)
        finally:
            office.close()

    asyncio.run(scenario())


def access_list(folder: Path) -> Path:
    """Return a file with the access list of docs/mqtt.md, for the checkpoint of these tests."""
    page = (Path(__file__).parents[2] / "docs/mqtt.md").read_text(encoding="utf-8")
    block = page[page.index("user setda-tanjabbar.lobi-utama") :].partition("```")[0]
    file = folder / "access"
    file.write_text(
        block.replace("setda-tanjabbar/lobi-utama", "kantor/lobi").replace(
            "setda-tanjabbar.lobi-utama", "kantor.lobi"
        ),
        encoding="utf-8",
    )
    return file


def test_what_waits_at_the_broker(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Requests to an offline checkpoint are answered later; retained availability is read."""

    async def scenario() -> None:
        async with answering(mosquitto, tmp_path):
            pass
        async with desk_application(mosquitto.port) as early:
            early.ask(register(), correlation=b"early")
            early.ask(available(), "cmd/availability/pimpinan", retain=True)
            early.ask(available(host="adc"), "cmd/availability/adc", retain=True)
            early.ask(register(), retain=True, correlation=b"kept")
            await until(lambda: mosquitto.log.count("Received PUBLISH") >= 4)
            async with answering(mosquitto, tmp_path) as (_office, run, _application):
                await until(lambda: early.answers(b"early") and early.answers(b"kept"))
                assert early.answers(b"early")[0].ok
                assert early.answers(b"kept")[0].word == "retained"
                await until(
                    lambda: (
                        {e.host for e in run.events if isinstance(e, AvailabilitySet)}
                        == {"pimpinan", "adc"}
                    )
                )

    asyncio.run(scenario())


def test_a_replay_gets_the_same_answer(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The same request with another correlation gets the same answer, and makes no second entry."""

    async def scenario() -> None:
        async with answering(mosquitto, tmp_path) as (office, _run, application):
            asked = register()
            first = await application.answer(asked)
            assert office.open_visits
            office.open_visits.append(office.open_visits[0]._replace(visit=VISITS[1], number=2))
            assert await application.answer(asked) == first
            assert office.book.entry(VISITS[1]) is None

    asyncio.run(scenario())


def test_not_acknowledged_is_asked_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A request whose connection ends before its answer is delivered again, and then answered."""

    async def scenario() -> None:
        async with answering(mosquitto, tmp_path) as (office, run, application):
            gate = asyncio.Event()
            asked, before = list[bytes](), office.desk.answer

            async def slow(message: Request) -> Answer | None:
                asked.append(message.payload)
                await gate.wait()
                return await before(message)

            assert run.uplink._handler is not None
            run.uplink._handler.answer = slow  # type: ignore[method-assign]
            application.ask(register(), correlation=b"cut")
            await until(lambda: asked)
            mosquitto_link = run.uplink._connection
            assert mosquitto_link is not None
            mosquitto_link.drop("a test cuts it")
            gate.set()
            await until(lambda: application.answers(b"cut"))
            assert len(asked) == 2
            assert asked[0] == asked[1]
            assert application.answers(b"cut")[0].ok

    asyncio.run(scenario())


def test_malformed_requests_are_answered_and_counted(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Invalid UTF-8, oversize, wrong types: each has an answer, and the next good one is done."""

    async def scenario() -> None:
        async with answering(mosquitto, tmp_path) as (_office, run, application):
            for payload, word in [
                (b"\xff\xfe", "malformed"),
                (b"x" * (LONGEST + 1), "too long"),
                (b"", "malformed"),
                (json.dumps(register(visit=VISITS[4])).encode(), "no such visit"),
            ]:
                assert (await application.answer(payload)).word == word
            answer = await application.answer(available(host="nobody"), "cmd/availability")
            assert answer.word == "unknown host"
            application.ask(b"y" * 200_000)  # longer than allowed: the broker drops it
            assert (await application.answer(register())).ok
            assert refusals(run) >= {"malformed", "too long", "no such visit", "unknown host"}

    asyncio.run(scenario())


def test_answers_go_nowhere_else(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """No answer is sent to topics outside of reply/: the request is counted instead."""

    async def scenario() -> None:
        with Centre(mosquitto.port, "#") as centre:
            async with answering(mosquitto, tmp_path) as (_office, run, application):
                for reply_to in (
                    "elsewhere/a",
                    f"{BASE}event/visit",
                    f"{BASE}cmd/register",
                    "gardu/v1/kantor/belakang/reply/a",
                ):
                    application.ask(b"{}", reply_to=reply_to)
                application.ask(b"{}", correlation=b"c" * 300)
                application.ask(b"{}", reply_to=None, correlation=None)
                await until(lambda: run.uplink.counts["requests"] == 6)
                assert (await application.answer(register())).ok
                assert "response topic" in refusals(run)
            heard = [m.topic for m in centre.messages if m.payload.startswith(b'{"ok"')]
            assert heard == [f"{BASE}reply/meja"]

    asyncio.run(scenario())


def test_a_wildcard_response_topic_never_arrives(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A wildcard as response topic, sent by raw bytes, gets no answer and breaks no connection."""

    async def scenario() -> None:
        async with answering(mosquitto, tmp_path) as (_office, run, application):
            for filter_ in ("#", f"{BASE}reply/#", f"{BASE}reply/+", "$SYS/x"):
                await raw_publish(mosquitto.port, filter_.encode())
            assert (await application.answer(register())).ok
            assert run.uplink.connected

    asyncio.run(scenario())


async def raw_publish(port: int, reply_to: bytes) -> None:
    """Publish a request with *reply_to* as raw bytes."""
    reader, writer = await asyncio.open_connection(HOST, port)
    client = b"\x00\x04MQTT\x05\x02\x00\x1e\x00\x00\x04evil"
    writer.write(b"\x10" + bytes([len(client)]) + client)
    await reader.read(100)
    about = b"\x08" + len(reply_to).to_bytes(2, "big") + reply_to
    topic = f"{BASE}cmd/register".encode()
    body = len(topic).to_bytes(2, "big") + topic + bytes([len(about)]) + about + b"{}"
    writer.write(b"\x30" + bytes([len(body)]) + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("qos", [0, 1])
def test_a_flood_of_requests(
    mosquitto: Mosquitto, tmp_path: Path, qos: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a flood memory and events stay bounded, records are sent, and the connection holds."""
    monkeypatch.setattr(inbox, "RATE", 100.0)

    async def scenario() -> None:
        with Centre(mosquitto.port, f"{BASE}event/#") as centre:
            async with answering(mosquitto, tmp_path) as (_office, run, application):
                before = memory(os.getpid())
                random = Random(5)
                for _ in range(3000):
                    application.ask(random.randbytes(1000), qos=qos)
                await run.add(*[opened(f"in-the-flood-{number}") for number in range(50)])
                await run.drained()
                await until(lambda: len(set(sequences(centre.heard("event/visit")))) == 53)
                assert run.uplink.counts["requests"] < 2900
                assert len(run.events) < 2900
                assert memory(os.getpid()) - before < 32 << 20
                assert run.uplink.connected

    asyncio.run(scenario())


def test_a_broker_that_minds_no_bound(tmp_path: Path) -> None:
    """Messages beyond the bound of memory are dropped, and that is posted once."""

    async def scenario() -> None:
        office = Office(tmp_path)
        try:
            counts = Running.__new__(Running)  # only for its events
            counts.events = []
            box = inbox.Inbox(BASE, office.desk, counts._post, Counter())
            for number in range(5000):
                box.put(message(number))
            assert sum(len(one.request.payload) for one in box._messages) <= inbox.MOST_BYTES
            assert len(box._messages) > inbox.MOST
            assert box._counts["requests_dropped"] == 5000 - len(box._messages)
            assert [event.why for event in counts.events if isinstance(event, InputRefused)] == [
                "flood"
            ]
        finally:
            office.close()

    asyncio.run(scenario())


def message(mid: int, qos: int = 1) -> IncomingMessage:
    """Return a large request as it is received."""
    return IncomingMessage(f"{BASE}cmd/register", b"z" * 100_000, qos, mid)


def test_a_flood_of_qos_0_leaves_room_for_qos_1(tmp_path: Path) -> None:
    """Messages without acknowledgement may be dropped; the broker's 16 others are all accepted."""

    async def scenario() -> None:
        office = Office(tmp_path)
        try:
            box = inbox.Inbox(BASE, office.desk, lambda _make: None, Counter())
            for _ in range(500):
                box.put(message(0, qos=0))
            dropped = box._counts["requests_dropped"]
            for number in range(1, inbox.MOST + 1):
                box.put(message(number))
            assert [waiting.mid for waiting in box._messages if waiting.qos] == [
                *range(1, inbox.MOST + 1)
            ]
            assert box._counts["requests_dropped"] == dropped > 0
        finally:
            office.close()

    asyncio.run(scenario())


def test_the_embedded_broker_does_it_too(embedded: str, tmp_path: Path) -> None:
    """The simulator's broker delivers requests and answers."""

    async def scenario() -> None:
        office = Office(tmp_path)
        store = make_store(tmp_path / "store")
        port = int(embedded.rpartition(":")[2])
        try:
            async with (
                running(make_config(embedded), store, tmp_path, handler=office.desk_for) as run,
                desk_application(port) as application,
            ):
                await until(lambda: run.uplink.connected)
                asked, correlation = register(), uuid.uuid4().bytes
                end = time.monotonic() + 10
                while not application.answers(correlation) and time.monotonic() < end:
                    application.ask(asked, correlation=correlation)
                    await asyncio.sleep(0.1)
                assert application.answers(correlation)[0].ok
        finally:
            office.close()

    asyncio.run(scenario())
