"""Doors among the devices: releases in order, holds at once, and none of them lost."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from edge.clock import Clock
from edge.config.loading import load_config
from edge.config.model import Config
from edge.config.places import default_config_folder
from edge.daemon import device_thread as module
from edge.daemon.build import build_devices
from edge.daemon.devices import Devices
from edge.errors import DeviceUnavailable
from edge.sop.effects import Effect, HoldDoor, ReleaseDoor
from edge.sop.events import DeviceFailed, Event
from edge.store.still_files import StillFiles
from tests.drivers.conftest import Pins, Posted

PATIENCE_S = 10.0


class FakeDoor:
    """A door whose release lasts until the driver is closed."""

    name = "door/kantor"

    def __init__(self, *, away: int = 0) -> None:
        self.away = away
        self.calls: list[str] = []
        self.closed = threading.Event()
        self.news = threading.Condition()

    def open(self) -> None:
        """Raise as often as *away* counts."""
        if self.away:
            self.away -= 1
            raise DeviceUnavailable("door/kantor: away")

    def close(self) -> None:
        """End the release."""
        self.closed.set()

    def release(self) -> None:
        """Begin a release; it ends when the door is closed."""
        self._note("release")
        assert self.closed.wait(PATIENCE_S)
        self._note("over")

    def hold(self, *, released: bool) -> None:
        """Record the call."""
        self._note(f"hold {released}")

    def wait(self, *calls: str) -> None:
        """Wait until exactly *calls* were made."""
        with self.news:
            assert self.news.wait_for(lambda: self.calls == list(calls), PATIENCE_S), self.calls

    def _note(self, call: str) -> None:
        with self.news:
            self.calls.append(call)
            self.news.notify_all()


def kept(door: FakeDoor, folder: Path, scene: Callable[[Devices], Awaitable[None]]) -> list[Event]:
    """Run *scene* while the device of *door* runs; return the posted events."""
    posted: list[Event] = []
    clock = Clock()
    devices = Devices(clock, lambda make: posted.append(make(clock.now())), StillFiles(folder))
    devices.add_door("kantor", door)

    async def whole() -> None:
        keeping = asyncio.ensure_future(devices.run())
        try:
            await scene(devices)
        finally:
            keeping.cancel()
            await devices.close()

    asyncio.run(whole())
    return posted


async def ready(devices: Devices) -> None:
    """Wait until the door works."""
    async with asyncio.timeout(PATIENCE_S):
        while devices.states({}) != {"door/kantor": "ok"}:
            await asyncio.sleep(0.005)


def test_a_hold_does_not_wait_for_a_release(tmp_path: Path) -> None:
    """A hold for a fire does not wait for the end of a release."""
    door = FakeDoor()

    async def scene(devices: Devices) -> None:
        await ready(devices)
        devices.carry_out(ReleaseDoor("kantor", "a visit"))
        await asyncio.to_thread(door.wait, "release")
        devices.carry_out(HoldDoor("kantor", released=True))
        await asyncio.to_thread(door.wait, "release", "hold True")
        devices.carry_out(HoldDoor("kantor", released=False))
        await asyncio.to_thread(door.wait, "release", "hold True", "hold False")

    kept(door, tmp_path, scene)
    door.wait("release", "hold True", "hold False", "over")


def test_a_hold_that_came_too_early_is_made_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A door that was missing when the fire began is held as soon as it can be opened."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    door = FakeDoor(away=2)

    async def scene(devices: Devices) -> None:
        devices.carry_out(HoldDoor("kantor", released=True))
        await ready(devices)
        await asyncio.to_thread(door.wait, "hold True")

    posted = kept(door, tmp_path, scene)
    assert [type(event) for event in posted][:1] == [DeviceFailed]


def test_stopping_does_not_wait_for_a_release(tmp_path: Path) -> None:
    """A stop has five seconds by systemd; a release may last a minute, and ends locked."""
    door = FakeDoor()

    async def scene(devices: Devices) -> None:
        await ready(devices)
        devices.carry_out(ReleaseDoor("kantor", "a visit"))
        await asyncio.to_thread(door.wait, "release")

    posted = kept(door, tmp_path, scene)
    assert door.calls == ["release", "over"]
    assert posted == []


def strike(config: Config) -> tuple[int, bool]:
    """Return the pin of the config's only door, and the level that releases it."""
    (door,) = config.doors.values()
    return door.strike.bcm, door.releasing.active == "high"


@pytest.fixture
def pins() -> Iterator[Pins]:
    """Yield fresh mock pins."""
    pins = Pins()
    yield pins
    pins.factory.close()


def test_the_built_door_releases_its_strike(pins: Pins, tmp_path: Path) -> None:
    """From the config file to the pin: a hold drives the strike, and the end of it too."""
    config = load_config(default_config_folder() / "gardu-jatim.toml", elsewhere=True)
    pin, released = strike(config)
    clock = Clock.scaled(50)
    built = build_devices(config, clock, Posted(clock), StillFiles(tmp_path), pins.channels(clock))
    (kept_door,) = [item for item in built.threads if item.device.name.startswith("door/")]
    (name,) = config.doors

    async def scene() -> None:
        kept_door.device.open()
        kept_door.ready = True
        assert pins[pin].state != released
        built.carry_out(HoldDoor(name, released=True))
        await level(released)
        built.carry_out(ReleaseDoor(name, "a visit"))
        built.carry_out(HoldDoor(name, released=False))
        await level(not released)
        await built.close()

    async def level(high: bool) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while bool(pins[pin].state) != high:
                await asyncio.sleep(0.005)

    asyncio.run(scene())
    assert pins[pin].driven[0] == (not released)


def test_an_effect_for_a_door_that_is_not_there_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An effect for a missing door is logged and raises no error: a procedure may be outdated."""
    effects: list[Effect] = [ReleaseDoor("other", "v"), HoldDoor("other", released=True)]

    async def scene(devices: Devices) -> None:
        for effect in effects:
            devices.carry_out(effect)

    kept(FakeDoor(), tmp_path, scene)
    assert caplog.text.count("nothing here can do") == len(effects)
