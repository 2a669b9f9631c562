"""Our driver with an independent board: pymodbus's serial server behind a pseudo-terminal."""

import asyncio
import struct
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusSerialServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.clock import Clock
from edge.config.sections.buses import Bus
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.drivers.modbus.relay_boards import R421a08, RelayBoard, Waveshare
from edge.drivers.modbus.rtu import RtuLine
from edge.drivers.serial.bus import SerialBus
from edge.errors import DeviceFault, DeviceUnavailable, ProtocolError
from sim.world.serial_port import SerialPort
from tests.longer import slow
from tests.loop_thread import LoopThread

WAVESHARE = WaveshareLockers(bus="relays", pulse_s=0.7, locker=[])
R421A08 = R421a08Lockers(bus="relays", command="delay", pulse_s=2.0, locker=[])


class FlashServed(ModbusPDU):
    """Function 5 as a Waveshare board handles it: recorded, and echoed."""

    function_code = 5
    rtu_frame_size = 8
    taken: list[tuple[int, int, int]] = []  # noqa: RUF012 - pymodbus makes the instances

    def encode(self) -> bytes:
        """Return address and value."""
        return struct.pack(">HH", self.address, self.count)

    def decode(self, data: bytes) -> None:
        """Read address and value."""
        self.address, self.count = struct.unpack(">HH", data[:4])

    async def datastore_update(self, _context: Any, device_id: int) -> ModbusPDU:
        """Record address and value."""
        self.taken.append((device_id, self.address, self.count))
        return self


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Any]:
    """Yield a line with pymodbus at its far end: a board at 1 with coil 2 on, registers 1-8."""
    FlashServed.taken.clear()
    with LoopThread() as loop:
        far = SerialPort(tmp_path / "far", lambda message: near.send(message))  # noqa: PLW0108
        near = SerialPort(tmp_path / "near", far.send)  # each needs the other
        loop.call(near.plug)
        loop.call(far.plug)
        server = loop.run(_serve(tmp_path / "far"))
        bus = SerialBus("bus/relays", Bus(port=str(tmp_path / "near"), answer_s=0.5))
        yield SimpleNamespace(bus=bus, server=server, loop=loop)
        bus.close()
        loop.run(server.shutdown())  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
        loop.call(near.unplug)
        loop.call(far.unplug)


async def _serve(port: Path) -> ModbusSerialServer:
    bits = [False, False, True] + [False] * 13
    server = ModbusSerialServer(
        SimDevice(
            1,
            simdata=(
                [SimData(0, values=bits, datatype=DataType.BITS)],
                [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
                [SimData(1, values=[0, 0, 1, 0, 0, 0, 0, 0], datatype=DataType.REGISTERS)],
                [SimData(1, values=[0], datatype=DataType.REGISTERS)],
            ),
        ),
        port=str(port),
        baudrate=9600,
        custom_pdu=[FlashServed],
        ignore_missing_devices=True,
    )
    await server.serve_forever(background=True)
    return server


def board_of(kind: Any, bus: SerialBus, refused: list[str], address: int = 1) -> RelayBoard:
    """Return the driver's side of the board at *address*."""
    line = RtuLine(bus, 0.5, Clock(), None)
    return RelayBoard("lockers", kind, address, [1, 3], line, Clock(), 0.7, refused.append)


def test_waveshare_against_pymodbus(peer: Any) -> None:
    """Coils are read right, and writes arrive as they were sent."""
    refused: list[str] = []
    board = board_of(Waveshare(WAVESHARE), peer.bus, refused)
    assert board.on() == {3}
    board.pulse(3, shut=lambda: True)
    with pytest.raises(DeviceFault, match="relay 3 cannot be switched off"):
        board.rest()  # the peer records writes to coils without effect
    assert FlashServed.taken == [(1, 0x0202, 7), (1, 0x00FF, 0x0000)]
    assert refused == []


def test_r421a08_against_pymodbus(peer: Any) -> None:
    """Registers are read and written by the functions of the standard."""
    refused: list[str] = []
    board = board_of(R421a08(R421A08), peer.bus, refused)
    assert board.on() == {3}
    board.pulse(1, shut=lambda: True)
    assert peer.loop.run(peer.server.context.async_getValues(1, 3, 1, 3)) == [0x0602, 0, 1]
    with pytest.raises(DeviceFault, match="relay 1, 3 cannot be switched off"):
        board.rest()  # the peer's registers are plain memory: they hold the command
    assert peer.loop.run(peer.server.context.async_getValues(1, 3, 1, 3)) == [0x0200, 0, 0x0200]
    assert refused == []


def test_an_exception_of_pymodbus_is_a_fault(peer: Any) -> None:
    """A missing register is refused by the peer, and reported in its words."""
    refused: list[str] = []
    line = RtuLine(peer.bus, 0.5, Clock(), None)
    board = RelayBoard("lockers", R421a08(R421A08), 1, [99], line, Clock(), 2.0, refused.append)
    with pytest.raises(DeviceFault, match="illegal data address"):
        board.on()
    assert refused == ["refused by the board"]


@slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(answer=st.binary(max_size=12))
def test_any_answer_ends_in_one_of_our_errors(tmp_path_factory: Any, answer: bytes) -> None:
    """Any answer ends in an error of ours, and no relay counts as on."""

    async def anew() -> SerialPort:
        port = SerialPort(tmp_path_factory.mktemp("line") / "tty", lambda _m: port.send(answer))
        port.plug()
        return port

    with LoopThread() as loop:
        port = loop.run(anew())
        bus = SerialBus("bus/relays", Bus(port=str(port.path), answer_s=0.005))
        board = board_of(Waveshare(WAVESHARE), bus, [])
        with pytest.raises((DeviceFault, DeviceUnavailable, ProtocolError)):
            board._ask(board._kind.pulse(1))
        bus.close()
        loop.call(port.unplug)
        loop.run(asyncio.sleep(0))
