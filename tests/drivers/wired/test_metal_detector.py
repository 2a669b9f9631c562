"""The metal detector's driver in cases that a twin cannot make (tests/contract has more)."""

from collections.abc import Iterator

import pytest

from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.pins import AlarmContact, Signal
from edge.drivers.gpio.devices import GpioMetalDetector
from edge.sop.events import DetectorAlarmed, InputRestored
from tests.drivers.conftest import Pins, Posted, told

ALARM, BEAM = 23, 24


@pytest.fixture
def driver(pins: Pins, clock: Clock, posted: Posted) -> Iterator[GpioMetalDetector]:
    """Yield closed loops on pins without a connection: both active."""
    config = MetalDetector(
        alarm=AlarmContact(pin=ALARM, wired="normally-closed"),
        passage=Signal(pin=BEAM, wired="normally-closed"),
        blocked_s=60.0,
    )
    driver = GpioMetalDetector("metal-detector", config, pins.factory, clock, posted)
    yield driver
    driver.close()


def test_nothing_connected_is_an_alarm(driver: GpioMetalDetector, posted: Posted) -> None:
    """A cable that was never plugged in is an alarm, and does not read as clear."""
    driver.open()
    assert told(posted.take()) == [(DetectorAlarmed, True, "")]


def test_a_beam_found_interrupted_is_nobodys_passage(
    driver: GpioMetalDetector, pins: Pins, posted: Posted
) -> None:
    """A beam found interrupted is no passage, as its begin is unknown; only its end is posted."""
    driver.open()
    posted.take()
    pins.drive(BEAM, high=False)
    assert told(posted.take()) == [(InputRestored, "beam-blocked", False, "")]
