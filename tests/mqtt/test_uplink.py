"""The uplink with real brokers: no record is lost, the order holds, and faults are reported."""

import asyncio
import hashlib
import json
from pathlib import Path

from edge.mqtt.reasons import reason
from edge.sealing.boxes import seal
from edge.sop.events import DeviceFailed, DeviceRestored, InputRefused
from edge.sop.records import AlarmChanged, Record
from edge.store.store import StillRow, Store
from tests.brokers import Centre, Mosquitto, until
from tests.sealing.keys import KEY
from tests.uplinks import AT, about, make_config, make_store, opened, running, sequences


def test_delivers_in_order_on_the_embedded_broker(embedded: str, tmp_path: Path) -> None:
    """The simulator's broker receives every record, in order; the store has all acknowledged."""

    async def scenario() -> None:
        port = int(embedded.rpartition(":")[2])
        with Centre(port) as centre:
            async with running(make_config(embedded), make_store(tmp_path, 200), tmp_path) as run:
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == 200)
                assert sequences(centre.heard("event/visit")) == list(range(1, 201))
                ledger = await run.stored(run.store.ledger)
                assert (ledger.waiting, ledger.acknowledged) == (0, 200)

    asyncio.run(scenario())


def test_order_live_topics_and_new_records(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Waiting and new records come in order; live topics are retained, with content types."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            store = make_store(tmp_path, 1200)
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                run.uplink.show("state/occupancy", {"visits": 1})
                await run.drained()
                await run.add(opened("one-more"))
                await until(lambda: len(centre.heard("event/visit")) == 1201)
                assert sequences(centre.heard("event/visit")) == list(range(1, 1202))
                run.uplink.show("state/alarm/metal-detector", {"alarm": "metal-detector"})
                run.uplink.show("health", {"a": 1}, expiry_s=300)
                await until(lambda: centre.heard("health"))
                run.uplink.show("state/alarm/metal-detector", None)
                await until(lambda: len(centre.heard("state/alarm")) == 2)
                await until(
                    lambda: json.loads(centre.heard("ledger")[-1].payload)["acked_seq"] == 1201
                )
            properties = about(centre.heard("event/visit")[0])
            assert properties.ContentType == "application/cloudevents+json"
            assert not hasattr(properties, "MessageExpiryInterval")
            assert about(centre.heard("health")[0]).MessageExpiryInterval == 300
            assert centre.heard("state/alarm")[1].payload == b""
        with Centre(mosquitto.port) as late:
            await until(lambda: late.heard("health"))
            kept = {
                message.topic.removeprefix("gardu/v1/kantor/lobi/") for message in late.messages
            }
        assert kept == {"status", "ledger", "health", "state/occupancy"}

    asyncio.run(scenario())


def test_window_holds_as_the_broker_sees_it(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Never more than the broker's Receive Maximum is in flight, with any number of records."""

    async def scenario() -> None:
        mosquitto.stop()
        mosquitto.configure("max_inflight_messages 3")
        mosquitto.start()
        with Centre(mosquitto.port):
            store = make_store(tmp_path, 100)
            async with running(make_config(mosquitto.url, window=10), store, tmp_path) as run:
                await run.drained()
                assert run.uplink._connection is not None
                assert run.uplink._connection.window == 3

    asyncio.run(scenario())
    # mosquitto ends the connection of a client that exceeds its Receive Maximum.
    assert mosquitto.log.count("New client connected") == 2


def test_broker_stopped_and_started_again(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Records of an outage are delivered in order; its fault and restoration are posted once."""

    async def scenario() -> None:
        async with running(make_config(mosquitto.url), make_store(tmp_path), tmp_path) as run:
            await until(lambda: run.uplink.connected)
            await until(lambda: DeviceRestored(AT, "broker") in run.events)
            mosquitto.stop()
            await until(lambda: not run.uplink.connected)
            for number in range(30):
                await run.add(opened(f"during-{number}"))
            await until(lambda: run.uplink.counts["reconnects"] > 2)
            mosquitto.start()
            with Centre(mosquitto.port) as centre:
                await run.drained()
                await until(lambda: len(set(sequences(centre.heard("event/visit")))) == 30)
                assert sequences(centre.heard("event/visit")) == list(range(1, 31))
            failures = [e for e in run.events if isinstance(e, DeviceFailed) and "sub" not in e.why]
            assert [event.device for event in failures] == ["broker"]
            assert run.events[-1] == DeviceRestored(AT, "broker", times=1)

    asyncio.run(scenario())


def test_broker_killed_and_replaced_by_an_empty_one(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """Records that the broker acknowledged and lost are sent again under the same id."""

    async def scenario() -> None:
        config = make_config(mosquitto.url, resend_window_s=60.0)
        async with running(config, make_store(tmp_path, 600), tmp_path) as run:
            with Centre(mosquitto.port) as first:
                await run.drained()
                await until(lambda: len(first.heard("event/visit")) == 600)
                ids = [json.loads(message.payload)["id"] for message in first.heard("event/visit")]
            mosquitto.stop(kill=True)
            await until(lambda: not run.uplink.connected)
            await run.add(opened("after"))
            mosquitto.start()
            with Centre(mosquitto.port) as second:
                await run.drained()
                await until(lambda: len(second.heard("event/visit")) == 601)
                again = second.heard("event/visit")
                assert sequences(again) == list(range(1, 602))
                assert [json.loads(message.payload)["id"] for message in again][:600] == ids
                await until(lambda: second.heard("ledger"))
                assert second.messages.index(again[599]) < second.messages.index(
                    next(m for m in second.heard("ledger") if not m.retain)
                )
            assert run.uplink.counts["resent"] == 600

    asyncio.run(scenario())


def test_no_subscriber_is_not_delivered(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """0x10 holds the record and all records behind it until there is a subscriber."""

    async def scenario() -> None:
        store = make_store(tmp_path, 40)
        async with running(make_config(mosquitto.url), store, tmp_path) as run:
            await until(lambda: any(isinstance(e, DeviceFailed) for e in run.events))
            await until(lambda: mosquitto.log.count("event/visit") > 14)
            assert (await run.stored(run.store.ledger)).waiting == 40
            with Centre(mosquitto.port) as centre:
                await run.drained()
                await until(lambda: len(centre.heard("event/visit")) == 40)
                assert sequences(centre.heard("event/visit")) == list(range(1, 41))
                alarms = centre.heard("state/alarm/uplink")
                await until(lambda: centre.heard("state/alarm/uplink")[-1].payload == b"")
                assert b"no subscriber" in alarms[0].payload
            told = [e for e in run.events if isinstance(e, DeviceFailed)]
            why, remedy = "no subscriber for event/visit", reason("no-subscriber").remedy
            assert told == [DeviceFailed(AT, "broker", why, times=1, remedy=remedy)]
            assert run.events[-1] == DeviceRestored(AT, "broker", times=1)

    asyncio.run(scenario())


def test_refused_records_are_parked_and_others_go_on(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A record refused with 0x87 is parked after its tries; the allowed ones are delivered."""

    async def scenario() -> None:
        mosquitto.stop()
        mosquitto.configure(f"acl_file {_acl(tmp_path)}")
        mosquitto.start()
        with Centre(mosquitto.port) as centre:
            store = make_store(tmp_path, 3)
            store.append([_alarm(), opened("later")])
            async with running(make_config(mosquitto.url, tries=3), store, tmp_path) as run:
                await until(lambda: run.uplink.counts["parked"] == 1)
                await run.drained()
                await until(lambda: {5} <= set(sequences(centre.heard("event/visit"))))
                assert set(sequences(centre.heard("event/visit"))) == {1, 2, 3, 5}
                parked = await run.stored(run.store.parked)
                assert [(row.sequence, row.tries) for row in parked] == [(4, 3)]
                assert "not authorized" in parked[0].why
                assert run.uplink.counts["refused"] >= 3
                # mosquitto 2.0.11 also hangs up after each refusal, which is a fault of the broker.
                devices = [e.device for e in run.events if isinstance(e, DeviceFailed)]
                assert devices.count("outbox") == 1
                await until(lambda: centre.heard("state/alarm/uplink"))

    asyncio.run(scenario())


def _acl(folder: Path) -> Path:
    """Return an access list: all may read everything, and write all topics but event/alarm."""
    file = folder / "acl"
    topics = ("status", "ledger", "state/#", "event/visit")
    file.write_text(
        "topic read gardu/#\n"
        + "".join(f"topic write gardu/v1/kantor/lobi/{topic}\n" for topic in topics),
        encoding="utf-8",
    )
    return file


def _alarm() -> Record:
    data = AlarmChanged(
        alarm="metal-detector", visit=None, detail=None, since=AT.iso(), clock_synced=True
    )
    return Record("gardu.alarm.raised.v1", "alarm/metal-detector", AT, None, data)


def test_clean_stop_says_so(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A stop publishes offline with its reason and session, retained; no will follows."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            config = make_config(mosquitto.url, will_delay_s=0)
            async with running(config, make_store(tmp_path), tmp_path):
                await until(lambda: centre.heard("status"))
            await until(lambda: len(centre.heard("status")) == 2)
            await asyncio.sleep(0.1)
            told = [json.loads(message.payload) for message in centre.heard("status")]
            assert [(s["status"], s["reason"], s["session"]) for s in told] == [
                ("online", "connected", 1),
                ("offline", "stopped", 1),
            ]

    asyncio.run(scenario())


def test_lost_connection_leaves_the_will(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A connection lost without a DISCONNECT is reported by its will, with its session number."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            config = make_config(mosquitto.url, will_delay_s=0)
            async with running(config, make_store(tmp_path), tmp_path) as run:
                await until(lambda: centre.heard("status"))
                assert run.uplink._connection is not None
                run.uplink._connection.drop("as if the cable were cut")
                await until(lambda: len(centre.heard("status")) >= 3)
            told = [json.loads(message.payload) for message in centre.heard("status")]
            assert (told[1]["status"], told[1]["reason"], told[1]["session"]) == (
                "offline",
                "lost",
                1,
            )
            assert (told[2]["status"], told[2]["session"]) == ("online", 2)

    asyncio.run(scenario())


def test_stills_follow_the_records(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A still is sent when no record waits: JPEG bytes, attributes as properties; then done."""
    image = b"\xff\xd8" + bytes(range(256)) * 40 + b"\xff\xd9"

    async def scenario() -> None:
        store = make_store(tmp_path, 50)
        _put_still(store, tmp_path, "gone", None)
        _put_still(store, tmp_path, "still-1", image)
        with Centre(mosquitto.port) as centre:
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await until(lambda: centre.heard("still/desk"))
                still = centre.heard("still/desk")[0]
                assert centre.messages.index(still) > centre.messages.index(
                    centre.heard("event/visit")[49]
                )
                await until(lambda: run.uplink.counts["stills"] == 1)
                while [row.id for row in await run.stored(lambda: store.waiting_stills(9))] != [
                    "gone"
                ]:
                    await asyncio.sleep(0.01)
                assert InputRefused(AT, "broker", "still-file-unreadable") in run.events
            attributes = dict(about(still).UserProperty)
            assert still.payload == image
            assert about(still).ContentType == "image/jpeg"
            assert attributes["id"] == "still-1"
            assert attributes["subject"] == "visit/v/step/penerimaan"

    asyncio.run(scenario())


def test_a_sealed_still_travels_sealed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The box goes out byte for byte, with the id of its key; a damaged one is passed over."""
    box = seal(KEY, b"\xff\xd8 a picture \xff\xd9")

    async def scenario() -> None:
        store = make_store(tmp_path)
        for name, content in (("damaged", b"nothing"), ("sealed", box)):
            (tmp_path / f"{name}.jpg.sealed").write_bytes(content)
            properties = {"visit": "v", "step": "penerimaan", "time": AT.iso()}
            path, digest = f"{name}.jpg.sealed", hashlib.sha256(content).hexdigest()
            store.add_still(StillRow(name, "desk", path, digest, len(content), properties))
        with Centre(mosquitto.port) as centre:
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await until(lambda: centre.heard("still/desk"))
                (still,) = centre.heard("still/desk")
                assert InputRefused(AT, "broker", "still-file-damaged") in run.events
        attributes = dict(about(still).UserProperty)
        assert still.payload == box
        assert about(still).ContentType == "application/octet-stream"
        assert attributes["type"] == "gardu.still.sealed.v1"
        assert attributes["sealkey"] == KEY.id

    asyncio.run(scenario())


def _put_still(store: Store, folder: Path, name: str, image: bytes | None) -> None:
    if image is not None:
        (folder / f"{name}.jpg").write_bytes(image)
    properties = {"visit": "v", "step": "penerimaan", "time": AT.iso()}
    digest = hashlib.sha256(image or b"").hexdigest()
    size = len(image or b"")
    store.add_still(StillRow(name, "desk", f"{name}.jpg", digest, size, properties))


def test_still_larger_than_the_broker_takes(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """A still above the Maximum Packet Size is left out and reported, and ends no connection."""

    async def scenario() -> None:
        mosquitto.stop()
        mosquitto.configure("max_packet_size 20000")
        mosquitto.start()
        store = make_store(tmp_path)
        _put_still(store, tmp_path, "large", b"\xff\xd8" + bytes(30_000))
        _put_still(store, tmp_path, "small", b"\xff\xd8" + bytes(10_000))
        with Centre(mosquitto.port) as centre:
            async with running(make_config(mosquitto.url), store, tmp_path) as run:
                await until(lambda: run.uplink.counts["stills"] == 1)
                assert run.uplink.counts["still_refusals"] == 1
                assert InputRefused(AT, "broker", "still-refused") in run.events
                assert run.uplink.counts["reconnects"] == 0
                await until(lambda: len(centre.heard("still/")) == 1)

    asyncio.run(scenario())
