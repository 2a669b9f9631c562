"""A walk-through metal detector by its relay contacts, on any channel.

Rules of this driver
--------------------
1. The alarm contact is a level with two edges: both are posted, and the level found at opening.
   Pulses shorter than ``minimum_pulse_s`` are noise and counted; an alarm ends ``hold_s`` after
   its last edge, so that a relay that warbles is one alarm.
2. Where it is wired normally-closed, a cut wire reads as an alarm, never as clear. A loose contact
   is an alarm until it has rested.
3. An alarm or an interrupted beam that lasts longer than ``stuck_s`` is a fault; the alarm stays.
4. A passage is made when the beams are free *again*: the person has gone through (``walks.py``).
   Two beams show its direction; with one, the config gives it. Without a beam an officer's button
   marks the passage.
"""

from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.drivers.channels import Channels
from edge.drivers.wired.beams import Beams
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.device import WiredDevice, loose_reporter
from edge.drivers.wired.plausibility import LIMITS, Level
from edge.drivers.wired.safety import alarm_input
from edge.sop.events import DetectorAlarmed, DetectorCleared, InputRefused, Post

SHORT_ALARM = "alarm contact active for too short a time"


class WiredMetalDetector(WiredDevice):
    """The detector: its alarm contact and, where wired, its tamper contact and its beams.

    Posts DetectorAlarmed, DetectorCleared, PassageMade, PassageTooFast; InputAlarmed and
    InputRestored of the kinds ``detector-tamper`` and ``beam-blocked``; InputRefused for noise.

    :param name: ``metal-detector``, or ``metal-detector/NAME`` for the detector NAME
    """

    def __init__(
        self, name: str, config: MetalDetector, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self._post = post
        self._detector = name.partition("/")[2]
        limits = LIMITS["alarm"]._replace(active_s=config.minimum_pulse_s, rest_s=config.hold_s)
        alarm = WiredContact(
            config.alarm, channels, clock, self._alarm_changed, limits,
            on_loose=loose_reporter(f"{name}/alarm", "alarm", config.alarm, post),
            on_noise=self._too_short, stuck_s=config.stuck_s,
        )  # fmt: skip
        contacts = [alarm]
        if config.tamper is not None:
            part = f"{name}/tamper"
            contacts.append(
                alarm_input(
                    part, "detector-tamper", config.tamper, channels, clock, post, self._detector
                )
            )
        if config.beams:
            contacts += Beams(name, self._detector, config, channels, clock, post).contacts
        super().__init__(name, (), contacts)

    def _alarm_changed(self, level: Level) -> None:
        kind = DetectorAlarmed if level.active else DetectorCleared
        self._post(lambda at: kind(at, level.initial, self._detector))

    def _too_short(self, count: int) -> None:
        self._post(lambda at: InputRefused(at, self.name, SHORT_ALARM, count))
