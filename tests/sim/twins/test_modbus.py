"""The relay boards' twins, driven by pymodbus, an independent implementation of Modbus."""

import asyncio
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import ModbusSerialClient
from pymodbus.pdu import ModbusPDU

from edge.clock import Clock
from edge.config.sections.buses import Bus
from sim.twins.bus import BusTwin
from sim.twins.modbus import R421a08Twin, RelayBoardTwin, WaveshareTwin, crc
from tests.loop_thread import LoopThread

CLOCK = Clock.scaled(20)


class Flash(ModbusPDU):
    """Waveshare's use of function 5: tenths of a second instead of on or off."""

    function_code = 5
    rtu_frame_size = 8

    def encode(self) -> bytes:
        """Return address and value."""
        return struct.pack(">HH", self.address, self.count)

    def decode(self, data: bytes) -> None:
        """Set address and value."""
        self.address, self.count = struct.unpack(">HH", data[:4])


class Line:
    """A Waveshare board at 1 and an R421A08 at 2 on one line, and a pymodbus client at its end."""

    def __init__(self, loop: LoopThread, path: Path) -> None:
        self.loop = loop
        self.twin = loop.call(lambda: BusTwin(path, Bus(port=str(path), answer_s=0.1), Random(1)))
        self.waveshare = WaveshareTwin(self.twin, 1, 8, CLOCK)
        self.r421a08 = R421a08Twin(self.twin, 2, 8, CLOCK)
        loop.call(self.twin.port.plug)
        self.client = ModbusSerialClient(str(path), baudrate=9600, timeout=0.3, retries=0)
        assert self.client.connect()

    def wait_off(self, board: RelayBoardTwin) -> None:
        """Wait until no relay of *board* is on."""

        async def until() -> None:
            async with asyncio.timeout(5):
                while any(relay.on for relay in board.relays.values()):
                    await asyncio.sleep(0.001)

        self.loop.run(until())


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    """Yield both kinds of board, and the client."""
    with LoopThread() as loop:
        line = Line(loop, tmp_path / "bus-relays")
        yield line
        line.client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
        loop.call(line.twin.close)


def coils(line: Line) -> list[bool]:
    """Read the Waveshare's relays."""
    answer = line.client.read_coils(0, count=8, device_id=1)
    assert not answer.isError(), answer
    return list(answer.bits[:8])


def test_waveshare_coils(line: Line) -> None:
    """On, off, all on, all off, with pymodbus's own requests and answers."""
    assert not line.client.write_coil(2, True, device_id=1).isError()
    assert coils(line) == [False, False, True, False, False, False, False, False]
    assert not line.client.write_coil(2, False, device_id=1).isError()
    assert coils(line) == [False] * 8
    assert not line.client.write_coil(0x00FF, True, device_id=1).isError()
    assert coils(line) == [True] * 8
    assert not line.client.write_coil(0x00FF, False, device_id=1).isError()
    assert coils(line) == [False] * 8


def test_waveshare_flash(line: Line) -> None:
    """On or off for a number of tenths of a second; the answer echoes the request."""
    line.client.register(Flash)
    moved: list[tuple[bool, int]] = []
    line.waveshare.relays[4].watch = lambda on, at: moved.append((on, at))
    answer = line.client.execute(False, Flash(address=0x0203, count=7, dev_id=1))
    assert (answer.address, answer.count) == (0x0203, 7)
    line.wait_off(line.waveshare)
    (on, begun), (off, ended) = moved
    assert (on, off, ended - begun) == (True, False, 700_000_000)
    line.client.execute(False, Flash(address=0x0403, count=5, dev_id=1))
    assert not line.waveshare.relays[4].on  # it was off; it comes on afterwards
    line.loop.run(_until_on(line.waveshare, 4))


async def _until_on(board: RelayBoardTwin, channel: int) -> None:
    async with asyncio.timeout(5):
        while not board.relays[channel].on:
            await asyncio.sleep(0.001)


def test_r421a08_registers(line: Line) -> None:
    """Commands are in the high byte; the status is read one register at a time."""

    def write(channel: int, value: int) -> None:
        answer = line.client.write_register(channel, value, device_id=2)
        assert not answer.isError(), answer
        assert (answer.address, list(answer.registers)) == (channel, [value])

    def status(channel: int) -> int:
        answer = line.client.read_holding_registers(channel, count=1, device_id=2)
        assert not answer.isError(), answer
        return int(answer.registers[0])

    write(1, 0x0100)
    assert (status(1), status(2)) == (1, 0)
    write(2, 0x0400)
    assert (status(1), status(2)) == (0, 1)
    write(2, 0x0300)
    assert status(2) == 0
    write(3, 0x0602)
    assert status(3) == 1
    write(3, 0x0200)
    assert status(3) == 0
    write(3, 0x0500)
    line.wait_off(line.r421a08)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda client: client.write_coil(8, True, device_id=1), 2),
        (lambda client: client.read_coils(4, count=5, device_id=1), 2),
        (lambda client: client.read_discrete_inputs(0, count=1, device_id=1), 1),
        (lambda client: client.write_register(9, 0x0100, device_id=2), 2),
        (lambda client: client.write_register(1, 0x0900, device_id=2), 3),
        (lambda client: client.read_holding_registers(1, count=2, device_id=2), 3),
        (lambda client: client.write_coil(1, True, device_id=2), 1),
    ],
)
def test_what_a_board_cannot_do_it_refuses(line: Line, ask: Any, code: int) -> None:
    """The board answers with the exception of Modbus, as pymodbus reads it."""
    answer = ask(line.client)
    assert (answer.isError(), answer.exception_code) == (True, code)


def test_a_busy_board_says_so(line: Line) -> None:
    """Exception 6, and the relay does not move."""
    line.loop.call(lambda: setattr(line.waveshare, "busy", True))
    answer = line.client.write_coil(0, True, device_id=1)
    assert (answer.isError(), answer.exception_code) == (True, 6)
    assert not line.waveshare.relays[1].on


WORKED = [
    ("01 05 00 00 FF 00 8C 3A", "01 05 00 00 FF 00 8C 3A"),
    ("01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0"),
    ("01 05 00 FF 00 00 FD FA", "01 05 00 FF 00 00 FD FA"),
]


@contextmanager
def spoken() -> Iterator[tuple[RelayBoardTwin, RelayBoardTwin, bytearray]]:
    """Yield two boards at addresses 1 and 9, and the buffer of their answers, without a port."""
    said = bytearray()
    bus = BusTwin(Path("nowhere"), Bus(port="nowhere"), Random(1))
    bus.port.send = said.extend  # type: ignore[assignment, method-assign]
    yield WaveshareTwin(bus, 1, 8, CLOCK), R421a08Twin(bus, 9, 8, CLOCK), said


@pytest.mark.parametrize(("request_", "answer"), WORKED)
def test_waveshare_worked_examples(request_: str, answer: str) -> None:
    """The bytes are those of the boards' manual, independent of our checksum code."""

    async def run() -> None:
        with spoken() as (board, _other, said):
            board.hear(bytes.fromhex(request_))
            assert said == bytes.fromhex(answer)

    asyncio.run(run())


def test_r421a08_worked_examples() -> None:
    """The manual's frames for on, for its status and for a moment."""

    async def run() -> None:
        with spoken() as (other, board, said):
            board.address, other.address = 1, 9
            board.hear(bytes.fromhex("01 06 00 01 01 00 D9 9A"))
            board.hear(bytes.fromhex("01 03 00 01 00 01 D5 CA"))
            board.hear(bytes.fromhex("01 06 00 03 05 00 7A 9A"))
            assert said == bytes.fromhex(
                "01 06 00 01 01 00 D9 9A 01 03 02 00 01 79 84 01 06 00 03 05 00 7A 9A"
            )

    asyncio.run(run())


@given(
    st.lists(st.sampled_from([*(bytes.fromhex(ask) for ask, _ in WORKED), b"noise", b"\x01\x05"])),
    st.lists(st.integers(1, 20)),
)
def test_requests_are_found_however_the_bytes_are_split(
    pieces: list[bytes], cuts: list[int]
) -> None:
    """Noise, other frames and any split of the bytes hide no request."""

    async def run() -> None:
        with spoken() as (board, _other, said):
            stream, at = b"".join(pieces), 0
            for cut in [*cuts, len(stream)]:
                board.hear(stream[at : at + cut])
                at += cut
            sound = [piece for piece in pieces if len(piece) == 8]
            assert bytes(said) == b"".join(sound)

    asyncio.run(run())


@given(st.binary(max_size=64))
def test_the_checksum_is_pymodbus_own(message: bytes) -> None:
    """Two independent computations give the same check bytes."""
    from pymodbus.framer.rtu import FramerRTU

    assert crc(message) == FramerRTU.compute_CRC(message).to_bytes(2, "big")
