"""Decoding of a broker's packets: legal ones are read, all others raise ProtocolError."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.errors import ProtocolError
from edge.mqtt import decoding
from tests.packets import BOM, packet, publish, string, user_property, variable

TOPIC = "gardu/v1/kantor/lobi/cmd/register"


def decode(data: bytes) -> decoding.IncomingMessage:
    """Decode the PUBLISH *data*, whose length has one digit."""
    assert data[1] < 0x80
    return decoding.publish(data[0], data[2:])


LEGAL = {
    "U+FEFF in a user property": user_property("app", BOM + "meja"),
    "U+FEFF in the content type": b"\x03" + string(BOM + "application/json"),
    "control characters": user_property("\x01\x1f", "\x7f\x85"),
    "noncharacters": user_property("\uffff", "\U0010ffff"),
    "a user property twice": user_property("a", "1") + user_property("a", "2"),
    "subscription identifiers": b"\x0b\x01\x0b\x02",
    "an expiry": b"\x02\x00\x00\x00\x3c",
    "an empty user property": user_property("", ""),
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_mqtt_allows_is_read(name: str) -> None:
    """All that MQTT 5 allows is accepted, also what paho refuses."""
    message = decode(publish(TOPIC, 5, LEGAL[name], b"payload"))
    assert (message.topic, message.mid, message.payload) == (TOPIC, 5, b"payload")


def test_the_parts_of_a_message() -> None:
    """Every part that Gardu uses arrives as it was sent."""
    about = (
        b"\x03" + string("application/json") + b"\x08" + string("a/b") + b"\x09" + string(b"\x00c")
        + user_property("k", BOM) + user_property("k", "2")
    )  # fmt: skip
    sent = publish("t", 260, about, b"\xff")
    assert decoding.publish(0x3B, sent[2:]) == decoding.IncomingMessage(
        "t", b"\xff", 1, 260, True, "application/json", "a/b", b"\x00c", (("k", BOM), ("k", "2"))
    )
    assert decode(publish("t", 0, qos=0)) == decoding.IncomingMessage("t", b"{}")


MALFORMED = {
    "NUL in a property": publish(TOPIC, 5, user_property("a\0")),
    "NUL in the topic": publish("a\0b", 5),
    "a surrogate": publish(TOPIC, 5, user_property(b"\xed\xa0\x80")),
    "invalid UTF-8 in a property": publish(TOPIC, 5, user_property(b"\xff\xfe")),
    "invalid UTF-8 in the topic": publish(b"gardu/\xff", 5),
    "no topic": publish("", 5),
    "a topic with wildcards": publish("gardu/#", 5),
    "a topic alias": publish(TOPIC, 5, b"\x23\x00\x01"),
    "a property twice": publish(TOPIC, 5, b"\x01\x01\x01\x01"),
    "an unknown property": publish(TOPIC, 5, b"\x7e\x00"),
    "a property of another packet": publish(TOPIC, 5, b"\x11\x00\x00\x00\x01"),
    "a property that ends too early": publish(TOPIC, 5, b"\x03\x00\xff"),
    "properties longer than the packet": packet(0x32, string(TOPIC) + b"\x00\x05\x7f"),
    "a length of five digits": packet(0x32, string(TOPIC) + b"\x00\x05\xff\xff\xff\xff\x01"),
    "no properties": packet(0x32, string(TOPIC) + b"\x00\x05"),
    "packet identifier 0": publish(TOPIC, 0),
    "QoS 2": publish(TOPIC, 5, qos=2),
    "QoS 3": publish(TOPIC, 5, qos=3),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_mqtt_forbids_is_refused(name: str) -> None:
    """Each raises ProtocolError with a reason."""
    with pytest.raises(ProtocolError, match=r"\w"):
        decode(MALFORMED[name])


def test_a_malformed_message_has_an_address() -> None:
    """Topic and packet identifier are found without the rest; the topic can be logged safely."""
    first, body = 0x32, publish(b"a\x1b[31m\xff", 0x0105, b"\x7e\x00")[2:]
    assert decoding.address(first, body) == ("a\\x1b[31m\\ufffd", b"\x01\x05")
    assert decoding.address(0x30, string("a") + b"\x01\x05") == ("a", b"")
    assert decoding.address(0x32, string("a") + b"\x01") == ("a", b"")
    assert decoding.address(0x32, b"\xff\xff") == ("", b"")


@given(st.integers(0, 255), st.binary(max_size=200))
def test_random_bytes_raise_only_a_protocol_error(first: int, body: bytes) -> None:
    """No bytes raise anything but ProtocolError, in any decoder."""
    decoding.address(first, body)
    for decoder in (lambda data: decoding.publish(first, data), *decoding.PLAIN.values()):
        with contextlib.suppress(ProtocolError):
            decoder(body)


@given(st.data())
def test_mutated_messages_raise_only_a_protocol_error(data: st.DataObject) -> None:
    """A true message with some bytes changed is read or refused."""
    message = bytearray(publish(TOPIC, 5, b"".join(LEGAL.values()))[3:])
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ProtocolError):
        decoding.publish(0x32, bytes(message))


def test_thousands_of_properties_cost_one_pass() -> None:
    """64 KiB of user properties are read once, not once for each."""
    about = user_property("", "") * 13_000
    reads = 0

    class Counted(decoding.Reader):
        def octets(self, count: int) -> bytes:
            nonlocal reads
            reads += count
            return super().octets(count)

    found, user = decoding._properties(Counted(about))
    assert len(user) == 13_000
    assert set(found) == {38}
    assert reads == len(about)


def test_a_connack_keeps_its_limits() -> None:
    """An odd string or an odd property does not hide the broker's limits from paho."""
    limits = b"\x21\x00\x05" + b"\x27\x00\x00\x10\x00"
    odd = b"\x1f" + string(BOM + "hello") + user_property(BOM)
    about = odd + limits + b"\x21\x00\x09" + b"\x7e\x01"
    plain = decoding.plain_connack(b"\x01\x00" + variable(len(about)) + about)
    read: Any = Properties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]
    read.unpack(plain[2:])
    assert plain[:2] == b"\x01\x00"
    assert (read.ReceiveMaximum, read.MaximumPacketSize) == (5, 4096)


def test_unknown_reason_codes_are_refusals() -> None:
    """A code that MQTT does not define counts as "unspecified error", never as success."""
    assert decoding.plain_puback(b"\x00\x01\x77\x00") == b"\x00\x01\x80"
    assert decoding.plain_puback(b"\x00\x01\x10") == b"\x00\x01\x10"
    assert decoding.plain_puback(b"\x00\x01") == b"\x00\x01"
    odd = b"\x1f" + string(BOM)
    assert decoding.plain_puback(b"\x00\x01\x87" + variable(len(odd)) + odd) == b"\x00\x01\x87"
    assert decoding.plain_suback(b"\x00\x01\x00\x01\x77") == b"\x00\x01\x00\x01\x80"
    assert decoding.plain_suback(b"\x00\x01" + variable(len(odd)) + odd + b"\x01") == (
        b"\x00\x01\x00\x01"
    )
    assert decoding.plain_disconnect(b"\x05") == b"\x80\x00"
    assert decoding.plain_disconnect(b"") == b"\x00\x00"
    assert decoding.plain_connack(b"\x00\x05") == b"\x00\x80\x00"
    assert decoding.plain_connack(b"\x00\x01") == b"\x00\x01\x00"
