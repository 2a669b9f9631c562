"""Floods of requests over a real broker: each is answered or counted, and the daemon goes on."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from edge.mqtt import inbox
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.signed_requests import SignedRequests
from edge.sop.events import AvailabilitySet, InputRefused, Post
from tests.brokers import Centre, Mosquitto, until
from tests.faults.test_mqtt_floods import memory
from tests.guests import BASE, DeskApplication, Office, available, desk_application
from tests.longer import either, longer, slow
from tests.signed import section, signed
from tests.uplinks import make_config, make_store, opened, running, sequences

# Requests of each client: 500 or 5,000 in all.
EACH = either(100, 1000)
SUFFIX = "cmd/availability/pimpinan"
TOPIC = f"{BASE}{SUFFIX}"
RANDOM = Random(7)

FLOODS: dict[str, tuple[Callable[[], bytes], str | None]] = {
    "valid": (lambda: signed(TOPIC, available()), None),
    "wrong": (lambda: signed(TOPIC, available(), secret=bytes(32)), "wrong signature"),
    "stranger": (lambda: signed(TOPIC, available(), kid="meja-9"), "unknown key"),
    "unsigned": (lambda: json.dumps(available()).encode(), "not signed"),
    "garbage": (lambda: RANDOM.randbytes(3000), "not signed"),
}
"""By client: what it sends, and the word with which each is refused."""


@longer
@slow
@pytest.mark.timeout(600)
def test_each_of_five_thousand_requests_is_answered(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five clients at once: the sums are equal, memory is flat, and records go on meanwhile."""
    monkeypatch.setattr(inbox, "RATE", 1000.0)

    async def scenario() -> None:
        office = Office(tmp_path)

        def gate(post: Post) -> SignedRequests:
            desk = office.desk_for(post)
            return SignedRequests(section(), BASE, desk, clock=office.clock)  # type: ignore[arg-type]  # it has all that is used here

        config, store = make_config(mosquitto.url), make_store(tmp_path / "store", 3)
        with Centre(mosquitto.port, f"{BASE}event/#") as centre:
            async with (
                running(config, store, tmp_path, handler=gate) as run,
                AsyncExitStack() as on,
            ):
                clients = {
                    name: await on.enter_async_context(desk_application(mosquitto.port, user=name))
                    for name in FLOODS
                }
                await until(lambda: f"{BASE}cmd/availability/#" in mosquitto.log)
                before = memory(os.getpid())
                for _ in range(EACH):
                    for name, (make, _word) in FLOODS.items():
                        clients[name].ask(make(), SUFFIX)
                    await asyncio.sleep(0)  # the uplink shares this thread
                await run.add(*[opened(f"in-the-flood-{number}") for number in range(50)])
                await until(lambda: len(set(sequences(centre.heard("event/visit")))) == 53, 200)
                counts, sent = run.uplink.counts, EACH * len(FLOODS)
                await until(lambda: answered(clients) + counts["answers_lost"] >= sent, 400)
                for name, client in clients.items():
                    found = Counter(json.loads(one.payload).get("word") for one in client.messages)
                    assert set(found) == {FLOODS[name][1]}, name
                assert counts["requests_dropped"] == 0
                refused = Counter(one.why for one in run.events if isinstance(one, InputRefused))
                expected = Counter(word for _, word in FLOODS.values() for _ in range(EACH) if word)
                if counts["reconnects"]:  # on a very busy machine: some have come twice
                    assert refused >= expected
                else:
                    assert refused == expected
                    assert (answered(clients), counts["requests"]) == (sent, sent)
                done = [one for one in run.events if isinstance(one, AvailabilitySet)]
                assert len(done) == EACH
                assert memory(os.getpid()) - before < 48 << 20
                assert run.uplink.connected
        office.close()

    asyncio.run(scenario())


def answered(clients: dict[str, DeskApplication]) -> int:
    """Return how many answers have come to all *clients*."""
    return sum(len(client.messages) for client in clients.values())


def test_an_answer_waits_for_room(tmp_path: Path) -> None:
    """While 16 answers are not sent, further requests wait; what a connection loses is counted."""

    class Link:
        """A connection that notes what is acknowledged."""

        def __init__(self) -> None:
            self.done = 0

        def acknowledge(self, _mid: int, _qos: int) -> None:
            self.done += 1

        def notify(self) -> None:
            """Nothing is sent."""

    async def scenario() -> None:
        office = Office(tmp_path)
        link, counts = Link(), Counter[str]()
        box = inbox.Inbox(BASE, office.desk, lambda _make: None, counts)
        for mid in range(1, inbox.MOST + 2):
            box.put(
                IncomingMessage(
                    TOPIC, b"{}", 1, mid, response_topic=f"{BASE}reply/meja", correlation=b"1"
                )
            )
        serving = asyncio.create_task(box.serve(link))  # type: ignore[arg-type]  # it has all that is used here
        await until(lambda: link.done == inbox.MOST)
        await asyncio.sleep(0)
        assert (link.done, counts["requests"]) == (inbox.MOST, inbox.MOST)
        assert box.next_answer(lambda _key: True) is not None
        await until(lambda: link.done == inbox.MOST + 1)
        serving.cancel()
        box.leave()
        assert counts["answers_lost"] == inbox.MOST
        assert box.next_answer(lambda _key: True) is None
        office.close()

    asyncio.run(scenario())
