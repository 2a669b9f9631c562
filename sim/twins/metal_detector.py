"""The walk-through metal detector: an alarm relay, a tamper relay and the beam across it."""

import asyncio
from random import Random

from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.pins import Contact
from sim.header import Header, terminal
from sim.twins.wiring import Switch

# Seconds. No maker publishes the alarm pulse's length; a walk through the frame takes about one.
_ALARM_S = 1.0
_BEFORE_BEAM_S = 0.2
_BEAM_S = 0.6
# A person who runs, or only an arm: less than half as long as a body at walking pace.
_RUN_S = 0.05
# With saturated coils (a large piece of metal) the relay of a frame goes on and off.
_WARBLE_S = 0.75
# Interference from a lift's motor or a lamp on a long cable: longer than a contact bounces.
_SPIKE_S = 0.04


class DetectorTwin:
    """The frame that guests walk through, one at a time.

    :ivar alarm: the alarm contact; *fail* it to have it stuck or its wire cut
    :ivar tamper: the contact that shows tampering with the detector; None: not wired
    :ivar passage: the beam's contact, active while a person stands in the beam; None: not wired
    :ivar passages: how many walks there have been
    """

    def __init__(
        self, header: Header, detector: MetalDetector, clock: Clock, chance: Random
    ) -> None:
        def switch(contact: Contact | None) -> Switch | None:
            return Switch(terminal(header, contact), contact, clock, chance) if contact else None

        self.alarm = Switch(terminal(header, detector.alarm), detector.alarm, clock, chance)
        self.tamper = switch(detector.tamper)
        self.passage = switch(detector.passage)
        self.passages = 0
        self._clock = clock
        self._frame = asyncio.Lock()

    @property
    def alarming(self) -> bool:
        """True while the alarm sounds."""
        return self.alarm.active

    async def walk_through(self, *, metal: bool) -> None:
        """Walk through once, with or without metal; returns when alarm and beam are at rest.

        Metal is detected as the guest comes near: the alarm begins before the beam is broken, and
        lasts until after the beam is free.
        """
        async with self._frame:
            begun = self._clock.boot_ns()
            self.alarm.set(metal, begun)
            await self._clock.pause(_BEFORE_BEAM_S)
            await self._interrupt(_BEAM_S)
            await self._clock.pause(_ALARM_S - _BEFORE_BEAM_S - _BEAM_S)
            self.alarm.set(False)
            self.passages += 1

    async def run_through(self) -> None:
        """Run, or throw an object, through the frame: too fast for the detector."""
        async with self._frame:
            await self._interrupt(_RUN_S)

    def block(self, *, blocked: bool = True) -> None:
        """Put a suitcase into the beam, or remove it."""
        if self.passage is not None:
            self.passage.set(blocked)

    async def warble(self, times: int) -> None:
        """Switch the alarm relay on and off *times* times, three quarters of a second each."""
        for _ in range(times):
            await self._pulse(self.alarm, _WARBLE_S)
            await self._clock.pause(_WARBLE_S)

    async def spike(self) -> None:
        """Let 40 ms of interference through to the alarm contact."""
        await self._pulse(self.alarm, _SPIKE_S)

    def meddle(self, *, opened: bool = True) -> None:
        """Open the detector's cabinet, or close it."""
        if self.tamper is not None:
            self.tamper.set(opened)

    async def _interrupt(self, seconds: float) -> None:
        if self.passage is None:
            await self._clock.pause(seconds)
        else:
            await self._pulse(self.passage, seconds)

    async def _pulse(self, switch: Switch, seconds: float) -> None:
        begun = self._clock.boot_ns()
        switch.set(True, begun)
        await self._clock.pause(seconds)
        switch.set(False, begun + int(seconds * 1e9))
