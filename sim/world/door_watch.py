"""Watches the access doors for openings that are alarms: forced ones, and those held open.

An opening is forced if the strike does not release the door then. A handle inside bridges the
contact: a leaf that does not shut afterwards opens for the contact when the hand lets go. In a fire
all doors are released; the time of a door that stands open begins again with its end.
"""

import asyncio
from collections.abc import Callable

from edge.clock import Clock
from sim.twins.door import DoorTwin
from sim.world.incidents import Incidents


class DoorWatch:
    """The watch on the door *name*, which has a contact.

    :param held_s: how long it may stand open, clock seconds
    :param awake: returns True if the checkpoint sees an opening when it happens
    :param fire: returns True during a fire alarm
    """

    def __init__(
        self,
        name: str,
        door: DoorTwin,
        held_s: float,
        clock: Clock,
        incidents: Incidents,
        *,
        awake: Callable[[], bool],
        fire: Callable[[], bool],
    ) -> None:
        self._name, self._door, self._held_s = name, door, held_s
        self._clock, self._incidents = clock, incidents
        self._awake, self._fire = awake, fire
        self._opened_ns = 0
        if door.contact is not None:
            door.contact.moved.append(self._opened)

    def _opened(self, at: int) -> None:
        self._opened_ns = at
        if self._awake() and not self._door.released and not self._fire():
            self._incidents.cause(f"door-forced-{self._name}", self._shut)
        loop = asyncio.get_running_loop()
        loop.call_later(self._clock.real(self._held_s), self._held, at)

    def _held(self, since: int) -> None:
        """Note a door that has stood open since *since* without a break."""
        if since != self._opened_ns or self._shut():
            return
        if self._fire():
            self._incidents.allow(f"door-held-{self._name}")
        else:
            self._incidents.cause(f"door-held-{self._name}", self._shut)

    def _shut(self) -> bool:
        """Return True if the contact shows no open leaf; the handle inside bridges it."""
        return not self._door.stands_open
