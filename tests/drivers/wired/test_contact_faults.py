"""Contacts that bounce, stick or lose their wire: debounced, or a fault, and never "clear"."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from edge import waits
from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.panels import Button, Panel
from edge.config.sections.pins import AlarmContact, Output, Signal
from edge.daemon.device_thread import RECONCILE_S
from edge.daemon.devices import Devices
from edge.drivers.gpio.pin_channels import PinChannels
from edge.drivers.wired.contacts import HELD_S
from edge.drivers.wired.metal_detector import WiredMetalDetector
from edge.drivers.wired.panel import WiredPanel
from edge.errors import DeviceFault
from edge.sop.events import (
    ButtonPressed,
    DetectorAlarmed,
    DetectorCleared,
    DeviceFailed,
    DeviceRestored,
    InputAlarmed,
    InputRestored,
    PassageMade,
)
from edge.sop.state import Detector
from edge.store.still_files import StillFiles
from sim.pins import SimFactory
from sim.twins.metal_detector import DetectorTwin
from sim.twins.wiring import Switch
from sim.world.lobby import Lobby
from tests.drivers.conftest import Pins, Posted, told
from tests.sim.wiring import CONFIG, in_lobby, until
from tests.sop.stand import Stand

ALARM, BEAM, BUTTON, LAMP = 23, 24, 12, 10
STUCK_S = 5.0

Scene = Callable[[DetectorTwin, WiredMetalDetector, Posted], Any]


def with_detector(folder: Path, monkeypatch: Any, scene: Scene) -> None:
    """Run *scene* with the simulated detector, and its driver on the real pin socket."""

    async def act(lobby: Lobby, factory: SimFactory) -> None:
        assert CONFIG.metal_detector is not None
        assert lobby.detector is not None
        config = replace(CONFIG.metal_detector, stuck_s=STUCK_S, minimum_pulse_s=0.0, hold_s=0.0)
        posted = Posted(lobby.clock)
        driver = WiredMetalDetector(
            "metal-detector", config, PinChannels(factory, lobby.clock), lobby.clock, posted
        )
        await asyncio.to_thread(driver.open)
        assert told(posted.take()) == [
            (DetectorCleared, True, ""),
            (InputRestored, "beam-blocked", True, ""),
        ]
        try:
            await scene(lobby.detector, driver, posted)
        finally:
            await asyncio.to_thread(driver.close)

    in_lobby(folder, monkeypatch, act)


async def fault(driver: WiredMetalDetector) -> str:
    """Read the levels again and again, as the daemon does, until a fault; return its text."""
    async with asyncio.timeout(60):
        while True:
            try:
                await asyncio.to_thread(driver.reconcile)
            except DeviceFault as error:
                return str(error)
            await asyncio.sleep(0.25)


def test_a_bouncing_contact_is_one_alarm_and_one_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seven alarms, each with up to eight bounces: every edge is posted once, in turn."""

    async def scene(twin: DetectorTwin, _driver: WiredMetalDetector, posted: Posted) -> None:
        for number in range(7):
            twin.alarm.set(True)
            await until(lambda n=number: len(posted.events) == 2 * n + 1)  # type: ignore[misc]
            twin.alarm.set(False)
            await until(lambda n=number: len(posted.events) == 2 * n + 2)  # type: ignore[misc]

        edges = [(DetectorAlarmed, False, ""), (DetectorCleared, False, "")]
        assert told(posted.take()) == edges * 7

    with_detector(tmp_path, monkeypatch, scene)


def test_a_contact_that_sticks_in_alarm_is_a_fault_until_it_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that sticks is an alarm and a fault until it is repaired."""

    async def scene(twin: DetectorTwin, driver: WiredMetalDetector, posted: Posted) -> None:
        twin.alarm.set(True)
        twin.alarm.fail("stuck")
        twin.alarm.set(False)
        words = await fault(driver)
        assert "metal-detector: the contact on pin 23" in words
        assert "stuck or its wire is cut" in words
        assert told(posted.take()) == [(DetectorAlarmed, False, "")]
        twin.alarm.fail(None)
        await until(lambda: bool(posted.events))
        await asyncio.to_thread(driver.reconcile)
        assert told(posted.take()) == [(DetectorCleared, False, "")]

    with_detector(tmp_path, monkeypatch, scene)


def test_a_cut_wire_alarms_at_once_and_becomes_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A normally-closed loop that is cut never reads as clear, whether or not metal passes."""

    async def scene(twin: DetectorTwin, driver: WiredMetalDetector, posted: Posted) -> None:
        twin.alarm.fail("cut")
        await until(lambda: bool(posted.events))
        await twin.walk_through(metal=True)
        await twin.walk_through(metal=False)
        await fault(driver)
        assert told(posted.take()) == [
            (DetectorAlarmed, False, ""),
            (PassageMade, "", "in"),
            (PassageMade, "", "in"),
        ]

    with_detector(tmp_path, monkeypatch, scene)


def test_a_wire_cut_before_the_start_is_an_alarm_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edge came before the start; the level at opening is the alarm."""

    async def scene(twin: DetectorTwin, driver: WiredMetalDetector, posted: Posted) -> None:
        await asyncio.to_thread(driver.close)
        twin.alarm.fail("cut")
        await asyncio.to_thread(driver.open)
        await fault(driver)
        assert told(posted.take()) == [
            (DetectorAlarmed, True, ""),
            (InputRestored, "beam-blocked", True, ""),
        ]

    with_detector(tmp_path, monkeypatch, scene)


def test_a_blocked_beam_is_a_fault_and_no_passage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A suitcase in the frame is an alarm, then a fault; its removal is no passage either."""

    async def scene(twin: DetectorTwin, driver: WiredMetalDetector, posted: Posted) -> None:
        assert isinstance(twin.passage, Switch)
        twin.passage.set(True)
        assert f"pin {BEAM}" in await fault(driver)
        await until(lambda: bool(posted.events))  # blocked is posted by a thread of its own
        assert told(posted.take()) == [(InputAlarmed, "beam-blocked", False, "")]
        twin.passage.set(False)
        await until(lambda: bool(posted.events))
        await asyncio.to_thread(driver.reconcile)
        assert told(posted.take()) == [(InputRestored, "beam-blocked", False, "")]

    with_detector(tmp_path, monkeypatch, scene)


def test_an_ordinary_day_is_no_fault(pins: Pins, clock: Clock, posted: Posted) -> None:
    """Many short alarms are no stuck contact together; rest may last for ever."""
    config = MetalDetector(alarm=AlarmContact(pin=ALARM), passage=Signal(pin=BEAM), stuck_s=STUCK_S)
    driver = WiredMetalDetector("metal-detector", config, pins.channels(clock), clock, posted)
    driver.open()
    for _ in range(4):
        pins.drive(ALARM, high=False)
        clock.sleep(0.4 * STUCK_S)
        driver.reconcile()
        pins.drive(ALARM, high=True)
        clock.sleep(2 * config.hold_s)
    clock.sleep(2 * STUCK_S)
    driver.reconcile()
    kinds = {type(event) for event in posted.take()}
    assert {DetectorAlarmed, DetectorCleared} <= kinds
    assert kinds.isdisjoint({DeviceFailed, InputAlarmed})
    driver.close()


class House:
    """A panel and a detector on mock pins, run by the daemon's own ``Devices``."""

    def __init__(self, pins: Pins, clock: Clock, posted: Posted, folder: Path) -> None:
        panel = Panel(
            stations=["reception"],
            lamp=Output(pin=LAMP),
            buttons=[Button(pin=BUTTON, press="done")],
        )
        detector = MetalDetector(alarm=AlarmContact(pin=ALARM), stuck_s=STUCK_S)
        self.posted = posted
        self.devices = Devices(clock, posted, StillFiles(folder))
        channels = pins.channels(clock)
        self.devices.add(WiredMetalDetector("metal-detector", detector, channels, clock, posted))
        self.devices.add_panel("desk", WiredPanel("panel/desk", panel, channels, clock, posted))

    def keep(self, scene: Callable[[], Any]) -> None:
        """Run *scene* while the devices run."""

        async def whole() -> None:
            keeping = asyncio.ensure_future(self.devices.run())
            try:
                async with asyncio.timeout(600):
                    while "opening" in self.devices.states({}).values():
                        await asyncio.sleep(0.1)
                    await scene()
            finally:
                keeping.cancel()
                await self.devices.close()

        waits.run(whole())

    async def until(self, kind: type[Any], count: int = 1) -> list[Any]:
        """Wait for *count* events of *kind*; return them."""
        while len(found := [e for e in self.posted.events if isinstance(e, kind)]) < count:
            await asyncio.sleep(0.1)
        return found


@pytest.fixture
def house(pins: Pins, clock: Clock, posted: Posted, tmp_path: Path) -> House:
    """Return a house."""
    return House(pins, clock, posted, tmp_path)


def test_a_stuck_contact_is_reported_once_and_its_end_too(pins: Pins, house: House) -> None:
    """One fault, one restoration, and health shows the cause in between."""

    async def scene() -> None:
        pins.drive(ALARM, high=False)
        (failed,) = await house.until(DeviceFailed)
        assert failed.device == "metal-detector"
        await asyncio.sleep(2 * RECONCILE_S)
        assert "stuck" in house.devices.states({})["metal-detector"]
        pins.drive(ALARM, high=True)
        await house.until(DeviceRestored)
        assert house.devices.states({})["metal-detector"] == "ok"
        assert len(await house.until(DeviceFailed)) == 1

    house.keep(scene)


def test_a_button_that_sticks_counts_once_and_no_lamp_mends_it(pins: Pins, house: House) -> None:
    """A button held too long is a fault, although the lamp of the same panel works."""

    async def scene() -> None:
        pins.drive(BUTTON, high=False)
        (failed,) = await house.until(DeviceFailed)
        assert failed.device == "panel/desk"
        assert f"more than {HELD_S:g} s" in failed.why
        for mode in ("on", "off", "on"):
            house.devices.show("desk", mode)
        await asyncio.sleep(2 * RECONCILE_S)
        assert [e for e in house.posted.events if isinstance(e, DeviceRestored)] == []
        pins.drive(BUTTON, high=True)
        await house.until(DeviceRestored)
        assert len(await house.until(ButtonPressed)) == 1

    house.keep(scene)


def test_a_fault_from_before_a_restart_is_restored_after_it(house: House) -> None:
    """A fault of before the restart is restored once the device works."""

    async def scene() -> None:
        (restored,) = await house.until(DeviceRestored)
        assert restored.device == "metal-detector"

    house.devices.restore_faults({"metal-detector": "its wire is cut", "locker/3": "did not open"})
    house.keep(scene)


def to_screening(stand: Stand) -> None:
    """Bring a guest to the metal detector."""
    stand.press("reception", "arrive", "pimpinan")
    for panel, action in (
        ("reception", "accept"), ("reception", "accept"), ("reception", "done"),
        ("officer-1", "done"), ("officer-2", "nothing"),
    ):  # fmt: skip
        stand.press(panel, action)
    stand.call()
    (visit,) = stand.state.visits.values()
    assert visit.step == "pemeriksaan"


def phase(stand: Stand) -> str:
    """Return the phase of the one visit."""
    (visit,) = stand.state.visits.values()
    return visit.phase


def test_a_passage_under_a_stuck_alarm_is_not_clear() -> None:
    """A contact that stuck before the guest came posts no edge: a passage is still an alarm."""
    stand = Stand()
    stand.detector("alarm")
    to_screening(stand)
    for _ in range(2):
        stand.detector("passage")
        assert phase(stand) == "ulang"
    assert len([still for still in stand.state.stills.values() if still.purpose == "alarm"]) == 2
    stand.press("officer-3", "accept")  # searched by hand; the record shows a button
    assert phase(stand) == "bersih"
    stand.press("officer-3", "done")
    screening = stand.steps()[-1]
    assert screening.number == 4
    assert screening.evidence == (
        "aiphone",
        "alarm",
        "passage",
        "alarm",
        "passage",
        "button",
        "button",
    )


def test_a_walk_with_metal_is_one_alarm_although_its_passage_comes_during_it() -> None:
    """The usual order of a walk (alarm, passage, contact at rest) needs one more pass, not two."""
    stand = Stand()
    to_screening(stand)
    stand.detector("alarm", "passage", "clear")
    assert phase(stand) == "ulang"
    stand.detector("passage")
    assert phase(stand) == "bersih"
    stand.press("officer-3", "done")
    assert stand.steps()[-1].evidence == ("aiphone", "alarm", "passage", "passage", "button")


def test_without_a_beam_a_stuck_alarm_meets_the_next_guest_at_once() -> None:
    """Without a beam the officer's button marks the passage, so the alarm comes before it."""
    stand = Stand()
    stand.rules = replace(stand.rules, detectors={"": Detector()})
    stand.detector("alarm")
    to_screening(stand)
    assert phase(stand) == "alarm"
    stand.press("officer-3", "done")
    stand.press("officer-3", "done")
    assert stand.steps()[-1].evidence == ("aiphone", "alarm", "button", "button")


def test_a_known_fault_of_the_alarm_contact_meets_every_guest_at_once() -> None:
    """With a beam too: once the fault is known, no guest is screened by the contact alone."""
    stand = Stand()
    stand.detector("alarm")
    stand.send(DeviceFailed(stand.now, "metal-detector", "stuck"))
    to_screening(stand)
    assert phase(stand) == "alarm"
    stand.detector("passage")
    assert phase(stand) == "ulang"
