"""The aiphone's driver in cases that a twin cannot make (tests/contract has more)."""

import pytest

from edge.clock import Clock
from edge.config.sections.aiphone import Aiphone, Rings
from edge.config.sections.pins import Output, Signal
from edge.drivers.gpio.devices import GpioAiphone
from edge.drivers.wired.contacts import HELD_S
from edge.errors import DeviceFault
from edge.sop.events import HostAnswered
from tests.drivers.conftest import Pins, Posted, told

RING, ACCEPT = 8, 25


def make(pins: Pins, clock: Clock, posted: Posted, **more: object) -> GpioAiphone:
    """Return a station with an active-low relay and an accept contact to ground."""
    config = Aiphone(
        procedures=["pimpinan"], ring=Output(pin=RING, active="low"), accept=Signal(pin=ACCEPT),
        **more,  # type: ignore[arg-type]
    )  # fmt: skip
    return GpioAiphone("aiphone/adc", config, pins.factory, clock, posted)


def test_an_answer_that_never_ends_is_one_answer_and_a_fault(
    pins: Pins, clock: Clock, posted: Posted
) -> None:
    """A jammed button accepts one guest, and is reported as a fault."""
    driver = make(pins, clock, posted)
    driver.open()
    pins.drive(ACCEPT, high=False)
    posted.wait(1)
    driver.reconcile()
    clock.sleep(HELD_S + 1)
    with pytest.raises(DeviceFault, match=f"aiphone/adc: the contact on pin {ACCEPT}"):
        driver.reconcile()
    pins.drive(ACCEPT, high=True)
    driver.reconcile()
    driver.close()
    assert told(posted.take()) == [(HostAnswered, "adc", "accept")]


def test_the_ring_is_the_one_of_the_config(pins: Pins, clock: Clock, posted: Posted) -> None:
    """The ring follows the config's pattern: on for each odd number, off for each even one."""
    driver = make(pins, clock, posted, rings=Rings(call=(0.2, 0.1, 0.2, 0.1, 0.2)))
    driver.open()
    del pins[RING].driven[:]
    driver.ring("call")
    driver.close()
    levels = pins[RING].driven
    changes = [
        level for level, before in zip(levels, [True, *levels], strict=False) if level != before
    ]
    assert changes == [False, True] * 3
