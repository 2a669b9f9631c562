"""Jammed lockers, as people notice them: the lock clicks, and the door stays shut.

The checkpoint gives such a locker to no guest until its door has been opened and closed. So people
who count the free lockers leave it out.
"""

from sim.world.lobby import Lobby


class Jams:
    """The jammed lockers of *lobby*.

    :ivar lockers: their numbers
    """

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby
        self._known = self._counts()
        self.lockers: set[int] = set()

    def look(self) -> None:
        """Note the lockers whose lock has clicked since the last look, by what the door did."""
        before, self._known = self._known, self._counts()
        for number, (pulses, unlocks) in self._known.items():
            if unlocks > before[number][1]:
                self.lockers.discard(number)
            elif pulses > before[number][0] and not self._lobby.lockers[number].door_open:
                self.lockers.add(number)

    def _counts(self) -> dict[int, tuple[int, int]]:
        """Return by locker how often its lock has clicked, and how often that opened the door."""
        return {n: (one.pulses, one.unlocks) for n, one in self._lobby.lockers.items()}
