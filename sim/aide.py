"""The host's aide: answers the aiphone, shows guests in, ends meetings.

The aiphone's buttons say nothing of whom they mean: the checkpoint takes an answer for the first
guest who waits for one. So aide and reception keep a custom: while a call is going on nobody is
shown in, and who stands at the door is shown in before the call is answered.
"""

import asyncio

from edge.clock import Clock
from sim.guests import Guest
from sim.habits import pace
from sim.hands import Hands

# How long one waits for the aiphone to ring before answering all the same, seconds.
_RING_S = 30.0
# How long reception looks and listens whether it is rung at all.
_RUNG_S = 6.0
_RUNG_REAL_S = 2.0
# Between two looks at whose meeting is the longest, seconds.
_TURN_S = 5.0
# How often a meeting is ended by the aide's button; else by the card at the desk.
_BY_BUTTON = 0.5


class Aide:
    """The aide at one aiphone (None: the procedure has none; everything is said aloud).

    :ivar phone: held while a call goes on or a button is pressed
    :ivar door: guests who wait to be shown in, first come first
    :ivar meeting: guests who are with their hosts
    """

    def __init__(self, hands: Hands, clock: Clock, aiphone: str | None) -> None:
        self.hands = hands
        self.clock = clock
        self.aiphone = aiphone
        self.phone = asyncio.Lock()
        self.door: list[Guest] = []
        self.meeting: list[Guest] = []

    @property
    def rings(self) -> int:
        """How often the aiphone has rung."""
        return 0 if self.aiphone is None else self.hands.lobby.aiphones[self.aiphone].rings

    async def take_call(self, guest: Guest, rings: int = -1) -> bool:
        """Wait for the ring and answer as *guest*'s host wishes; True if done by a contact.

        The caller holds ``phone``. A decline is said aloud while other guests are with the aide:
        the button would be taken for the end of their meeting.

        :param rings: how often it had rung before the call; reception then looks whether it was
            rung at all (``guest.away``)
        """
        guest.away = await self._nobody_rung(rings)
        if guest.away:
            return False
        if self.aiphone is not None:
            await self.hands.lobby.aiphones[self.aiphone].wait_ring(_RING_S)
        await self.clock.pause(pace(guest.chance, "answering"))
        if guest.plan.host in ("accept", "late"):
            while self.door:
                await self._show_in(self.door[0])
            return await self.hands.answer(self.aiphone, "accept")
        if guest.plan.host == "decline" and not self.door and not self.meeting:
            return await self.hands.answer(self.aiphone, "decline")
        return False

    async def _nobody_rung(self, rings: int) -> bool:
        """Whether reception's lamp asks for a decision, nobody was rung and the line is free.

        A ring begins long before the lamp says that nobody answers it, so whoever has seen the lamp
        and heard no ring knows; a busy machine only needs more time for either.
        """
        end = self.clock.boot_ns() + self.hands.at_least(_RUNG_S, _RUNG_REAL_S) * 1e9
        while self.clock.boot_ns() < end:
            asked = await self.hands.look("reception") == "slow"
            if self._rung(rings) or self._in_use:
                return False
            if asked:
                return True
        return False

    def _rung(self, rings: int) -> bool:
        ringing = self.aiphone is not None and self.hands.lobby.aiphones[self.aiphone].ringing
        return ringing or self.rings != rings

    @property
    def _in_use(self) -> bool:
        busy = None if self.aiphone is None else self.hands.lobby.aiphones[self.aiphone].busy
        return busy is not None and busy.active

    async def admit(self, guest: Guest) -> None:
        """Come to the door and show *guest* in."""
        self.door.append(guest)
        try:
            async with self.phone:
                await self.clock.pause(pace(guest.chance, "admitting"))
                if guest in self.door:
                    await self._show_in(guest)
        finally:
            if guest in self.door:
                self.door.remove(guest)

    async def end_meeting(self, guest: Guest) -> bool:
        """End *guest*'s meeting: by the button if it can mean nobody else, or leave it open.

        True if the checkpoint has been told by the button.
        """
        by_button = guest.chance.random() < _BY_BUTTON or guest.plan.without_card
        try:
            # Who has no card to show at the desk waits until the button means this meeting.
            while guest.plan.without_card and (self.meeting[:1] != [guest] or self.phone.locked()):
                await self.clock.pause(_TURN_S)
            if by_button and self.meeting[:1] == [guest] and not self.phone.locked():
                async with self.phone:
                    return await self.hands.answer(self.aiphone, "decline")
        finally:
            if guest in self.meeting:
                self.meeting.remove(guest)
        return False

    async def _show_in(self, guest: Guest) -> None:
        self.door.remove(guest)
        self.meeting.append(guest)
        await self.hands.answer(self.aiphone, "accept")
