"""The lockers of a simulated lobby as a bench: any driver on its twin."""

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from gpiozero import InputDevice

from edge import waits
from edge.config.model import Config
from edge.daemon.build import build_lockers
from edge.drivers import base
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import AllChannels, ModuleChannels
from edge.sop.events import Event
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from sim.twins.locker import SprungDoor
from tests.contract.live_lobby import LiveLobby
from tests.contract.lockers import PATIENCE_S, closed
from tests.contract.pin_bench import located
from tests.drivers.conftest import Posted

DOORS = {1: {"pin": 17, "wired": "normally-closed"}, 2: {"pin": 27}}
"""Door contacts for drivers that have none of their own."""

_NOISE = 40
_BASE: dict[str, Any] = {
    "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["pimpinan"]},
    "cards": {"visitor": ["010063E9AE"]},
}


class TwinBench:
    """Lockers of a simulated lobby, and their driver on its simulated wires."""

    def __init__(self, raw: dict[str, Any], folder: Path) -> None:
        for name, bus in raw.get("buses", {}).items():
            if "host" not in bus:
                bus["port"] = str(folder / f"bus-{name}")
        config = msgspec.convert({**_BASE, **raw}, Config)
        assert config.lockers is not None
        self._flowing: set[int] = set()
        self._most = 0
        self._taken: list[Any] = []
        with ExitStack() as stack:
            self.world = stack.enter_context(LiveLobby(config, folder))
            self.clock = clock = self.world.clock
            self._posted = Posted(clock)
            self._moved = waits.condition()
            self.factory = SimFactory()
            stack.callback(self.factory.close)
            config = located(config, self.world.lobby.hosts)
            assert config.lockers is not None
            buses = Buses(config.buses, clock)
            stack.callback(buses.close)
            modules = ModuleChannels(config, buses, clock)
            stack.callback(modules.close)
            channels = AllChannels(PinChannels(self.factory, clock), modules)
            self.driver: base.Lockers = build_lockers(
                config.lockers, buses, channels, clock, self._posted
            )
            stack.callback(self.driver.close)
            self._stack = stack.pop_all()
        self._places = {item.number: item for item in config.lockers.locker}
        doors = [part for item in self._places.values() if (part := _door(item))]
        self._pins = [part.bcm for part in doors if part.module is None]
        for number, door in self.world.lobby.lockers.items():
            door.watchers.append(partial(self._switched, number))

    def close(self) -> None:
        """Close driver and lobby."""
        self._stack.close()

    def open_door(self, locker: int) -> None:
        """Open a door without the lock, with a key."""
        self.world.do(lambda lobby: lobby.lockers[locker].force_open())

    def close_door(self, locker: int) -> None:
        """Push a door shut."""
        self.world.wait(self._door(locker).close_door())

    def is_open(self, locker: int) -> bool:
        """Return True if a door is open."""
        return self._door(locker).door_open

    def jam(self, locker: int) -> None:
        """Jam a latch."""
        self._door(locker).jammed = True

    def pulses(self, locker: int) -> int:
        """Return the number of pulses of a solenoid."""
        return self.world.do(lambda lobby: lobby.lockers[locker].pulses)

    def most_at_once(self) -> int:
        """Return the highest number of solenoids energised at the same time."""
        return self._most

    def wait_for_current(self, locker: int, *, flowing: bool) -> None:
        """Wait until a solenoid is energised, or is not."""
        with self._moved:
            assert self._moved.wait_for(lambda: (locker in self._flowing) == flowing, PATIENCE_S), (
                self._flowing
            )

    def posted(self, *events: Event) -> list[Event]:
        """Wait until all *events* are posted; return everything posted since the last call."""
        wanted = [_named(event) for event in events]
        self._posted.until(lambda seen: all(one in map(_named, seen) for one in wanted))
        return self._posted.take()

    def take_away(self) -> None:
        """Pull the plug of the line; without a line, occupy one of the driver's pins."""
        if self.world.lobby.buses:
            self.world.do(lambda lobby: lobby.buses["lockers"].port.unplug())
        else:
            self._taken = [InputDevice(self._pins[0], pin_factory=self.factory)]

    def bring_back(self) -> None:
        """Plug it in again; free the pin."""
        if self.world.lobby.buses:
            self.world.do(lambda lobby: lobby.buses["lockers"].port.plug())
        while self._taken:
            self._taken.pop().close()

    def silence(self, locker: int) -> None:
        """Switch off the board of a locker."""
        self.board(locker).fault = "dead"

    def speak(self, locker: int) -> None:
        """Switch it on again."""
        self.board(locker).fault = None

    def disturb(self) -> None:
        """Put noise on the line."""
        self.world.do(lambda lobby: lobby.buses["lockers"].noise(_NOISE))

    def _door(self, locker: int) -> SprungDoor:
        return self.world.lobby.lockers[locker]

    def board(self, locker: int) -> Any:
        """Return the twin of a locker's board."""
        address = getattr(self._places[locker], "address", None)
        boards = self.world.lobby.buses["lockers"].boards
        return next(board for board in boards if getattr(board, "address", None) == address)

    def _switched(self, locker: int, on: bool) -> None:
        with self._moved:
            (self._flowing.add if on else self._flowing.discard)(locker)
            self._most = max(self._most, len(self._flowing))
            self._moved.notify_all()


def _named(event: Event) -> tuple[Any, ...]:
    """Return an event's kind and fields, without its moment and its words for persons."""
    names = [name for name in event.__struct_fields__ if name not in ("at", "why")]
    return (type(event), *(getattr(event, name) for name in names))


def _door(locker: Any) -> Any:
    return getattr(locker, "door", None)


def bench_of(
    raw: dict[str, Any],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[TwinBench] = TwinBench,
) -> Iterator[TwinBench]:
    """Yield a bench with its driver open, all doors closed and no event posted since."""
    monkeypatch.setenv(PINS, str(folder / "pins.sock"))
    bench = kind(raw, folder)
    try:
        bench.driver.open()
        bench.posted(closed(1, initial=True), closed(2, initial=True))
        yield bench
    finally:
        bench.close()
