"""The safety inputs: fire and duress loops, tamper and supply contacts, on the Pi's pins.

Rules of this driver
--------------------
1. Each contact is a level with two edges: both are posted, and the level found at opening.
2. The loops are normally-closed: a cut wire reads as the alarm itself, never as rest.
3. This driver only reports; it does not hold, latch or judge. A duress button latches by itself
   until it is reset with its key; the fire relay releases the locks' power by itself.
"""

from gpiozero import Factory

from edge.clock import Clock
from edge.config.sections.doors import Safety
from edge.config.sections.pins import Contact
from edge.drivers.gpio.contacts import GpioContact
from edge.drivers.gpio.wired import WiredDevice
from edge.sop.events import InputAlarmed, InputKind, InputRestored, Post

KINDS: dict[str, InputKind] = {
    "fire": "fire",
    "duress": "duress",
    "enclosure_tamper": "enclosure-tamper",
    "mains": "mains-lost",
    "battery": "battery-low",
}
"""The kind of input for each key of the config's section."""


class GpioSafetyInputs(WiredDevice):
    """All safety inputs. Posts InputAlarmed and InputRestored."""

    def __init__(
        self, name: str, config: Safety, factory: Factory, clock: Clock, post: Post
    ) -> None:
        contacts = [
            alarm_input(kind, contact, factory, clock, post)
            for key, kind in KINDS.items()
            if (contact := getattr(config, key)) is not None
        ]
        super().__init__(name, (), contacts)


def alarm_input(
    kind: InputKind, contact: Contact, factory: Factory, clock: Clock, post: Post
) -> GpioContact:
    """Return the driver of *contact*, which posts InputAlarmed and InputRestored of *kind*."""

    def changed(*, active: bool, initial: bool) -> None:
        event = InputAlarmed if active else InputRestored
        post(lambda at: event(at, kind, initial))

    return GpioContact(contact, factory, clock, changed)
