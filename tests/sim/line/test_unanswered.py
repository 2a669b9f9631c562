"""The count of an MQTT connection's unanswered requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.line.unanswered import Packets, Unanswered


def packet(first: int, body: bytes = b"") -> bytes:
    """Return a packet with its remaining length."""
    length, rest = bytearray(), len(body)
    while True:
        rest, low = divmod(rest, 128)
        length.append(low | (0x80 if rest else 0))
        if not rest:
            return bytes([first]) + bytes(length) + body


CONNECT, CONNACK = packet(0x10, b"x" * 30), packet(0x20, b"xx")
QOS_0, QOS_1, RETAINED = packet(0x30, b"t"), packet(0x32, b"x" * 300), packet(0x33, b"x")
PUBACK, SUBSCRIBE, SUBACK = packet(0x40, b"12"), packet(0x82, b"12"), packet(0x90, b"12")
PINGREQ, PINGRESP, DISCONNECT = packet(0xC0), packet(0xD0), packet(0xE0)


@pytest.mark.parametrize(
    ("sent", "received", "count"),
    [
        (CONNECT, b"", 1),
        (CONNECT, CONNACK, 0),
        (CONNECT + SUBSCRIBE + QOS_1 + RETAINED, CONNACK, 3),
        (CONNECT + QOS_1 + PINGREQ, CONNACK + PUBACK + PINGRESP, 0),
        (CONNECT + SUBSCRIBE, CONNACK + QOS_1 + SUBACK, 0),
        (CONNECT + QOS_0 + PUBACK + DISCONNECT, CONNACK, 0),
        (b"", PUBACK, 0),
        (CONNECT + b"\x30\xff\xff\xff\xff\x7f" + QOS_1, CONNACK, 0),
    ],
)
def test_requests_count_until_they_are_answered(sent: bytes, received: bytes, count: int) -> None:
    """Time stands still exactly while the broker owes an answer."""
    requests = Unanswered()
    requests.sent(sent)
    requests.received(received)
    assert requests.count == count


@given(
    st.lists(st.tuples(st.sampled_from([0x10, 0x30, 0x32, 0x40]), st.binary(max_size=400))),
    st.lists(st.integers(1, 50), min_size=1),
)
def test_packets_are_found_in_pieces_of_any_size(
    packets: list[tuple[int, bytes]], sizes: list[int]
) -> None:
    """No packet is missed where the network cuts the bytes."""
    data = b"".join(packet(first, body) for first, body in packets)
    found: list[int] = []
    reader, at, place = Packets(), 0, 0
    while at < len(data):
        size = sizes[place % len(sizes)]
        found += reader.feed(data[at : at + size])
        at, place = at + size, place + 1
    assert found == [first for first, _ in packets]
