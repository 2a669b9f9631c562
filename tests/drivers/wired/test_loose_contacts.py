"""Loose contacts through drivers and core: few records, the right words, and the safe side."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from edge import waits
from edge.clock import Clock, Stamp
from edge.config.sections.doors import Safety
from edge.config.sections.lockers import GpioLockers
from edge.config.sections.locks import GpioLocker
from edge.config.sections.pins import Contact, Loop, Output
from edge.daemon.devices import Devices
from edge.drivers.channels import Channels
from edge.drivers.wired.contact_lockers import ContactLockers
from edge.drivers.wired.relay_lockers import RelayLockers
from edge.drivers.wired.safety import WiredSafetyInputs
from edge.sop.effects import UnlockLocker
from edge.sop.events import (
    DeviceFailed,
    DeviceRestored,
    Event,
    InputAlarmed,
    InputRestored,
    LockerFailed,
    LockerRestored,
)
from edge.sop.records import EquipmentChanged
from edge.store.still_files import StillFiles
from tests.drivers.conftest import Pins, Posted
from tests.drivers.stepped import SteppedClock, Stretch, TrueChannels, TrueContact
from tests.longer import slow
from tests.sop.stand import Stand

DOOR, RELAY = 17, 5
DAY_S = 86_400.0
FIRE, MAINS = 20, 21


class Core:
    """The core behind a driver, in step with the driver's clock (a ``Post``)."""

    def __init__(self, clock: SteppedClock) -> None:
        self.stand = Stand()
        self._clock = clock
        self._began = clock.s

    def __call__(self, make: Callable[[Stamp], Event]) -> None:
        """Process the event at its moment, after the timers that are due before."""
        self.catch_up()
        self.stand.send(make(self.stand.now))

    def catch_up(self) -> None:
        """Let the core's time pass until now."""
        self.stand.wait(self._clock.s - self._began - self.stand.seconds)

    def in_order(self, locker: int) -> bool:
        """Return True if *locker* is not out of order."""
        return self.stand.state.lockers[locker].reachable

    def equipment(self) -> list[EquipmentChanged]:
        """Return the records of equipment so far."""
        return self.stand.data(EquipmentChanged)


def chattering(clock: SteppedClock, bursts: Iterable[tuple[float, float]], half_s: float) -> Any:
    """Return a door contact that chatters in *bursts* (begin and end, seconds from now)."""
    stretches = [Stretch(clock.s, clock.s, active=False)]
    now = clock.s
    for begin, end in bursts:
        for number in range(2 * int((end - begin) / (2 * half_s))):
            at = now + begin + number * half_s
            stretches[-1] = stretches[-1]._replace(end=at)
            stretches.append(Stretch(at, at + half_s, active=number % 2 == 0))
    stretches[-1] = stretches[-1]._replace(end=now + 2 * DAY_S)
    return TrueContact(clock, stretches, Contact(pin=DOOR), floor_s=0.02)


def lockers(clock: SteppedClock, post: Any, door: TrueContact) -> RelayLockers:
    """Return open lockers: number 1 with this door."""
    config = GpioLockers(
        locker=[GpioLocker(number=1, relay=Output(pin=RELAY), door=Contact(pin=DOOR))]
    )
    driver = RelayLockers("lockers", config, TrueChannels({DOOR: door}), clock, post)
    driver.open()
    return driver


def test_a_loose_locker_door_is_one_fault_and_its_end_has_the_tally() -> None:
    """15 s of 2 Hz are at most 20 records; the locker is given to no guest until it has rested."""
    clock = SteppedClock()
    core = Core(clock)
    driver = lockers(clock, core, chattering(clock, [(5.0, 20.0)], 0.25))
    clock.sleep(21.0)
    assert len(core.stand.records) <= 20
    (fault,) = core.equipment()
    assert fault.device == "locker/1"
    assert fault.why is not None
    assert fault.why == f"loose contact on pin {DOOR} (changed 11 times in 2 s)"
    assert (fault.remedy or "").startswith("Move the magnet")
    assert not core.in_order(1)
    clock.sleep(20.0)
    _, end = core.equipment()
    assert (end.why, end.changes, end.lasted_s) == (None, 60, 14.8)
    assert core.in_order(1)
    assert core.stand.state.lockers[1].door == "closed"
    assert core.stand.state.alarms == {}
    assert core.stand.of(UnlockLocker) == []
    driver.close()


@slow
@pytest.mark.parametrize(
    ("every_s", "length_s", "most"), [(DAY_S, 7200.0, 16), (60.0, 5.0, 60), (900.0, 5.0, 120)]
)
def test_a_day_of_chatter_is_few_records(every_s: float, length_s: float, most: int) -> None:
    """Two hours on end, five seconds of each minute, five of each quarter of an hour."""
    clock = SteppedClock()
    core = Core(clock)
    begins = [every_s * number + 5.0 for number in range(int(DAY_S / every_s))]
    driver = lockers(clock, core, chattering(clock, [(b, b + length_s) for b in begins], 0.25))
    clock.sleep(DAY_S)
    core.catch_up()
    assert len(core.stand.records) <= most, Counter(record.type for record in core.stand.records)
    assert "loose contact" in str(core.equipment()[0].why)
    driver.close()


class BoardAndContact(ContactLockers):
    """Lockers that can be out of order for both causes."""

    def __init__(self, clock: Clock, post: Any, channels: Channels) -> None:
        locker = GpioLocker(number=1, relay=Output(pin=RELAY), door=Contact(pin=DOOR))
        super().__init__("lockers", [locker], (), channels, clock, post)


def test_a_locker_is_in_order_once_no_cause_is_left() -> None:
    """A board that answers again does not end the fault of a loose contact, nor the reverse."""
    clock = SteppedClock()
    posted = Posted(clock)
    channels = TrueChannels({DOOR: chattering(clock, [(1.0, 10.0)], 0.25)})
    driver = BoardAndContact(clock, posted, channels)
    driver.open()
    clock.sleep(8.0)
    driver._out_of_order(1, "board", "no answer")
    driver._in_order(1, "board")
    assert [type(e) for e in posted.take() if "Failed" in type(e).__name__] == [LockerFailed]
    driver._out_of_order(1, "board", "no answer")
    clock.sleep(30.0)
    assert {type(event) for event in posted.take()}.isdisjoint({LockerFailed, LockerRestored})
    driver._in_order(1, "board")
    assert [type(event) for event in posted.take()] == [LockerRestored]
    driver.close()


def test_each_loose_contact_of_a_device_is_named(
    pins: Pins, clock: Clock, posted: Posted, tmp_path: Path
) -> None:
    """Two loose loops are two faults at once, in health too; both stand in alarm until they rest.

    Each ends by itself, and the device itself works all the time.
    """
    devices = Devices(clock, posted, StillFiles(tmp_path))
    section = Safety(fire=Loop(pin=FIRE), mains=Loop(pin=MAINS))
    devices.add(WiredSafetyInputs("safety", section, pins.channels(clock), clock, posted))

    async def scene() -> None:
        running = asyncio.ensure_future(devices.run())
        while devices.states({})["safety"] != "ok":
            await asyncio.sleep(0.005)
        for number in range(79):
            for pin in (FIRE, MAINS):
                pins.drive(pin, high=number % 2 == 1)
        failed = [event for event in posted.events if isinstance(event, DeviceFailed)]
        faults = {event.device: event.why for event in failed}
        assert list(faults) == ["safety/fire", "safety/mains"]
        assert f"loose contact on pin {FIRE}" in faults["safety/fire"]
        assert devices.states(faults) == {"safety": "ok", **faults}
        standing = [e.kind for e in posted.events if isinstance(e, InputAlarmed)]
        assert set(standing) == {"fire", "mains-lost"}
        clear = [e for e in posted.events if isinstance(e, InputRestored) and not e.initial]
        assert clear == []
        while not _both_rest(posted.events):
            await asyncio.sleep(1)
        running.cancel()
        await devices.close()

    waits.run(scene())


def _both_rest(events: list[Event]) -> bool:
    ended = {event.device: event for event in events if isinstance(event, DeviceRestored)}
    clear = [event for event in events if isinstance(event, InputRestored) and event.initial]
    tallies = [event.changes for event in ended.values()]
    # Open at the start, 40 times closed, 39 times open: 79 changes.
    return len(ended) == len(clear) == 2 and tallies == [79, 79]


def test_a_loose_contact_of_before_the_restart_is_over_after_it(
    pins: Pins, clock: Clock, posted: Posted, tmp_path: Path
) -> None:
    """The driver knows nothing of the fault before the restart: it ends, or begins again."""
    devices = Devices(clock, posted, StillFiles(tmp_path))
    section = Safety(fire=Loop(pin=FIRE))
    devices.add(WiredSafetyInputs("safety", section, pins.channels(clock), clock, posted))
    devices.restore_faults({"safety/fire": "loose contact", "safety-2/x": "?", "locker/3": "?"})

    async def scene() -> None:
        running = asyncio.ensure_future(devices.run())
        while len(posted.events) < 2:
            await asyncio.sleep(1)
        running.cancel()
        await devices.close()

    waits.run(scene())
    restored = [event for event in posted.events if isinstance(event, DeviceRestored)]
    assert [(event.device, event.changes) for event in restored] == [("safety/fire", None)]
