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
from sim.twins.card_reader import ReaderTwin, frame
from tests.sim.wiring import CARD, until


@contextmanager
def plugged(folder: Path, speed: float = 60.0) -> Iterator[ReaderTwin]:
    """Return a reader whose port is there."""
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
    """Known bytes, so that the driver's decoding meets something it did not write itself."""
    assert frame(card) == bytes.fromhex(expected)


def test_a_card_repeats_until_it_is_taken_away(tmp_path: Path) -> None:
    """Frames keep coming while the card is held, and stop with it."""

    async def run() -> None:
        with plugged(tmp_path) as reader, serial.Serial(str(reader.port.path), timeout=0) as port:
            await reader.present(CARD)
            held = reader.card
            await until(lambda: port.in_waiting >= 5 * 14)
            await reader.remove()
            heard = port.read(4096)
            assert heard == frame(CARD) * (len(heard) // 14)
            await asyncio.sleep(0.02)
            assert (held, reader.card) == (CARD, None)
            assert port.in_waiting == 0

    asyncio.run(run())


def test_noise_and_bad_checksums(tmp_path: Path) -> None:
    """Faults on command: any bytes, and a frame whose checksum is never right."""
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
    """Neither does the world block nor does a daemon find cards of yesterday."""

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
    """The port vanishes under whoever has it open, and comes back behind the same link."""
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
