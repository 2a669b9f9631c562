"""An access door: the relay of its strike and the contact of its leaf, on the Pi's pins.

Rules this driver keeps
-----------------------
1. It is claimed locked. A release ends locked after ``release_s``, whatever happens in it.
2. While the door is held released, no release that ends locks it; a release that is under way
   when a hold ends still lasts its time.
3. Closing ends release and hold: the strike is locked and its pin let go of. A fail-safe door
   then drops out with its relay and is released, as the word promises; a fail-secure one stays
   locked. In a fire the building's own relay takes the power off the locks anyway.
4. Whether the door stands open is said by its contact alone.
"""

import threading

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.doors import Door
from edge.drivers.gpio.contacts import GpioContact
from edge.drivers.gpio.outputs import GpioOutput
from edge.drivers.gpio.wired import WiredDevice
from edge.sop.events import DoorClosed, DoorOpened, Post


class GpioDoor(WiredDevice):
    """One door. Posts DoorOpened and DoorClosed with its id (the last part of *name*)."""

    def __init__(self, name: str, config: Door, factory: Factory, clock: Clock, post: Post) -> None:
        self._post = post
        self._clock = clock
        self._release_s = config.release_s
        self._strike = GpioOutput(config.releasing, factory, clock)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._held = False
        self._releases = 0
        contacts = []
        if config.contact is not None:
            contacts.append(GpioContact(config.contact, factory, clock, self._moved))
        super().__init__(name, (self._strike,), contacts)

    def open(self) -> None:
        """Claim the strike locked, then the contact, which reports its level.

        :raises DeviceUnavailable: if a pin cannot be claimed; then none is kept
        """
        self._closing.clear()
        super().open()

    def close(self) -> None:
        """End release and hold, lock and let go of all pins; see rule 3."""
        self._closing.set()
        with self._lock:
            self._held = False
        super().close()

    def release(self) -> None:
        """Release the strike for the door's release time; returns when that is over.

        Closing the device ends it.

        :raises DeviceUnavailable: if the door is not open for use
        :raises DeviceFault: if its pin cannot be driven
        """
        try:
            self._set(releases=1)
            self._closing.wait(self._clock.real(self._release_s))
        finally:
            self._set(releases=-1)

    def hold(self, *, released: bool) -> None:
        """Hold the strike released until told otherwise, or end that.

        May be called while a release is under way.

        :raises DeviceUnavailable: if the door is not open for use
        :raises DeviceFault: if its pin cannot be driven
        """
        self._set(held=released)

    def _set(self, *, held: bool | None = None, releases: int = 0) -> None:
        with self._lock:
            self._held = self._held if held is None else held
            self._releases += releases
            on = self._held or self._releases > 0
            if on or not self._closing.is_set():  # closing locks by itself
                self._strike.set(on=on)

    def _moved(self, *, active: bool, initial: bool) -> None:
        kind = DoorOpened if active else DoorClosed
        self._post(lambda at: kind(at, self.id, initial))
