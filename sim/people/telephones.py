"""The telephones that a visit holds: no other answer is given on one while its call rings."""

import asyncio
from typing import TYPE_CHECKING

from sim.people.course import Standing

if TYPE_CHECKING:
    from sim.people.visit import Visit


class Telephones:
    """The telephones that *visit* holds.

    :ivar held: the locks held, by aiphone
    """

    def __init__(self, visit: "Visit") -> None:
        self.held: dict[str | None, asyncio.Lock] = {}
        self._visit = visit

    async def take(self, then: Standing) -> None:
        """Take the telephone if a call rings at *then*."""
        if then.over is None and then.present(self._visit.text).rings:
            aiphone = self._visit.equipment.aiphone_at(then)
            if aiphone not in self.held:
                phone = self._visit.people.phone(aiphone)
                await phone.acquire()
                self.held[aiphone] = phone

    def hang_up(self) -> None:
        """Put down each telephone on which no call of the visit rings."""
        at = self._visit.at
        rings = at.over is None and at.present(self._visit.text).rings
        own = self._visit.equipment.aiphone_at(at)
        for aiphone in list(self.held):
            if not rings or aiphone != own:
                self.held.pop(aiphone).release()

    def put_down(self) -> None:
        """Put down all of them: the visit is over."""
        while self.held:
            self.held.popitem()[1].release()
