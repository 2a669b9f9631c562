"""The called station of the intercom on the aide's desk: a tone, and buttons to answer with."""

import asyncio
from random import Random
from typing import Literal

from edge.clock import Clock
from edge.sections.aiphone import Aiphone
from sim.header import HeaderPin
from sim.notice import Notice, patience
from sim.twins.hearing import Hearing
from sim.twins.wiring import Load, Switch

Answer = Literal["accept", "decline", "release"]

# A ring is over when it has been quiet for this long, seconds.
_QUIET_S = 2.0
# Aiphone's dry inputs ask for at least 0.1 s; a finger stays a little longer.
_CONTACT_S = 0.3


class AiphoneTwin:
    """The aide's station.

    :ivar rings: how many ring patterns have been heard to their end
    :ivar contacts: the answer contacts that are wired, by their name
    """

    def __init__(
        self, header: dict[int, HeaderPin], aiphone: Aiphone, clock: Clock, chance: Random
    ) -> None:
        wired = {"accept": aiphone.accept, "decline": aiphone.decline, "release": aiphone.release}
        self.contacts = {
            name: Switch(header[contact.pin], contact, clock, chance)
            for name, contact in wired.items()
            if contact is not None
        }
        self.rings = 0
        self._noticed = 0
        self._clock = clock
        self._notice = Notice()
        self._finger = asyncio.Lock()
        self._hearing = Hearing(clock, _QUIET_S, self._heard)
        self._tone = Load(header[aiphone.ring.pin], aiphone.ring, self._hearing.changed)

    @property
    def ringing(self) -> bool:
        """Whether a ring pattern has begun that is not over, its pauses included."""
        return self._hearing.sounding

    async def wait_ring(self, timeout_s: float) -> bool:
        """Wait for the end of a ring that this method has not yet told of.

        A ring that ended since the last call counts at once; several count as one.

        :param timeout_s: clock seconds in which the ring must end
        """
        real_s = patience(self._clock, timeout_s) + self._hearing.quiet_real_s
        rung = await self._notice.until(lambda: self.rings > self._noticed, real_s)
        self._noticed = self.rings
        return rung

    async def answer(self, which: Answer) -> None:
        """Press an answer button for 0.3 s.

        :raises LookupError: if that contact is not wired
        """
        contact = self.contacts.get(which)
        if contact is None:
            raise LookupError(f"this aiphone has no contact {which!r}")
        async with self._finger:
            contact.set(True)
            await self._clock.pause(_CONTACT_S)
            contact.set(False)
            await self._clock.pause(_CONTACT_S)

    def _heard(self, _pulses: list[float]) -> None:
        self.rings += 1
        self._notice.tell()
