"""Shared by the benches of drivers on pins and modules: a simulated lobby, the posted events."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from edge.clock import Clock
from edge.config.model import Config
from edge.drivers.channels import Channels
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.modbus.buses import Buses
from edge.drivers.modbus.module_channels import AllChannels, ModuleChannels
from edge.errors import DeviceFault
from edge.sop.events import Post
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from sim.world.lobby import Lobby
from tests.contract.live_lobby import LiveLobby
from tests.drivers.conftest import Posted, said
from tests.own_time import Own, in_own_time

Said = tuple[Any, ...]
"""An event without its moment and remedy: its class, then its fields."""

_BASE: dict[str, Any] = {
    "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["jatim"]},
    "cards": {"visitor": ["010063E9AE"]},
}

Build = Callable[[Config, Channels, Clock, Post], Any]
InTime = Callable[[], AbstractContextManager[Own]]


class PinBench:
    """One driver on the pins of a simulated lobby, or on a module there.

    :param raw: the config sections of the lobby, with pins
    :param build: makes the driver under test
    :cvar wires: where its parts are wired: ``pins``, or a module on a bus of that protocol
    """

    wires = "pins"

    def __init__(self, raw: dict[str, Any], folder: Path, in_time: InTime, build: Build) -> None:
        if self.wires != "pins":
            raw = on_module(raw, self.wires, folder)
        config = msgspec.convert({**_BASE, **raw}, Config)
        with ExitStack() as stack:
            self.world = stack.enter_context(LiveLobby(config, folder, in_time))
            self.clock = clock = self.world.clock
            self._posted = Posted(clock)
            self.factory = SimFactory()
            stack.callback(self.factory.close)
            config = located(config, self.lobby.hosts)
            self.buses = Buses(config.buses, clock)
            stack.callback(self.buses.close)
            modules = ModuleChannels(config, self.buses, clock)
            stack.callback(modules.close)
            channels = AllChannels(PinChannels(self.factory, clock), modules)
            self.driver = build(config, channels, clock, self._posted)
            stack.callback(self.driver.close)
            self._stack = stack.pop_all()

    @classmethod
    @contextmanager
    def made(
        cls,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        *wiring: Any,
        in_time: InTime = in_own_time,
    ) -> Iterator[Self]:
        """Make a bench in *folder* with its driver open and no event posted since."""
        monkeypatch.setenv(PINS, str(folder / "pins.sock"))
        bench = cls(folder, in_time, *wiring)  # type: ignore[arg-type]  # a subclass's own wiring
        with bench._stack:
            bench.driver.open()
            bench.posted()
            yield bench

    @property
    def lobby(self) -> Lobby:
        """The lobby; use it through ``world`` only."""
        return self.world.lobby

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""
        needed = Counter(wanted)
        self._posted.until(lambda events: needed <= Counter(map(said, events)))
        return [said(event) for event in self._posted.take()]

    def fault(self) -> str:
        """Read the levels again and again, as the daemon does, until a fault; return its text."""
        while True:
            try:
                self.driver.reconcile()
            except DeviceFault as error:
                return str(error)
            self.clock.sleep(0.1)


# Keys of outputs; all other parts are contacts.
_OUTPUTS = {"ring", "strike", "lamp", "relay", "buzzer", "white", "green", "blue", "amber", "red"}


def on_module(raw: dict[str, Any], protocol: str, folder: Path) -> dict[str, Any]:
    """Return the config *raw* with all parts on the module ``far`` instead of on pins."""
    used = {"input": 0, "output": 0}

    def moved(key: str, value: Any) -> Any:
        if isinstance(value, list):
            return [moved(key, one) for one in value]
        if not isinstance(value, dict):
            return value
        inner = {name: moved(name, one) for name, one in value.items()}
        if "pin" not in inner:
            return inner
        channel = "output" if key in _OUTPUTS else "input"
        used[channel] += 1
        rest = {name: inner[name] for name in inner if name not in ("pin", "pull", "active")}
        return {"module": "far", channel: used[channel], **rest}

    place: dict[str, Any] = {"port": str(folder / "bus-far"), "pause_s": 0.0}
    if protocol != "rtu":
        place = {"host": "127.0.0.1:1", "protocol": protocol}
    return {
        **moved("", raw),
        "buses": {"far": place},
        "modules": {"far": {"driver": "waveshare-relay-d", "bus": "far", "inputs": 16}},
    }


def located(config: Config, hosts: Mapping[str, str]) -> Config:
    """Return *config* with the addresses that the simulated buses have."""
    buses = {
        name: msgspec.structs.replace(bus, host=hosts[name]) if name in hosts else bus
        for name, bus in config.buses.items()
    }
    return msgspec.structs.replace(config, buses=buses)


def module_benches(
    kind: type[PinBench], *wiring: Any, protocols: tuple[str, ...] = ("rtu", "tcp")
) -> Callable[..., Iterator[PinBench]]:
    """Return the fixture ``bench`` of a contract: a bench of *kind* on a module."""

    @pytest.fixture(params=protocols)
    def bench(
        self: object,
        request: pytest.FixtureRequest,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[PinBench]:
        """Make the bench of one protocol."""
        monkeypatch.setattr(kind, "wires", request.param)
        with kind.made(tmp_path, monkeypatch, *wiring) as made:
            yield made

    return bench


def benches(
    kind: type[PinBench], wirings: Mapping[str, tuple[Any, ...]]
) -> Callable[..., Iterator[PinBench]]:
    """Return the fixture ``bench`` of a contract: a bench of *kind* for each of *wirings*."""

    @pytest.fixture(params=wirings)
    def bench(
        self: object,
        request: pytest.FixtureRequest,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> Iterator[PinBench]:
        """Make the bench of one wiring."""
        with kind.made(tmp_path, monkeypatch, *wirings[request.param]) as made:
            yield made

    return bench
