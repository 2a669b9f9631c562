"""A walk-through metal detector by its relay contacts, on any channel.

Rules of this driver
--------------------
1. The alarm contact is a level with two edges: both are posted, and the level found at opening.
   Pulses shorter than ``minimum_pulse_s`` are noise and counted; an alarm ends ``hold_s`` after
   its last edge, so that a relay that warbles is one alarm.
2. Where it is wired normally-closed, a cut wire reads as an alarm, never as clear. A loose contact
   is an alarm until it has rested.
3. An alarm or an interrupted beam that lasts longer than ``stuck_s`` is a fault; the alarm stays.
4. A passage is made when its beam is free *again*: the person has gone through. A beam that was
   interrupted for less than ``too_fast_s`` was not interrupted by a walking person, and one for
   less than :data:`~edge.drivers.wired.plausibility.SHORTEST_S` by no person at all; one that is
   interrupted for longer than ``blocked_s`` is blocked. One found interrupted at opening makes no
   passage, nor does one whose first or last edge was missed, nor a loose contact. The beam is
   optional; without one an officer's button marks the passage.
"""

from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.countdown import Countdown
from edge.drivers.wired.device import WiredDevice, loose_reporter
from edge.drivers.wired.plausibility import LIMITS, SHORTEST_S, Again, Level
from edge.drivers.wired.safety import alarm_input
from edge.sop.events import (
    DetectorAlarmed,
    DetectorCleared,
    InputAlarmed,
    InputRefused,
    InputRestored,
    PassageMade,
    PassageTooFast,
    Post,
)

SHORT_ALARM = "alarm contact active for too short a time"
SHORT_BEAM = "beam interrupted for too short a time"


class WiredMetalDetector(WiredDevice):
    """The detector: its alarm contact and, where wired, its tamper contact and its beam.

    Posts DetectorAlarmed, DetectorCleared, PassageMade, PassageTooFast; InputAlarmed and
    InputRestored of the kinds ``detector-tamper`` and ``beam-blocked``; InputRefused for noise.
    """

    def __init__(
        self, name: str, config: MetalDetector, channels: Channels, clock: Clock, post: Post
    ) -> None:
        self._post = post
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
                alarm_input(part, "detector-tamper", config.tamper, channels, clock, post)
            )
        if config.passage is not None:
            contacts.append(_Beam(name, config, config.passage, channels, clock, post))
        super().__init__(name, (), contacts)

    def _alarm_changed(self, level: Level) -> None:
        kind = DetectorAlarmed if level.active else DetectorCleared
        self._post(lambda at: kind(at, level.initial))

    def _too_short(self, count: int) -> None:
        self._post(lambda at: InputRefused(at, self.name, SHORT_ALARM, count))


class _Beam(WiredContact):
    """The beam across the passage, active while it is interrupted."""

    def __init__(
        self,
        name: str,
        config: MetalDetector,
        contact: Contact,
        channels: Channels,
        clock: Clock,
        post: Post,
    ) -> None:
        on_loose = loose_reporter(f"{name}/passage", "beam", contact, post)
        super().__init__(
            contact, channels, clock, self._moved, LIMITS["beam"],
            on_loose=on_loose, stuck_s=config.stuck_s,
        )  # fmt: skip
        self._name = name
        self._limits = config
        self._post = post
        self._begun = False
        self._blocked = False
        self._countdown = Countdown(clock, self._lock, lambda: None, self.confirm, self._block)

    def close(self) -> None:
        """Release the input and stop reporting."""
        super().close()
        with self._lock:
            self._countdown.stop()

    def _moved(self, level: Level) -> None:
        if level.active:
            self._begin(known=not (level.initial or level.missed))
            return
        self._countdown.stop()
        if level.initial or level.missed or not self._begun:
            self._post(lambda at: InputRestored(at, "beam-blocked", level.initial))
        else:
            self._freed(level.lasted_s)

    def _began_anew(self, again: Again) -> None:
        if self.active and not self._blocked:
            self._begin(known=not again.missed)

    def _loosened(self) -> None:
        self._countdown.stop()
        self._begun = False

    def _begin(self, *, known: bool) -> None:
        self._begun, self._blocked = known, False
        self._countdown.start(self._limits.blocked_s)

    def _freed(self, after_s: float) -> None:
        if self._blocked or after_s > self._limits.blocked_s:
            if not self._blocked:  # the countdown is late
                self._block()
            self._post(lambda at: InputRestored(at, "beam-blocked"))
        elif after_s < SHORTEST_S:
            self._post(lambda at: InputRefused(at, self._name, SHORT_BEAM))
        elif after_s < self._limits.too_fast_s:
            self._post(PassageTooFast)
        else:
            self._post(PassageMade)

    def _block(self) -> None:
        self._blocked = True
        self._post(lambda at: InputAlarmed(at, "beam-blocked"))
