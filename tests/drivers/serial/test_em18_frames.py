"""Frames of the EM-18 byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.serial.em18_frames import Em18Framer
from edge.errors import ProtocolError

# Two examples of makers: 4500C5D1E9 with XOR B8 (printed 0012964329), and 307E4DE5C2 with XOR 24.
FRAME, CARD = b"4500C5D1E9B8", "4500C5D1E9"
OTHER_FRAME, OTHER = b"307E4DE5C224", "307E4DE5C2"

SILENCE = None


def frame(card: str) -> bytes:
    """Encode *card* with code of its own, so that no error of the driver cancels out."""
    checksum = 0
    for place in range(0, 10, 2):
        checksum ^= int(card[place : place + 2], 16)
    return f"{card}{checksum:02X}".encode()


cards = st.integers(0, 16**10 - 1).map(lambda number: f"{number:010X}")


def fed(*parts: bytes | None) -> list[str]:
    """Return the items that a framer finds in *parts* and the silence after them, in words."""
    framer = Em18Framer()
    found = [
        item
        for part in (*parts, SILENCE)
        for item in (framer.silence() if part is SILENCE else framer.feed(part))
    ]
    assert framer.broken == sum(isinstance(item, ProtocolError) for item in found)
    return [str(item) for item in found]


def test_the_worked_examples_byte_for_byte() -> None:
    """The makers' frames give their cards, also byte by byte."""
    assert (frame(CARD), frame(OTHER)) == (FRAME, OTHER_FRAME)
    assert fed(FRAME) == [CARD]
    assert fed(*(FRAME[place : place + 1] for place in range(12))) == [CARD]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([FRAME[:11] + b"9"], ["wrong checksum"]),
        ([FRAME[:7], SILENCE, FRAME], ["wrong length", CARD]),
        ([FRAME, SILENCE, OTHER_FRAME], [CARD, OTHER]),
        ([FRAME + OTHER_FRAME], [CARD, OTHER]),
        ([FRAME + b"\r\n" + OTHER_FRAME + b"\r\n"], [CARD, OTHER]),
        ([b"\x02" + FRAME + b"\x03"], [CARD]),
        ([b"\x00\xff" + FRAME], ["noise between frames", CARD]),
        ([b"\x00\xff", SILENCE, b"\x00", FRAME], ["noise between frames"] * 2 + [CARD]),
        # A stray digit: 12 of the 13 could be right by chance.
        ([b"7" + FRAME], ["wrong length"]),
        ([FRAME + b"7", SILENCE, FRAME], ["wrong length", CARD]),
        ([FRAME.lower()], ["wrong length"]),
        ([b"7" * 10_000, SILENCE, FRAME], ["wrong length", CARD]),
        ([FRAME * 3, SILENCE, FRAME], ["wrong length", CARD]),
        ([SILENCE, SILENCE], []),
    ],
)
def test_every_kind_of_trouble_is_named_and_counted(
    parts: list[bytes | None], words: list[str]
) -> None:
    """A broken frame is never a card, and the next whole frame is found."""
    assert fed(*parts) == words


@given(st.lists(cards, max_size=4), st.data())
def test_frames_survive_any_split(numbers: list[str], data: st.DataObject) -> None:
    """Serial reads cut frames anywhere; the cards stay the same."""
    stream = b"\r\n".join(frame(card) for card in numbers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*parts) == numbers


@given(st.binary(max_size=60), cards)
def test_silence_ends_any_noise(noise: bytes, card: str) -> None:
    """After any noise and a silence the next card is read."""
    assert fed(noise, SILENCE, frame(card))[-1] == card


@given(st.binary(max_size=60).filter(lambda data: data[-1:] not in b"0123456789ABCDEF"), cards)
def test_stray_bytes_right_before_a_frame_hide_nothing(noise: bytes, card: str) -> None:
    """Stray bytes that are no digits are counted, and the card behind them is read."""
    assert fed(noise + frame(card))[-1] == card


@given(cards, st.integers(0, 11), st.integers(1, 255))
def test_one_wrong_byte_is_never_another_card(card: str, place: int, flip: int) -> None:
    """A single damaged byte is refused; no visitor gets another's card."""
    damaged = bytearray(frame(card))
    damaged[place] ^= flip
    framer = Em18Framer()
    found = framer.feed(bytes(damaged)) + framer.silence()
    assert [item for item in found if isinstance(item, str)] == []
