"""Input events byte for byte, and the texts that they type."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.drivers.hid.typist import EVENT, LONGEST, Typist
from edge.errors import ProtocolError
from sim.twins.keyboard import event, key, press

ENTER, KEYPAD_ENTER, TAB = press(28), press(96), press(15)
SHIFT_DOWN, SHIFT_UP = event(1, 42, 1), event(1, 42, 0)
CAPS_LOCK = press(58)
DROPPED = event(0, 3, 0)
SILENCE = None

CHARACTERS = "".join(map(chr, range(0x20, 0x7F)))
texts = st.text(CHARACTERS, min_size=1, max_size=40)


def typed(text: str) -> bytes:
    """Return the events of typing *text*."""
    return b"".join(map(key, text))


def fed(*parts: bytes | None) -> list[str]:
    """Return the items that a typist finds in *parts* and the silence after them, in words."""
    typist = Typist()
    found = [
        item
        for part in (*parts, SILENCE)
        for item in (typist.silence() if part is SILENCE else typist.feed(part))
    ]
    assert typist.broken == sum(isinstance(item, ProtocolError) for item in found)
    return [str(item) for item in found]


def test_an_event_is_the_kernels_structure() -> None:
    """Two longs of time, then type, code and value: 24 bytes on a 64-bit machine."""
    assert EVENT.size == 2 * struct.calcsize("l") + 8
    assert event(1, 30, 1)[-8:] == struct.pack("=HHi", 1, 30, 1)


def test_every_character_of_the_us_layout() -> None:
    """A QR code can hold any printable character; each has its key, with or without Shift."""
    assert fed(typed(CHARACTERS), ENTER) == [CHARACTERS]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([typed("0006547886"), ENTER], ["0006547886"]),
        ([typed("12"), KEYPAD_ENTER, typed("34"), TAB], ["12", "34"]),
        ([typed("12"), SILENCE, typed("34")], ["12", "34"]),
        ([b"".join(map(press, (79, 80, 81, 75, 76, 77, 71, 72, 73, 82))), ENTER], ["1234567890"]),
        ([ENTER, ENTER, typed("A"), ENTER], ["A"]),
        ([CAPS_LOCK, typed("aB1:"), CAPS_LOCK, typed("aB1:"), ENTER], ["Ab1:aB1:"]),
        ([event(1, 54, 1), press(30), event(1, 54, 0), press(30), ENTER], ["Aa"]),
        ([event(1, 30, 1), event(1, 30, 2), event(1, 30, 2), event(1, 30, 0), ENTER], ["a"]),
        # A release that was lost: silence ends Shift.
        ([SHIFT_DOWN, press(30), ENTER, SILENCE, press(30), ENTER], ["A", "a"]),
        # Two shifts held: one release is not the end.
        ([SHIFT_DOWN, event(1, 54, 1), SHIFT_UP, press(30), ENTER], ["A"]),
        ([event(1, 29, 1), press(27), event(1, 29, 0), typed("A"), ENTER], ["\x1dA"]),
        ([typed("12"), press(59), typed("34"), ENTER, typed("5"), ENTER],
         ["a key that types no character", "5"]),
        ([event(1, 56, 1), press(82), press(79), event(1, 56, 0), ENTER, typed("5"), ENTER],
         ["a key that types no character", "5"]),
        ([event(1, 29, 1), press(46), event(1, 29, 0), ENTER], ["a key that types no character"]),
        ([typed("1" * LONGEST), ENTER], ["1" * LONGEST]),
        ([typed("1" * 5000), ENTER, typed("5"), ENTER], ["text too long", "5"]),
        # The kernel's queue was full: what is left of the number could be another one.
        ([typed("12"), DROPPED, typed("34"), ENTER, typed("5"), ENTER], ["keys lost", "5"]),
        ([SHIFT_DOWN, DROPPED, event(0, 0, 0), ENTER, press(30), ENTER], ["keys lost", "a"]),
        ([typed("12") + b"\x01\x02", SILENCE, typed("34"), ENTER], ["12", "34"]),
        ([event(17, 1, 1) + event(4, 4, 458756)], []),
    ],
)  # fmt: skip
def test_what_is_typed_and_every_kind_of_trouble(
    parts: list[bytes | None], words: list[str]
) -> None:
    """Keys become texts; a text that may have lost a key is refused whole."""
    assert fed(*parts) == words


@given(st.lists(texts, max_size=5), st.data())
def test_texts_survive_any_split(lines: list[str], data: st.DataObject) -> None:
    """A read may return any part of the events; the texts stay the same."""
    stream = b"".join(typed(line) + ENTER for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*parts) == lines


events = st.builds(event, st.integers(0, 5), st.integers(0, 255), st.integers(0, 2))


@given(st.lists(events, max_size=60).map(b"".join), texts)
def test_silence_ends_anything(noise: bytes, text: str) -> None:
    """After any events and a silence the next text is read; Caps Lock may have changed."""
    last = fed(noise, SILENCE, typed(text), ENTER)[-1]
    assert last in (text, text.swapcase())


@given(st.binary(max_size=300), texts)
def test_no_bytes_break_it(noise: bytes, text: str) -> None:
    """Bytes that are no events do no lasting harm either."""
    last = fed(noise, SILENCE, typed(text), ENTER)[-1]
    assert last in (text, text.swapcase())
