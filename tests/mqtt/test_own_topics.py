"""Retained topics of the checkpoint: repaired after another client has deleted or forged them."""

import asyncio
import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Stamp
from edge.mqtt import own_topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.live_topics import LiveTopics
from edge.mqtt.own_topics import BURST, MOST_UNKNOWN, OwnTopics
from edge.sop.events import Event, InputRefused
from edge.sop.records import MonthlyReport, Record
from edge.store.cloudevent import REPORT_TYPE
from edge.store.rows import OutboxRow
from tests.brokers import Centre, Mosquitto, until
from tests.longer import slow
from tests.packets import ScriptedBroker
from tests.uplinks import AT, Running, make_config, make_store, opened, running

BASE = "gardu/v1/kantor/lobi/"
META = {"version": "1", "gardu": True}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Repair without long pauses."""
    monkeypatch.setattr(own_topics, "INTERVAL_S", 0.05)
    monkeypatch.setattr(own_topics, "BACKOFF", Backoff(0.05, 0.2))


def retained(broker: Mosquitto, suffix: str, payload: str | None = None) -> None:
    """Publish a retained message as another client; None deletes the topic."""
    what = ["-n"] if payload is None else ["-m", payload]
    command = ["mosquitto_pub", "-p", str(broker.port), "-q", "1", "-r", "-t", BASE + suffix]
    subprocess.run([*command, *what], check=True)


def stored(broker: Mosquitto) -> dict[str, str]:
    """Return what the broker has stored, by suffix."""
    answer = subprocess.run(
        ["mosquitto_sub", "-p", str(broker.port), "-t", f"{BASE}#", "--retained-only", "-W", "1",
         "-F", "%t %p"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    return dict(line.removeprefix(BASE).split(" ", 1) for line in answer.splitlines())


def reasons(run: Running) -> Counter[str]:
    """Count the posted refusals by reason."""
    return Counter(event.why for event in run.events if isinstance(event, InputRefused))


async def subscribed(broker: Mosquitto, times: int = 1) -> None:
    """Wait until the uplink has subscribed to its own topics *times* times."""
    await until(lambda: broker.log.count(f"{BASE}status (QoS 0)") >= times)


async def repaired(run: Running, count: int) -> None:
    """Wait for *count* repairs."""
    await until(lambda: run.uplink.counts["topics_repaired"] >= count)


@slow
def test_deleted_topics_come_back(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Every live topic that another client deletes is published again, and counted."""

    async def scenario() -> None:
        async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
            run.uplink.show("meta", META)
            run.uplink.show("health", {"disk": 1}, expiry_s=300)
            run.uplink.show("state/alarm/fire", {"alarm": "fire"})
            await subscribed(mosquitto)
            await until(lambda: len(stored(mosquitto)) >= 5)
            before = stored(mosquitto)
            for suffix in before:
                await asyncio.to_thread(retained, mosquitto, suffix)
            await repaired(run, len(before))
            assert await asyncio.to_thread(stored, mosquitto) == before
            assert reasons(run) == {"topic deleted": len(before)}
            assert run.uplink.counts["reconnects"] == 0

    asyncio.run(scenario())


@slow
def test_forged_topics_are_repaired(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A forged meta, and an alarm that does not stand, do not stay."""

    async def scenario() -> None:
        async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
            run.uplink.show("meta", META)
            await subscribed(mosquitto)
            await asyncio.to_thread(retained, mosquitto, "meta", '{"version": "666"}')
            await asyncio.to_thread(retained, mosquitto, "state/alarm/duress", '{"alarm": "x"}')
            await repaired(run, 2)
            await until(lambda: "state/alarm/duress" not in stored(mosquitto))
            assert json.loads(stored(mosquitto)["meta"]) == META
            assert reasons(run) == {"topic forged": 1, "topic unknown": 1}

    asyncio.run(scenario())


def test_our_own_changes_are_no_forgeries(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Values that change often, an alarm that flaps: no repair is made."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
                await subscribed(mosquitto)
                for number in range(200):
                    run.uplink.show("state/occupancy", {"cards": number})
                    run.uplink.show("state/alarm/fire", {"n": 1} if number % 2 else None)
                    await asyncio.sleep(0.002)
                await until(lambda: b"199" in centre.heard("occupancy")[-1].payload)
                await asyncio.sleep(0.3)
                assert run.uplink.counts["topics_repaired"] == 0

    asyncio.run(scenario())


def test_alarms_of_an_earlier_database_are_removed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """What is retained below state/ and not known is deleted; other topics are left alone."""

    async def scenario() -> None:
        for suffix in ("state/alarm/old-1", "state/day", "event/old", "report/2020-01"):
            await asyncio.to_thread(retained, mosquitto, suffix, '{"of": "yesterday"}')
        async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
            run.uplink.show("state/alarm/fire", {"alarm": "fire"})
            await repaired(run, 2)
            await until(lambda: "state/day" not in stored(mosquitto))
            kept = stored(mosquitto).keys()
            assert kept >= {"state/alarm/fire", "event/old", "report/2020-01", "status"}
            assert "state/alarm/old-1" not in kept

    asyncio.run(scenario())


def report_record(month: str) -> Record:
    """Return the record of a month's report."""
    data = MonthlyReport(month=month, revision=1, summary=None, clock_synced=True)  # type: ignore[arg-type]
    return Record(REPORT_TYPE, f"report/{month}", AT, None, data)


def publish_report(run: Running, number: int, month: str) -> list[OutboxRow]:
    """Store the report of *month*, as the publisher does."""
    return run.store.publish_report(number, {"month": month}, report_record(month))


def test_a_lost_report_is_published_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A report deleted, forged, or lost with the broker's memory: same bytes, no new record."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
                rows = await run.stored(lambda: publish_report(run, 202610, "2026-10"))
                run.uplink.wake(rows)
                await run.drained()
                await subscribed(mosquitto)
                await asyncio.to_thread(retained, mosquitto, "report/2026-10")
                await repaired(run, 1)
                await until(lambda: "report/2026-10" in stored(mosquitto))
                mosquitto.stop(kill=True)
                mosquitto.start()
                await subscribed(mosquitto, 2)
                await repaired(run, 2)
                await until(lambda: "report/2026-10" in stored(mosquitto))
                payloads = [m.payload for m in centre.heard("report/2026-10") if m.payload]
                assert set(payloads) == {rows[0].payload}
                ledger = await run.stored(run.store.ledger)
                assert (ledger.last, ledger.acknowledged, ledger.waiting) == (1, 1, 0)
                assert reasons(run) == {"topic deleted": 1, "topic lost": 1}

    asyncio.run(scenario())


def test_a_stored_report_is_not_published_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A report that the broker has is left alone when the checkpoint connects again."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
                run.uplink.wake(await run.stored(lambda: publish_report(run, 202610, "2026-10")))
                await run.drained()
                await subscribed(mosquitto)
                assert run.uplink._connection is not None
                run.uplink._connection.drop("so that it connects again")
                await subscribed(mosquitto, 2)
                await until(lambda: run.uplink.own_topics._readable)
                await asyncio.sleep(0.5)
                assert len(centre.heard("report/2026-10")) == 1
                assert run.uplink.counts["topics_repaired"] == 0

    asyncio.run(scenario())


def test_a_checkpoint_that_may_not_read_its_topics(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Without the right to read them it does not take its reports for lost."""

    async def scenario() -> None:
        mosquitto.stop()
        access = tmp_path / "access"
        access.write_text("user centre\ntopic readwrite #\nuser lobi\ntopic write gardu/#\n")
        mosquitto.configure(f"acl_file {access}")
        mosquitto.start()
        config = make_config(mosquitto.url, username="lobi")
        with Centre(mosquitto.port, user="centre") as centre:
            async with running(config, make_store(tmp_path), tmp_path) as run:
                run.uplink.wake(await run.stored(lambda: publish_report(run, 202610, "2026-10")))
                await run.drained()
                await subscribed(mosquitto)
                await asyncio.sleep(0.5)
                assert len(centre.heard("report/2026-10")) == 1
                await run.add(opened("after"))
                await run.drained()

    asyncio.run(scenario())


def test_two_checkpoints_of_one_name(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Each reports the other's session; their repairs become rare, and all records arrive."""

    async def scenario() -> None:
        first = make_config(mosquitto.url, client_id="one")
        second = make_config(mosquitto.url, client_id="two")
        sessions: dict[str, set[int]] = {"one": set(), "two": set()}
        with Centre(mosquitto.port) as centre:
            (tmp_path / "1").mkdir()
            (tmp_path / "2").mkdir()
            store = make_store(tmp_path / "2", 5)
            for _ in range(40):
                store.next_session()
            async with (
                running(first, make_store(tmp_path / "1", 5), tmp_path) as one,
                running(second, store, tmp_path) as two,
            ):
                one.uplink.own_topics.on_foreign_session = sessions["one"].add
                two.uplink.own_topics.on_foreign_session = sessions["two"].add
                await until(lambda: sessions == {"one": {41}, "two": {1}})
                await one.drained()
                await two.drained()
                await until(lambda: len(centre.heard("event/visit")) == 10)

    asyncio.run(scenario())


def test_a_broker_that_refuses_the_subscription(tmp_path: Path) -> None:
    """Records are delivered all the same."""

    async def scenario() -> None:
        class Refusing(ScriptedBroker):
            async def serve(
                self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
            ) -> None:
                await super().serve(reader, _Refusal(writer))  # type: ignore[arg-type]

        broker = Refusing()
        config = make_config(f"mqtt://127.0.0.1:{broker.port}")
        async with broker.listening(), running(config, make_store(tmp_path, 30), tmp_path) as run:
            await until(lambda: len(broker.answers(8)) == 1)
            await run.drained()
            assert broker.connections == 1

    asyncio.run(scenario())


class _Refusal:
    """A writer that turns each SUBACK into a refusal."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Write *data*."""
        self._writer.write(data[:-1] + b"\x87" if data[:1] == b"\x90" else data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


# -- without a broker


class Forger:
    """The own topics alone, with a loop's clock that the test moves."""

    def __init__(self) -> None:
        self.live = LiveTopics()
        self.live.put("meta", b"ours")
        self.live.put("status", b"online")
        while self.live.next_due(lambda _topic: True) is not None:
            pass
        self.events: list[Event] = []
        self.counts: Counter[str] = Counter()
        self.topics = OwnTopics(BASE, self.live, _no_reports, self._post, self.counts)
        self.topics.begin(7)
        self.now = 1000.0

    def put(self, suffix: str, payload: bytes, *, retain: bool = False) -> None:
        """Let a message come."""
        self.topics.put(IncomingMessage(BASE + suffix, payload, retain=retain))

    def repair(self) -> None:
        """Repair what is due."""
        self.topics._repair(self.now)

    def published(self) -> list[str]:
        """Return what is published now, by topic."""
        found = []
        while (suffix := self.live.next_due(lambda _topic: True)) is not None:
            found.append(suffix)
            self.topics.sent(suffix)
        while (message := self.topics.next_message(lambda _key: True)) is not None:
            found.append(message.topic.removeprefix(BASE))
        return found

    def _post(self, make: Any) -> None:
        self.events.append(make(Stamp(0, 0, synced=True, boot="test")))


async def _no_reports() -> list[OutboxRow]:
    return []


def test_a_forger_is_not_answered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour of a forged message each second: some dozens of repairs, and few events."""
    monkeypatch.setattr(own_topics, "BACKOFF", Backoff(2.0, 300.0))
    forger, repairs = Forger(), 0
    for _ in range(3600):
        forger.now += 1.0
        forger.put("meta", b"forged")
        forger.repair()
        repairs += len(forger.published())
    assert 10 < repairs < 60
    assert forger.counts["topics_repaired"] == repairs
    assert BURST <= len(forger.events) < BURST + 3600 / own_topics.EVERY_S + 2


def test_a_repair_of_long_ago_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a quiet time a deleted topic is repaired at once again."""
    monkeypatch.setattr(own_topics, "BACKOFF", Backoff(2.0, 300.0))
    forger = Forger()
    for pause in (1.0, 600.0, 600.0, 600.0, own_topics.FORGET_S + 1, 3.0):
        forger.now += pause
        forger.put("meta", b"")
        forger.repair()
        assert forger.published() == ["meta"]


def test_unknown_topics_are_bounded() -> None:
    """Thousands of foreign topics take no memory, and do not hinder the repair of ours."""
    forger = Forger()
    for number in range(10_000):
        forger.put(f"state/alarm/x-{number}", b"{}", retain=number % 2 == 0)
        forger.put(f"report/x-{number}", b"{}")
        forger.put(f"elsewhere/{number}", b"{}")
    forger.put("meta", b"forged")
    assert len(forger.topics._unknown) == MOST_UNKNOWN
    assert len(forger.topics._suspects) <= MOST_UNKNOWN + 1
    forger.repair()
    assert "meta" in (found := forger.published())
    assert len(found) == MOST_UNKNOWN + 1
    assert not forger.topics._suspects


def test_an_alarm_that_rises_meanwhile_is_not_deleted() -> None:
    """A topic that was unknown when it came, and is ours before the repair, is left alone."""
    forger = Forger()
    forger.put("state/alarm/fire", b"{}", retain=True)
    forger.repair()
    forger.live.put("state/alarm/fire", b"{}")
    assert forger.published() == ["state/alarm/fire"]  # the alarm itself


@pytest.mark.parametrize(
    "suffix", ["state/alarm/\x1b", "state/\u00e4", "state/" + "x" * 300, "state/a\ufeff"]
)
def test_a_topic_that_cannot_be_published_is_left_alone(suffix: str) -> None:
    """A repair must not become a message that a broker may hang up on."""
    forger = Forger()
    forger.put(suffix, b"{}", retain=True)
    forger.repair()
    assert forger.published() == []


@pytest.mark.parametrize(
    ("session", "status", "retain", "told"),
    [
        (6, "online", True, False),
        (6, "offline", True, False),
        (6, "offline", False, False),
        (6, "online", False, True),
        (7, "online", True, True),
        (8, "offline", True, True),
        (8, "online", False, True),
    ],
)
def test_whose_session_it_is(session: int, status: str, retain: bool, told: bool) -> None:
    """A status of an earlier connection of this checkpoint is not taken for another client's."""

    async def scenario() -> None:
        forger, found = Forger(), list[int]()
        forger.topics.on_foreign_session = found.append
        value = {"status": status, "session": session, "reason": "lost", "time": "x"}
        forger.put("status", json.dumps(value).encode(), retain=retain)
        assert found == [session] * told
        forger.repair()
        assert forger.published() == ["status"]
        for _ in range(1000):
            forger.put("status", json.dumps(value).encode(), retain=retain)
        assert len(found) == BURST * told

    asyncio.run(scenario())


def test_the_will_of_the_connection_before_may_come_before_the_next_begins() -> None:
    """Measured: the queued will came right after CONNACK, and an alarm stood for ten minutes."""

    async def scenario() -> None:
        forger, found = Forger(), list[int]()
        forger.topics.on_foreign_session = found.append
        forger.topics.expect(8)
        will = {"status": "offline", "session": 7, "reason": "lost", "time": "x"}
        forger.put("status", json.dumps(will).encode())
        assert found == []
        forger.put("status", json.dumps({**will, "session": 8}).encode())
        assert found == [8]

    asyncio.run(scenario())


def test_a_status_that_the_broker_had_queued_is_our_own() -> None:
    """After a cut the broker sends again what it had: the status of the connection before."""

    async def scenario() -> None:
        forger, found = Forger(), list[int]()
        forger.topics.on_foreign_session = found.append
        value = {"status": "online", "session": 7, "reason": "connected", "time": "x"}
        forger.live.put("status", json.dumps(value).encode())
        forger.topics.begin(7)
        forger.live.put("status", json.dumps({**value, "session": 8}).encode())
        forger.topics.begin(8)
        forger.put("status", json.dumps(value).encode())
        assert found == []
        forger.put("status", json.dumps({**value, "time": "y"}).encode())
        assert found == [7]

    asyncio.run(scenario())


def test_the_last_status_of_a_clean_stop_is_our_own() -> None:
    """The broker sends it back before the connection ends: no alarm about another client."""

    async def scenario() -> None:
        forger, found = Forger(), list[int]()
        forger.topics.on_foreign_session = found.append
        value = {"status": "offline", "session": 7, "reason": "stopped", "time": "x"}
        forger.topics.leave(json.dumps(value).encode())
        forger.put("status", json.dumps(value).encode())
        forger.repair()
        assert (found, forger.published()) == ([], [])
        forger.put("status", json.dumps({**value, "session": 8}).encode())
        assert found == [8]

    asyncio.run(scenario())


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[" * 100_000, b"{}", b'{"session": "x"}'])
def test_a_malformed_status_is_only_repaired(payload: bytes) -> None:
    """Bytes that are no status raise nothing."""
    forger, found = Forger(), list[int]()
    forger.topics.on_foreign_session = found.append
    forger.put("status", payload)
    forger.repair()
    assert (found, forger.published()) == ([], ["status"])


def test_only_delivered_reports_are_looked_after(tmp_path: Path) -> None:
    """A month whose newest revision waits or is parked is left out: that record goes first."""
    store = make_store(tmp_path, 3)
    for number, month in [(202608, "2026-08"), (202609, "2026-09"), (202610, "2026-10")]:
        store.publish_report(number, {"month": month}, report_record(month))
    store.publish_report(202607, {"month": "2026-07"}, None)
    assert store.delivered_reports(12) == []
    store.acknowledge([4, 5])
    store.park(6, "refused")
    assert [row.topic for row in store.delivered_reports(12)] == [
        "report/2026-08",
        "report/2026-09",
    ]
    (again,) = store.publish_report(202609, {"month": "2026-09"}, report_record("2026-09"))
    assert [row.sequence for row in store.delivered_reports(12)] == [4]
    store.acknowledge([again.sequence])
    assert [row.sequence for row in store.delivered_reports(2)] == [again.sequence]
    store.close()
