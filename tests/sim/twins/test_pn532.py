"""The PN532's twin, addressed through its port with frames from its data sheet."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import serial

from edge.clock import Clock
from sim.twins.pn532 import Pn532Twin
from tests.loop_thread import LoopThread

ACK = bytes.fromhex("00 00 FF 00 FF 00")
WAKE = b"\x55\x55" + bytes(14)
SAM = bytes.fromhex("00 00 FF 05 FB D4 14 01 14 01 02 00")
SAM_DONE = bytes.fromhex("00 00 FF 02 FE D5 15 16 00")
TWO_TRIES = bytes.fromhex("00 00 FF 06 FA D4 32 05 FF 01 01 F4 00")
LIST = bytes.fromhex("00 00 FF 04 FC D4 4A 01 00 E1 00")
LIST_TWO = bytes.fromhex("00 00 FF 04 FC D4 4A 02 00 E0 00")
NONE = bytes.fromhex("00 00 FF 03 FD D5 4B 00 E0 00")
ONE = bytes.fromhex("00 00 FF 0C F4 D5 4B 01 01 00 04 08 04 DE AD BE EF 96 00")
ERROR = bytes.fromhex("00 00 FF 01 FF 7F 81 00")


class Desk:
    """The twin, and the port as the daemon opens it."""

    def __init__(self, twin: Pn532Twin, port: serial.Serial, loop: LoopThread) -> None:
        self.twin = twin
        self.loop = loop
        self._port = port

    def ask(self, message: bytes, size: int) -> bytes:
        """Send *message* and return *size* bytes of the answer."""
        self._port.write(message)
        return bytes(self._port.read(size))

    def wake(self) -> None:
        """Wake the chip, and set it to answer "none" without a card."""
        assert self.ask(WAKE + SAM, 15) == ACK + SAM_DONE
        assert self.ask(TWO_TRIES, 15)[:6] == ACK


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Yield a sleeping chip."""
    with LoopThread() as loop:
        twin = Pn532Twin(tmp_path / "tty-desk", Clock.scaled(60), Random(1))
        loop.call(twin.port.plug)
        with serial.Serial(str(twin.port.path), timeout=0.3) as port:
            yield Desk(twin, port, loop)
        loop.call(twin.close)


def test_it_sleeps_until_it_is_woken(desk: Desk) -> None:
    """A driver that does not wake it gets no answer."""
    assert desk.ask(SAM, 1) == b""
    assert desk.ask(WAKE + SAM, 15) == ACK + SAM_DONE


def test_the_worked_example_byte_for_byte(desk: Desk) -> None:
    """One card, no card, and a frame split at any place."""
    desk.wake()
    assert desk.ask(LIST, 16) == ACK + NONE
    desk.loop.run(desk.twin.present("DEADBEEF"))
    assert desk.ask(LIST, 25) == ACK + ONE
    for place in range(1, len(LIST)):
        assert desk.ask(LIST[:place], 0) == b""
        assert desk.ask(LIST[place:], 25) == ACK + ONE


def test_two_cards_are_listed_only_to_who_asks_for_two(desk: Desk) -> None:
    """Two cards are listed in order, each with its number; a request for one lists one."""
    desk.wake()
    desk.loop.run(desk.twin.present("DEADBEEF", "04A2241A2B3C80"))
    assert desk.ask(LIST, 25) == ACK + ONE
    listed = desk.ask(LIST_TWO, 6 + 31)
    assert listed.startswith(ACK + bytes.fromhex("00 00 FF 18 E8 D5 4B 02 01"))
    assert bytes.fromhex("02 00 04 08 07 04 A2 24 1A 2B 3C 80") in listed


def test_without_settings_it_looks_until_it_is_told_to_give_up(desk: Desk) -> None:
    """The chip's own default: it polls without an answer until a card comes."""
    assert desk.ask(WAKE + SAM, 15) == ACK + SAM_DONE
    assert desk.ask(LIST, 16) == ACK
    desk.loop.run(desk.twin.present("DEADBEEF"))
    assert desk.ask(b"", 19) == ONE
    desk.loop.run(desk.twin.remove())
    assert desk.ask(LIST, 6) == ACK
    assert desk.ask(ACK, 1) == b""
    desk.loop.run(desk.twin.present("DEADBEEF"))
    assert desk.ask(b"", 1) == b""


def test_a_wrong_frame_gets_the_error_frame(desk: Desk) -> None:
    """A wrong checksum of the driver gets an error frame."""
    desk.wake()
    assert desk.ask(LIST[:-2] + b"\x00\x00", 8) == ERROR
    assert desk.ask(bytes.fromhex("00 00 FF 02 FE D4 99 93 00"), 14) == ACK + ERROR


def test_faults(desk: Desk) -> None:
    """Half an answer, a wrong sum, no answer, no power."""
    desk.wake()
    desk.twin.fault = "half"
    assert desk.ask(LIST, 16) == ACK + NONE[:5]
    desk.twin.fault = "wrong-sum"
    assert desk.ask(LIST, 16) == ACK + NONE[:-2] + bytes((NONE[-2] ^ 0x55, 0))
    desk.twin.fault = "deaf-mute"
    assert desk.ask(LIST, 16) == ACK
    desk.twin.fault = "dead"
    assert desk.ask(LIST, 1) == b""
    desk.twin.fault = None
    assert desk.ask(LIST, 1) == b""  # it was without power, and sleeps
    desk.wake()
    desk.twin.bad_checksum()
    assert desk.ask(LIST, 16) != ACK + NONE
    assert desk.ask(LIST, 16) == ACK + NONE
    desk.loop.call(lambda: desk.twin.noise(7))
    assert len(desk.ask(b"", 7)) == 7
