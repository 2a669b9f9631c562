"""Relay boards of both kinds on one simulated line, a driver at its other end, doors on mock pins.

The twins are on a loop of their own thread; every access to them goes through ``rig.call``.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from edge.config.sections.buses import Bus
from edge.config.sections.lockers import R421a08Lockers, WaveshareLockers
from edge.config.sections.locks import RelayLocker
from edge.config.sections.pins import Contact
from edge.drivers.modbus.lockers import ModbusLockers
from edge.drivers.modbus.rtu import RtuLine
from edge.drivers.serial.bus import SerialBus
from edge.sop.events import Event
from sim.twins.bus import BusTwin
from sim.twins.locker import SprungDoor
from sim.twins.modbus import relay_boards
from tests.drivers.conftest import Pins, Posted, told
from tests.own_time import Own

T = TypeVar("T")
Section = WaveshareLockers | R421a08Lockers

# Real seconds: twins answer within a few milliseconds; many tests wait for a full silence.
ANSWER_S = 0.1
LOCKERS = [
    RelayLocker(number=1, channel=1, door=Contact(pin=17)),
    RelayLocker(number=2, channel=3, door=Contact(pin=27)),
    RelayLocker(number=3, address=2, channel=1, door=Contact(pin=22)),
]
WAVESHARE = WaveshareLockers(bus="relays", pulse_s=0.7, locker=LOCKERS)
R421A08 = R421a08Lockers(bus="relays", locker=LOCKERS)


class Rig:
    """Lockers 1 and 2 on relays 1 and 3 of board 1, locker 3 on relay 1 of board 2.

    :ivar written: the driver's bytes on the line, in the pieces in which they arrived
    """

    def __init__(
        self,
        own: Own,
        folder: Path,
        pins: Pins,
        posted: Posted,
        config: Section,
    ) -> None:
        self.clock = own.clock
        line = Bus(port=str(folder / "bus-relays"), answer_s=ANSWER_S, pause_s=0.002)
        self.posted = posted
        self.written: list[bytes] = []
        self.loop = own.loop
        self.twin: BusTwin = self.call(lambda: BusTwin(folder / "bus-relays", line, Random(1)))
        self.boards = relay_boards(self.twin, config, self.clock)
        self.doors = {locker.number: self._door(locker, pins) for locker in config.locker}
        self._listen()
        own.keeper.deliver_first(self.twin.port.deliver)
        self.call(self.twin.port.plug)
        self.bus = SerialBus("bus/relays", line, posted)
        self.line = RtuLine(self.bus, ANSWER_S, self.clock, posted)
        self.driver = ModbusLockers(
            "lockers", config, self.line, pins.channels(self.clock), self.clock, posted
        )

    def _door(self, locker: RelayLocker, pins: Pins) -> SprungDoor:
        """Return a sprung door on its relay, its contact (active low) straight on a mock pin."""
        pin = locker.door.bcm

        def moved(is_open: bool) -> None:
            if pins[pin].function == "input":  # else the driver is not open
                pins.drive(pin, high=not is_open)

        door = SprungDoor(self.clock, moved)
        self.boards[locker.address].relays[locker.channel].watch = door.energise
        return door

    def call(self, function: Callable[[], T]) -> T:
        """Call *function* on the twins' thread; return its result."""
        return self.loop.call(function)

    def wait(self, true: Callable[[], bool]) -> None:
        """Wait until *true* returns True, on the twins' thread."""

        async def until() -> None:
            async with asyncio.timeout(60):
                while not true():
                    await asyncio.sleep(0.01)

        self.loop.run(until())

    def close_door(self, locker: int) -> None:
        """Push a door shut."""
        self.loop.run(self.doors[locker].close_door())

    def told(self, *kinds: type[Event]) -> list[tuple[Any, ...]]:
        """Return the events of *kinds* posted so far, and remove all."""
        return told([event for event in self.posted.take() if isinstance(event, kinds)])

    def frames(self) -> list[str]:
        """Return the driver's requests so far as hexadecimal words, and remove them."""
        written, self.written[:] = b"".join(self.written), []
        return [written[at : at + 8].hex(" ").upper() for at in range(0, len(written), 8)]

    def _listen(self) -> None:
        heard = self.twin._heard

        def noting(message: bytes) -> None:
            self.written.append(message)
            heard(message)

        self.twin.port._heard = noting


@contextmanager
def rig_of(config: Section, own: Own, folder: Path, pins: Pins, posted: Posted) -> Iterator[Rig]:
    """Yield a rig with its plug in; the driver is not open yet."""
    rig = Rig(own, folder, pins, posted, config)
    try:
        yield rig
    finally:
        rig.driver.close()
        rig.bus.close()
        rig.call(rig.twin.close)
