"""One called station of the aiphone (intercom), by a relay and dry contacts.

Rules this driver keeps
-----------------------
1. Ringing is a pattern of relay pulses; the relay is off afterwards, always.
2. An answer is posted when its contact becomes active; one that is found active at opening is
   a stuck contact or an answer to nobody, and is not posted.
"""

from functools import partial
from typing import Literal

from gpiozero import Factory

from edge.clock import Clock
from edge.drivers.base import Post
from edge.drivers.contacts import HELD_S, GpioContact
from edge.drivers.outputs import GpioOutput
from edge.drivers.wired import WiredDevice
from edge.sections.aiphone import Aiphone
from edge.sections.pins import Contact
from edge.sop.events import HostAnswered

Answer = Literal["accept", "decline", "release"]

# Seconds on, off, on ...; told apart by ear: two long; two short; two short and one long.
# The pulse that an Aiphone LE/LEF needs is not published: try these at the station.
RINGS = {
    "call": (1.0, 0.5, 1.0),
    "reminder": (0.3, 0.3, 0.3),
    "limit": (0.3, 0.3, 0.3, 0.3, 1.0),
}


class GpioAiphone(WiredDevice):
    """One station. Posts HostAnswered with its id (the last part of *name*)."""

    def __init__(
        self, name: str, config: Aiphone, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self._post = post
        self._ring = GpioOutput(config.ring, factory, clock)
        wired: dict[Answer, Contact | None] = {
            "accept": config.accept,
            "decline": config.decline,
            "release": config.release,
        }
        contacts = [
            GpioContact(contact, factory, clock, partial(self._answered, answer), HELD_S)
            for answer, contact in wired.items()
            if contact is not None
        ]
        super().__init__(name, (self._ring,), contacts)

    def ring(self, pattern: str) -> None:
        """Ring with a pattern of :data:`RINGS`; returns when it is over.

        :raises DeviceUnavailable: if the aiphone is not open for use
        :raises DeviceFault: if its pin cannot be driven
        """
        self._ring.play(RINGS[pattern])

    def _answered(self, answer: Answer, *, active: bool, initial: bool) -> None:
        if active and not initial:
            self._post(lambda at: HostAnswered(at, self.id, answer))
