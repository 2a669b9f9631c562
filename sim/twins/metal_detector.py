"""The walk-through metal detector: an alarm contact and, where fitted, the beam's contact."""

import asyncio
from random import Random

from edge.clock import Clock
from edge.sections.metal_detector import MetalDetector
from sim.header import HeaderPin
from sim.twins.wiring import Switch

# Seconds. No maker publishes the alarm pulse's length; a walk through the frame takes about one.
_ALARM_S = 1.0
_BEFORE_BEAM_S = 0.2
_BEAM_S = 0.6


class DetectorTwin:
    """The frame that guests walk through, one at a time.

    :ivar alarm: the alarm contact
    :ivar passage: the beam's contact, active while somebody stands in the beam; None: not wired
    :ivar passages: how many walks there have been
    """

    def __init__(
        self, header: dict[int, HeaderPin], detector: MetalDetector, clock: Clock, chance: Random
    ) -> None:
        self.alarm = Switch(header[detector.alarm.pin], detector.alarm, clock, chance)
        self.passage: Switch | None = None
        if detector.passage is not None:
            self.passage = Switch(header[detector.passage.pin], detector.passage, clock, chance)
        self.passages = 0
        self._clock = clock
        self._frame = asyncio.Lock()

    @property
    def alarming(self) -> bool:
        """Whether the alarm sounds now."""
        return self.alarm.active

    async def walk_through(self, *, metal: bool) -> None:
        """Walk through once, with or without metal; returns when alarm and beam are at rest.

        Metal is noticed as the guest comes near: the alarm begins before the beam is broken,
        and lasts until after the beam is free.
        """
        async with self._frame:
            self.alarm.set(metal)
            await self._clock.pause(_BEFORE_BEAM_S)
            if self.passage is not None:
                self.passage.set(True)
            await self._clock.pause(_BEAM_S)
            if self.passage is not None:
                self.passage.set(False)
            await self._clock.pause(_ALARM_S - _BEFORE_BEAM_S - _BEAM_S)
            self.alarm.set(False)
            self.passages += 1
