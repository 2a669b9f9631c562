"""Lockers on pins: behaviour that the contract of lockers (tests/contract) cannot check."""

import pytest

from edge.clock import Clock
from edge.config.sections.lockers import GpioLockers
from edge.config.sections.locks import GpioLocker
from edge.config.sections.pins import Contact, Output
from edge.drivers.wired.relay_lockers import RelayLockers
from edge.errors import DeviceUnavailable
from edge.sop.events import LockerOpened
from tests.drivers.conftest import Pins, Posted, told

RELAYS = {1: 5, 2: 6}
DOORS = {1: 17, 2: 27}


class GpioBench:
    """Active-low relays on 5 and 6; doors on 17 (normally-closed) and 27 (normally-open)."""

    def __init__(self, pins: Pins, clock: Clock, posted: Posted) -> None:
        self.pins = pins
        config = GpioLockers(
            pulse_s=0.5,
            locker=[
                GpioLocker(
                    number=1,
                    relay=Output(pin=5, active="low"),
                    door=Contact(pin=17, wired="normally-closed"),
                ),
                GpioLocker(number=2, relay=Output(pin=6, active="low"), door=Contact(pin=27)),
            ],
        )
        self.driver = RelayLockers("lockers", config, pins.channels(clock), clock, posted)

    def door(self, locker: int, *, is_open: bool) -> None:
        """Open or close a door by hand."""
        self.pins.drive(DOORS[locker], high=is_open == (locker == 1))

    def pulses(self, locker: int) -> int:
        """Return how often a relay was driven low."""
        return int(self.pins[RELAYS[locker]].driven.count(False))

    def miss_edges(self, locker: int, *, missed: bool) -> None:
        """Lose the edges of a door, as a library may."""
        self.pins[DOORS[locker]].muted = missed


def test_a_relay_is_never_low_by_itself(pins: Pins, clock: Clock, posted: Posted) -> None:
    """A relay that is claimed low and then written high would open a locker at every restart."""
    bench = GpioBench(pins, clock, posted)
    bench.driver.open()
    bench.driver.close()
    bench.driver.open()
    bench.driver.close()
    assert (bench.pulses(1), bench.pulses(2)) == (0, 0)


def test_a_missed_door_is_reconciled(pins: Pins, clock: Clock, posted: Posted) -> None:
    """A lost edge of a door is posted by reconcile, so that its guest does not wait for ever."""
    bench = GpioBench(pins, clock, posted)
    bench.driver.open()
    posted.take()
    bench.miss_edges(2, missed=True)
    bench.door(2, is_open=True)
    bench.miss_edges(2, missed=False)
    assert posted.take() == []
    bench.driver.reconcile()
    assert told(posted.take()) == [(LockerOpened, 2, False)]
    bench.driver.close()


def test_a_pin_in_use_is_an_unavailable_device(pins: Pins, clock: Clock, posted: Posted) -> None:
    """A pin in use is reported with the device's name, and the driver claims no other pin."""
    bench, second = GpioBench(pins, clock, posted), GpioBench(pins, clock, posted)
    bench.driver.open()
    with pytest.raises(DeviceUnavailable, match=r"lockers: .*GPIO 5"):
        second.driver.open()
    bench.driver.close()
    second.driver.open()
    second.driver.close()
