"""The PN532: frames byte for byte, and the driver when the chip fails."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config.sections.card_readers import Pn532
from edge.drivers.serial import pn532 as driver
from edge.drivers.serial import pn532_frames as frames
from edge.drivers.serial.pn532 import Pn532Reader
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sop.events import CardPresented, DeviceFailed, DeviceRestored, InputRefused
from sim.twins.pn532 import Fault, Pn532Twin
from tests.drivers.conftest import Posted, told
from tests.own_time import Own

NAME = "card-reader/desk"
CARD = "DEADBEEF"
# The example: the answer to InListPassiveTarget with card DEADBEEF.
LISTED = bytes.fromhex("00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 DE AD BE EF 96 00")


def packed(data: bytes) -> bytes:
    """Encode an answer with code of its own, so that no error of the driver cancels out."""
    length = len(data)
    return b"\x00\x00\xff" + bytes((length, 256 - length)) + data + bytes((-sum(data) % 256, 0))


def fed(*parts: bytes) -> list[bytes | str]:
    """Return the items that a framer finds in *parts*; refusals as their words."""
    framer = frames.AnswerFramer()
    found = [item for part in parts for item in framer.feed(part)]
    return [str(item) if isinstance(item, ProtocolError) else item for item in found]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (frames.SAM_CONFIGURATION, "00 00 FF 05 FB D4 14 01 14 01 02 00"),
        (bytes.fromhex("4A 01 00"), "00 00 FF 04 FC D4 4A 01 00 E1 00"),
        (frames.LIST_CARDS, "00 00 FF 04 FC D4 4A 02 00 E0 00"),
        (frames.RETRIES, "00 00 FF 06 FA D4 32 05 FF 01 01 F4 00"),
        (frames.PARAMETERS, "00 00 FF 03 FD D4 12 04 16 00"),
    ],
)
def test_commands_byte_for_byte(command: bytes, expected: str) -> None:
    """The commands are those of the examples."""
    assert frames.frame(command) == bytes.fromhex(expected)


def test_answers_byte_for_byte() -> None:
    """The example answers are read: acknowledged, and a list with one card."""
    assert fed(frames.ACK) == [b""]
    (data,) = frames.AnswerFramer().feed(LISTED)
    assert isinstance(data, bytes)
    listed = frames.answer(frames.LIST_CARDS, data)
    assert frames.card_numbers(listed) == [CARD]


@pytest.mark.parametrize(
    ("data", "told_as"),
    [
        (LISTED[:-3] + b"\x00" + LISTED[-2:], ["wrong checksum"]),
        (b"\x00\x00\xff\x0c\xf5" + LISTED[5:], ["wrong length checksum"]),
        (b"\x00\x00\xff\x00\x00" + LISTED, ["wrong length checksum", LISTED[5:17]]),
        (b"\x55\xaa" + LISTED, ["noise between frames", LISTED[5:17]]),
        (bytes(9) + LISTED + bytes(9) + LISTED, [LISTED[5:17], LISTED[5:17]]),
        (LISTED[:9] + LISTED, ["wrong checksum", LISTED[5:17]]),
        (bytes.fromhex("00 00 FF FF 00 00"), ["wrong length checksum"]),
    ],
)
def test_every_kind_of_trouble_is_named(data: bytes, told_as: list[bytes | str]) -> None:
    """A broken frame is never an answer, and a whole one behind it is found."""
    assert fed(data) == told_as


@given(st.lists(st.binary(min_size=1, max_size=255)), st.data())
def test_frames_survive_any_split(answers: list[bytes], data: st.DataObject) -> None:
    """Serial reads cut frames anywhere; the answers stay the same."""
    stream = b"".join(packed(answer) for answer in answers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=9)))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*parts) == answers


@given(st.binary(max_size=40), st.lists(st.binary(max_size=20), max_size=4))
def test_noise_never_hides_the_answers_behind_it(noise: bytes, between: list[bytes]) -> None:
    """After any noise, answers are found again within the bytes of one frame, and no other is."""
    # Noise can be the beginning of a frame that takes 262 bytes; zeros end it without a second.
    stream = noise + bytes(262) + LISTED + b"".join(part + bytes(262) + LISTED for part in between)
    found = [item for item in fed(stream) if isinstance(item, bytes) and len(item) > 10]
    assert found == [LISTED[5:17]] * (1 + len(between))


@given(st.binary(max_size=40), st.integers(0, 60))
def test_a_split_changes_nothing_in_noise_either(noise: bytes, cut: int) -> None:
    """The refusals and their order do not depend on how the bytes were split."""
    stream = noise + LISTED
    assert fed(stream[:cut], stream[cut:]) == fed(stream)


@given(st.integers(2, 17), st.integers(1, 255))
def test_one_wrong_byte_is_never_an_answer(place: int, flip: int) -> None:
    """Any one damaged byte of a frame (its outer zeros are padding) leaves no frame."""
    damaged = bytearray(LISTED)
    damaged[place] ^= flip
    assert [item for item in fed(bytes(damaged)) if isinstance(item, bytes) and item] == []


@given(st.binary(max_size=30))
def test_a_list_of_cards_is_right_to_the_byte_or_refused(listed: bytes) -> None:
    """A list is refused, or its numbers have 4, 7 or 10 bytes and fill the answer exactly."""
    try:
        numbers = frames.card_numbers(listed)
    except ProtocolError:
        return
    assert len(numbers) == listed[0] <= 2
    assert all(len(number) in (8, 14, 20) for number in numbers)
    assert sum(5 + len(number) // 2 for number in numbers) == len(listed) - 1


@pytest.mark.parametrize(
    "listed",
    [
        "",
        "01",
        "03",
        "01 01 00 04 08 04 DE AD BE",
        "01 01 00 04 08 07 DE AD BE EF",
        "01 01 00 04 08 04 DE AD BE EF 00",
        "01 02 00 04 08 04 DE AD BE EF",
        "01 01 00 04 08 05 DE AD BE EF 01",
        "02 01 00 04 08 04 DE AD BE EF",
    ],
)
def test_lists_that_are_none(listed: str) -> None:
    """A list too short, too long or with wrong numbers is refused as a whole."""
    with pytest.raises(ProtocolError):
        frames.card_numbers(bytes.fromhex(listed))


@pytest.mark.parametrize("data", ["7F", "D5 15", "D4 4B", "", "D5"])
def test_answers_to_something_else_are_refused(data: str) -> None:
    """An error frame or a late answer is not accepted as the requested list."""
    with pytest.raises(ProtocolError):
        frames.answer(frames.LIST_CARDS, bytes.fromhex(data))


class Rig:
    """A driver and its twin."""

    def __init__(self, folder: Path, own: Own) -> None:
        clock, loop = own.clock, own.loop
        self.posted = Posted(clock)
        self.loop = loop
        self.twin = Pn532Twin(folder / "tty-desk", clock, Random(1))
        loop.call(self.twin.port.plug)
        own.keeper.deliver_first(self.twin.port.deliver)
        config = Pn532(port=str(folder / "tty-desk"), stations=["x"], removed_after_s=4)
        self.driver = Pn532Reader(NAME, config, clock, self.posted)

    def set(self, fault: Fault | None) -> None:
        """Cause *fault*."""

        def act() -> None:
            self.twin.fault = fault

        self.loop.call(act)


@pytest.fixture
def rig(own_time: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Yield a driver that is not open yet, and its twin, which can be later than all tries."""
    monkeypatch.setattr(driver, "ANSWER_S", 0.1)
    rig = Rig(tmp_path, own_time)
    yield rig
    rig.driver.close()
    rig.loop.call(rig.twin.close)


def test_no_card_is_asked_to_open_its_data_channel(rig: Rig) -> None:
    """Only card numbers are read: the chip's setting is made before it lists the first card."""
    rig.driver.open()
    assert not rig.twin.data_channel


@pytest.mark.parametrize("fault", ["dead", "half", "deaf-mute", "wrong-sum"])
def test_a_chip_that_does_not_answer_is_not_there(rig: Rig, fault: Fault) -> None:
    """Opening raises with the device's name, and leaves no thread."""
    rig.set(fault)
    with pytest.raises(DeviceUnavailable, match=f"^{NAME}: .* in 3 tries$"):
        rig.driver.open()
    rig.set(None)
    rig.driver.open()


@pytest.mark.parametrize("fault", ["dead", "half", "deaf-mute", "wrong-sum"])
def test_a_chip_that_stops_answering_is_told_and_woken_again(rig: Rig, fault: Fault) -> None:
    """A silent chip fails once, is woken, is restored once it answers, and reads again."""
    rig.driver.open()
    rig.set(fault)
    assert NAME in rig.posted.wait_for(DeviceFailed).why
    rig.set(None)
    rig.posted.wait_for(DeviceRestored)
    rig.loop.run(rig.twin.present(CARD))
    assert rig.posted.wait_for(CardPresented).card == CARD
    kinds = [kind for kind, *_ in told(rig.posted.take())]
    assert (kinds.count(DeviceFailed), kinds.count(DeviceRestored)) == (1, 1)


def test_a_slow_chip_gives_no_wrong_card(rig: Rig) -> None:
    """A late answer is refused, or belongs to the same request: no card is posted twice."""
    rig.driver.open()
    rig.loop.run(rig.twin.present(CARD))
    rig.posted.wait_for(CardPresented)
    rig.set("slow")
    rig.posted.wait_for(DeviceFailed)
    rig.set(None)
    rig.posted.wait_for(DeviceRestored)
    cards = [event for event in rig.posted.take() if isinstance(event, CardPresented)]
    assert [event.card for event in cards] in ([CARD], [CARD, CARD])


def test_noise_on_the_line_is_refused_and_the_chip_asked_again(rig: Rig) -> None:
    """Noise is refused input, and neither a failure nor a card."""
    rig.driver.open()
    rig.loop.call(lambda: rig.twin.port.send(b"\xaa\x55\x01"))
    assert rig.posted.wait_for(InputRefused).why in ("uncalled bytes", "noise between frames")
    rig.loop.run(rig.twin.present(CARD))
    rig.posted.wait_for(CardPresented)
    assert {kind for kind, *_ in told(rig.posted.take())} == {InputRefused, CardPresented}


def test_a_stray_byte_before_each_answer_costs_no_card(rig: Rig) -> None:
    """An adapter that puts a byte before every answer does not hide the answer behind it."""
    send = rig.twin.port.send
    rig.twin.port.send = lambda message: send(b"\xfe" + message)  # type: ignore[method-assign]
    rig.driver.open()
    rig.loop.run(rig.twin.present(CARD))
    assert rig.posted.wait_for(CardPresented).card == CARD
    assert DeviceFailed not in [kind for kind, *_ in told(rig.posted.take())]


def test_a_chip_that_lost_its_power_does_not_wait_for_a_card_for_ever(rig: Rig) -> None:
    """A chip that has lost its power is woken and gets its settings again."""
    rig.driver.open()
    rig.loop.call(rig.twin.power_off)
    rig.posted.wait_for(DeviceFailed)
    rig.posted.wait_for(DeviceRestored)
    assert not rig.twin.data_channel
