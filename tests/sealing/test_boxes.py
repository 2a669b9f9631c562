"""Keys and boxes: what is sealed is opened by the right key alone, and errors are clear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.office_key import PREFIX, office_key
from edge.config.office_time import office_time
from edge.config.zone import zone_of
from edge.drivers.camera.exif import ROOM, exif
from edge.errors import GarduError
from edge.sealing import private_key_file
from edge.sealing.boxes import OVERHEAD, BoxClosed, PrivateKeys, is_sealed, key_id_of, seal
from edge.sealing.wraps import LocalKey
from tests.guestbook.test_book import AT
from tests.sealing.keys import KEY, KEYS, OTHER, SECRET

# It asks for more memory than a computer has.
GREEDY = (
    b'{"kind":"gardu-office-private-key","public":"x","locked":{"salt":"AAAAAAAAAAAAAAAAAAAAAA==",'
    b'"passes":3,"memory":99999999999999,"box":""}}'
)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_key_is_read_as_it_was_written() -> None:
    """The text of the config gives the same key, whose id boxes name."""
    assert office_key(KEY.text) == KEY
    assert key_id_of(seal(KEY, b"x")) == KEY.id


@given(place=st.integers(0, 47), letter=st.sampled_from(ALPHABET))
def test_a_typing_error_in_a_key_is_refused(place: int, letter: str) -> None:
    """Any wrong letter: data sealed to a key that no person has would be lost."""
    digits = list(KEY.text.removeprefix(PREFIX))
    if digits[place] == letter:
        return
    digits[place] = letter
    with pytest.raises(ValueError, match="typing error"):
        office_key(PREFIX + "".join(digits))


@pytest.mark.parametrize("text", ["", "x", PREFIX, KEY.text[:-1], KEY.text + "A", f" {KEY.text}"])
def test_another_text_is_no_key(text: str) -> None:
    """A part of a key, or a key with something around it."""
    with pytest.raises(ValueError, match=r"begin|length|typing"):
        office_key(text)


@given(st.binary(max_size=2000))
def test_a_box_is_opened_by_its_key_alone(content: bytes) -> None:
    """It has none of the content in it, and always the same number of bytes more."""
    box = seal(KEY, content)
    assert len(box) == len(content) + OVERHEAD
    assert is_sealed(box)
    assert len(content) < 16 or content not in box
    assert KEYS.open(box) == content
    with pytest.raises(BoxClosed, match=f"sealed to the key {KEY.id}; the keys here: [0-9a-f]+"):
        PrivateKeys([OTHER]).open(box)
    assert PrivateKeys([OTHER, SECRET]).open(box) == content


@given(data=st.data())
def test_a_damaged_box_is_not_opened(data: st.DataObject) -> None:
    """Cut at any place, or with any bit changed, it is refused in words."""
    box = seal(KEY, b"Zulaikha Qomariah")
    cut = data.draw(st.integers(0, len(box) - 1))
    place, bit = data.draw(st.integers(0, len(box) - 1)), data.draw(st.integers(0, 7))
    flipped = bytearray(box)
    flipped[place] ^= 1 << bit
    for damaged in (box[:cut], bytes(flipped)):
        with pytest.raises(BoxClosed, match=r"is (damaged|cut short|not sealed|sealed to)"):
            KEYS.open(damaged)


def test_a_wrap_is_of_use_to_its_own_key_only() -> None:
    """Another boot's key, a cut or a changed wrap give nothing, and no error."""
    wrapped = LocalKey(bytes(32)).wrap(b"Zulaikha")
    assert LocalKey(bytes(32)).unwrap(wrapped) == b"Zulaikha"
    assert LocalKey(b"\x01" * 32).unwrap(wrapped) is None
    assert LocalKey(bytes(32)).unwrap(wrapped[:-1]) is None
    assert LocalKey(bytes(32)).unwrap(b"") is None


def test_a_private_key_file_needs_its_passphrase() -> None:
    """With the right one the key is back; the key itself is not in the file."""
    plain, locked = (
        private_key_file.written(SECRET),
        private_key_file.written(SECRET, "kata sandi", memory=2**20),
    )
    assert private_key_file.secret_of(private_key_file.read(plain)) == SECRET
    found = private_key_file.read(locked)
    assert private_key_file.secret_of(found, "kata sandi") == SECRET
    assert found.public == KEY.text
    for wrong in ("", "kata sandi ", "Kata sandi"):
        with pytest.raises(GarduError, match="passphrase is wrong"):
            private_key_file.secret_of(found, wrong)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff", b"{}", b"[1]", b'{"kind":"gardu-office-private-key","public":"x"}',
        GREEDY,
    ],
)  # fmt: skip
def test_another_file_is_no_private_key(content: bytes) -> None:
    """Also one that would ask for more memory than a computer has."""
    with pytest.raises(GarduError, match="is no private key"):
        private_key_file.read(content)


def test_a_damaged_private_key_is_noticed() -> None:
    """The two halves do not belong together."""
    text = private_key_file.written(OTHER).replace(
        private_key_file.read(private_key_file.written(OTHER)).public.encode(), KEY.text.encode()
    )
    with pytest.raises(GarduError, match="do not belong together"):
        private_key_file.secret_of(private_key_file.read(text))


def test_the_largest_still_has_room_for_its_box() -> None:
    """The stamper leaves room for EXIF; what EXIF does not need is enough for the box."""
    block = exif(
        moment=office_time(AT.wall_ms, zone_of("Asia/Jakarta")),
        description=f"site={'s' * 64} checkpoint={'c' * 64} purpose={'p' * 64} clock=not-trusted",
        unique_id="0" * 32,
        software="Gardu 10.10.10",
    )
    head = 10  # marker, length and name of the segment
    assert len(block) + head + OVERHEAD <= ROOM
