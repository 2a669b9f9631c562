"""Lockers whose locks are relays and whose doors have contacts, on the Pi's pins.

Rules this driver keeps
-----------------------
1. A lock gets one pulse of ``pulse_s``, never longer; its relay is off afterwards, always.
2. One solenoid at a time (supply current).
3. Whether a door opened is said by its contact alone: no pulse is ever repeated here.
"""

import threading
from functools import partial

from gpiozero import Factory

from edge.clock import Clock
from edge.drivers.base import Post
from edge.drivers.contacts import GpioContact
from edge.drivers.outputs import GpioOutput
from edge.drivers.wired import WiredDevice
from edge.errors import DeviceFault
from edge.sections.lockers import Lockers
from edge.sop.events import LockerClosed, LockerOpened


class GpioLockers(WiredDevice):
    """The lockers of one checkpoint. Posts LockerOpened and LockerClosed."""

    def __init__(
        self, name: str, config: Lockers, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self._config = config
        self._post = post
        self._one_at_a_time = threading.Lock()
        self._relays = {
            locker.number: GpioOutput(locker.relay, factory, clock) for locker in config.locker
        }
        doors = [
            GpioContact(locker.door, factory, clock, partial(self._door_moved, locker.number))
            for locker in config.locker
        ]
        super().__init__(name, tuple(self._relays.values()), doors)

    def unlock(self, locker: int) -> None:
        """Energise the lock of *locker* for its pulse; returns when it is over.

        :raises DeviceFault: if there is no such lock or its pin cannot be driven
        :raises DeviceUnavailable: if the lockers are not open for use
        """
        if locker not in self._relays:
            raise DeviceFault(f"{self.name}: no relay is wired for locker {locker}")
        with self._one_at_a_time:
            self._relays[locker].play((self._config.pulse_s,))

    def _door_moved(self, locker: int, *, active: bool, initial: bool) -> None:
        kind = LockerOpened if active else LockerClosed
        self._post(lambda at: kind(at, locker, initial))
