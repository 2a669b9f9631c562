"""Lockers with door contacts on the Pi's pins; each subclass drives the locks in its own way.

Rules of this driver
--------------------
1. One solenoid at a time (supply current): an unlock waits until the one before is over.
2. Only the door's contact shows that a door opened.
"""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.device import WiredDevice
from edge.drivers.wired.outputs import WiredOutput
from edge.errors import DeviceFault
from edge.sop.events import LockerClosed, LockerOpened, Post


class LockerWithDoor(Protocol):
    """A locker's number and door contact, as in the config of every such driver."""

    @property
    def number(self) -> int:
        """The number on its door."""

    @property
    def door(self) -> Contact:
        """The contact that is active while the door is open."""


class ContactLockers(WiredDevice):
    """The lockers of one checkpoint. Posts LockerOpened and LockerClosed."""

    def __init__(
        self,
        name: str,
        lockers: Sequence[LockerWithDoor],
        outputs: Sequence[WiredOutput],
        channels: Channels,
        clock: Clock,
        post: Post,
    ) -> None:
        self._post = post
        self._open_doors: set[int] = set()
        self._numbers = {locker.number for locker in lockers}
        self._one_at_a_time = threading.Lock()
        doors = [
            WiredContact(locker.door, channels, clock, partial(self._door_moved, locker.number))
            for locker in lockers
        ]
        super().__init__(name, outputs, doors)

    def unlock(self, locker: int) -> None:
        """Energise the lock of *locker* for its pulse; returns when it is over.

        :raises DeviceFault: if there is no such lock or it cannot be driven
        :raises DeviceUnavailable: if the lockers are not open for use
        """
        if locker not in self._numbers:
            raise DeviceFault(f"{self.name}: no lock is wired for locker {locker}")
        with self._one_at_a_time:
            self.energise(locker)

    def energise(self, locker: int) -> None:
        """Energise the lock of *locker* for its pulse; returns when it is over."""
        raise NotImplementedError

    def _door_moved(self, locker: int, *, active: bool, initial: bool) -> None:
        (self._open_doors.add if active else self._open_doors.discard)(locker)
        kind = LockerOpened if active else LockerClosed
        self._post(lambda at: kind(at, locker, initial))
