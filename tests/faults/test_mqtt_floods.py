"""MQTT input that is malformed, huge, replayed, spoofed or a flood: refused, counted, survived."""

import asyncio
import contextlib
import json
import os
import resource
import signal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.errors import ProtocolError
from edge.mqtt import connection
from office.watch import consumer as consumer_module
from office.watch.consumer import Consumer
from tests.brokers import HOST, Centre, Mosquitto, until
from tests.longer import slow
from tests.office.watch.test_command import Watching, watching
from tests.servers import CONNACK, Server
from tests.uplinks import make_config, make_store, opened, running, sequences

pytestmark = slow

EVENT = "gardu/v1/kantor/lobi/event/visit"
OCCUPANCY = "gardu/v1/kantor/lobi/state/occupancy"
FLOOD = 5000


def record(number: int, **change: object) -> bytes:
    """Return a record of the checkpoint kantor/lobi, with the attributes of *change*."""
    event = {
        "id": f"id-{number}",
        "source": "/gardu/kantor/lobi",
        "type": "gardu.visit.opened.v1",
        "streamid": "stream-1",
        "sequence": f"{number:016d}",
        "data": {"visit": f"v-{number}"},
    }
    return json.dumps({**event, **change}).encode()


NESTED = record(1).replace(b'{"visit": "v-1"}', b"[" * 50_000 + b"]" * 50_000)
MALFORMED: dict[str, tuple[str, bytes]] = {
    "no JSON": (EVENT, b"\xff\xfe\x00"),
    "half": (EVENT, record(1)[:40]),
    "nested without end": (EVENT, NESTED),
    "no object": (EVENT, b"[]"),
    "no sequence": (EVENT, record(1, sequence="first")),
    "a sequence without end": (EVENT, record(1, sequence="9" * 4000)),
    "a negative sequence": (EVENT, record(1, sequence="-5")),
    "of another checkpoint": (EVENT, record(1, source="/gardu/kantor/belakang")),
    "an occupancy that is none": (OCCUPANCY, b'{"steps": 5}'),
    "a nested occupancy": (OCCUPANCY, b'{"a":' * 50_000),
    "no checkpoint": ("gardu/v1/kantor", b"{}"),
    "a status of nothing": ("gardu/v1/kantor/lobi/status", b'{"status": "asleep"}'),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_messages_are_refused_and_counted(name: str) -> None:
    """Each raises ProtocolError, is counted, and does not change the known records."""
    consumer = Consumer()
    topic, payload = MALFORMED[name]
    with pytest.raises(ProtocolError):
        consumer.take(topic, payload, {}, "", 0.0)
    assert consumer.malformed == 1
    assert not consumer.take(EVENT, record(1), {}, "", 0.0).duplicate


@given(
    suffix=st.sampled_from(["event/visit", "status", "ledger", "state/occupancy", "still/desk"]),
    payload=st.binary(max_size=200) | st.text(max_size=50).map(str.encode),
    content=st.sampled_from(["", "image/jpeg"]),
)
def test_no_bytes_bring_the_consumer_down(suffix: str, payload: bytes, content: str) -> None:
    """Any bytes are accepted or refused with ProtocolError; no other exception is raised."""
    with contextlib.suppress(ProtocolError):
        Consumer().take(f"gardu/v1/a/b/{suffix}", payload, {}, content, 0.0)


def test_replays_count_once_and_ids_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeated record counts only as a duplicate; at most MOST_IDS ids are stored."""
    monkeypatch.setattr(consumer_module, "MOST_IDS", 100)
    consumer = Consumer()
    for sequence in range(1, FLOOD):
        consumer.take(EVENT, record(sequence), {}, "", 0.0)
        assert consumer.take(EVENT, record(sequence), {}, "", 0.0).duplicate
    view = consumer.checkpoints["kantor/lobi"]
    assert (view.last, view.counts["duplicates"]) == (FLOOD - 1, FLOOD - 1)
    assert len(consumer._ids) == 100


@pytest.mark.parametrize("how", [("--json",), ()], ids=["json", "board"])
def test_watch_survives_a_flood(mosquitto: Mosquitto, how: tuple[str, ...]) -> None:
    """Thousands of malformed, huge and replayed messages: watch goes on and shows true records."""

    async def scenario() -> None:
        async with watching("--broker", mosquitto.url, *how) as seen:
            await until(lambda: "SUBSCRIBE" in mosquitto.log)
            before = memory(seen.process.pid)
            await asyncio.to_thread(flood, mosquitto.port)
            await until(lambda: refused(seen) >= len(MALFORMED))
            if how:
                await until(lambda: len(seen.out) == 2)
                assert [json.loads(line)["id"] for line in seen.out] == ["id-1", "id-2"]
            assert memory(seen.process.pid) - before < 64 << 20
            assert not any("trying again" in line for line in seen.err)
            await asyncio.sleep(0 if how else 0.7)  # the board is drawn twice a second
            assert await seen.end(signal.SIGTERM) == 0
        assert how or "kantor" in "".join(seen.out)

    asyncio.run(scenario())


def refused(seen: Watching) -> int:
    """Return the number of messages that watch has refused with an error."""
    return sum("not as the contract says" in line for line in seen.err)


def flood(port: int) -> None:
    """Send a true record, replays, huge messages, all malformed ones, and a true one at the end."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect(HOST, port)
    client.loop_start()
    client.publish(EVENT, record(1), 1)
    for number in range(FLOOD):
        client.publish(EVENT, record(1), 0)
        if number % 500 == 0:
            client.publish(EVENT, b"x" * 1_000_000, 0)
    for topic, payload in MALFORMED.values():
        client.publish(topic, payload, 1)
    client.publish(EVENT, record(2), 1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def memory(pid: int) -> int:
    """Return the resident memory of a process, bytes."""
    pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def publish(payload: bytes, mid: int = 0) -> bytes:
    """Return a PUBLISH of *payload* on the topic ``x``, QoS 1 if it has a *mid*."""
    body = b"\x00\x01x" + (mid.to_bytes(2, "big") if mid else b"") + b"\x00" + payload
    length, left = b"", len(body)
    while left:
        length += bytes([left % 128 | (0x80 if left > 127 else 0)])
        left //= 128
    return bytes([0x32 if mid else 0x30]) + length + body


NOISE = Random(2017).randbytes(5000)
# Bytes of a malicious broker, one entry per connection; some begin with a correct CONNACK.
MALICE: dict[str, bytes] = {
    "noise at once": NOISE,
    "noise later": CONNACK + NOISE,
    "half a CONNACK": CONNACK[:3],
    "a CONNACK of nothing": b"\x20\x00",
    "two CONNACKs": CONNACK + CONNACK,
    "half a message": CONNACK + publish(b"y" * 1000)[:300],
    "a length without end": CONNACK + b"\x30\xff\xff\xff\xff\xff\xff",
    "reserved packets": CONNACK + b"\x00\x00\xf0\x00",
    "answers to nothing": CONNACK
    + b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in range(1, 3000)),
    "answers that are too short": CONNACK + b"\x40\x00\x40\x01\x01",
    "subscriptions of nobody's": CONNACK + b"\x90\x04\x00\x01\x00\x00\xb0\x04\x00\x01\x00\x00",
    "a reason that is none": CONNACK + b"\x40\x04\x00\x01\x77\x00",
    "a huge message": CONNACK + publish(b"z" * 4_000_000),
    "a flood of messages": CONNACK + b"".join(publish(b"w" * 50, n) for n in range(1, FLOOD)),
    "hanging up": CONNACK + b"\xe0\x02\x8b\x00",
}


class MaliciousBroker(Server):
    """Sends each of :data:`MALICE` to one connection, then is a relay to a real broker."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self.left = list(MALICE.values())
        self._target = target

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Send the next malicious bytes, or relay."""
        with contextlib.suppress(ConnectionError):
            if self.left:
                await reader.read(1000)
                writer.write(self.left.pop(0))
                while await reader.read(65536):
                    pass
            else:
                far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
                self.keep(far_writer)
                await asyncio.gather(_relay(reader, far_writer), _relay(far_reader, writer))
        writer.close()


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


def test_a_malicious_broker_costs_a_connection_and_nothing_else(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection that it spoils is made again; then every record is delivered."""
    monkeypatch.setattr(connection, "CONNECT_TIMEOUT_S", 0.5)

    async def scenario() -> None:
        async with MaliciousBroker(mosquitto.port).listening() as broker:
            with Centre(mosquitto.port) as centre:
                url = f"mqtt://{HOST}:{broker.port}"
                # No acknowledgement of such a broker may count: all records are sent again.
                config = make_config(url, acknowledge_timeout_s=0.3, resend_window_s=60.0)
                before = memory(os.getpid())
                async with running(config, make_store(tmp_path, 30), tmp_path) as run:
                    await until(lambda: not broker.left, 30.0)
                    await run.add(opened("after"))
                    await run.drained()
                    await until(
                        lambda: set(sequences(centre.heard("event/visit"))) == set(range(1, 32))
                    )
                    assert run.uplink.counts["reconnects"] >= len(MALICE)
                    assert memory(os.getpid()) - before < 64 << 20

    asyncio.run(scenario())
