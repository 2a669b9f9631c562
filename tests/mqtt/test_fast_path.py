"""The fast path: the worker sends what it has committed, and the loop knows of every message."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edge.errors import StoreFull
from edge.mqtt.fast_path import NONE_SENT, FastPath, Grant, Sent
from edge.mqtt.in_flight import OutgoingMessage
from edge.mqtt.packets import Packed
from edge.mqtt.suspects import Key
from edge.store.store import OutboxRow
from tests.brokers import HOST, Centre, Mosquitto, until
from tests.mqtt.test_uplink_hangup import ChokingBroker
from tests.uplinks import RARE, Running, make_config, make_store, opened, running, sequences

_PLAIN = Packed("text/plain")


class FakeConnection:
    """A connection that accepts *accepts* messages, up to *largest* bytes."""

    def __init__(self, accepts: int = 100, largest: int | None = None) -> None:
        self.up = True
        self.accepts = accepts
        self.largest = largest
        self.packed: list[bytes] = []
        self.published: list[bytes] = []

    def prepare(self, _topic: str, payload: bytes, *_: Any, **_more: Any) -> int | None:
        """Pack a message; return its id."""
        if len(self.packed) == self.accepts:
            return None
        self.packed.append(payload)
        return len(self.packed)

    def release(self) -> bool:
        """Send what was packed, while the connection is up."""
        if self.up:
            self.published += self.packed
        self.packed.clear()
        return self.up

    def discard(self, _mids: list[int]) -> None:
        """Drop what was packed."""
        self.packed.clear()


def rows(first: int, count: int) -> list[OutboxRow]:
    """Return *count* rows from sequence *first* on."""
    return [
        OutboxRow(number, str(number), "event/step", b"%d" % number)
        for number in range(first, first + count)
    ]


def granted(connection: FakeConnection, *, sequence: int, room: int) -> tuple[FastPath, list[int]]:
    """Return a path with a grant, and the list of the records that are returned to the loop."""
    path, returned = FastPath(), list[int]()

    def on_sent(messages: Sequence[tuple[int, OutgoingMessage]]) -> None:
        returned.extend(int(message.key.name) for _, message in messages)

    def message(row: OutboxRow) -> OutgoingMessage:
        key = Key("record", row.sequence)
        return OutgoingMessage(key, "t", row.payload, _PLAIN, False, lambda _answer: None)

    path.grant(Grant(connection, sequence, room, message, on_sent))  # type: ignore[arg-type]
    return path, returned


@pytest.mark.parametrize(
    ("first", "room", "accepts", "largest", "sent"),
    [
        (5, 10, 100, None, [5, 6, 7]),  # all
        (5, 2, 100, None, [5, 6]),  # no more than there is room for
        (5, 10, 1, None, [5]),  # up to the end of the connection
        (5, 10, 100, 5, []),  # none that is too large for the broker
        (4, 10, 100, None, []),  # not before an earlier one that the loop still has
        (6, 10, 100, None, []),  # not one that was sent already
    ],
)
def test_the_worker_sends_what_the_grant_allows(
    first: int, room: int, accepts: int, largest: int | None, sent: list[int]
) -> None:
    """Records go in their order, as far as window, broker and connection allow; no others."""
    connection = FakeConnection(accepts, largest)
    path, returned = granted(connection, sequence=first, room=room)
    path.prepare(rows(5, 3))
    assert connection.published == []
    result = path.send()
    assert [message.key.name for _, message in result.messages] == sent
    assert [int(payload) for payload in connection.published] == sent
    path.returned(result)
    assert returned == sent


def test_a_grant_is_used_once_or_revoked() -> None:
    """Either the worker sends or the loop: never both, and the loop waits for the worker."""
    path, returned = granted(FakeConnection(), sequence=1, room=10)
    path.prepare(rows(1, 1))
    assert not path.revoke()
    sent = path.send()
    path.prepare(rows(2, 1))
    assert path.send() is NONE_SENT
    assert not path.revoke()
    path.returned(sent)
    assert path.revoke()
    assert returned == [1]
    path, _ = granted(FakeConnection(), sequence=1, room=10)
    assert path.revoke()
    path.prepare(rows(1, 1))
    assert path.send() is NONE_SENT


def test_the_end_of_a_connection_waits_for_the_worker() -> None:
    """Messages under way on the worker's thread are known before the connection is judged."""

    async def scenario() -> list[int]:
        path, returned = granted(FakeConnection(), sequence=1, room=10)
        path.prepare(rows(1, 1))
        ending = asyncio.create_task(path.revoked(10.0))
        await asyncio.sleep(0)
        assert not ending.done()
        path.returned(path.send())
        await ending
        return returned

    assert asyncio.run(scenario()) == [1]


def test_a_hung_disk_does_not_keep_the_daemon_from_stopping() -> None:
    """If the worker does not return from its commit, the end of the connection goes on."""
    path, returned = granted(FakeConnection(), sequence=1, room=10)
    path.prepare(rows(1, 1))
    asyncio.run(path.revoked(0.001))
    assert returned == []


def test_what_was_not_committed_is_never_sent() -> None:
    """After a failed commit the messages are dropped, and the loop may send again."""
    connection = FakeConnection()
    path, returned = granted(connection, sequence=1, room=10)
    path.prepare(rows(1, 2))
    dropped = path.cancel()
    path.returned(dropped)
    assert (returned, connection.published, connection.packed) == ([], [], [])
    assert path.revoke()


def test_what_was_packed_for_a_lost_connection_was_not_sent() -> None:
    """A connection that ends during the commit has none of its messages in flight: no blame."""
    connection = FakeConnection()
    path, returned = granted(connection, sequence=1, room=10)
    path.prepare(rows(1, 1))
    connection.up = False
    path.returned(path.send())
    assert (returned, connection.published) == ([], [])


async def calm(run: Running) -> None:
    """Return once the loop has granted the worker leave to send."""
    await until(lambda: bool(run.uplink._fast_path._grants))


def test_a_lone_record_is_sent_by_the_worker(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Once all is delivered, the worker sends a new record itself, and it is acknowledged."""

    async def scenario() -> None:
        by_worker = 0
        with Centre(mosquitto.port) as centre:
            store = make_store(tmp_path, 3)
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await run.drained()
                for number in range(10):
                    await calm(run)
                    by_worker += len((await run.add(opened(f"new-{number}"))).messages)
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == 13)
            assert sequences(centre.heard("event/visit")) == list(range(1, 14))
            assert run.uplink.counts["acknowledged"] == 13
        assert by_worker

    asyncio.run(scenario())


@pytest.mark.parametrize("seed", range(3))
def test_the_order_holds_whoever_sends(mosquitto: Mosquitto, tmp_path: Path, seed: int) -> None:
    """Bursts, pauses, live topics and records of the loop's own: every record once, in order."""

    async def scenario() -> None:
        dice, total, by_worker = Random(seed), 0, 0
        with Centre(mosquitto.port) as centre:
            config = make_config(mosquitto.url, window=dice.choice([1, 3, 100]))
            async with running(config, make_store(tmp_path), tmp_path) as run:
                for number in range(150):
                    count = dice.choice([1, 1, 1, 4, 30])
                    records = [opened(f"{number}-{one}") for one in range(count)]
                    if dice.random() < 0.2:  # as the monthly report and the purge do
                        run.uplink.wake(await run.worker.do(run.store.append, records))
                    else:
                        by_worker += len((await run.add(*records)).messages)
                    total += count
                    if dice.random() < 0.3:
                        run.uplink.show("state/occupancy", {"visits": number})
                    if dice.random() < 0.3:
                        await calm(run)
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == total)
            assert sequences(centre.heard("event/visit")) == list(range(1, total + 1))
        assert by_worker

    asyncio.run(scenario())


def test_a_poison_message_of_the_worker_is_parked(tmp_path: Path) -> None:
    """A broker that hangs up on a record sent by the worker: it is quarantined, then parked."""

    async def scenario() -> None:
        broker = ChokingBroker(b'"poison"')
        config = make_config(f"mqtt://{HOST}:{broker.port}", tries=2)
        store = make_store(tmp_path, 1)
        async with broker.listening(), running(config, store, tmp_path, rare=RARE) as run:
            await run.drained()
            await run.add(opened("first"))
            await calm(run)
            await run.add(opened("poison"))
            await run.add(opened("behind"))
            await until(lambda: run.uplink.counts["parked"] == 1)
            await run.drained()
            assert sorted(set(broker.records)) == [1, 2, 4]
            (parked,) = await run.stored(run.store.parked)
            assert parked.sequence == 3

    asyncio.run(scenario())


def test_a_resend_beside_the_worker_loses_no_record(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Old records that an operator resends, and new ones of the worker: each arrives."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            store = make_store(tmp_path, 50)
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await run.drained()
                for number in range(20):
                    await calm(run)
                    await run.worker.do(run.store.resend, 1, 10)
                    run.uplink.go_back(1)
                    await run.add(opened(f"new-{number}"))
                await run.drained()
                await until(lambda: 70 in sequences(centre.heard("event/visit")))
            heard = sequences(centre.heard("event/visit"))
            assert set(heard) == set(range(1, 71))
            assert heard.count(10) > 1
            ids = [json.loads(message.payload)["id"] for message in centre.heard("event/visit")]
            assert len(set(ids)) == 70

    asyncio.run(scenario())


def test_a_failed_commit_sends_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Packed and dropped before the broker sees a byte; the same connection then goes on."""

    async def scenario() -> None:
        cancelled = 0
        with Centre(mosquitto.port) as centre:
            store = make_store(tmp_path, 1)
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await run.drained()
                for number in range(20):
                    await calm(run)

                    def fail(number: int = number) -> Sent:
                        def full(rows: Sequence[OutboxRow]) -> None:
                            run.uplink.prepare(rows)
                            raise StoreFull("no room")

                        with pytest.raises(StoreFull):
                            store.commit(
                                checkpoint=None, visits={},
                                records=[opened(f"never-{number}")], prepare=full,
                            )  # fmt: skip
                        return run.uplink.cancel()

                    dropped = await run.worker.do(fail)
                    cancelled += dropped.grant is not None
                    run.uplink.show("health", {"number": number})
                    run.uplink.committed((), dropped, stills=False)
                    await run.add(opened(f"new-{number}"))
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == 21)
                await until(lambda: json.loads(centre.heard("health")[-1].payload)["number"] == 19)
                assert run.uplink.counts["reconnects"] == 0
            assert sequences(centre.heard("event/visit")) == list(range(1, 22))
            assert not [m for m in centre.heard("event/visit") if b"never-" in m.payload]
        assert cancelled

    asyncio.run(scenario())
