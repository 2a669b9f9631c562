"""Frames of BCC lock control boards byte for byte, and statuses in any noise."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.config.sections.lockers import BccLockers
from edge.config.sections.locks import BccLocker
from edge.drivers.serial.bcc_frames import Bcc, BccFramer
from edge.drivers.serial.lock_family import BoardStatus
from edge.errors import ProtocolError

LOCKERS = [BccLocker(number=1, address=1, lock=1)]
QUERY = bytes.fromhex("80 01 00 33 B2")
NONE = bytes.fromhex("80 01 00 00 00 33 B2")
LOCK_2 = bytes.fromhex("80 01 00 00 02 33 B0")
UNLOCKED = bytes.fromhex("8A 01 01 00 8A")


def boards(**more: Any) -> BccLockers:
    """Return the section of boards."""
    return BccLockers(bus="lockers", locker=LOCKERS, **more)


def framed(body: bytes) -> bytes:
    """Return *body* with its BCC, by code of its own."""
    total = 0
    for byte in body:
        total ^= byte
    return body + total.to_bytes(1, "big")


def told(*parts: bytes, **more: Any) -> list[str]:
    """Feed *parts*, then silence; return statuses as their latches, and refusals in words."""
    framer = BccFramer(boards(**more))
    found = [item for part in parts for item in framer.feed(part)] + framer.end()
    assert framer.broken == sum(isinstance(item, ProtocolError) for item in found)
    return [
        f"{item.address}: {item.latches:b}" if isinstance(item, BoardStatus) else str(item)
        for item in found
    ]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Bcc(boards()).query(1), "80 01 00 33 B2"),
        (Bcc(boards()).query(2), "80 02 00 33 B1"),
        (Bcc(boards()).unlock(1, 1), "8A 01 01 11 9B"),
        (Bcc(boards()).unlock(1, 5), "8A 01 05 11 9F"),
        (Bcc(boards()).unlock(3, 2), "8A 03 02 11 9A"),
        (Bcc(boards()).unlock(2, 10), "8A 02 0A 11 93"),
        (Bcc(boards(unlock_s=2)).unlock(1, 1), "8A 01 01 11 02 99"),
    ],
)
def test_requests_byte_for_byte(request_: bytes, expected: str) -> None:
    """The requests are those of programs that use such boards."""
    assert request_ == bytes.fromhex(expected)


@pytest.mark.parametrize(
    ("parts", "more", "words"),
    [
        ([NONE], {}, ["1: 0"]),
        ([LOCK_2], {}, ["1: 10"]),
        ([LOCK_2], {"byte_order": "little"}, ["1: 100000000000000000"]),
        ([framed(bytes.fromhex("80 02 05 03 33"))], {"status_bytes": 2}, ["2: 10100000011"]),
        ([QUERY, NONE], {}, ["1: 0"]),  # an adapter that hears itself
        ([UNLOCKED, LOCK_2], {}, ["1: 10"]),
        ([bytes.fromhex("8A 01 01 11 02 99"), LOCK_2], {}, ["1: 10"]),
        ([bytes.fromhex("82 01 02 11 90"), LOCK_2], {}, ["1: 10"]),
        ([b"\x00", LOCK_2], {}, ["noise between frames", "1: 10"]),
        ([b"\x80", LOCK_2], {}, ["wrong BCC", "1: 10"]),
        ([LOCK_2[:4]], {}, ["frame cut short"]),
        ([LOCK_2[:4], LOCK_2], {}, ["wrong BCC", "1: 10"]),
        ([LOCK_2[:-1] + b"\xb1"], {}, ["wrong BCC"]),
        ([LOCK_2], {"status_bytes": 2}, ["wrong BCC", "a status of 3 bytes (status_bytes)"]),
        ([LOCK_2], {"status_bytes": 7}, ["frame cut short", "a status of 3 bytes (status_bytes)"]),
        ([], {}, []),
    ],
)
def test_answers_and_every_kind_of_trouble(
    parts: list[bytes], more: dict[str, Any], words: list[str]
) -> None:
    """A technician can see each fault of a line, and which setting differs from the board."""
    assert told(*parts, **more) == words


STATUS = st.binary(min_size=3, max_size=3).map(
    lambda states: framed(b"\x80\x01" + states + b"\x33")
)
NOISE = st.lists(
    st.one_of(st.binary(max_size=12), st.sampled_from([b"\x80", b"\x80\x01", b"\x8a\x01", QUERY])),
    max_size=4,
).map(b"".join)


def statuses_in(data: bytes) -> list[int]:
    """Return the places of all statuses in *data*, by trying every place."""
    return [
        at
        for at in range(len(data) - 6)
        if data[at] == 0x80
        and data[at + 5] == 0x33
        and framed(data[at : at + 6]) == data[at : at + 7]
    ]


def short_frames_over(data: bytes, statuses: list[int]) -> bool:
    """Return True if some other frame of *data* reaches into a status."""
    return any(
        data[at] in (0x80, 0x82, 0x8A)
        and framed(data[at : at + size - 1]) == data[at : at + size]
        and any(at < status < at + size for status in statuses)
        for size in (5, 6)
        for at in range(len(data) - size + 1)
    )


@given(st.lists(st.tuples(NOISE, STATUS), min_size=1, max_size=4), NOISE, st.data())
def test_no_noise_and_no_split_hides_a_status(
    pieces: list[tuple[bytes, bytes]], last: bytes, data: st.DataObject
) -> None:
    """With any noise before and between, every whole status is found, and no other."""
    line = b"".join(noise + status for noise, status in pieces) + last
    places = statuses_in(line)
    # Noise can complete a frame by chance: such examples are left out.
    assume(len(places) == len(pieces))
    assume(not short_frames_over(line, places))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(line)), max_size=6)) | {0, len(line)})
    framer = BccFramer(boards())
    parts = [line[start:end] for start, end in pairwise(cuts)]
    found = [item for part in parts for item in framer.feed(part)] + framer.end()
    expected = [BoardStatus(1, int.from_bytes(status[2:5], "big")) for _, status in pieces]
    assert [item for item in found if isinstance(item, BoardStatus)] == expected


@given(STATUS, st.integers(0, 6), st.integers(1, 255))
def test_one_wrong_byte_is_never_another_status(frame: bytes, place: int, flip: int) -> None:
    """One wrong byte never makes another status, so that a door does not seem shut."""
    wrong = bytearray(frame)
    wrong[place] ^= flip
    framer = BccFramer(boards())
    found = framer.feed(bytes(wrong)) + framer.end()
    assert not [item for item in found if isinstance(item, BoardStatus)]
