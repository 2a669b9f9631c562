"""The host's aide: answers the aiphone, shows guests in, ends meetings.

The aiphone's buttons do not identify a guest: the checkpoint applies an answer to the first guest
who waits for one. So aide and reception follow a rule: during a call no guest is shown in or called
in, and guests at the door are shown in before the call is answered. *Accept* shows in the first
guest at the door; if there is none, it calls the first guest from the waiting room.
"""

import asyncio

from edge.clock import Clock
from sim.guests import Guest
from sim.habits import pace
from sim.hands import Hands

# The aide waits this long for the aiphone to ring and then answers all the same, seconds.
_RING_S = 30.0
# How long reception watches lamp and aiphone for a ring: seconds, and real seconds at least.
_RUNG_S = 6.0
_RUNG_REAL_S = 2.0
# Seconds between two looks at the oldest meeting.
_TURN_S = 5.0
# The share of meetings that the aide's button ends; else the card at the desk does.
_BY_BUTTON = 0.5


class Aide:
    """The aide at one aiphone (None: the procedure has none; all answers are spoken).

    :ivar phone: held while a call goes on or a button is pressed
    :ivar door: guests who wait to be shown in, first come first
    :ivar waiting: guests in the waiting room who have not been called, first come first
    :ivar meeting: guests who are with their hosts
    """

    def __init__(self, hands: Hands, clock: Clock, aiphone: str | None) -> None:
        self.hands = hands
        self.clock = clock
        self.aiphone = aiphone
        self.phone = asyncio.Lock()
        self.door: list[Guest] = []
        self.waiting: list[Guest] = []
        self.meeting: list[Guest] = []

    @property
    def rings(self) -> int:
        """How often the aiphone has rung."""
        return 0 if self.aiphone is None else self.hands.lobby.aiphones[self.aiphone].rings

    async def take_call(self, guest: Guest, rings: int = -1) -> bool:
        """Wait for the ring and answer as *guest*'s host wishes; True if done by a contact.

        The caller holds ``phone``. A decline is spoken while other guests are with the aide: the
        button would count as the end of their meeting.

        :param rings: how often it had rung before the call; reception then checks whether it rang
            at all (``guest.away``)
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
        """Return True if reception's lamp asks for a decision with no ring and a free line.

        A ring begins long before the lamp shows that there is no answer. So a person who has seen
        the lamp and heard no ring knows that none came; a busy machine only needs more time for
        either.
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
        await self._serve(guest, self.door)

    async def call(self, guest: Guest) -> None:
        """Call *guest* from the waiting room, after those who came there before."""
        await self._serve(guest, self.waiting)

    async def call_to_meeting(self, guest: Guest) -> None:
        """Call *guest* from the waiting room to the host: no screening comes between."""
        await self.call(guest)
        self.meeting.append(guest)

    async def _serve(self, guest: Guest, line: list[Guest]) -> None:
        """Have *guest* wait in *line* until a press of *accept* is for this guest."""
        line.append(guest)
        try:
            async with self.phone:
                await self.clock.pause(pace(guest.chance, "admitting"))
                while guest in line:
                    await self._accept()
        finally:
            if guest in line:
                line.remove(guest)

    async def _accept(self) -> None:
        """Press *accept*: for the first guest at the door, else the first in the waiting room."""
        if self.door:
            await self._show_in(self.door[0])
        else:
            del self.waiting[0]
            await self.hands.answer(self.aiphone, "accept")

    async def end_meeting(self, guest: Guest, *, needed: bool = False) -> bool:
        """End *guest*'s meeting by the button, if it can mean no other guest; else leave it open.

        Return True if the button was pressed.

        :param needed: only the button ends it: wait until it means this meeting
        """
        # A guest without a card for the desk needs it too.
        needed = needed or guest.plan.without_card
        by_button = guest.chance.random() < _BY_BUTTON or needed
        try:
            while needed and (self.meeting[:1] != [guest] or self.phone.locked()):
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
