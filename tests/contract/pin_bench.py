"""Shared by the benches of drivers on pins: a simulated lobby and the posted events."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from edge.clock import ENVIRONMENT, Clock
from edge.config.model import Config
from edge.drivers.channels import Channels
from edge.drivers.gpio.pin_channels import PinChannels
from edge.errors import DeviceFault
from edge.sop.events import Post
from sim.lobby import Lobby
from sim.pins import ENVIRONMENT as PINS
from sim.pins import SimFactory
from tests.contract.live_lobby import LiveLobby
from tests.drivers.conftest import Posted, said

Said = tuple[Any, ...]
"""An event without its moment and remedy: its class, then its fields."""

_BASE: dict[str, Any] = {
    "checkpoint": {"site": "setda", "id": "lobi", "procedures": ["jatim"]},
    "cards": {"visitor": ["010063E9AE"]},
}

Build = Callable[[Config, Channels, Clock, Post], Any]


class PinBench:
    """One driver on the pins of a simulated lobby.

    :param raw: the config sections of the lobby
    :param build: makes the driver under test
    """

    def __init__(self, raw: dict[str, Any], folder: Path, clock: Clock, build: Build) -> None:
        config = msgspec.convert({**_BASE, **raw}, Config)
        self.clock = clock
        self._posted = Posted(clock)
        with ExitStack() as stack:
            self.world = stack.enter_context(LiveLobby(config, folder, clock))
            self.factory = SimFactory()
            stack.callback(self.factory.close)
            self.driver = build(config, PinChannels(self.factory, clock), clock, self._posted)
            stack.callback(self.driver.close)
            self._stack = stack.pop_all()

    @classmethod
    @contextmanager
    def made(
        cls, folder: Path, monkeypatch: pytest.MonkeyPatch, speed: float, *wiring: Any
    ) -> Iterator[Self]:
        """Make a bench in *folder* with its driver open and no event posted since."""
        clock = Clock.scaled(speed)
        monkeypatch.setenv(ENVIRONMENT, clock.to_environment())
        monkeypatch.setenv(PINS, str(folder / "pins.sock"))
        bench = cls(folder, clock, *wiring)  # type: ignore[arg-type]  # a subclass's own wiring
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


def benches(
    kind: type[PinBench], speed: float, wirings: Mapping[str, tuple[Any, ...]]
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
        with kind.made(tmp_path, monkeypatch, speed, *wirings[request.param]) as made:
            yield made

    return bench
