"""The safety inputs: fire and duress loops, tamper and supply contacts, on the Pi's pins.

Rules of this driver
--------------------
1. Each contact is a level with two edges: both are posted, and the level found at opening.
2. The loops are normally-closed: a cut wire reads as the alarm itself, never as rest.
3. This driver only reports; it does not hold, latch or judge. A duress button latches by itself
   until it is reset with its key; the fire relay releases the locks' power by itself.
"""

from edge.clock import Clock
from edge.config.sections.doors import Safety
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.device import WiredDevice
from edge.sop.events import InputAlarmed, InputKind, InputRestored, Post

KINDS: dict[str, InputKind] = {
    "fire": "fire",
    "duress": "duress",
    "enclosure_tamper": "enclosure-tamper",
    "mains": "mains-lost",
    "battery": "battery-low",
}
"""The kind of input for each key of the config's section."""


class WiredSafetyInputs(WiredDevice):
    """All safety inputs. Posts InputAlarmed and InputRestored."""

    def __init__(
        self, name: str, config: Safety, channels: Channels, clock: Clock, post: Post
    ) -> None:
        contacts = [
            alarm_input(kind, contact, channels, clock, post)
            for key, kind in KINDS.items()
            if (contact := getattr(config, key)) is not None
        ]
        super().__init__(name, (), contacts)


def alarm_input(
    kind: InputKind, contact: Contact, channels: Channels, clock: Clock, post: Post
) -> WiredContact:
    """Return the driver of *contact*, which posts InputAlarmed and InputRestored of *kind*."""

    def changed(*, active: bool, initial: bool) -> None:
        event = InputAlarmed if active else InputRestored
        post(lambda at: event(at, kind, initial))

    return WiredContact(contact, channels, clock, changed)
