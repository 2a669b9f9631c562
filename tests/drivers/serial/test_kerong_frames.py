"""Requests to KERONG boards and their answers, byte for byte."""

from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.drivers.serial.kerong_frames import FAMILIES, Framer
from edge.drivers.serial.lock_family import BoardStatus
from edge.errors import ProtocolError

CU16, CU48 = FAMILIES["cu16"], FAMILIES["cu48"]
ALL_CLOSED_16 = bytes.fromhex("02 00 35 FF FF 10 00 03 48")
LOCK_5_OPEN_16 = bytes.fromhex("02 00 35 EF FF 10 00 03 38")
ALL_CLOSED_48 = bytes.fromhex("02 00 00 75 FF FF FF FF FF FF 00 00 00 00 00 00 03 74")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (CU16.query(0), "02 00 30 03 35"),
        (CU16.unlock(0, 5), "02 04 31 03 3A"),
        (CU16.query(15), "02 F0 30 03 25"),
        (CU16.unlock(15, 16), "02 FF 31 03 35"),
        (CU16.set_unlock_time(0, 0.5), "02 00 37 00 32 03 6E"),
        (CU16.set_unlock_time(1, 3.0), "02 10 37 01 2C 03 79"),
        (CU16.clear_busy(0), "02 00 38 03 3D"),
        (CU48.query(0), "02 00 00 60 03 65"),
        (CU48.unlock(0, 5), "02 00 04 61 03 6A"),
        (CU48.unlock(15, 48), "02 0F 2F 61 03 A4"),
    ],
)
def test_requests_byte_for_byte(request_: bytes, expected: str) -> None:
    """The sources' examples, and the lowest and highest addresses."""
    assert request_ == bytes.fromhex(expected)


def test_what_no_source_says_of_the_cu48_is_not_sent() -> None:
    """A request that no source defines is not sent: a board that drives locks may do anything."""
    assert CU48.set_unlock_time(0, 0.5) is None
    assert CU48.clear_busy(0) is None


def test_statuses_byte_for_byte() -> None:
    """The sources' examples: all closed; lock 5 open; a CU48 with all closed."""
    assert Framer(CU16).feed(ALL_CLOSED_16) == [BoardStatus(0, 0xFFFF)]
    assert Framer(CU16).feed(LOCK_5_OPEN_16) == [BoardStatus(0, 0xFFEF)]
    assert Framer(CU48).feed(ALL_CLOSED_48) == [BoardStatus(0, 0xFFFF_FFFF_FFFF)]


def test_lock_9_is_the_first_bit_of_the_second_byte() -> None:
    """Lock 9 is the first bit of the second byte, and never lock 1."""
    assert Framer(CU16).feed(framed("10 35 00 01 00 00")) == [BoardStatus(1, 1 << 8)]
    assert Framer(CU48).feed(framed("02 00 75 00 01" + "00" * 10)) == [BoardStatus(2, 1 << 8)]


def framed(body: str) -> bytes:
    """Build a frame with code of its own, not the driver's."""
    frame = b"\x02" + bytes.fromhex(body) + b"\x03"
    total = 0
    for byte in frame:
        total = (total + byte) % 256
    return frame + total.to_bytes(1, "big")


def told(*parts: bytes) -> tuple[list[str], int]:
    """Feed *parts*, then silence; return the results in words, and the count."""
    framer = Framer(CU16)
    found = [item for part in parts for item in framer.feed(part)] + framer.end()
    words = ["status" if isinstance(item, BoardStatus) else str(item) for item in found]
    return words, framer.broken


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([b"\x55\xaa\x00", ALL_CLOSED_16], ["noise between frames", "status"]),
        ([ALL_CLOSED_16[:5]], ["frame cut short"]),
        ([ALL_CLOSED_16[:5], ALL_CLOSED_16], ["wrong end of frame", "status"]),
        ([ALL_CLOSED_16[:-1] + b"\x49"], ["wrong sum"]),
        ([ALL_CLOSED_16[:-2] + b"\x04\x49"], ["wrong end of frame"]),
        ([b"\x02\x00\x7f", ALL_CLOSED_16], ["no command that is known", "status"]),
        ([b"\x02\x02\x02", ALL_CLOSED_16], ["no command that is known", "status"]),
        ([CU16.query(0), ALL_CLOSED_16], ["status"]),  # an adapter that hears itself
        ([CU16.unlock(0, 5)], []),
        ([ALL_CLOSED_16, b"\xff", LOCK_5_OPEN_16], ["status", "noise between frames", "status"]),
    ],
)
def test_every_kind_of_trouble_is_named_and_counted(parts: list[bytes], words: list[str]) -> None:
    """A technician can see each fault of a line; a run of noise is one fault."""
    found, broken = told(*parts)
    assert found == words
    assert broken == len(words) - words.count("status")


FRAMES = {
    "cu16": st.binary(min_size=4, max_size=4).map(
        lambda data: framed(f"30 35 {data.hex()}")
    ),
    "cu48": st.binary(min_size=12, max_size=12).map(
        lambda data: framed(f"03 00 75 {data.hex()}")
    ),
}  # fmt: skip
NOISE = st.lists(
    st.one_of(st.binary(max_size=12), st.sampled_from([b"\x02", b"\x02\x30\x35", b"\x02\x02\x35"])),
    max_size=4,
).map(b"".join)


def frames_in(board: str, data: bytes) -> list[int]:
    """Return the places of all statuses in *data*, by trying every place."""
    size, at, command = (9, 2, 0x35) if board == "cu16" else (18, 3, 0x75)
    places = [data[start : start + size] for start in range(len(data) - size + 1)]
    return [
        start
        for start, found in enumerate(places)
        if found[0] == 2 and found[at] == command and framed(found[1:-2].hex()) == found
    ]


@given(st.sampled_from(["cu16", "cu48"]), st.data())
def test_no_noise_and_no_split_hides_a_frame(board: str, data: st.DataObject) -> None:
    """With any noise before and between, every whole status is found, and no other."""
    frames = data.draw(st.lists(FRAMES[board], min_size=1, max_size=4))
    line = b"".join(data.draw(NOISE) + frame for frame in frames) + data.draw(NOISE)
    # Noise can complete a frame by chance: such examples are left out.
    assume(len(frames_in(board, line)) == len(frames))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(line)), max_size=6)) | {0, len(line)})
    parts = [line[start:end] for start, end in pairwise(cuts)]
    framer = Framer(FAMILIES["cu16" if board == "cu16" else "cu48"])
    found = [item for part in parts for item in framer.feed(part)] + framer.end()
    alone = [Framer(framer._family).feed(frame)[0] for frame in frames]
    assert [item for item in found if isinstance(item, BoardStatus)] == alone
    assert framer.broken == sum(isinstance(item, ProtocolError) for item in found)


@given(FRAMES["cu16"], st.integers(0, 8), st.integers(1, 255))
def test_one_wrong_byte_is_never_another_status(frame: bytes, place: int, flip: int) -> None:
    """One wrong byte never makes another status, so that a door does not seem shut."""
    wrong = bytearray(frame)
    wrong[place] ^= flip
    framer = Framer(CU16)
    found = framer.feed(bytes(wrong)) + framer.end()
    assert not [item for item in found if isinstance(item, BoardStatus)]
    assert framer.broken >= 1
