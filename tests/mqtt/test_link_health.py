"""The link's health: no packet ends it for good, one record a spell, whose fault a refusal is."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.mqtt.backoff import Backoff
from edge.sop.events import DeviceFailed, DeviceRestored
from edge.store.store import StillRow
from tests.brokers import HOST, until
from tests.guests import BASE, Office, register
from tests.longer import slow
from tests.picky_broker import Answer, Packet, PickyBroker, request
from tests.uplinks import AT, QUICK, RARE, Running, make_config, make_store, opened, running

# Longer than any test: a packet that is put off stays left out.
NEVER = Backoff(1000.0, 1000.0)
ALARM = "state/alarm/uplink"
REPLY = "reply/meja"
TAKEN_OVER = bytes.fromhex("e0 01 8e")

Judge = Callable[[Packet], Answer]


def on(suffix: str, answer: Answer) -> Judge:
    """Return a judge that gives *answer* to every packet on the topic *suffix*."""
    return lambda packet: answer if packet.suffix == suffix else "accept"


def on_record(sequence: int, answer: Answer) -> Judge:
    """Return a judge that gives *answer* to the record *sequence*."""
    mark = b'"sequence":"%016d"' % sequence
    return lambda packet: answer if mark in packet.payload else "accept"


def on_records(answer: Answer) -> Judge:
    """Return a judge that gives *answer* to every record."""
    return lambda packet: answer if "event/" in packet.name else "accept"


@asynccontextmanager
async def linked(
    folder: Path, judge: Judge, *, records: int = 30, waits: dict[str, Backoff] | None = None,
    **broker: Any,
) -> AsyncIterator[tuple[PickyBroker, Running]]:  # fmt: skip
    """Run an uplink with every kind of packet to send, and a broker that judges each."""
    picky = PickyBroker(judge)
    office = Office(folder)
    config = make_config(f"mqtt://{HOST}:{picky.port}", **broker)
    store = make_store(folder / "store", records)
    still(store, folder)
    chosen = {"rare": RARE, "trial": QUICK, **(waits or {})}
    try:
        async with (
            picky.listening(),
            running(config, store, folder, handler=office.desk_for, **chosen) as run,
        ):
            run.uplink.show("meta", {"software": "gardu"})
            run.uplink.show("health", {"time": "now"}, expiry_s=300)
            yield picky, run
    finally:
        office.close()


def still(store: Any, folder: Path) -> None:
    """Queue a still."""
    (folder / "s.jpg").write_bytes(b"\xff\xd8 a picture")
    about = {"visit": "v", "step": "penerimaan", "time": AT.iso()}
    store.add_still(StillRow("s", "desk", "s.jpg", hashlib.sha256(b"").hexdigest(), 12, about))


def faults(run: Running, device: str) -> list[bool]:
    """Return the faults (True) and restorations (False) of *device*, in order."""
    kinds = (DeviceFailed, DeviceRestored)
    found = [e for e in run.events if isinstance(e, kinds) and e.device == device]
    return [isinstance(event, DeviceFailed) for event in found]


@slow
@pytest.mark.parametrize("answer", ["hang up", "no answer"])
@pytest.mark.parametrize(
    "suffix",
    ["status", "meta", "health", "ledger", "cmd/register", "cmd/availability/#", "still/desk"],
)
def test_a_packet_that_the_broker_does_not_take_is_left_out(
    suffix: str, answer: Answer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All else is delivered; the packet is named, and the connection then holds."""

    async def scenario() -> None:
        silence: Any = {"acknowledge_timeout_s": 1.0} if answer == "no answer" else {}
        async with linked(tmp_path, on(suffix, answer), waits={"rare": NEVER}, **silence) as (
            broker,
            run,
        ):
            await until(lambda: run.uplink.counts["left_out"] == 1)
            await until(lambda: run.uplink.connected)
            calm = broker.connections
            await run.add(opened("afterwards"))
            await run.drained()
            others = {"status", "meta", "health", "ledger", "still/desk"} - {suffix}
            await until(lambda: others <= {topic for topic, _ in broker.taken})
            assert sorted(set(broker.records)) == list(range(1, 32))
            assert broker.connections == calm <= 5
        assert suffix in caplog.text or "still s" in caplog.text

    asyncio.run(scenario())


def test_an_answer_that_the_broker_does_not_take_is_dropped(tmp_path: Path) -> None:
    """Requests that bring a forbidden response topic again and again do not end the link."""

    async def scenario() -> None:
        async with linked(tmp_path, on(REPLY, "hang up"), waits={"rare": NEVER}) as (broker, run):
            await run.drained()
            for mid in range(1, 6):
                await until(lambda: run.uplink.connected and broker.heard("ledger"))
                done, ended = run.uplink.counts["requests"], run.uplink.counts["reconnects"]
                ask = json.dumps(register()).encode()
                broker.send(request(f"{BASE}cmd/register", ask, f"{BASE}{REPLY}", mid))
                await until(lambda n=done: run.uplink.counts["requests"] > n)  # type: ignore[misc]
                await until(
                    lambda n=ended: (
                        run.uplink.counts["reconnects"] > n  # type: ignore[misc]
                        or run.uplink.counts["refused"]
                    )
                )
            assert run.uplink.counts["reconnects"] == 3
            # One ended the connection; two were dropped, and are counted once their turn has come.
            await until(lambda: run.uplink.counts["refused"] >= 3)
            assert run.uplink.counts["refused"] == 3
            await run.add(opened("afterwards"))
            await run.drained()

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", ["hang up", 0x87])
def test_a_will_that_the_broker_does_not_take_is_left_out(answer: Answer, tmp_path: Path) -> None:
    """A broker that refuses a CONNECT because of its will gets one without: records arrive."""

    def judge(packet: Packet) -> Answer:
        return answer if packet.name == "connect with will" else "accept"

    async def scenario() -> None:
        async with linked(tmp_path, judge) as (broker, run):
            await run.drained()
            assert faults(run, "broker/will") == [True]
            broker.judge = lambda _packet: "accept"
            broker.hang_up()
            await until(lambda: faults(run, "broker/will") == [True, False])

    asyncio.run(scenario())


def test_a_packet_left_out_is_an_alarm_until_it_is_accepted(tmp_path: Path) -> None:
    """Named on the device's record and the live alarm; tried again, and restored by itself."""

    async def scenario() -> None:
        async with linked(tmp_path, on("meta", "hang up")) as (broker, run):
            await until(lambda: faults(run, "broker/meta") == [True])
            await until(lambda: any(b"meta" in alarm for alarm in broker.heard(ALARM)))
            await until(lambda: run.uplink.counts["left_out"] > 8)
            # The first losses are trouble of the connection; the trials after them are not.
            assert run.uplink._alarms._troubles["connection"].spell.times <= 2
            broker.judge = lambda _packet: "accept"
            await until(lambda: broker.heard("meta"))
            await until(lambda: faults(run, "broker/meta") == [True, False])
            await until(lambda: broker.heard(ALARM)[-1] == b"")

    asyncio.run(scenario())


KINDS = st.sampled_from(["status", "meta", "health", "ledger", "cmd/register", "still/desk", 1, 7])


@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(st.dictionaries(KINDS, st.sampled_from(["hang up", 0x87, 0x97, "no answer"]), max_size=4))
def test_any_packets_not_taken_leave_all_others(
    tmp_path_factory: pytest.TempPathFactory, refused: dict[str | int, Answer]
) -> None:
    """Whichever packets a broker does not take, and how: every other record arrives."""
    judges = [
        on_record(what, answer) if isinstance(what, int) else on(what, answer)
        for what, answer in refused.items()
    ]

    def judge(packet: Packet) -> Answer:
        return next((a for one in judges if (a := one(packet)) != "accept"), "accept")

    async def scenario() -> None:
        others = set(range(1, 13)) - refused.keys()
        async with linked(
            tmp_path_factory.mktemp("link"), judge, records=12, waits={"rare": NEVER},
            acknowledge_timeout_s=0.2,
        ) as (broker, _run):  # fmt: skip
            await until(lambda: set(broker.records) == others, 20.0)

    asyncio.run(scenario())


def test_a_refusal_of_all_records_parks_none(tmp_path: Path) -> None:
    """A broker without its authorisation service is at fault itself; later all is delivered."""

    async def scenario() -> None:
        tries = 0

        def refuse(packet: Packet) -> Answer:
            nonlocal tries
            tries += "event/" in packet.name
            return on_records(0x87)(packet)

        async with linked(tmp_path, refuse, tries=2) as (broker, run):
            await until(lambda: tries > 100)
            assert faults(run, "broker")[-1]
            assert faults(run, "outbox") == []
            await until(lambda: b"refuses all records" in broker.heard(ALARM)[-1])
            broker.judge = lambda _packet: "accept"
            await run.drained()
            assert sorted(set(broker.records)) == list(range(1, 31))
            assert run.uplink.counts["parked"] == 0
            await until(lambda: broker.heard(ALARM)[-1] == b"")

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", ["hang up", 0x87])
def test_parked_records_are_released_when_the_cause_has_gone(
    answer: Answer, tmp_path: Path
) -> None:
    """Refused while others pass: parked. One of them is tried again; accepted, all are sent."""

    async def scenario() -> None:
        judges = [on_record(3, answer), on_record(5, answer)]

        def judge(packet: Packet) -> Answer:
            return next((a for one in judges if (a := one(packet)) != "accept"), "accept")

        async with linked(tmp_path, judge, tries=2) as (broker, run):
            await until(lambda: run.uplink.counts["parked"] >= 2)
            await until(lambda: faults(run, "outbox") == [True])
            await until(lambda: sorted(set(broker.records)) == [1, 2, 4, *range(6, 31)])
            broker.judge = lambda _packet: "accept"
            await until(lambda: sorted(set(broker.records)) == list(range(1, 31)))
            await until(lambda: faults(run, "outbox") == [True, False])
            assert (await run.stored(run.store.ledger)).parked == 0

    asyncio.run(scenario())


@slow
def test_a_flapping_broker_is_one_spell(tmp_path: Path) -> None:
    """A connection lost again and again makes few records, and the last has their number."""

    async def scenario() -> None:
        async with linked(tmp_path, lambda _packet: "accept") as (broker, run):
            for _ in range(40):
                # With a packet under suspicion, a loss would be that packet's fault.
                await until(
                    lambda: (
                        run.uplink.connected
                        and run.uplink.outage.why is None
                        and not run.uplink._suspects._alone
                    )
                )
                before = broker.connections
                broker.hang_up()
                await until(lambda n=before: broker.connections > n)  # type: ignore[misc]
            assert len(faults(run, "broker")) <= 4
            assert faults(run, "broker")[-1]
            trouble = run.uplink._alarms._troubles["connection"]
            assert trouble.spell.times >= 38

    asyncio.run(scenario())


def test_another_client_with_our_identity_is_an_alarm(tmp_path: Path) -> None:
    """Session taken over: named as such once, and the records still go between two take-overs."""

    async def scenario() -> None:
        async with linked(tmp_path, lambda _packet: "accept") as (broker, run):
            for _ in range(3):
                await until(lambda: run.uplink.connected and run.uplink.outage.why is None)
                before = broker.connections
                broker.send(TAKEN_OVER)
                await until(lambda n=before: broker.connections > n)  # type: ignore[misc]
            await run.drained()
            assert faults(run, "broker-identity") == [True]
            await until(lambda: b"identity" in broker.heard(ALARM)[-1])

    asyncio.run(scenario())


@pytest.mark.parametrize(("subscribers", "delivered"), [("optional", True), ("required", False)])
def test_an_office_without_subscribers(subscribers: str, delivered: bool, tmp_path: Path) -> None:
    """Where a rule engine takes the records, 0x10 is delivered if the config says so."""

    async def scenario() -> None:
        async with linked(tmp_path, on_records(0x10), subscribers=subscribers) as (broker, run):
            await until(lambda: broker.heard("ledger") or faults(run, "broker")[-1:] == [True])
            if delivered:
                await run.drained()
            ledger = await run.stored(run.store.ledger)
            assert ledger.waiting == (0 if delivered else 30)

    asyncio.run(scenario())


def test_parked_records_are_tried_although_no_other_record_comes(tmp_path: Path) -> None:
    """At night no record comes that could show that the broker accepts records again."""

    async def scenario() -> None:
        broker = PickyBroker(lambda _packet: "accept")
        store = make_store(tmp_path, 3)
        for sequence in (1, 2, 3):
            store.park(sequence, "refused")
        config = make_config(f"mqtt://{HOST}:{broker.port}")
        async with broker.listening(), running(config, store, tmp_path, trial=QUICK):
            await until(lambda: sorted(set(broker.records)) == [1, 2, 3])

    asyncio.run(scenario())
