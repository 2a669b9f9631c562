"""Packets of a broker that cannot be read, are too large or unexpected: none ends the link."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.config.model import Broker
from edge.errors import DeviceUnavailable
from edge.mqtt.connection import Connection
from edge.mqtt.decoding import IncomingMessage
from edge.mqtt.packets import LARGEST, Filter, Receive
from edge.mqtt.paho_client import PahoClient, RefusedPacket
from edge.mqtt.rate_limit import RateLimit
from edge.mqtt.refused_packets import BURST
from edge.sop.events import DeviceFailed, InputRefused
from tests.brokers import HOST, Centre, Mosquitto, until
from tests.guests import BASE, Office, register
from tests.mqtt.test_decoding import MALFORMED
from tests.mqtt.test_inbox import answering, refusals
from tests.office.watch.test_command import watching
from tests.packets import BOM, ScriptedBroker, packet, publish, string, user_property, variable
from tests.uplinks import make_config, make_store, opened, running, sequences

LAST = publish("last", 99)
ODD = b"\x1f" + string(BOM) + user_property("a\0", b"\xed\xa0\x80")


class Seen:
    """What one connection has received and refused."""

    def __init__(self) -> None:
        self.messages: list[IncomingMessage] = []
        self.refused: list[RefusedPacket] = []

    @property
    def done(self) -> bool:
        """True once the last message has come."""
        return any(message.topic == "last" for message in self.messages)


@contextlib.asynccontextmanager
async def connected(
    broker: ScriptedBroker,
    receive: Receive = Receive(),  # noqa: B008 - immutable
) -> AsyncIterator[tuple[Connection, Seen]]:
    """Connect to *broker* and subscribe, so that it sends its script."""
    seen = Seen()
    async with broker.listening():
        connection = Connection(
            Broker(url=f"mqtt://{HOST}:{broker.port}"), "test", 60,
            on_message=seen.messages.append, receive=receive, on_refused=seen.refused.append,
        )  # fmt: skip
        await connection.open()
        connection.subscribe([Filter("#")])
        try:
            yield connection, seen
        finally:
            connection.drop("the test is over")


def test_a_message_with_u_feff_arrives(tmp_path: Path) -> None:
    """Legal, though paho refuses it: it is received and acknowledged as every other."""

    async def scenario() -> None:
        broker = ScriptedBroker(publish(BOM, 5, user_property("app", BOM + "meja")), LAST)
        async with connected(broker) as (_connection, seen):
            await until(lambda: len(broker.answers(4)) == 2)
            assert [message.topic for message in seen.messages] == [BOM, "last"]
            assert broker.answers(4) == [b"\0\x05", b"\0\x63"]
            assert not seen.refused

    asyncio.run(scenario())


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_message_is_acknowledged_and_skipped(name: str) -> None:
    """It is refused by a reason code, and the next message of the same connection arrives."""

    async def scenario() -> None:
        broker = ScriptedBroker(MALFORMED[name], LAST)
        async with connected(broker) as (_connection, seen):
            await until(lambda: seen.done)
            await until(lambda: b"\0\x63" in broker.answers(4))
            (refused,) = seen.refused
            assert refused.word == "malformed packet"
            refusals = [*broker.answers(4), *broker.answers(5)]
            has_id = name not in {"packet identifier 0", "QoS 3"}
            assert [one[2:] for one in refusals if one[:2] == b"\0\x05"] == [b"\x83"] * has_id

    asyncio.run(scenario())


def test_a_repeated_message_is_refused_without_a_reason_code() -> None:
    """A broker that sends it again may not know the code: the plain PUBACK is understood by all."""

    async def scenario() -> None:
        again = bytearray(MALFORMED["NUL in a property"])
        again[0] |= 0x08
        broker = ScriptedBroker(bytes(again), LAST)
        async with connected(broker) as (_connection, seen):
            await until(lambda: seen.done and len(broker.answers(4)) == 2)
            assert broker.answers(4)[0] == b"\0\x05\0"

    asyncio.run(scenario())


UNEXPECTED = {
    "reserved": packet(0x00),
    "CONNECT": packet(0x10, b"\x00\x04MQTT"),
    "a second CONNACK": packet(0x20, b"\0\0\0"),
    "PUBREC of nothing": packet(0x50, b"\0\x01"),
    "PUBCOMP of nothing": packet(0x70, b"\0\x01"),
    "SUBSCRIBE": packet(0x82, b"\0\x01\0\0\1#\0"),
    "UNSUBACK": packet(0xB0, b"\0\x01\0\0"),
    "PINGREQ": packet(0xC0),
    "AUTH": packet(0xF0, b"\x18\0"),
    "PUBACK that is too short": packet(0x40, b"\1"),
    "SUBACK without properties": packet(0x90, b"\0\1"),
    "SUBACK with properties beyond its end": packet(0x90, b"\0\1\x7f\1"),
}


@pytest.mark.parametrize("name", UNEXPECTED)
def test_an_unexpected_packet_is_counted_and_skipped(name: str) -> None:
    """A packet that a broker may not send costs nothing but a count."""

    async def scenario() -> None:
        broker = ScriptedBroker(UNEXPECTED[name], LAST)
        async with connected(broker) as (connection, seen):
            await until(lambda: seen.done)
            assert [refused.topic for refused in seen.refused] == [""]
            assert seen.refused[0].why.isprintable()
            assert connection.up

    asyncio.run(scenario())


ODD_ANSWERS = {
    "PUBACK of nothing": packet(0x40, b"\x12\x34"),
    "PUBACK of nothing with a reason": packet(0x40, b"\x12\x34\x87" + variable(len(ODD)) + ODD),
    "SUBACK of nothing": packet(0x90, b"\x12\x34" + variable(len(ODD)) + ODD + b"\1"),
    "PINGRESP with a body": packet(0xD0, b"abc"),
    "PUBREL of nothing": packet(0x62, b"\x12\x34"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_ANSWERS)
def test_an_odd_answer_is_read(name: str) -> None:
    """Odd properties and unknown ids in answers matter to no one."""

    async def scenario() -> None:
        broker = ScriptedBroker(ODD_ANSWERS[name], LAST)
        async with connected(broker) as (connection, seen):
            await until(lambda: seen.done)
            assert not seen.refused
            assert connection.up
            if "PUBREL" in name:  # answered, or the broker would ask again on each connection
                await until(lambda: broker.answers(7) == [b"\x12\x34\x92"])

    asyncio.run(scenario())


def test_an_odd_connack_is_read() -> None:
    """A CONNACK with an odd reason string keeps its limits."""

    async def scenario() -> None:
        about = b"\x1f" + string(BOM) + b"\x21\0\x07" + b"\x27\0\0\x10\0" + ODD
        connack = packet(0x20, b"\0\0" + variable(len(about)) + about)
        async with connected(ScriptedBroker(LAST, connack=connack)) as (connection, seen):
            await until(lambda: seen.done)
            assert (connection.window, connection.largest) == (7, 4096)

    asyncio.run(scenario())


UNREADABLE = "a packet from the broker cannot be read: "


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (packet(0x20), f"{UNREADABLE}the broker's CONNACK breaks MQTT's rules: it ends too early"),
        (
            packet(0x20, b"\0\0\3\x21\0\0"),
            f"{UNREADABLE}the broker's CONNACK breaks MQTT's rules: ",
        ),
        (packet(0x20, b"\0\x87\0"), "not authorized"),
        (packet(0x20, b"\0\x77\0"), "unspecified error"),
        (packet(0x20, b"\0\x9c" + variable(len(ODD)) + ODD), "use another server"),
        (packet(0xF0, b"\x18\0"), "the server on this port does not speak MQTT"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "a web server answers on this port"),
        (b"\x20\xff\xff\xff\xff\xff", f"{UNREADABLE}the broker sent bytes that are not MQTT"),
        (packet(0xE0, b"\x9d" + variable(len(ODD)) + ODD), "server moved"),
    ],
)
def test_a_connection_that_cannot_begin_says_why(answer: bytes, why: str) -> None:
    """The reason is a plain sentence, not an exception of a library."""

    async def scenario() -> None:
        with pytest.raises(DeviceUnavailable) as caught:
            async with connected(ScriptedBroker(connack=answer)):
                pass
        assert str(caught.value).startswith(why)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("farewell", "why"),
    [
        (packet(0xE0, b"\x9c" + variable(len(ODD)) + ODD), "use another server"),
        (packet(0xE0, b"\x9d\x0a\x1c" + string("other:1")[:9]), "server moved"),
        (packet(0xE0, b"\x77\0"), "the broker closed the connection"),
        (packet(0xE0), ""),
        (b"\x30\xff\xff\xff\xff\xff", f"{UNREADABLE}the broker sent bytes that are not MQTT"),
    ],
)
def test_a_farewell_is_read(farewell: bytes, why: str) -> None:
    """A DISCONNECT with odd properties ends the connection with its own reason."""

    async def scenario() -> None:
        broker = ScriptedBroker(farewell)
        async with connected(broker) as (connection, _seen):
            await until(lambda: not connection.up)
            assert str(connection.why).startswith(why)

    asyncio.run(scenario())


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_message_that_is_too_large_is_discarded(*, by_hand: bool) -> None:
    """If a broker ignores the Maximum Packet Size, the message is acknowledged and no more."""

    async def scenario() -> None:
        large = publish("large", 5, payload=b"x" * 3_000_000)
        broker = ScriptedBroker(large, publish("l" * 65535, 6), LAST)
        async with connected(broker, Receive(by_hand=by_hand)) as (_connection, seen):
            await until(lambda: seen.done and len(broker.answers(4)) >= 2)
            assert broker.answers(4)[:2] == [b"\0\x05\x97", b"\0\x06\x97"]
            assert [one.word for one in seen.refused] == ["packet too large"] * 2
            assert seen.refused[0].topic == "large"

    asyncio.run(scenario())


def test_the_limit_is_announced_always(tmp_path: Path) -> None:
    """A checkpoint without requests and a watch announce a Maximum Packet Size too."""

    async def scenario() -> None:
        broker = ScriptedBroker()
        async with connected(broker):
            assert b"\x27" + LARGEST.to_bytes(4, "big") in broker.answers(1)[0]
        mute = ScriptedBroker()
        config = make_config(f"mqtt://{HOST}:{mute.port}")
        async with mute.listening(), running(config, make_store(tmp_path), tmp_path):
            await until(lambda: mute.answers(3))
            assert b"\x27" + LARGEST.to_bytes(4, "big") in mute.answers(1)[0]
        watched = ScriptedBroker()
        async with watched.listening(), watching("--broker", f"mqtt://{HOST}:{watched.port}"):
            await until(lambda: watched.answers(8))
            assert b"\x27\0\x20\0\0" in watched.answers(1)[0]

    asyncio.run(scenario())


def test_a_fault_of_ours_costs_one_message() -> None:
    """An exception in the handler of a message is counted; the message does not come again."""

    async def scenario() -> None:
        broker = ScriptedBroker(publish("first", 5), LAST)
        async with connected(broker) as (_connection, seen):

            def fail(message: IncomingMessage) -> None:
                if message.topic == "first":
                    raise KeyError(message.topic)
                seen.messages.append(message)

            _connection._client._on_incoming = fail
            await until(lambda: seen.done and len(broker.answers(4)) == 2)
            assert broker.answers(4) == [b"\0\x05\x83", b"\0\x63"]
            assert [(one.topic, one.word) for one in seen.refused] == [("first", "fault of ours")]

    asyncio.run(scenario())


@given(st.lists(st.binary(max_size=60) | st.sampled_from(list(MALFORMED.values())), max_size=12))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_random_packets_never_raise_and_the_next_is_handled(bodies: list[bytes]) -> None:
    """Random bodies of every packet type but DISCONNECT: the message behind them arrives."""
    seen = Seen()
    client = PahoClient("test", LARGEST, seen.messages.append, seen.refused.append, by_hand=False)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        client._sock = ours
        client.on_socket_register_write = lambda _client, _data, _socket: None
        theirs.sendall(packet(0x20, b"\0\0\0"))
        for number, body in enumerate(bodies):
            first = random.Random(number).choice([kind << 4 for kind in range(14)])
            theirs.sendall(packet(first | number % 16, body))
        theirs.sendall(LAST)
        while not seen.done:
            assert client.loop_read() == 0
            assert client.socket() is ours
        client._sock = None


def test_a_poisoned_request_ends_no_link(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """With a real broker: U+FEFF in property and content type; the next request is answered."""

    async def scenario() -> None:
        async with answering(mosquitto, tmp_path) as (_office, run, application):
            asked = register()
            for property_ in (("user-property", "app", BOM + "meja"), ("content-type", BOM + "x")):
                process = await asyncio.create_subprocess_exec(
                    "mosquitto_pub", "-p", str(mosquitto.port), "-V", "5", "-q", "1",
                    "-t", f"{BASE}cmd/register", "-m", "{}", "-D", "publish", *property_,
                )  # fmt: skip
                assert await process.wait() == 0
            assert (await application.answer(asked)).ok
            assert run.uplink.counts["requests"] == 3
            assert run.uplink.counts["reconnects"] == 0
            assert "malformed" in refusals(run)

    asyncio.run(scenario())


def test_refusals_are_events_and_the_link_goes_on(tmp_path: Path) -> None:
    """A flood of what cannot be read: all are counted, few are events, records are delivered."""

    async def scenario() -> None:
        office = Office(tmp_path)
        flood = MALFORMED["NUL in a property"] * 3000
        broker = ScriptedBroker(flood, UNEXPECTED["AUTH"])
        config = make_config(f"mqtt://{HOST}:{broker.port}")
        store = make_store(tmp_path / "store", 3)
        try:
            async with (
                broker.listening(),
                running(config, store, tmp_path, handler=office.desk_for) as run,
            ):
                await until(lambda: run.uplink.counts["packets_refused"] == 3001)
                await run.add(opened("after"))
                await run.drained()
                assert broker.connections == 1
                events = [event for event in run.events if isinstance(event, InputRefused)]
                assert {(one.device, one.why) for one in events} == {
                    ("requests", "malformed packet")
                }
                assert len(events) == BURST
                assert not [event for event in run.events if isinstance(event, DeviceFailed)]
        finally:
            office.close()

    asyncio.run(scenario())


def test_a_poisoned_watch_goes_on(mosquitto: Mosquitto) -> None:
    """`gardu watch` reads a message with U+FEFF, and names one that it cannot read."""

    async def scenario() -> None:
        broker = ScriptedBroker(
            publish("gardu/v1/kantor/lobi/event/visit", 5, user_property(BOM)),
            publish("gardu/v1/kantor/lobi/event/visit", 6, user_property("\0")),
            publish("gardu/v1/kantor/lobi/event/visit", 7, payload=b"x" * 3_000_000),
        )
        async with broker.listening(), watching("--broker", f"mqtt://{HOST}:{broker.port}") as seen:
            await until(lambda: len(broker.answers(4)) == 3)
            assert {one[2:] for one in broker.answers(4)} == {b"", b"\x83", b"\x97"}
            await until(lambda: any("NUL" in line for line in seen.err))
            await until(lambda: any("too large" in line for line in seen.err))
            assert broker.connections == 1

    asyncio.run(scenario())


def test_a_rate_limit() -> None:
    """A burst is allowed, then one each so many seconds; a pause gives the burst back."""
    limit = RateLimit(3, 10.0)
    assert [limit.allows(0.0) for _ in range(5)] == [True, True, True, False, False]
    assert [limit.allows(at) for at in (9.0, 10.0, 11.0, 20.0)] == [False, True, False, True]
    assert [limit.allows(1000.0) for _ in range(4)] == [True, True, True, False]


def test_refused_acknowledged_and_delivered_by_a_real_broker(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    """Mosquitto accepts the reason code: it neither hangs up nor sends the message again."""

    async def scenario() -> None:
        with Centre(mosquitto.port) as centre:
            async with answering(mosquitto, tmp_path) as (_office, run, application):
                assert run.uplink._connection is not None
                client = run.uplink._connection._client
                refused: list[str] = []

                def refuse(message: IncomingMessage) -> None:
                    refused.append(message.topic)
                    raise ValueError(message.topic)

                receive, client._on_incoming = client._on_incoming, refuse
                application.ask(register())
                # Retained topics of its own may come before it, and are refused too.
                await until(lambda: f"{BASE}cmd/register" in refused)
                client._on_incoming = receive
                assert (await application.answer(register())).ok
                run.uplink._connection.drop("so that the broker may send it again")
                await until(lambda: run.uplink.counts["reconnects"] == 1 and run.uplink.connected)
                await run.add(opened("after"))
                await run.drained()
                assert run.uplink.counts["requests"] == 1
                await until(lambda: len(sequences(centre.heard("event/visit"))) == 4)

    asyncio.run(scenario())
