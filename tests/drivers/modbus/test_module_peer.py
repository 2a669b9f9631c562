"""A module's driver with an independent device: pymodbus's TCP server."""

import asyncio
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from edge.clock import Clock
from edge.config.model import Config
from edge.config.sections.pins import Contact, Output
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import ModuleChannels
from edge.drivers.modbus.requests import READ_COILS, bits, read_bits, write_coils
from tests.contract.pin_bench import _BASE
from tests.loop_thread import LoopThread

PRESSED = 0b0000_0100  # input 3 is on


@pytest.fixture
def peer() -> Iterator[Any]:
    """Yield a module at unit 1: 8 inputs at function 2, of which 3 is on, and 16 coils."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with LoopThread() as loop:
        server = loop.run(_serve(port))
        yield SimpleNamespace(port=port, server=server, loop=loop)
        loop.run(server.shutdown())  # type: ignore[no-untyped-call]  # pymodbus leaves it untyped
        loop.run(asyncio.sleep(0))


async def _serve(port: int) -> ModbusTcpServer:
    inputs = [bool(PRESSED >> place & 1) for place in range(16)]
    server = ModbusTcpServer(
        SimDevice(
            1,
            simdata=(
                [SimData(0, values=[False] * 16, datatype=DataType.BITS)],
                [SimData(0, values=inputs, datatype=DataType.BITS)],
                [SimData(0, values=[0] * 8, datatype=DataType.REGISTERS)],
                [SimData(0, values=[0] * 8, datatype=DataType.REGISTERS)],
            ),
        ),
        address=("127.0.0.1", port),
    )
    await server.serve_forever(background=True)
    return server


def test_inputs_and_outputs_against_pymodbus(peer: Any) -> None:
    """Inputs are read right; single and joint writes arrive, and are read back as written."""
    raw = {
        "buses": {"far": {"host": f"127.0.0.1:{peer.port}", "answer_s": 1.0}},
        "modules": {"far": {"bus": "far"}},
    }
    config, clock = msgspec.convert({**_BASE, **raw}, Config), Clock()
    buses = Buses(config.buses, clock)
    channels = ModuleChannels(config, buses, clock)
    try:
        levels = [
            channels.claim_input(Contact(module="far", input=n), lambda _at, _level: None).level()
            for n in (1, 2, 3, 4)
        ]
        assert levels == [False, False, True, False]
        lamp = channels.claim_output(Output(module="far", output=5))
        lamp.set(on=True)
        line = buses.modbus("far")
        assert bits(line.exchange(1, read_bits(READ_COILS, 0, 8)), 8) == 1 << 4
        line.exchange(1, write_coils(8, [True, False, True]))
        assert bits(line.exchange(1, read_bits(READ_COILS, 8, 3)), 3) == 0b101
        channels.devices[0].reconcile()
    finally:
        channels.close()
        buses.close()
