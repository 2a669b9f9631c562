"""Scanners and readers that type: behaviour beyond the contracts, on their twins."""

import errno
import fcntl
import gc
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from edge.clock import Clock, Stamp
from edge.config.sections.card_readers import KeyboardCardReader as ReaderSection
from edge.config.sections.card_readers import KeyboardScanner as ScannerSection
from edge.drivers.hid.input_port import InputPort
from edge.drivers.hid.keyboard import KeyboardCardReader, KeyboardScanner
from edge.errors import DeviceUnavailable
from edge.sop.events import (
    DeviceFailed,
    DeviceRestored,
    InputRefused,
    InvitationPresented,
    InvitationRefused,
)
from sim.twins.keyboard import KeyboardScannerTwin, press
from tests.drivers.conftest import Posted, told
from tests.own_time import Own

NAME = "scanner/desk"
LONG = "GOOD" + "ABCDEFGHIJ234567" * 30
Grab = Callable[[int, int, int], int]


def read(text: str, reader: str, at: Stamp) -> InvitationPresented | InvitationRefused:
    """Accept codes that begin with GOOD; the rest of the text is the id."""
    if not text.startswith("GOOD"):
        return InvitationRefused(at, reader, "not an invitation")
    return InvitationPresented(at, reader, text[4:], "pimpinan", 7000)


class Rig:
    """A scanner's driver and its twin."""

    def __init__(self, folder: Path, own: Own) -> None:
        clock, loop = own.clock, own.loop
        self.posted = Posted(clock)
        self.loop = loop
        self.twin = KeyboardScannerTwin(folder / "scanner", clock, Random(1))
        loop.call(self.twin.port.plug)
        own.keeper.deliver_first(self.twin.port.deliver)
        config = ScannerSection(port=str(folder / "scanner"), stations=["x"], repeat_s=3000)
        self.driver = KeyboardScanner(NAME, config, read, clock, self.posted)

    def show(self, code: str) -> None:
        """Show *code* until the next one."""
        self.loop.run(self.twin.show(code))


@pytest.fixture
def rig(own_time: Own, tmp_path: Path) -> Iterator[Rig]:
    """Yield a scanner with its driver open."""
    before = threading.active_count()
    rig = Rig(tmp_path, own_time)
    rig.driver.open()
    yield rig
    rig.driver.close()
    rig.loop.call(rig.twin.close)
    assert threading.active_count() == before


def test_a_code_is_posted_once_however_long_it_is_shown(rig: Rig) -> None:
    """A good code gives its content, another its reason; repeats are not posted."""
    rig.show("GOOD1")
    rig.posted.wait(1)
    rig.show("other: [{(<|>)}]")
    rig.posted.wait(2)
    rig.show(LONG)
    assert told(rig.posted.wait(3)) == [
        (InvitationPresented, "desk", "1", "pimpinan", 7000, None),
        (InvitationRefused, "desk", "not an invitation"),
        (InvitationPresented, "desk", LONG[4:], "pimpinan", 7000, None),
    ]


@pytest.mark.parametrize("added", ["\\000026", "]Q1", "]Q2\\000026", "  "])
def test_what_the_scanner_adds_is_no_part_of_the_code(rig: Rig, added: str) -> None:
    """An ECI or an AIM identifier is typed before the code and is not part of it."""
    rig.show(added + "GOOD1")
    assert rig.posted.wait_for(InvitationPresented).invitation == "1"


def test_a_code_without_enter_ends_with_silence(rig: Rig) -> None:
    """A scanner without a suffix works: silence ends the code."""
    rig.twin.end = None
    rig.show("GOOD1")
    assert rig.posted.wait_for(InvitationPresented).invitation == "1"


def test_keys_of_no_character_are_refused_input(rig: Rig) -> None:
    """A text with a function key is counted for the device, and the next code is read."""
    rig.loop.call(lambda: rig.twin.port.send(press(59) + press(28)))
    assert told([rig.posted.wait_for(InputRefused)]) == [
        (InputRefused, NAME, "a key that types no character")
    ]
    rig.show("GOOD1")
    rig.posted.wait_for(InvitationPresented)


def test_a_scanner_that_vanishes_is_restored_when_it_is_back(rig: Rig) -> None:
    """A scanner plugged in again under another number is found under its name."""
    rig.loop.call(rig.twin.port.unplug)
    assert rig.posted.wait_for(DeviceFailed).device == NAME
    rig.loop.call(rig.twin.port.plug)
    rig.posted.wait_for(DeviceRestored)
    rig.show("GOOD1")
    rig.posted.wait_for(InvitationPresented)


def test_nothing_that_is_typed_is_logged(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """A code may hold a guest's name: its text is neither logged nor posted."""
    caplog.set_level(0)
    rig.show("SITI AMINAH")
    rig.posted.wait_for(InvitationRefused)
    rig.driver.close()
    assert "SITI" not in caplog.text
    assert "SITI" not in repr(rig.posted.take())


@pytest.fixture
def port() -> Iterator[str]:
    """Yield a pseudo-terminal's name."""
    ours, theirs = os.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def open_files() -> int:
    """Return the number of files that this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def with_grab(monkeypatch: pytest.MonkeyPatch, number: int | None) -> list[tuple[int, int]]:
    """Let the kernel answer a grab with error *number*, or accept it; return what it was asked."""
    asked: list[tuple[int, int]] = []

    def ioctl(_file: int, request: int, value: int) -> int:
        asked.append((request, value))
        if number is not None:
            raise OSError(number, os.strerror(number))
        return 0

    monkeypatch.setattr(fcntl, "ioctl", ioctl)
    return asked


def test_the_device_is_grabbed_as_the_kernel_defines_it(
    port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EVIOCGRAB is _IOW('E', 0x90, int) with 1: what is typed never reaches the console."""
    asked = with_grab(monkeypatch, None)
    InputPort(port, 0.1).close()
    assert asked == [(1 << 30 | 4 << 16 | ord("E") << 8 | 0x90, 1)]


def test_a_device_that_cannot_be_grabbed_is_not_used(
    port: str, monkeypatch: pytest.MonkeyPatch, clock: Clock, posted: Posted
) -> None:
    """Without the grab a card number would appear on the console: the reader is unavailable."""
    with_grab(monkeypatch, errno.EBUSY)
    gc.collect()  # files that earlier tests have left to it
    before = open_files()
    config = ReaderSection(port=port, stations=["x"], number="hex")
    with pytest.raises(DeviceUnavailable, match="could not open") as caught:
        KeyboardCardReader("card-reader/desk", config, clock, posted).open()
    assert "grabbed" in caught.value.remedy
    assert open_files() == before


def test_a_reader_that_is_not_there_has_its_remedy(
    tmp_path: Path, clock: Clock, posted: Posted
) -> None:
    """A missing device raises with device and name, and points to /dev/input/by-id/."""
    config = ReaderSection(port=str(tmp_path / "no-event-kbd"), stations=["x"], number="hex")
    with pytest.raises(DeviceUnavailable, match=r"^card-reader/desk: .*no-event-kbd") as caught:
        KeyboardCardReader("card-reader/desk", config, clock, posted).open()
    assert "/dev/input/by-id/" in caught.value.remedy
