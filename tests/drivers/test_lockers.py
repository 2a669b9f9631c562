"""The contract of lockers; every driver of them passes it on a bench of its own."""

import threading
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from edge.clock import Clock
from edge.drivers import base
from edge.drivers.lockers import GpioLockers
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sections.lockers import Locker, Lockers
from edge.sections.pins import Contact, Output
from edge.sop.events import LockerClosed, LockerOpened

from .conftest import PATIENCE_S, Pins, Posted, told

RELAYS = {1: 5, 2: 6}
DOORS = {1: 17, 2: 27}


class Bench(Protocol):
    """Lockers 1 and 2 behind a driver, seen from outside: doors and solenoids."""

    @property
    def driver(self) -> base.Lockers:
        """The driver under test."""

    def door(self, locker: int, *, is_open: bool) -> None:
        """Open or close a door by hand."""

    def energised(self, locker: int) -> bool:
        """Whether a solenoid is energised."""

    def pulses(self, locker: int) -> int:
        """How often a solenoid was energised since the bench was built."""

    def most_at_once(self) -> int:
        """How many solenoids were energised at the same time, at most."""


class GpioBench:
    """Active-low relays on 5 and 6; doors on 17 (normally-closed) and 27 (normally-open)."""

    def __init__(self, pins: Pins, clock: Clock, posted: Posted) -> None:
        self.pins = pins
        config = Lockers(
            pulse_s=0.5,
            locker=[
                Locker(
                    number=1,
                    relay=Output(pin=5, active="low"),
                    door=Contact(pin=17, wired="normally-closed"),
                ),
                Locker(number=2, relay=Output(pin=6, active="low"), door=Contact(pin=27)),
            ],
        )
        self.driver = GpioLockers("lockers", config, pins.factory, clock, posted)

    def door(self, locker: int, *, is_open: bool) -> None:
        """Open or close a door by hand."""
        self.pins.drive(DOORS[locker], high=is_open == (locker == 1))

    def energised(self, locker: int) -> bool:
        """Whether a relay is held low."""
        pin = self.pins[RELAYS[locker]]
        return pin.function == "output" and not pin.state

    def pulses(self, locker: int) -> int:
        """How often a relay was driven low."""
        return int(self.pins[RELAYS[locker]].driven.count(False))

    def most_at_once(self) -> int:
        """Replay what the relays were driven to, in order."""
        on: set[int] = set()
        most = 0
        for pin, level in self.pins.diary:
            on = on | {pin} if not level else on - {pin}
            most = max(most, len(on))
        return most

    def miss_edges(self, locker: int, *, missed: bool) -> None:
        """Lose the edges of a door, as a library may."""
        self.pins[DOORS[locker]].muted = missed


BENCHES: list[Callable[[Any, Clock, Posted], Bench]] = [GpioBench]


@pytest.fixture(params=BENCHES)
def bench(
    request: pytest.FixtureRequest, pins: Pins, clock: Clock, posted: Posted
) -> Iterator[Bench]:
    """Lockers in use, both doors closed, nothing posted since."""
    bench: Bench = request.param(pins, clock, posted)
    bench.driver.open()
    bench.door(1, is_open=False)
    bench.door(2, is_open=False)
    posted.take()
    yield bench
    bench.driver.close()


def test_opening_posts_every_door_as_initial(bench: Bench, posted: Posted) -> None:
    """After a crash the checkpoint looks before it acts: it must be told what is open."""
    bench.driver.close()
    bench.driver.open()
    assert sorted(told(posted.take()), key=lambda event: event[1]) == [
        (LockerOpened, 1, True),  # let go, its loop floats: open until proven closed
        (LockerClosed, 2, True),
    ]


def test_a_door_is_posted_each_way(bench: Bench, posted: Posted) -> None:
    """The door contact is the evidence of storing and fetching."""
    bench.door(1, is_open=True)
    bench.door(1, is_open=False)
    bench.door(2, is_open=True)
    assert told(posted.take()) == [
        (LockerOpened, 1, False),
        (LockerClosed, 1, False),
        (LockerOpened, 2, False),
    ]


def test_unlocking_is_one_pulse_of_one_lock(bench: Bench) -> None:
    """One lock, once, and off when the call returns."""
    bench.driver.unlock(2)
    assert (bench.pulses(1), bench.pulses(2)) == (0, 1)
    assert not bench.energised(2)


def test_nothing_is_energised_by_opening_or_closing(bench: Bench) -> None:
    """A restart must not open a locker."""
    bench.driver.close()
    bench.driver.open()
    bench.driver.close()
    assert (bench.pulses(1), bench.pulses(2)) == (0, 0)


def test_one_solenoid_at_a_time(bench: Bench) -> None:
    """The supply carries one: two officers at once must take turns."""
    threads = [threading.Thread(target=bench.driver.unlock, args=(n,)) for n in (1, 2, 1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert (bench.pulses(1), bench.pulses(2)) == (2, 2)
    assert bench.most_at_once() == 1


def test_an_unknown_locker_is_a_fault(bench: Bench) -> None:
    """A lock that is not wired must be told to somebody, not ignored."""
    with pytest.raises(DeviceFault, match="locker 9"):
        bench.driver.unlock(9)


def test_closed_lockers_cannot_be_unlocked(bench: Bench) -> None:
    """And closing twice is allowed."""
    bench.driver.close()
    bench.driver.close()
    with pytest.raises(DeviceUnavailable):
        bench.driver.unlock(1)


def test_a_missed_door_is_reconciled(pins: Pins, clock: Clock, posted: Posted) -> None:
    """A guest who stored a bag must not wait for ever because one edge was lost."""
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
    """Wiring that cannot be claimed is told with the device's name, and nothing is kept."""
    bench, second = GpioBench(pins, clock, posted), GpioBench(pins, clock, posted)
    bench.driver.open()
    with pytest.raises(DeviceUnavailable, match=r"lockers: .*GPIO5"):
        second.driver.open()
    bench.driver.close()
    second.driver.open()
    second.driver.close()
