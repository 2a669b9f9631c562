"""A walk-through metal detector: an alarm relay, a tamper relay and one or two beams across it."""

import asyncio
from random import Random

from edge.clock import Clock
from edge.config.sections.metal_detector import MetalDetector
from edge.config.sections.pins import Contact
from sim.twins.wiring import Switch
from sim.world.header import Header, terminal

# Seconds. No maker publishes the alarm pulse's length; a walk through the frame takes about one.
_ALARM_S = 1.0
_BEFORE_BEAM_S = 0.2
_BEAM_S = 0.6
# With two beams the second is reached this much later: 0.2 m at 1 m/s.
_BETWEEN_BEAMS_S = 0.2
# A person who runs, or only an arm: less than half as long as a body at walking pace.
_RUN_S = 0.05
_BETWEEN_BEAMS_RUN_S = 0.03
# With saturated coils (a large piece of metal) the relay of a frame goes on and off.
_WARBLE_S = 0.75
# Interference from a lift's motor or a lamp on a long cable: longer than a contact bounces.
_SPIKE_S = 0.04


class DetectorTwin:
    """The frame that guests walk through, one at a time.

    :ivar alarm: the alarm contact; *fail* it to have it stuck or its wire cut
    :ivar tamper: the contact that shows tampering with the detector; None: not wired
    :ivar passage: the beam's contact, active while a person stands in the beam; of two beams the
        outer one's; None: not wired
    :ivar beams: the contacts of the beams, from outside to inside
    :ivar counts: its beams show walks in, so that no officer has to count persons
    :ivar passages: how many walks there have been
    """

    def __init__(
        self, header: Header, detector: MetalDetector, clock: Clock, chance: Random
    ) -> None:
        def switch(contact: Contact | None) -> Switch | None:
            return Switch(terminal(header, contact), contact, clock, chance) if contact else None

        self.alarm = Switch(terminal(header, detector.alarm), detector.alarm, clock, chance)
        self.tamper = switch(detector.tamper)
        fitted = (detector.passage or detector.outer, detector.inner)
        self.beams = [beam for contact in fitted if (beam := switch(contact)) is not None]
        self.passage = self.beams[0] if self.beams else None
        self.counts = "in" in detector.walks
        self.passages = 0
        self._clock = clock
        self._frame = asyncio.Lock()

    @property
    def alarming(self) -> bool:
        """True while the alarm sounds."""
        return self.alarm.active

    async def walk_through(self, *, metal: bool, out: bool = False) -> None:
        """Walk through once, in or *out*, with or without metal; returns when all is at rest.

        Metal is detected as the guest comes near: the alarm begins before the beam is broken, and
        lasts until after the beam is free.
        """
        async with self._frame:
            begun = self._clock.boot_ns()
            self.alarm.set(metal, begun)
            await self._clock.pause(_BEFORE_BEAM_S)
            await self._interrupt(_BEAM_S, _BETWEEN_BEAMS_S, out=out)
            await self._clock.pause(_ALARM_S - _BEFORE_BEAM_S - _BEAM_S)
            self.alarm.set(False)
            self.passages += 1

    async def run_through(self, *, out: bool = False) -> None:
        """Run, or throw an object, through the frame: too fast for the detector."""
        async with self._frame:
            await self._interrupt(_RUN_S, _BETWEEN_BEAMS_RUN_S, out=out)

    async def turn_back(self) -> None:
        """Come into the frame from outside, as far as the second beam, and go back."""
        async with self._frame:
            outer, *inner = self.beams
            begun = self._clock.boot_ns()
            outer.set(True, begun)
            for beam in inner:
                beam.set(True, begun + int(_BETWEEN_BEAMS_S * 1e9))
            await self._clock.pause(_BEAM_S)
            for beam in inner:
                beam.set(False, begun + int(_BEAM_S * 1e9))
            await self._clock.pause(_BETWEEN_BEAMS_S)
            outer.set(False, begun + int((_BEAM_S + _BETWEEN_BEAMS_S) * 1e9))

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
        await self.alarm.pulse(_SPIKE_S)

    def meddle(self, *, opened: bool = True) -> None:
        """Open the detector's cabinet, or close it."""
        if self.tamper is not None:
            self.tamper.set(opened)

    async def _interrupt(self, seconds: float, between_s: float, *, out: bool = False) -> None:
        """Interrupt the beams for *seconds* each, the second *between_s* later."""
        if not self.beams:
            await self._clock.pause(seconds)
            return
        first, *second = reversed(self.beams) if out else self.beams
        begun = self._clock.boot_ns()
        first.set(True, begun)
        if second:
            await self._clock.pause(between_s)
            second[0].set(True, begun + int(between_s * 1e9))
            await self._clock.pause(seconds - between_s)
        else:
            await self._clock.pause(seconds)
        first.set(False, begun + int(seconds * 1e9))
        if second:
            await self._clock.pause(between_s)
            second[0].set(False, begun + int((seconds + between_s) * 1e9))

    async def _pulse(self, switch: Switch, seconds: float) -> None:
        begun = self._clock.boot_ns()
        switch.set(True, begun)
        await self._clock.pause(seconds)
        switch.set(False, begun + int(seconds * 1e9))
