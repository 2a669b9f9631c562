"""Frames of the 125 kHz readers byte for byte, and the cards that count as presented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.card_reader import Presence, TwoCards
from edge.drivers.serial.card_frames import ID_12LA_END, RDM6300_END, CardFramer
from edge.errors import ProtocolError

# The example: card 010063E9AE, printed 0006547886, checksum 25.
FRAME = bytes.fromhex("02 30 31 30 30 36 33 45 39 41 45 32 35 03")
CARD = "010063E9AE"
# The ID-12LA's data sheet: 0C 00 06 21 A5, XOR 8E.
LONG_FRAME = bytes.fromhex("02 30 43 30 30 30 36 32 31 41 35 38 45 0D 0A 03")
LONG_CARD = "0C000621A5"

ENDS = [RDM6300_END, ID_12LA_END]


def frame(card: str, end: bytes = RDM6300_END) -> bytes:
    """Encode *card* with code of its own, so that no error of the driver cancels out."""
    checksum = 0
    for place in range(0, 10, 2):
        checksum ^= int(card[place : place + 2], 16)
    return b"\x02" + f"{card}{checksum:02X}".encode() + end


cards = st.integers(0, 16**10 - 1).map(lambda number: f"{number:010X}")
noise = st.binary(max_size=20)
ends = st.sampled_from(ENDS)


def fed(*parts: bytes, end: bytes = RDM6300_END) -> list[str]:
    """Return the items that a framer finds in *parts*; refusals as their words."""
    framer = CardFramer(end)
    return [str(item) for part in parts for item in framer.feed(part)]


@pytest.mark.parametrize(
    ("whole", "card", "end"),
    [(FRAME, CARD, RDM6300_END), (LONG_FRAME, LONG_CARD, ID_12LA_END)],
    ids=["rdm6300", "id-12la"],
)
def test_the_worked_example_byte_for_byte(whole: bytes, card: str, end: bytes) -> None:
    """The data sheet's frame gives its card, also byte by byte."""
    assert frame(card, end) == whole
    assert fed(whole, end=end) == [card]
    assert fed(*(whole[place : place + 1] for place in range(len(whole))), end=end) == [card]


@pytest.mark.parametrize(
    ("data", "told_as"),
    [
        (FRAME.replace(b"25", b"24"), ["wrong checksum"]),
        (FRAME[:5] + FRAME, ["frame cut short", CARD]),
        (FRAME[:-1] + b"\r", ["wrong end of frame"]),
        (b"\x02" + b"01006xE9AE25\x03", ["not a hexadecimal digit"]),
        (b"\xff\x00\xff" + FRAME, ["noise between frames", CARD]),
        (FRAME + b"\r\n" + FRAME, [CARD, "noise between frames", CARD]),
        (FRAME[:-1] + FRAME, ["frame cut short", CARD]),
        (b"\x02\x02\x02" + FRAME[1:], ["frame cut short", "frame cut short", CARD]),
        (FRAME.lower(), ["not a hexadecimal digit"]),
        (LONG_FRAME + FRAME, ["wrong end of frame", CARD]),
    ],
)
def test_every_kind_of_trouble_is_named_and_counted(data: bytes, told_as: list[str]) -> None:
    """A broken frame is never a card, and the next whole frame is found."""
    framer = CardFramer(RDM6300_END)
    found = framer.feed(data)
    assert [str(item) for item in found] == told_as
    assert framer.broken == sum(isinstance(item, ProtocolError) for item in found)


def test_a_reader_that_is_configured_as_the_other_kind_is_noticed() -> None:
    """A frame of the other kind of reader is refused and counted, and gives no card."""
    assert fed(FRAME + FRAME, end=ID_12LA_END) == ["wrong end of frame", "wrong end of frame"]
    assert fed(LONG_FRAME) == ["wrong end of frame"]


@given(st.lists(cards), ends, st.data())
def test_frames_survive_any_split(numbers: list[str], end: bytes, data: st.DataObject) -> None:
    """Serial reads cut frames anywhere; the cards stay the same."""
    stream = b"".join(frame(card, end) for card in numbers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*parts, end=end) == numbers


@given(noise, cards, noise, ends, st.integers(0, 60))
def test_noise_never_hides_a_frame(
    before: bytes, card: str, after: bytes, end: bytes, cut: int
) -> None:
    """A whole frame is found in any noise, and a split changes no result."""
    stream = before + frame(card, end) + after
    assert card in fed(stream, end=end)
    assert fed(stream[:cut], stream[cut:], end=end) == fed(stream, end=end)


@given(cards, ends, st.data(), st.integers(1, 255))
def test_one_wrong_byte_is_never_another_card(
    card: str, end: bytes, data: st.DataObject, flip: int
) -> None:
    """A single damaged byte is refused; no visitor gets another's card."""
    damaged = bytearray(frame(card, end))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= flip
    found = CardFramer(end).feed(bytes(damaged))
    assert [item for item in found if isinstance(item, str)] == []


SILENCE = "-"
TWO = "two at once"


def taken(named: str) -> list[str]:
    """Return the results of a presence for *named*: a letter a card, ``-`` silence."""
    presence = Presence()
    said = [presence.gone() if card == SILENCE else presence.seen(card) for card in named]
    return [TWO if isinstance(word, TwoCards) else word for word in said if word is not None]


@pytest.mark.parametrize(
    ("named", "told_as"),
    [
        ("AAAA-", ["A"]),
        ("A-", ["A"]),
        ("A--", ["A"]),
        ("AA-AA-A-", ["A", "A", "A"]),
        ("AA-BB-", ["A", "B"]),
        ("ABAB-", [TWO]),
        ("AABB-", ["A", TWO]),
        ("ABBBBBB-", [TWO]),
        ("ABAAAA-AA", [TWO, "A"]),
        ("AB-AB-", [TWO, TWO]),
        ("--", []),
    ],
)
def test_which_card_counts_as_presented(named: str, told_as: list[str]) -> None:
    """A card counts once a presentation, not at all as one of two, and again after silence."""
    assert taken(named) == told_as


@given(st.text("AB-", max_size=40))
def test_no_card_is_taken_from_a_silence_to_the_next_twice(named: str) -> None:
    """Each stretch between silences gives one card at most, with any input."""
    presence, since = Presence(), 0
    for word in named:
        said = presence.gone() if word == SILENCE else presence.seen(word)
        since += isinstance(said, str)
        assert since <= 1
        since = 0 if word == SILENCE else since
