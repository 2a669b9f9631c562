"""The RDM6300: frames byte for byte, and the contract of a card reader on a real terminal."""

import os
import threading
import tty
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock import Clock, Stamp
from edge.drivers import base, rdm6300
from edge.drivers.rdm6300 import Framer, Rdm6300Reader
from edge.errors import DeviceUnavailable, ProtocolError
from edge.sections.card_readers import Rdm6300
from edge.sop.events import CardPresented, DeviceFailed, DeviceRestored, Event, InputRefused

from .conftest import PATIENCE_S, Posted, told

# The worked example: card 010063E9AE, printed 0006547886, checksum 25.
FRAME = bytes.fromhex("02 30 31 30 30 36 33 45 39 41 45 32 35 03")
CARD = "010063E9AE"


def frame(card: str) -> bytes:
    """Encode *card* on its own account, so that no error of the driver cancels out."""
    checksum = 0
    for place in range(0, 10, 2):
        checksum ^= int(card[place : place + 2], 16)
    return b"\x02" + f"{card}{checksum:02X}".encode() + b"\x03"


cards = st.integers(0, 16**10 - 1).map(lambda number: f"{number:010X}")
noise = st.binary(max_size=20)


def fed(*parts: bytes) -> list[str]:
    """Return what a framer makes of *parts*; refusals as their words."""
    framer = Framer()
    return [str(item) for part in parts for item in framer.feed(part)]


def test_the_worked_example_byte_for_byte() -> None:
    """The data sheet's frame gives its card, also byte by byte."""
    assert frame(CARD) == FRAME
    assert fed(FRAME) == [CARD]
    assert fed(*(FRAME[place : place + 1] for place in range(14))) == [CARD]


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
    ],
)
def test_every_kind_of_trouble_is_named_and_counted(data: bytes, told_as: list[str]) -> None:
    """A broken frame is never a card, and the next whole frame is found."""
    framer = Framer()
    found = framer.feed(data)
    assert [str(item) for item in found] == told_as
    assert framer.broken == sum(isinstance(item, ProtocolError) for item in found)


@given(st.lists(cards), st.data())
def test_frames_survive_any_split(numbers: list[str], data: st.DataObject) -> None:
    """Serial reads cut frames anywhere; the cards stay the same."""
    stream = b"".join(frame(card) for card in numbers)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    parts = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert fed(*parts) == numbers


@given(noise, cards, noise, st.integers(0, 60))
def test_noise_never_hides_a_frame(before: bytes, card: str, after: bytes, cut: int) -> None:
    """A whole frame is found whatever surrounds it, and a split changes nothing at all."""
    stream = before + frame(card) + after
    assert card in fed(stream)
    assert fed(stream[:cut], stream[cut:]) == fed(stream)


@given(cards, st.integers(0, 13), st.integers(1, 255))
def test_one_wrong_byte_is_never_another_card(card: str, place: int, flip: int) -> None:
    """A single damaged byte is refused; no visitor gets another's card."""
    damaged = bytearray(frame(card))
    damaged[place] ^= flip
    assert [item for item in Framer().feed(bytes(damaged)) if isinstance(item, str)] == []


class Bench(Protocol):
    """A reader ``desk`` behind a driver, seen from outside: cards, noise and its plug."""

    @property
    def driver(self) -> base.CardReader:
        """The driver under test."""

    def present(self, card: str) -> None:
        """Let the reader see *card* once more."""

    def remove(self) -> None:
        """Take the card away and wait until the driver must have noticed."""

    def disturb(self) -> None:
        """Send a frame that is broken."""

    def unplug(self) -> None:
        """Take the reader away."""

    def plug(self) -> None:
        """Bring it back."""


class Rdm6300Bench:
    """A real pseudo-terminal; its name is a link, as udev makes one."""

    def __init__(self, folder: Path, clock: Clock, posted: Posted) -> None:
        self._link = folder / "tty-desk"
        self.plug()
        # Long enough that a busy machine takes no pause of ours for a removed card.
        removed_after_s = 0.4 * clock.speed
        config = Rdm6300(
            port=str(self._link), stations=["reception"], removed_after_s=removed_after_s
        )
        self.driver = Rdm6300Reader("card-reader/desk", config, clock, posted)

    def plug(self) -> None:
        """Make a terminal and link it."""
        self._ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._link.symlink_to(os.ttyname(theirs))
        os.close(theirs)

    def unplug(self) -> None:
        """Hang the terminal up."""
        self._link.unlink()
        os.close(self._ours)

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        os.write(self._ours, data)

    def present(self, card: str) -> None:
        """Send one frame."""
        self.send(frame(card))

    def remove(self) -> None:
        """Be silent for long enough."""
        Clock().sleep(0.8)

    def disturb(self) -> None:
        """Send a frame with a wrong checksum."""
        self.send(FRAME.replace(b"25", b"24"))


BENCHES: list[Callable[[Any, Clock, Posted], Bench]] = [Rdm6300Bench]


@pytest.fixture(params=BENCHES)
def bench(
    request: pytest.FixtureRequest, tmp_path: Path, clock: Clock, posted: Posted
) -> Iterator[Bench]:
    """A reader in use."""
    bench: Bench = request.param(tmp_path, clock, posted)
    bench.driver.open()
    yield bench
    bench.driver.close()
    bench.unplug()


def test_a_card_is_posted_once_a_presentation(bench: Bench, posted: Posted) -> None:
    """The reader repeats itself for as long as the card lies there; guests are not counted so."""
    for _ in range(5):
        bench.present(CARD)
    bench.present("0000000001")
    assert told(posted.wait(2)) == [
        (CardPresented, "desk", CARD),
        (CardPresented, "desk", "0000000001"),
    ]


def test_a_card_that_comes_back_is_posted_again(bench: Bench, posted: Posted) -> None:
    """Issued in the morning, returned in the afternoon: two presentations."""
    bench.present(CARD)
    posted.wait(1)
    bench.remove()
    bench.present(CARD)
    assert told(posted.wait(2)) == [(CardPresented, "desk", CARD)] * 2


def test_a_broken_frame_is_refused_and_the_reader_goes_on(bench: Bench, posted: Posted) -> None:
    """Trouble is counted under its name, with the device; the next card is read."""
    bench.disturb()
    bench.present(CARD)
    assert told(posted.wait(2)) == [
        (InputRefused, "card-reader/desk", "wrong checksum"),
        (CardPresented, "desk", CARD),
    ]


def test_a_reader_that_vanishes_is_restored_when_it_is_back(
    bench: Bench, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unplugged and plugged again under another name: told both times, and read again."""
    monkeypatch.setattr(rdm6300, "RETRY_S", 0.02)
    bench.unplug()
    failed = posted.wait_for(DeviceFailed)
    assert failed.device == "card-reader/desk"
    assert failed.why
    bench.plug()
    assert posted.wait_for(DeviceRestored).device == "card-reader/desk"
    bench.present(CARD)
    posted.wait_for(CardPresented)
    assert [kind for kind, *_ in told(posted.take())] == [
        DeviceFailed,
        DeviceRestored,
        CardPresented,
    ]


def test_closing_ends_the_thread_at_once(tmp_path: Path, clock: Clock, posted: Posted) -> None:
    """Also while it waits for a card for an hour, twice, and before opening."""
    bench = Rdm6300Bench(tmp_path, Clock(), posted)
    config = Rdm6300(port=str(tmp_path / "tty-desk"), stations=["x"], removed_after_s=3600)
    reader = Rdm6300Reader("card-reader/desk", config, Clock(), posted)
    reader.close()
    before = threading.active_count()
    reader.open()
    reader.close()
    reader.close()
    assert threading.active_count() == before
    bench.unplug()


def test_closing_does_not_wait_for_a_vanished_reader(
    tmp_path: Path, clock: Clock, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon that stops must not sit out the retry."""
    monkeypatch.setattr(rdm6300, "RETRY_S", 3600.0)
    bench = Rdm6300Bench(tmp_path, clock, posted)
    bench.driver.open()
    bench.unplug()
    posted.wait_for(DeviceFailed)
    bench.driver.close()
    assert [kind for kind, *_ in told(posted.take())] == [DeviceFailed]


def test_a_port_that_is_not_there_is_unavailable(
    tmp_path: Path, clock: Clock, posted: Posted
) -> None:
    """The checkpoint goes on without the reader and tries again; the port is named."""
    config = Rdm6300(port=str(tmp_path / "ttyNONE"), stations=["x"])
    with pytest.raises(DeviceUnavailable, match="ttyNONE"):
        Rdm6300Reader("card-reader/desk", config, clock, posted).open()


def test_a_port_belongs_to_one_reader(tmp_path: Path, clock: Clock, posted: Posted) -> None:
    """Two readers on one port would each get half of the frames."""
    bench = Rdm6300Bench(tmp_path, clock, posted)
    bench.driver.open()
    config = Rdm6300(port=str(tmp_path / "tty-desk"), stations=["x"])
    with pytest.raises(DeviceUnavailable):
        Rdm6300Reader("card-reader/other", config, clock, posted).open()
    bench.driver.close()
    bench.unplug()


def test_an_error_in_post_does_not_end_the_reader(
    tmp_path: Path, clock: Clock, posted: Posted, caplog: pytest.LogCaptureFixture
) -> None:
    """A deaf reader that looks well is the worst of ends: log it and read on."""
    bench = Rdm6300Bench(tmp_path, clock, posted)
    failed = threading.Event()

    def post(make: Callable[[Stamp], Event]) -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("broken on purpose")
        posted(make)

    config = Rdm6300(port=str(tmp_path / "tty-desk"), stations=["x"])
    reader = Rdm6300Reader("card-reader/desk", config, clock, post)
    reader.open()
    bench.present(CARD)
    assert failed.wait(PATIENCE_S)
    bench.present("0000000001")
    assert told(posted.wait(1)) == [(CardPresented, "desk", "0000000001")]
    reader.close()
    bench.unplug()
    assert "broken on purpose" in caplog.text
