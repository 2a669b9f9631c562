"""An access door: the relay of its strike and the contact of its leaf, on any channel.

Rules of this driver
--------------------
1. The strike is claimed locked. A release ends locked after ``release_s``, also after an error.
2. During a hold, the end of a release does not lock the door. A release that is under way when a
   hold ends still lasts its full time.
3. Closing ends release and hold: the strike is locked and its pin is closed. The relay then drops
   out: a fail-safe door is released by that, a fail-secure one stays locked. In a fire the
   building's own relay cuts the power of the locks in any case.
4. Only the contact shows whether the door is open. While it is loose nothing is posted: the door
   counts as it was before, until the contact has rested.
"""

from edge import waits
from edge.clock import Clock
from edge.config.sections.doors import Door
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.device import WiredDevice, loose_reporter
from edge.drivers.wired.outputs import WiredOutput
from edge.drivers.wired.plausibility import LIMITS, Level
from edge.sop.events import DoorClosed, DoorOpened, Post


class WiredDoor(WiredDevice):
    """One door. Posts DoorOpened and DoorClosed with its id (the last part of *name*)."""

    def __init__(
        self, name: str, config: Door, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self._post = post
        self._clock = clock
        self._release_s = config.release_s
        self._strike = WiredOutput(config.releasing, channels, clock)
        self._lock = waits.lock()
        self._closing = waits.event()
        self._held = False
        self._releases = 0
        contacts = []
        if config.contact is not None:
            on_loose = loose_reporter(f"{name}/contact", "door", config.contact, post)
            contacts.append(
                WiredContact(
                    config.contact, channels, clock, self._moved, LIMITS["door"], on_loose=on_loose
                )
            )
        super().__init__(name, (self._strike,), contacts)

    def open(self) -> None:
        """Claim the strike locked, then the contact, which reports its level.

        :raises DeviceUnavailable: if a pin cannot be claimed; then no pin stays claimed
        """
        self._closing.clear()
        super().open()

    def close(self) -> None:
        """End release and hold, lock the strike and close all pins; see rule 3."""
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
        """Hold the strike released (True), or end the hold (False).

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
            if on or not self._closing.is_set():  # close() locks the strike itself
                self._strike.set(on=on)

    def _moved(self, level: Level) -> None:
        kind = DoorOpened if level.active else DoorClosed
        self._post(lambda at: kind(at, self.id, level.initial))
