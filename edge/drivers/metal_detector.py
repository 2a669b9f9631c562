"""A walk-through metal detector by its relay contacts, on the Pi's pins.

Rules this driver keeps
-----------------------
1. The alarm contact is a level with two edges: both are posted, and the level found at opening.
2. Where it is wired normally-closed, a cut wire reads as an alarm, never as clear.
3. An alarm or a blocked beam that lasts longer than ``stuck_s`` is a fault; the alarm stays one.
4. A passage is made when its beam is free *again*: the person has gone through. The beam is
   optional; without one an officer's button marks the passage.
"""

from gpiozero import Factory

from edge.clock import Clock
from edge.drivers.base import Post
from edge.drivers.contacts import GpioContact
from edge.drivers.wired import WiredDevice
from edge.sections.metal_detector import MetalDetector
from edge.sop.events import DetectorAlarmed, DetectorCleared, PassageMade


class GpioMetalDetector(WiredDevice):
    """The detector. Posts DetectorAlarmed, DetectorCleared and PassageMade."""

    def __init__(
        self, name: str, config: MetalDetector, factory: Factory, clock: Clock, post: Post
    ) -> None:
        self._post = post
        contacts = [GpioContact(config.alarm, factory, clock, self._alarm_changed, config.stuck_s)]
        if config.passage is not None:
            beam = GpioContact(config.passage, factory, clock, self._beam_changed, config.stuck_s)
            contacts.append(beam)
        super().__init__(name, (), contacts)

    def _alarm_changed(self, *, active: bool, initial: bool) -> None:
        kind = DetectorAlarmed if active else DetectorCleared
        self._post(lambda at: kind(at, initial))

    def _beam_changed(self, *, active: bool, initial: bool) -> None:
        if not active and not initial:
            self._post(PassageMade)
