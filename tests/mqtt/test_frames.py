"""Frames: packets are found in any pieces, and none takes more memory than the limit."""

import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.mqtt.frames import BEGINNING, BrokerFault, Frame, FrameReader
from tests.packets import packet, publish

LIMIT = 1000
packets = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8)


@given(packets, st.lists(st.integers(1, 700), max_size=20))
def test_any_pieces_give_the_same_packets(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    """Packets are complete whichever way the network divides their bytes."""
    data = b"".join(packet(first, body) for first, body in sent)
    reader, found = FrameReader(LIMIT), list[Frame]()
    for size in [*cuts, len(data)]:
        piece, data = data[:size], data[size:]
        found += reader.feed(piece)
    assert found == [Frame(first, body) for first, body in sent]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_random_bytes_raise_only_a_broker_fault(pieces: list[bytes]) -> None:
    """Bytes that are no MQTT at all raise one exception, that of the broker's fault."""
    reader = FrameReader(LIMIT)
    with contextlib.suppress(BrokerFault):
        for piece in pieces:
            list(reader.feed(piece))


def test_a_length_of_five_digits_is_none() -> None:
    """A length without end is noticed at its fifth byte, not waited for."""
    with pytest.raises(BrokerFault):
        list(FrameReader(LIMIT).feed(b"\x30\xff\xff\xff\xff"))


@pytest.mark.parametrize("size", [LIMIT, 5000, BEGINNING, BEGINNING + 1, 300_000])
def test_a_packet_that_is_too_large_is_cut(size: int) -> None:
    """It is reported after its last byte, with its beginning; the next packet is whole."""
    large = packet(0x32, b"a" * size)
    reader = FrameReader(LIMIT)
    assert list(reader.feed(large[:-1])) == []
    (cut, after) = reader.feed(large[-1:] + publish("t", 7))
    assert cut == Frame(0x32, b"a" * min(size, BEGINNING), cut=True)
    assert after == Frame(0x32, publish("t", 7)[2:])


def test_a_packet_of_the_largest_size_is_whole() -> None:
    """The limit counts the whole packet, as MQTT's Maximum Packet Size does."""
    whole = packet(0x32, b"a" * (LIMIT - 3))
    assert len(whole) == LIMIT
    (frame,) = FrameReader(LIMIT).feed(whole)
    assert not frame.cut


def test_256_mb_take_no_memory() -> None:
    """A packet of the largest size that MQTT knows costs its beginning, and one piece."""
    piece, length = bytes(65536), 268_435_455
    reader = FrameReader(65536)
    tracemalloc.start()
    try:
        list(reader.feed(b"\x32\xff\xff\xff\x7f"))
        found, left = list[Frame](), length
        while left:
            found += reader.feed(piece[: min(left, len(piece))])
            left -= min(left, len(piece))
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert [frame.cut for frame in found] == [True]
