"""The beams of a metal detector: one or two contacts, active while a beam is interrupted.

``walks.py`` decides which interruptions are walks. A beam that is interrupted for longer than
``blocked_s`` is blocked: the alarm ``beam-blocked`` stands until no beam is.
"""

import threading

from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.countdown import Countdown
from edge.drivers.wired.device import loose_reporter
from edge.drivers.wired.plausibility import LIMITS, Again, Level
from edge.drivers.wired.walks import Episode, Key, Outcome, Walk, Walks
from edge.sop.events import (
    InputAlarmed,
    InputRefused,
    InputRestored,
    PassageMade,
    PassageTooFast,
    Post,
)

SHORT_BEAM = "beam interrupted for too short a time"
UNCLEAR = "both beams changed at the same moment"
_KEYS: tuple[Key, ...] = ("passage", "outer", "inner")


class Beams:
    """The beams of one detector.

    Posts PassageMade, PassageTooFast, InputAlarmed and InputRestored of ``beam-blocked``, and
    InputRefused.

    :param device: name of the device; *detector*: its name in events
    :ivar contacts: the beams' contacts, to be opened and closed with the device
    """

    def __init__(
        self,
        device: str,
        detector: str,
        config: MetalDetector,
        channels: Channels,
        clock: Clock,
        post: Post,
    ) -> None:
        keys = tuple(key for key in _KEYS if key in config.beams)
        direction = None if config.direction == "both" else config.direction
        self._device = device
        self._detector = detector
        self._post = post
        self._walks = Walks(keys, direction, config.too_fast_s, config.apart_s)
        # Each contact calls with its own lock held: this one is always the second.
        self._lock = threading.Lock()
        self._episode = Episode()
        self._free = dict.fromkeys(keys, False)
        self._blocked: set[Key] = set()
        self._unsettled = False
        self.contacts = [
            _Beam(self, key, f"{device}/{key}", config, config.beams[key], channels, clock, post)
            for key in keys
        ]

    def interrupted(self, beam: Key, at: float, *, known: bool) -> None:
        """Handle that *beam* was interrupted at *at* (seconds), if *known* at that moment."""
        with self._lock:
            self._free[beam] = False
            self._episode = self._walks.interrupted(self._episode, beam, at, known=known)

    def freed(self, beam: Key, at: float, *, known: bool, initial: bool, settled: bool) -> None:
        """Handle that *beam* is free since *at*, if *known* since that moment; *initial*: found so.

        :param settled: False: the alarm ``beam-blocked`` may stand because of its interruption
        """
        with self._lock:
            self._free[beam] = True
            self._blocked.discard(beam)
            self._unsettled = self._unsettled or not settled
            self._episode, outcomes = self._walks.freed(self._episode, beam, at, known=known)
            for outcome in outcomes:
                self._tell(outcome)
            if self._unsettled and all(self._free.values()):
                self._unsettled = False
                name = self._detector
                self._post(lambda now: InputRestored(now, "beam-blocked", initial, name))

    def block(self, beam: Key) -> None:
        """Handle that *beam* has been interrupted for longer than ``blocked_s``."""
        with self._lock:
            self._episode = self._walks.void(self._episode)
            if not self._blocked:
                name = self._detector
                self._post(lambda now: InputAlarmed(now, "beam-blocked", detector=name))
            self._blocked.add(beam)

    def lost(self, beam: Key) -> None:
        """Handle that the contact of *beam* is loose: its interruption decides nothing."""
        with self._lock:
            self._episode = self._walks.lost(self._episode, beam)

    def _tell(self, outcome: Outcome) -> None:
        match outcome:
            case Walk(direction, too_fast):
                kind = PassageTooFast if too_fast else PassageMade
                self._post(lambda at: kind(at, self._detector, direction))
            case "noise":
                self._post(lambda at: InputRefused(at, self._device, SHORT_BEAM))
            case "unclear":
                self._post(lambda at: InputRefused(at, self._device, UNCLEAR))


class _Beam(WiredContact):
    """One beam's contact, active while the beam is interrupted."""

    def __init__(
        self,
        beams: Beams,
        key: Key,
        part: str,
        config: MetalDetector,
        contact: Contact,
        channels: Channels,
        clock: Clock,
        post: Post,
    ) -> None:
        super().__init__(
            contact, channels, clock, self._moved, LIMITS["beam"],
            on_loose=loose_reporter(part, "beam", contact, post), stuck_s=config.stuck_s,
        )  # fmt: skip
        self._beams = beams
        self._key = key
        self._blocked_s = config.blocked_s
        self._begun = False
        self._blocked = False
        self._countdown = Countdown(clock, self._lock, lambda: None, self.confirm, self._block)

    def close(self) -> None:
        """Release the input and stop reporting."""
        super().close()
        with self._lock:
            self._countdown.stop()

    def _moved(self, level: Level) -> None:
        known = not (level.initial or level.missed)
        if level.active:
            self._begin(level.at, known=known)
            return
        self._countdown.stop()
        if known and self._begun and level.lasted_s > self._blocked_s and not self._blocked:
            self._block()  # the countdown is late
        settled = known and self._begun and not self._blocked
        self._beams.freed(self._key, level.at, known=known, initial=level.initial, settled=settled)

    def _began_anew(self, again: Again) -> None:
        if self.active and not self._blocked:
            self._begin(again.at, known=not again.missed)

    def _loosened(self) -> None:
        self._countdown.stop()
        self._begun = False
        self._beams.lost(self._key)

    def _begin(self, at: float, *, known: bool) -> None:
        self._begun, self._blocked = known, False
        self._countdown.start(self._blocked_s)
        self._beams.interrupted(self._key, at, known=known)

    def _block(self) -> None:
        self._blocked = True
        self._beams.block(self._key)
