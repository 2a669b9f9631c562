"""The called station of the intercom on the aide's desk: a tone, and buttons to answer with."""

import asyncio
from random import Random
from typing import Literal

from edge.clock import Clock
from edge.config.sections.aiphone import Aiphone
from sim.twins.hearing import Hearing
from sim.twins.wiring import Load, Switch
from sim.world.header import Header, terminal
from sim.world.notice import Notice, patience

Answer = Literal["accept", "decline", "release", "extend"]

# A ring is over when it has been quiet for this long, seconds.
_QUIET_S = 2.0
# Aiphone's dry inputs need at least 0.1 s; a finger stays a little longer.
_CONTACT_S = 0.3


class AiphoneTwin:
    """The aide's station.

    :ivar rings: how many ring patterns have ended
    :ivar heard: number of tones of the last of them
    :ivar contacts: the answer contacts that are wired, by their name; *fail* one to have it stuck
    :ivar busy: the contact that is active while the station is in use; None: not wired
    """

    def __init__(self, header: Header, aiphone: Aiphone, clock: Clock, chance: Random) -> None:
        wired = {
            "accept": aiphone.accept,
            "decline": aiphone.decline,
            "release": aiphone.release,
            "extend": aiphone.extend,
        }
        self.contacts = {
            name: Switch(terminal(header, contact), contact, clock, chance)
            for name, contact in wired.items()
            if contact is not None
        }
        busy = aiphone.busy
        self.busy = Switch(terminal(header, busy), busy, clock, chance) if busy else None
        self.rings = 0
        self.heard = 0
        self._noticed = 0
        self._clock = clock
        self._notice = Notice()
        self._finger = asyncio.Lock()
        self._hearing = Hearing(clock, _QUIET_S, self._heard)
        self._tone = Load(terminal(header, aiphone.ring), aiphone.ring, self._hearing.changed)

    @property
    def ringing(self) -> bool:
        """True while a ring pattern goes on, its pauses included."""
        return self._hearing.sounding

    async def wait_ring(self, timeout_s: float) -> bool:
        """Wait for the end of a ring that this method has not returned for yet.

        A ring that ended since the last call counts at once; several count as one.

        :param timeout_s: clock seconds in which the ring must end
        """
        real_s = patience(self._clock, timeout_s) + self._hearing.quiet_real_s
        rung = await self._notice.until(lambda: self.rings > self._noticed, real_s)
        self._noticed = self.rings
        return rung

    def talk(self, *, talking: bool = True) -> None:
        """Begin a call from elsewhere, or hang up."""
        if self.busy is not None:
            self.busy.set(talking)

    async def answer(self, which: Answer) -> None:
        """Press an answer button for 0.3 s.

        :raises LookupError: if that contact is not wired
        """
        contact = self.contacts.get(which)
        if contact is None:
            raise LookupError(f"this aiphone has no contact {which!r}")
        async with self._finger:
            begun = self._clock.boot_ns()
            contact.set(True, begun)
            await self._clock.pause(_CONTACT_S)
            contact.set(False, begun + int(_CONTACT_S * 1e9))
            await self._clock.pause(_CONTACT_S)

    def _heard(self, pulses: list[float]) -> None:
        self.rings += 1
        self.heard = len(pulses)
        self._notice.tell()
