"""The daemon's devices on a module that is lost: one fault, no flood, and all as before after."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.clock import ENVIRONMENT, Clock
from edge.config.model import Config
from edge.daemon.build import build_devices
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import AllChannels, ModuleChannels
from edge.sop.effects import HoldDoor
from edge.sop.events import DeviceFailed, DeviceRestored, InputAlarmed, InputRestored
from edge.store.still_files import StillFiles
from sim.world.lobby import Lobby
from tests.contract.pin_bench import _BASE, located
from tests.drivers.conftest import Posted, told
from tests.longer import slow

pytestmark = slow

FAR: dict[str, Any] = {"module": "floor-2"}
SECTIONS: dict[str, Any] = {
    "buses": {"floors": {"host": "127.0.0.1:1"}},
    "modules": {"floor-2": {"driver": "waveshare-relay-d", "bus": "floors"}},
    "safety": {"fire": {**FAR, "input": 1}},
    "doors": {
        "kantor": {
            "procedures": ["jatim"],
            "strike": {**FAR, "output": 1},
            "contact": {**FAR, "input": 2},
        }
    },
    "panels": {
        "desk": {
            "stations": ["reception"],
            "lamp": {**FAR, "output": 2},
            "buttons": [{**FAR, "input": 3, "press": "done"}],
        }
    },
    "aiphone": {
        "adc": {
            "procedures": ["jatim"],
            "ring": {**FAR, "output": 3},
            "accept": {**FAR, "input": 4},
        }
    },
}


@pytest.mark.parametrize("at_start", [False, True])
def test_a_lost_module_is_one_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_start: bool
) -> None:
    """Four devices on one module: one DeviceFailed, one alarm of the loop; all end once."""
    clock = Clock()
    monkeypatch.setenv(ENVIRONMENT, clock.to_environment())
    config = msgspec.convert({**_BASE, **SECTIONS}, Config)
    posted = Posted(clock)

    async def until(true: Any) -> None:
        async with asyncio.timeout(15):
            while not true():
                await asyncio.sleep(0.02)

    async def scene() -> None:
        async with Lobby(config, tmp_path, clock, seed=1) as lobby:
            here = located(config, lobby.hosts)
            twin = lobby.modules["floor-2"]
            twin.fault = "dead" if at_start else None
            buses = Buses(here.buses, clock)
            modules = ModuleChannels(here, buses, clock)
            channels = AllChannels(None, modules)
            devices = build_devices(
                here, clock, posted, StillFiles(tmp_path), channels, buses=buses
            )
            running = asyncio.create_task(devices.run())
            if not at_start:
                await until(lambda: all(thread.ready for thread in devices.threads))
                devices.show("desk", "on")
                await until(lambda: twin.outputs[2].on)
                assert set(devices.states({}).values()) == {"ok"}
                posted.take()
                twin.fault = "dead"
            await until(lambda: any(isinstance(one, DeviceFailed) for one in posted.events))
            devices.carry_out(HoldDoor(door="kantor", released=True))
            devices.show("desk", "on")
            await until(lambda: _silent(devices.states({})) == set(devices.states({})))
            failed, alarm = _kinds(posted, DeviceFailed), _kinds(posted, InputAlarmed)
            assert [one[:2] for one in failed] == [(DeviceFailed, "module/floor-2")]
            assert alarm == [(InputAlarmed, "fire", at_start, "")]
            posted.take()
            lobby.header["input 1 of floor-2"].tie(1, clock.boot_ns())
            twin.outputs[1].set(False)
            twin.outputs[2].set(False)
            twin.fault = None
            await until(lambda: set(devices.states({}).values()) == {"ok"})
            await until(lambda: twin.outputs[1].on and twin.outputs[2].on)
            over = (InputRestored, "fire", False, "")
            await until(lambda: over in _kinds(posted, InputRestored))
            assert _kinds(posted, DeviceRestored) == [(DeviceRestored, "module/floor-2", None)]
            assert _kinds(posted, DeviceFailed) == []
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await devices.close()
            assert not any(relay.on for relay in twin.outputs.values())
            await asyncio.to_thread(channels.close)

    asyncio.run(scene())


def _silent(states: dict[str, str]) -> set[str]:
    """Return the devices whose state names the module."""
    return {name for name, state in states.items() if "module/floor-2" in state}


def _kinds(posted: Posted, kind: type) -> list[tuple[Any, ...]]:
    return told([event for event in posted.events if isinstance(event, kind)])
