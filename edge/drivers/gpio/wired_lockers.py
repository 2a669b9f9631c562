"""Lockers with a relay for each lock and a contact for each door, on the Pi's pins.

Rules of this driver (and those of ``contact_lockers.py``)
----------------------------------------------------------
1. A lock gets one pulse of ``pulse_s``, never longer; its relay is off afterwards, always.
2. A pulse is never repeated here.
"""

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.lockers import GpioLockers
from edge.drivers.gpio.contact_lockers import ContactLockers
from edge.drivers.gpio.outputs import GpioOutput
from edge.sop.events import Post


class WiredLockers(ContactLockers):
    """The lockers of one checkpoint. Posts LockerOpened and LockerClosed."""

    def __init__(
        self, name: str, config: GpioLockers, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self._config = config
        self._relays = {
            locker.number: GpioOutput(locker.relay, factory, clock) for locker in config.locker
        }
        outputs = tuple(self._relays.values())
        super().__init__(name, config.locker, outputs, factory, clock, post)

    def energise(self, locker: int) -> None:
        """Close the relay of *locker* for ``pulse_s``."""
        self._relays[locker].play((self._config.pulse_s,))
