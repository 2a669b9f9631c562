"""The call of a visit to the aide: people hear if it rings."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.people.visit import Visit

# How long reception watches lamp and aiphone for a ring: seconds, and real seconds at least.
_RUNG_S = 6.0
_RUNG_REAL_S = 2.0


class Call:
    """The latest call of *visit*."""

    def __init__(self, visit: "Visit") -> None:
        self._visit = visit
        self._before: int | None = None

    @property
    def rings(self) -> int:
        """How often the aiphone of the visit has rung."""
        visit = self._visit
        return visit.people.rings(visit.equipment.aiphone_at(visit.at))

    @property
    def has_rung(self) -> bool:
        """True if the aiphone has rung since :meth:`begins`."""
        return self.rings != self._before

    def begins(self) -> None:
        """Note that a call may ring from now on."""
        self._before = self.rings

    async def is_missing(self) -> bool:
        """Wait for the ring; return True if none came, and the lamp asks.

        A ring begins long before the lamp shows that there is no answer. So a person who has seen
        the lamp and heard no ring knows that none came.
        """
        visit, people = self._visit, self._visit.people
        aiphone = visit.equipment.aiphone_at(visit.at)
        if aiphone is None:
            return False
        before = self._before if self._before is not None else self.rings
        asked = False
        end = people.clock.boot_ns() + people.hands.at_least(_RUNG_S, _RUNG_REAL_S) * 1e9
        while people.clock.boot_ns() < end:
            asked = await people.hands.look(visit.station) == "slow"
            twin = people.lobby.aiphones[aiphone]
            busy = twin.busy
            if twin.ringing or twin.rings != before or (busy is not None and busy.active):
                return False
        return asked
