"""The finder of RTU answers: a sound answer in any noise, and nothing else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.drivers.modbus import requests as modbus
from edge.drivers.modbus.rtu import crc, find, framed, sound

ASKED = modbus.read_bits(2, 0, 8)
GOOD = framed(1, bytes.fromhex("02 01 A5"))
REFUSAL = framed(1, bytes.fromhex("82 02"))
NOISE = st.binary(max_size=24)

# Frames of data sheets: Waveshare's relays, R421A08's status and its answer.
FRAMES = [
    "01 05 00 00 FF 00 8C 3A", "01 05 02 00 00 07 8D B0", "01 05 00 FF 00 00 FD FA",
    "01 06 00 01 01 00 D9 9A", "01 03 00 01 00 01 D5 CA", "01 03 02 00 01 79 84",
]  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_checksums_of_data_sheets(frame: str) -> None:
    """The checksum is that of the makers' own examples."""
    message = bytes.fromhex(frame)
    assert sound(message)
    assert framed(message[0], message[1:-2]) == message


@pytest.mark.parametrize(("answer", "pdu"), [(GOOD, "0201A5"), (REFUSAL, "8202")])
@given(before=NOISE, after=NOISE)
def test_an_answer_is_found_in_any_noise(
    answer: bytes, pdu: str, before: bytes, after: bytes
) -> None:
    """A sound answer, or refusal, is found wherever it begins."""
    assume(find(before + answer[:-1], 1, ASKED) is None)
    assert find(before + answer + after, 1, ASKED) == (len(before), bytes.fromhex(pdu))


@given(noise=NOISE, cut=st.integers(0, len(GOOD) - 1))
def test_a_truncated_answer_is_none(noise: bytes, cut: int) -> None:
    """A part of an answer is no answer, whatever stands before it."""
    heard = noise + GOOD[:cut]
    found = find(heard, 1, ASKED)
    # Noise may be an answer itself, once in 2^32: then it is a sound one.
    assert found is None or sound(heard[found[0] : found[0] + len(found[1]) + 3])


@given(noise=NOISE, place=st.integers(0, 8 * len(GOOD) - 1))
def test_a_changed_bit_is_no_answer(noise: bytes, place: int) -> None:
    """One wrong bit anywhere in the answer, and it does not count."""
    wrong = (int.from_bytes(GOOD) ^ 1 << place).to_bytes(len(GOOD))
    assume(find(noise, 1, ASKED) is None)
    assert find(noise + wrong, 1, ASKED) is None


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (framed(2, bytes.fromhex("02 01 A5")), "another device"),
        (framed(1, bytes.fromhex("01 01 A5")), "another function"),
        (framed(1, bytes.fromhex("02 02 A5 00")), "another number of inputs"),
        (framed(2, bytes.fromhex("82 02")), "another device's refusal"),
        (framed(1, ASKED.pdu), "the request itself, heard by its own adapter"),
    ],
)
def test_the_answer_of_another_is_not_mistaken(other: bytes, why: str) -> None:
    """Sound frames that are no answer to this request are passed over."""
    assert find(other, 1, ASKED) is None, why
    assert find(other + GOOD, 1, ASKED) == (len(other), bytes.fromhex("0201A5"))


@given(message=st.binary(min_size=1, max_size=40))
def test_the_checksum_is_the_standards(message: bytes) -> None:
    """The table gives what the standard's bit by bit computation gives."""
    value = 0xFFFF
    for byte in message:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    assert crc(message) == value.to_bytes(2, "little")
