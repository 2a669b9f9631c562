"""The safety inputs: fire and duress loops, tamper and supply contacts, on any channel.

Rules of this driver
--------------------
1. Each contact is a level with two edges: both are posted, and the level found at opening. An
   alarm is posted at once, its end after a second at rest.
2. The loops are normally-closed: a cut wire reads as the alarm itself, never as rest. A loose
   contact is in alarm until it has rested.
3. This driver only reports; it does not hold, latch or judge. A duress button latches by itself
   until it is reset with its key; the fire relay releases the locks' power by itself.
"""

from edge.clock import Clock
from edge.config.sections.doors import Safety
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.device import WiredDevice, loose_reporter
from edge.drivers.wired.plausibility import LIMITS, Level
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
            alarm_input(f"{name}/{key}", kind, contact, channels, clock, post)
            for key, kind in KINDS.items()
            if (contact := getattr(config, key)) is not None
        ]
        super().__init__(name, (), contacts)


def alarm_input(
    part: str,
    kind: InputKind,
    contact: Contact,
    channels: Channels,
    clock: Clock,
    post: Post,
    detector: str = "",
) -> WiredContact:
    """Return the driver of *contact*, which posts InputAlarmed and InputRestored of *kind*.

    :param part: its name in the fault of a loose contact
    :param detector: the metal detector that it belongs to
    """

    def changed(level: Level) -> None:
        event = InputAlarmed if level.active else InputRestored
        post(lambda at: event(at, kind, level.initial, detector))

    on_loose = loose_reporter(part, "safety", contact, post)
    return WiredContact(contact, channels, clock, changed, LIMITS["safety"], on_loose=on_loose)
