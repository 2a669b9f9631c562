"""Frames of Wiegand readers, bit for bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.gpio.wiegand_frames import Bits, Pulse, cards_in
from edge.errors import ProtocolError

# Facility code 99, card 59822: the card that is printed 099,59822. 99 has four bits, so the even
# parity of facility and the card's upper four bits (1110, three bits) is 1.
FRAME_26 = "10110001111101001101011100"
# 32 bits 0063E9AE: four bits in the first half, ten in the second.
FRAME_34 = "0000000000110001111101001101011101"


def pulses(frame: str, start: float = 0.0, step: float = 0.0015) -> list[Pulse]:
    """Return the pulses of *frame*, a string of 0 and 1."""
    return [Pulse(start + place * step, int(bit)) for place, bit in enumerate(frame)]


def framed(number: int, bits: Bits) -> str:
    """Encode *number* by code of its own."""
    data = f"{number:0{bits - 2}b}"
    half = len(data) // 2
    even = "1" if data[:half].count("1") % 2 else "0"
    odd = "0" if data[half:].count("1") % 2 else "1"
    return even + data + odd


def told(found: list[Pulse], bits: Bits = 26) -> list[str]:
    """Return cards, and refusals in words."""
    return [str(item) for item in cards_in(found, bits)]


def test_the_worked_examples() -> None:
    """Facility code and card number become the hexadecimal number of the pool."""
    assert framed(0x63E9AE, 26) == FRAME_26
    assert framed(0x63E9AE, 34) == FRAME_34
    assert told(pulses(FRAME_26)) == ["0063E9AE"]
    assert told(pulses(FRAME_34), 34) == ["0063E9AE"]


@pytest.mark.parametrize(
    ("found", "bits", "words"),
    [
        ([], 26, []),
        (pulses(FRAME_26, step=0.0002), 26, ["0063E9AE"]),
        (pulses(FRAME_26, step=0.02), 26, ["0063E9AE"]),
        (pulses(FRAME_26)[::-1], 26, ["0063E9AE"]),  # the two lines' edges came out of order
        (pulses(FRAME_26) + pulses(FRAME_26, 0.2), 26, ["0063E9AE"] * 2),
        (pulses(FRAME_26[:-1]), 26, ["wrong length"]),
        (pulses(FRAME_26 + "1"), 26, ["wrong length"]),
        (pulses(FRAME_26) + pulses("1", 0.3), 26, ["0063E9AE", "wrong length"]),
        (pulses(FRAME_34), 26, ["a frame of 34 bits (bits)"]),
        (pulses(FRAME_26), 34, ["a frame of 26 bits (bits)"]),
        (pulses("0" + FRAME_26[1:]), 26, ["wrong parity"]),
        (pulses(FRAME_26[:-1] + "1"), 26, ["wrong parity"]),
        (pulses("0" * 26), 26, ["wrong parity"]),  # D1 is cut, or D0 alone is disturbed
        (pulses("1" * 26), 26, ["wrong parity"]),
        # Crosstalk: each pulse is on both lines.
        ([*pulses(FRAME_26), *pulses("1" * 26, 20e-6)], 26, ["pulses too close together"]),
        (pulses("01" * 500, step=0.001), 26, ["wrong length"]),
    ],
)
def test_frames_and_every_kind_of_trouble(found: list[Pulse], bits: Bits, words: list[str]) -> None:
    """A frame of another length or parity is refused; silence ends it."""
    assert told(found, bits) == words


LENGTHS: list[Bits] = [26, 34]


@given(st.sampled_from(LENGTHS), st.data())
def test_every_number_is_read(bits: Bits, data: st.DataObject) -> None:
    """Every number comes out as it went in, at any speed that readers have."""
    number = data.draw(st.integers(0, 2 ** (bits - 2) - 1))
    step = data.draw(st.floats(0.0002, 0.02))
    assert told(pulses(framed(number, bits), step=step), bits) == [f"{number:08X}"]


@given(st.sampled_from(LENGTHS), st.data())
def test_a_lost_or_wrong_bit_is_never_another_card(bits: Bits, data: st.DataObject) -> None:
    """One bit that is lost, added or wrong is refused; no visitor gets another's card."""
    number = data.draw(st.integers(0, 2 ** (bits - 2) - 1))
    frame = framed(number, bits)
    place = data.draw(st.integers(0, bits - 1))
    wrong = "1" if frame[place] == "0" else "0"
    for damaged in (
        frame[:place] + frame[place + 1 :],
        frame[:place] + wrong + frame[place:],
        frame[:place] + wrong + frame[place + 1 :],
    ):
        found = cards_in(pulses(damaged), bits)
        assert [item for item in found if isinstance(item, str)] == []


noise = st.lists(st.builds(Pulse, st.floats(0, 0.5), st.integers(0, 1)), max_size=60)


@given(noise, st.integers(0, 2**24 - 1))
def test_silence_ends_any_noise(found: list[Pulse], number: int) -> None:
    """After any pulses and a silence the next card is read."""
    last = cards_in([*found, *pulses(framed(number, 26), start=0.6)], 26)[-1]
    assert not isinstance(last, ProtocolError)
    assert last == f"{number:08X}"
