"""Devices are opened, retried, used and closed; no error of theirs stops the lobby."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.clock import Clock, Stamp
from edge.daemon import device_thread as module
from edge.daemon.devices import Devices
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import Beep, FlashLamp, RingAide, TakeStill, UnlockLocker
from edge.sop.events import DeviceFailed, DeviceRestored, Event, StillMissed, StillTaken
from edge.store.still_files import StillFiles

NOW = Stamp(1, 1_795_313_497_412, True, "boot")
JPEG = b"\xff\xd8picture\xff\xd9"


class Posts:
    """In the place of the bridge: collects events, and waits for one."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, make: Callable[[Stamp], Event]) -> None:
        """Record an event (a ``Post``)."""
        self.events.append(make(NOW))

    async def until(self, kind: type[Event], count: int = 1) -> None:
        """Wait until *count* events of *kind* were posted."""
        async with asyncio.timeout(10):
            while sum(isinstance(event, kind) for event in self.events) < count:
                await asyncio.sleep(0.005)


class Fake:
    """A device of every kind; records its calls, and fails on request."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls: list[Any] = []
        self.fails: list[Exception] = []

    def _call(self, *what: Any) -> None:
        self.calls.append(what)
        if self.fails:
            raise self.fails.pop(0)

    def open(self) -> None:
        """Open."""
        self._call("open")

    def close(self) -> None:
        """Close."""
        self.calls.append(("close",))

    def unlock(self, locker: int) -> None:
        """Unlock."""
        self._call("unlock", locker)

    def ring(self, pattern: str) -> None:
        """Ring."""
        self._call("ring", pattern)

    def beep(self, pattern: str) -> None:
        """Beep."""
        self._call("beep", pattern)

    def show(self, mode: str) -> None:
        """Show."""
        self._call("show", mode)

    def test(self) -> None:
        """Light every lamp."""
        self._call("test")

    def flash(self) -> None:
        """Flash."""
        self._call("flash")

    def capture(self) -> bytes:
        """Return a picture."""
        self._call("capture")
        return JPEG


class Stage:
    """Devices with fakes behind them."""

    def __init__(self, folder: Path) -> None:
        self.posts = Posts()
        self.devices = Devices(Clock(), self.posts, StillFiles(folder))
        self.lockers, self.adc, self.buzzer, self.panel, self.camera = (
            Fake(name)
            for name in ("lockers", "aiphone/adc", "buzzer", "panel/desk", "camera/lobby")
        )
        self.devices.add_lockers(self.lockers)
        self.devices.add_aiphone("adc", self.adc)
        self.devices.add_buzzer(self.buzzer)
        self.devices.add_panel("desk", self.panel)
        self.devices.add_camera(self.camera, ["desk"])

    def play(self, scene: Callable[[], Any]) -> None:
        """Open all devices, run *scene*, close them."""

        async def whole() -> None:
            keeping = asyncio.ensure_future(self.devices.run())
            try:
                await scene()
            finally:
                keeping.cancel()
                await self.devices.close()

        asyncio.run(whole())

    async def ready(self) -> None:
        """Wait until every device works."""
        async with asyncio.timeout(10):
            while set(self.devices.states({}).values()) != {"ok"}:
                await asyncio.sleep(0.005)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Return devices with fakes behind them."""
    return Stage(tmp_path)


def test_each_effect_reaches_its_device(stage: Stage) -> None:
    """Unlock, ring, beep and still go to the device that can do them."""

    async def scene() -> None:
        await stage.ready()
        stage.devices.carry_out(UnlockLocker(2, "v"))
        stage.devices.carry_out(RingAide("adc", "call"))
        stage.devices.carry_out(Beep("refused"))
        stage.devices.carry_out(FlashLamp("desk"))
        stage.devices.carry_out(TakeStill("s", "desk", "v"))
        await stage.posts.until(StillTaken)

    stage.play(scene)
    assert ("unlock", 2) in stage.lockers.calls
    assert ("ring", "call") in stage.adc.calls
    assert ("beep", "refused") in stage.buzzer.calls
    assert ("flash",) in stage.panel.calls
    assert stage.lockers.calls[-1] == ("close",)


def test_a_still_is_whole_in_its_file_and_named_by_its_id(stage: Stage, tmp_path: Path) -> None:
    """A still is stored as a whole, in a file named by its id, without a partial file."""

    async def scene() -> None:
        await stage.ready()
        stage.devices.carry_out(TakeStill("0190-still", "desk", "v"))
        await stage.posts.until(StillTaken)

    stage.play(scene)
    (file,) = tmp_path.rglob("*.jpg")
    assert file.name == "0190-still.jpg"
    assert file.read_bytes() == JPEG
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("error", [DeviceUnavailable("no picture came"), DeviceFault("no JPEG")])
def test_a_camera_that_fails_is_a_missed_still_and_a_fault(stage: Stage, error: Exception) -> None:
    """A failed still is posted as missed, and the camera as failed; the step can go on."""
    stage.camera.fails = []

    async def scene() -> None:
        await stage.ready()
        stage.camera.fails = [error]
        stage.devices.carry_out(TakeStill("s1", "desk", "v"))
        await stage.posts.until(DeviceFailed)
        stage.devices.carry_out(TakeStill("s2", "desk", "v"))
        await stage.posts.until(DeviceRestored)

    stage.play(scene)
    kinds = [type(event) for event in stage.posts.events]
    assert kinds == [StillMissed, DeviceFailed, StillTaken, DeviceRestored]


def test_a_still_for_which_there_is_no_camera_is_missed_at_once(stage: Stage) -> None:
    """A still without a camera for its purpose is missed at once."""

    async def scene() -> None:
        await stage.ready()
        stage.devices.carry_out(TakeStill("s", "door", "v"))

    stage.play(scene)
    assert [type(event) for event in stage.posts.events] == [StillMissed]


def test_a_device_missing_at_start_is_said_once_and_tried_until_it_is_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing device is posted once, retried, and posted as restored when it opens."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    stage.adc.fails = [DeviceUnavailable("not there")] * 3
    stage.play(stage.ready)
    events = [e for e in stage.posts.events if isinstance(e, DeviceFailed | DeviceRestored)]
    assert [(type(event), event.device) for event in events] == [
        (DeviceFailed, "aiphone/adc"),
        (DeviceRestored, "aiphone/adc"),
    ]
    assert stage.adc.calls.count(("open",)) == 4


def test_a_lamp_wanted_before_its_panel_was_there_is_lit_when_it_comes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lamp mode that was set before its panel could be opened is shown once it is."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    stage.panel.fails = [DeviceUnavailable("not there")]

    async def scene() -> None:
        stage.devices.show("desk", "fast")
        await stage.ready()
        async with asyncio.timeout(10):
            while ("show", "fast") not in stage.panel.calls:
                await asyncio.sleep(0.005)

    stage.play(scene)
    assert stage.panel.calls.index(("test",)) < stage.panel.calls.index(("show", "fast"))


def test_a_drivers_bug_is_a_fault_not_the_end(stage: Stage) -> None:
    """An unexpected exception in a driver is posted as a fault; the device is still used."""

    async def scene() -> None:
        await stage.ready()
        stage.lockers.fails = [ZeroDivisionError("a bug")]
        stage.devices.carry_out(UnlockLocker(1, "v"))
        await stage.posts.until(DeviceFailed)
        stage.devices.carry_out(UnlockLocker(2, "v"))
        await stage.posts.until(DeviceRestored)

    stage.play(scene)
    assert ("unlock", 2) in stage.lockers.calls


def test_what_a_device_told_itself_shows_in_its_state() -> None:
    """A reader whose plug was pulled is not "ok", although it was opened."""
    devices = Devices(Clock(), lambda make: None, None)  # type: ignore[arg-type]  # no stills here
    reader = devices.add(Fake("card-reader/desk"))
    reader.ready = True
    assert devices.states({}) == {"card-reader/desk": "ok"}
    assert devices.states({"card-reader/desk": "unplugged"}) == {"card-reader/desk": "unplugged"}
