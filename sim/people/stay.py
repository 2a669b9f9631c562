"""The guest's stay with the host: the meeting, and staying on until the panel asks."""

from functools import partial
from typing import TYPE_CHECKING

from sim.people.pace import is_meeting
from sim.people.turn import asked_first
from sim.people.way import takes_back

if TYPE_CHECKING:
    from sim.people.visit import Visit

# A guest who stays with the host stays this much longer than the time after which the panel asks:
# seconds, and real seconds at least.
_ASKED_S = 120.0
_ASKED_REAL_S = 2.0
# How long an answer waits for that about another guest, seconds.
_OTHERS_S = 600.0


class Stay:
    """The stay of the guest of *visit*; no officer's desk is held meanwhile."""

    def __init__(self, visit: "Visit") -> None:
        self._visit = visit
        self._met: set[int] = set()
        self._stayed_on = False

    async def pass_meeting(self) -> None:
        """Let the meeting go by, where the text has one, or after it if it has none."""
        visit = self._visit
        phase, step = visit.at.present(visit.text), visit.text.steps[visit.at.step]
        behind = takes_back(step) and not self._met and visit.at.decided is None
        if is_meeting(phase) or (behind and phase.lamp == "off"):
            key = visit.at.step * 100 + visit.at.extensions
            if key not in self._met:
                self._met.add(key)
                await visit.seat.leave()
                await visit.spend("meeting")
                door = visit.people.door_of(visit.guest)
                if door is not None and behind:
                    await door.go_out()

    async def stay_on(self) -> None:
        """Stay until the panel asks, if that is the guest's intention."""
        visit = self._visit
        intention, hands = visit.guest.intention, visit.people.hands
        step = visit.text.steps[visit.at.step]
        if not intention.unseen or self._stayed_on or not takes_back(step):
            return
        self._stayed_on = True
        await visit.seat.leave()
        left_s = visit.place.asked_at_s - visit.people.clock.boot_ns() / 1e9
        await visit.people.clock.pause(left_s + hands.at_least(_ASKED_S, _ASKED_REAL_S))
        if not intention.keeps and hands.can(visit.station, "acknowledge"):
            await self._confirm()

    async def _confirm(self) -> None:
        """Answer the panel that the guest is still here.

        The answer counts for the first guest in line whom the panel asks about: it is given for
        each before this one too, but not for a guest who is gone, or who answers soon.
        """
        visit, people = self._visit, self._visit.people
        for _ in people.guests:
            first = asked_first(people.guests, visit)
            if first is None:
                return
            if first is not visit and first.guest.intention.unseen:
                await people.until(partial(_answered, first), _OTHERS_S)
            if not first.place.asked:
                continue
            if await people.hands.press_once(visit.station, "acknowledge") == "accepted":
                first.place.seen()
                people.changed.tell()
            if first is visit:
                return


def _answered(visit: "Visit") -> bool:
    return not visit.is_open or not visit.place.asked
