"""Lockers with a relay for each lock and a contact for each door, on any channel.

Rules of this driver (and those of ``contact_lockers.py``)
----------------------------------------------------------
1. A lock gets one pulse of ``pulse_s``, never longer; its relay is off afterwards, always.
2. A pulse is never repeated here.
"""

from edge.clock import Clock
from edge.config.sections.lockers import GpioLockers
from edge.drivers.channels import Channels
from edge.drivers.wired.contact_lockers import ContactLockers
from edge.drivers.wired.outputs import WiredOutput
from edge.sop.events import Post


class RelayLockers(ContactLockers):
    """The lockers of one checkpoint."""

    def __init__(
        self, name: str, config: GpioLockers, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self._config = config
        self._relays = {
            locker.number: WiredOutput(locker.relay, channels, clock) for locker in config.locker
        }
        outputs = tuple(self._relays.values())
        super().__init__(name, config.locker, outputs, channels, clock, post)

    def open(self) -> None:
        """Claim the relays at rest, then the door contacts, which report their levels.

        :raises DeviceUnavailable: if one cannot be claimed
        """
        self._causes.clear()
        super().open()
        for number in self._numbers:
            self._in_order(number, "board")

    def energise(self, locker: int) -> None:
        """Close the relay of *locker* for ``pulse_s``."""
        self._relays[locker].play((self._config.pulse_s,))
