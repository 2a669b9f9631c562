"""The card reader's twin, read through its port."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest
import serial

from edge.clock import Clock
from sim.twins.card_reader import ReaderTwin, frame, id_12la_frame
from sim.world.serial_port import deliver
from tests.sim.wiring import CARD, until


@contextmanager
def plugged(folder: Path, speed: float = 60.0) -> Iterator[ReaderTwin]:
    """Yield a reader with its port plugged in."""
    reader = ReaderTwin(folder / "tty-desk", Clock.scaled(speed), Random(1))
    reader.port.plug()
    try:
        yield reader
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (CARD, "02 30 31 30 30 36 33 45 39 41 45 32 35 03"),
        ("0000000000", "02 30 30 30 30 30 30 30 30 30 30 30 30 03"),
    ],
)
def test_the_frame_is_the_data_sheets(card: str, expected: str) -> None:
    """Known bytes: an example for the driver's decoding that the driver did not write."""
    assert frame(card) == bytes.fromhex(expected)


def test_the_other_kind_of_frame_is_its_data_sheets() -> None:
    """The ID-12LA ends a frame with CR LF 03; its example is 0C 00 06 21 A5 with XOR 8E."""
    expected = "02 30 43 30 30 30 36 32 31 41 35 38 45 0D 0A 03"
    assert id_12la_frame("0C000621A5") == bytes.fromhex(expected)


def test_two_cards_are_read_in_turns(tmp_path: Path) -> None:
    """Both cards give frames in turn, from the first frame on."""

    async def run() -> None:
        with plugged(tmp_path) as reader, serial.Serial(str(reader.port.path), timeout=0) as port:
            await reader.present(CARD, "0000000001")
            await until(lambda: port.in_waiting >= 4 * 14)
            heard = port.read(4 * 14)
            assert heard == (frame(CARD) + frame("0000000001")) * 2

    asyncio.run(run())


def test_a_reader_that_does_not_repeat_says_once_that_a_card_came(tmp_path: Path) -> None:
    """One frame per card; a dead reader sends none, and half a frame is a frame's beginning."""

    async def run() -> None:
        clock, chance = Clock.scaled(60), Random(1)
        reader = ReaderTwin(tmp_path / "tty", clock, chance, id_12la_frame, repeats=False)
        reader.port.plug()
        with serial.Serial(str(reader.port.path), timeout=0) as port:
            await reader.present(CARD)
            await asyncio.sleep(0.02)
            assert port.read(99) == id_12la_frame(CARD)
            reader.dead = True
            await reader.present(CARD)
            assert port.read(99) == b""
            reader.half_frame(CARD)
            half = port.read(99)
            assert frame(CARD).startswith(half)
            assert 2 <= len(half) <= 12
        reader.close()

    asyncio.run(run())


def test_a_card_repeats_until_it_is_taken_away(tmp_path: Path) -> None:
    """Frames repeat while the card is held, and stop when it is removed."""

    async def run() -> None:
        with plugged(tmp_path) as reader, serial.Serial(str(reader.port.path), timeout=0) as port:
            await reader.present(CARD)
            held = reader.card
            await until(lambda: port.in_waiting >= 5 * 14)
            await reader.remove()
            heard = b""
            while more := port.read(4096):
                heard += more
                deliver(port.fileno())  # what is on its way
            assert heard == frame(CARD) * (len(heard) // 14)
            await asyncio.sleep(0.02)
            assert (held, reader.card) == (CARD, None)
            assert port.in_waiting == 0

    asyncio.run(run())


def test_noise_and_bad_checksums(tmp_path: Path) -> None:
    """Faults on command: any bytes, and a frame with a wrong checksum."""
    with plugged(tmp_path) as reader, serial.Serial(str(reader.port.path), timeout=1) as port:
        reader.noise(9)
        assert len(port.read(9)) == 9
        for _ in range(20):
            reader.bad_checksum(CARD)
            wrong, right = port.read(14), frame(CARD)
            assert wrong[:11] == right[:11]
            assert wrong[11:13] != right[11:13]
            assert wrong[13:] == right[13:]


def test_a_port_that_nobody_reads_loses_bytes(tmp_path: Path) -> None:
    """Unread bytes are dropped: the simulation never blocks, and the daemon gets no old cards."""

    async def run() -> None:
        with plugged(tmp_path) as reader:
            for _ in range(300):
                reader.noise(100)
                await asyncio.sleep(0.0005)
            unread = 0
            descriptor = os.open(reader.port.path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
            with suppress(BlockingIOError):
                while chunk := os.read(descriptor, 65536):
                    unread += len(chunk)
            os.close(descriptor)
            assert 0 < unread < 8192

    asyncio.run(run())


def test_unplugging_is_noticed_and_replugging_keeps_the_name(tmp_path: Path) -> None:
    """The port vanishes for a process that has it open, and comes back behind the same link."""
    with plugged(tmp_path) as reader:
        with serial.Serial(str(reader.port.path), timeout=1) as port:
            reader.port.unplug()
            with pytest.raises(serial.SerialException):
                port.read(1)
        assert not reader.port.path.exists()
        reader.noise(3)
        reader.port.plug()
        with serial.Serial(str(reader.port.path), timeout=1) as port:
            reader.bad_checksum(CARD)
            assert len(port.read(14)) == 14
    assert not reader.port.path.is_symlink()
