"""The people of the lobby and their shared things: officers, aides, visitor cards, lockers.

They know the procedures as people do (sim/habits.py), see lamps and doors, hear rings and beeps,
and touch only the equipment of the lobby. Their acts at each step are in sim/acts.py, the course of
their day in sim/day.py.
"""

import asyncio
from collections import defaultdict

from edge.clock import Clock
from edge.config.hosts import hosts, hosts_of
from edge.config.sections.hosts import Host
from sim.aide import Aide
from sim.guests import Guest
from sim.habits import PLACES, pace
from sim.hands import Hands
from sim.lobby import Lobby
from sim.twins.door import DoorTwin

# Between two looks at the lockers: seconds, and real seconds at least.
_GLANCE_S = 0.3
_GLANCE_REAL_S = 0.02
# A lock or a strike needs this long on a busy machine, real seconds.
_DOOR_REAL_S = 2.0
# The walk from the lockers to the desk, seconds; and real seconds until a busy machine has detected
# that a door is shut.
_WALK_S = 8.0
_DOOR_SEEN_REAL_S = 0.4
# How long a guest pushes at a door, and how long its closer may need, seconds.
_PUSH_S = 20.0
# Steps at which a guest with a card is neither at a desk with a reader nor with the host.
_BETWEEN = ("penitipan", "pemeriksaan", "pengantaran")
# How long a guest without a card lets others go first, seconds.
_OTHERS_S = 7200.0
# How often a guest shows a card that is refused.
_SHOWINGS = 4
# Seconds between two looks at the line.
_TURN_S = 3.0
# Seconds between two rounds of an officer who waits for a locker.
_ROUND_S = 20.0


class People:
    """All people in *lobby* on one day.

    :ivar taken: by locker that holds belongings, the number of their guest
    :ivar attended: lockers with a person in front of them
    :ivar returning: guests who, as the checkpoint knows, come back to the desk, first come first;
        *leave* there means the first of them
    :ivar tray: cards that lie on a desk and have not been held to a reader
    :ivar overnight: guests who have gone home with their card, until tomorrow
    """

    def __init__(self, lobby: Lobby, clock: Clock, guests: list[Guest]) -> None:
        self.lobby = lobby
        self.clock = clock
        self.guests = guests
        self.hands = Hands(lobby, clock)
        self.taken: dict[int, int] = {}
        self.attended: set[int] = set()
        self.returning: list[Guest] = []
        self.tray: list[str] = []
        self.overnight: list[Guest] = []
        self._desks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._cards: asyncio.Queue[str] = asyncio.Queue()
        for card in lobby.config.cards.visitor:
            self._cards.put_nowait(card)
        self._taking = asyncio.Lock()
        self.aides = {name: Aide(self.hands, clock, name) for name in lobby.config.aiphone}
        self._without_aiphone = Aide(self.hands, clock, None)
        for guest in guests:
            possible = self.hosts_of(guest)
            guest.host = guest.chance.choice(possible) if len(possible) > 1 else possible[0]

    def at_step(self, guest: Guest, step: str) -> None:
        """Record that *guest* is at *step* from now on."""
        guest.step = step
        guest.since_ns = self.clock.boot_ns()
        self.lobby.figures[guest.number] = PLACES.get(guest.station, "office")

    def gone(self, guest: Guest) -> None:
        """Record that *guest* has left the lobby; locker and card are free again."""
        self.has_returned(guest)
        self.give_up_lockers(guest)
        self.put_cards_back(guest)  # a guest who gave up left them at the desk
        guest.state, guest.step, guest.station = "gone", "", ""
        self.figure_gone(guest)

    def figure_gone(self, guest: Guest) -> None:
        """Remove the figure of *guest*, who is out of the lobby, perhaps not for good."""
        self.lobby.figures.pop(guest.number, None)

    async def card_elsewhere(self, timeout_s: float) -> str | None:
        """Return a card that is out with a guest at lockers, detector or on the way to the host.

        Wait for one for *timeout_s* seconds of the clock; then return None.
        """
        end = self.clock.boot_ns() + timeout_s * 1e9
        while self.clock.boot_ns() < end:
            for guest in self.guests:
                if guest.card and guest.step in _BETWEEN:
                    return guest.card
            await self.clock.pause(_TURN_S)
        return None

    def station_with(self, action: str, procedure: str | None = None) -> str | None:
        """Return the first station with a button for *action* on its panel; None without one."""
        panels = self.lobby.config.panels.values()
        stations = (panel.stations[0] for panel in panels if panel.stations)
        return next((name for name in stations if self.hands.can(name, action, procedure)), None)

    @property
    def card_desk(self) -> str:
        """The first station with a card reader; "" if there is no reader."""
        readers = self.lobby.config.card_readers.values()
        return next((one.stations[0] for one in readers), "")

    def beside(self, station: str) -> str:
        """Return the station where an officer confirms a supervisor's card shown at *station*.

        It is beside the same reader, with *done* on another panel; *station* if there is none.
        """
        own = self.hands.panel_at(station)
        for reader in self.lobby.config.card_readers.values():
            if station in reader.stations:
                for other in reader.stations:
                    if self.hands.panel_at(other) != own and self.hands.can(other, "done"):
                        return other
        return station

    @property
    def officer_opens(self) -> bool:
        """True if belongings come out by the card and an officer's button."""
        lockers = self.lobby.config.lockers
        return lockers is not None and lockers.return_needs == "card-and-button"

    def desk(self, station: str) -> asyncio.Lock:
        """Return the lock of the desk at *station*: it serves one guest at a time, in order."""
        return self._desks[self.hands.panel_at(station) or station]

    def returns(self, guest: Guest) -> None:
        """Record that *guest* is on the way back to the desk, and the checkpoint knows it."""
        if guest not in self.returning:
            self.returning.append(guest)

    def has_returned(self, guest: Guest) -> None:
        """Record that *guest* has been at the desk."""
        if guest in self.returning:
            self.returning.remove(guest)

    async def until_first_back(self, guest: Guest) -> None:
        """Wait until *leave* at the desk means *guest*: other returning guests have cards to show.

        Wait for 7200 seconds of the clock at most.
        """
        end = self.clock.boot_ns() + _OTHERS_S * 1e9
        while self.clock.boot_ns() < end and self.returning[:1] not in ([], [guest]):
            await self.clock.pause(_TURN_S)

    async def another_waits(self, guest: Guest, timeout_s: float) -> bool:
        """Wait for another guest in line for *guest*'s step; False after *timeout_s* seconds."""
        end = self.clock.boot_ns() + timeout_s * 1e9
        while self.clock.boot_ns() < end:
            if any(one.step == guest.step and not one.served for one in self.guests):
                return True
            await self.clock.pause(_TURN_S)
        return False

    def alone_at(self, guest: Guest, station: str) -> bool:
        """Return True if no other guest can have a visit at the panel of *station*."""
        panel = self.hands.panel_at(station)
        return not any(
            other.step
            and other.station not in ("", station)
            and self.hands.panel_at(other.station) == panel
            for other in self.guests
            if other is not guest
        )

    async def spend(self, guest: Guest, what: str) -> None:
        """Let the time of one activity of *guest* pass (``PACE`` of sim/habits.py)."""
        await self.clock.pause(pace(guest.chance, what))

    def hosts_of(self, guest: Guest) -> list[str]:
        """Return the hosts whom guests of *guest*'s procedure can visit."""
        return [host.id for host in hosts_of(self.lobby.config, guest.procedure)]

    def aide_of(self, guest: Guest) -> Aide:
        """Return the aide of *guest*'s host."""
        return self.aides.get(self._host_of(guest).aiphone or "", self._without_aiphone)

    def aides_station(self, guest: Guest) -> str:
        """Return the station of the aide of *guest*'s host."""
        return self._host_of(guest).station or "aide"

    def _host_of(self, guest: Guest) -> Host:
        return next(one for one in hosts(self.lobby.config) if one.id == guest.host)

    def door_of(self, guest: Guest) -> DoorTwin | None:
        """Return the access door to *guest*'s host; None if the config has none."""
        for name, door in self.lobby.config.doors.items():
            if guest.procedure in door.procedures:
                return self.lobby.doors[name]
        return None

    async def go_in(self, guest: Guest) -> bool:
        """Have the host release the door, and go through; True if it is shut again behind *guest*.

        False if it does not open, or if the config has no such door: then no release can be seen.
        """
        aiphone = self.aide_of(guest).aiphone
        door = self.door_of(guest)
        if door is None:
            await self.hands.answer(aiphone, "release")
            return False
        await self.hands.awake()
        patience_s = self.hands.at_least(_PUSH_S, _DOOR_REAL_S)
        going = asyncio.create_task(door.go_through(patience_s))
        try:
            await self.hands.answer(aiphone, "release")
            return await going and await door.wait_shut(patience_s)
        finally:
            going.cancel()

    @property
    def pile(self) -> int:
        """Number of visitor cards on the pile."""
        return self._cards.qsize()

    async def step_aside(self) -> None:
        """Wait a moment after a door was shut: the checkpoint detects it before the next press."""
        await self.clock.pause(self.hands.at_least(_GLANCE_S, _DOOR_SEEN_REAL_S))

    async def walk_back(self) -> None:
        """Walk from the lockers to the desk; meanwhile the checkpoint detects the shut door."""
        await self.clock.pause(self.hands.at_least(_WALK_S, _DOOR_SEEN_REAL_S))

    async def take_cards(self, guest: Guest) -> None:
        """Take a visitor card from the pile for each person of *guest*; wait while all are out.

        One group after the other, so that two of them do not wait for each other's cards.
        """
        async with self._taking:
            for _ in range(min(guest.persons, len(self.lobby.config.cards.visitor))):
                guest.cards.append(await self._cards.get())

    def take_any_card(self) -> str | None:
        """Take a card from the pile for a moment; None if all are out."""
        return None if self._cards.empty() else self._cards.get_nowait()

    def put_back(self, card: str) -> None:
        """Put *card* on the pile again."""
        self._cards.put_nowait(card)

    def put_cards_back(self, guest: Guest) -> None:
        """Put *guest*'s cards on the pile again."""
        while guest.cards:
            self.put_back(guest.cards.pop())

    async def walk_through(self, station: str, *, metal: bool, out: bool = False) -> None:
        """Walk through the metal detector of *station*, once the checkpoint can see it."""
        await self.hands.awake()
        detector = self.lobby.detector_at(station)
        if detector is not None:
            await detector.walk_through(metal=metal, out=out)

    async def run_through(self, station: str) -> None:
        """Run through the metal detector of *station*, once the checkpoint can see it."""
        await self.hands.awake()
        detector = self.lobby.detector_at(station)
        if detector is not None:
            await detector.run_through()

    def counts_walks(self, station: str) -> bool:
        """Return True if the metal detector of *station* counts the persons who walk in."""
        detector = self.lobby.detector_at(station)
        return detector is not None and detector.counts

    async def wait_locker_free(self, timeout_s: float) -> None:
        """Wait one round, and on until a locker is empty; *timeout_s* seconds at most."""
        end = self.clock.boot_ns() + timeout_s * 1e9
        await self.clock.pause(_ROUND_S)
        while len(self.taken) >= len(self.lobby.lockers) and self.clock.boot_ns() < end:
            await self.clock.pause(_ROUND_S)

    async def find_open_door(self, guest: Guest, timeout_s: float) -> int | None:
        """Wait until an unused locker springs open and assign it to *guest*; None if none does."""
        end = self.clock.boot_ns() + self.hands.at_least(timeout_s, _DOOR_REAL_S) * 1e9
        while self.clock.boot_ns() < end:
            for number, locker in self.lobby.lockers.items():
                if locker.door_open and number not in self.taken:
                    self.taken[number] = guest.number
                    return number
            await self.clock.pause(self.hands.at_least(_GLANCE_S, _GLANCE_REAL_S))
        return None

    async def wait_own_door(self, guest: Guest, timeout_s: float) -> int | None:
        """Wait until one of *guest*'s lockers is open; None after *timeout_s* seconds."""
        end = self.clock.boot_ns() + self.hands.at_least(timeout_s, _DOOR_REAL_S) * 1e9
        while self.clock.boot_ns() < end:
            for number in guest.lockers:
                if self.lobby.lockers[number].door_open:
                    return number
            await self.clock.pause(self.hands.at_least(_GLANCE_S, _GLANCE_REAL_S))
        return None

    async def wait_door(self, number: int, timeout_s: float) -> bool:
        """Wait until locker *number* is open; False after *timeout_s* seconds."""
        seconds = self.hands.at_least(timeout_s, _DOOR_REAL_S)
        return await self.lobby.lockers[number].wait_open(seconds)

    def give_up_locker(self, guest: Guest, number: int) -> None:
        """Record that *guest* has no belongings in locker *number* any more."""
        self.taken.pop(number, None)
        guest.lockers.remove(number)

    def give_up_lockers(self, guest: Guest) -> None:
        """Record that *guest* has no belongings in a locker any more."""
        for number in list(guest.lockers):
            self.give_up_locker(guest, number)

    async def show_card(self, guest: Guest, station: str) -> bool:
        """Hold *guest*'s card to the reader beside *station*; False if there is none, or refused.

        It is refused while reception, at the same reader, is about to hand out a card.
        """
        for _ in range(_SHOWINGS):
            if guest.card is None or not self.hands.has_reader(station):
                return False
            if await self.hands.present(station, guest.card):
                return True
            await self.spend(guest, "identity")
        return False
