"""The people of the lobby and their shared things: desks, telephones, cards, lockers, places.

They know the procedures by their texts (sim/people/procedure_text.py), see lamps and doors, hear
rings and beeps, and touch only the equipment of the lobby. The visit of each guest is in
sim/people/visit.py, the course of the day in sim/people/day.py.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from edge.clock import Clock
from edge.config.hosts import hosts, hosts_of
from edge.config.sections.hosts import Host
from sim.people.equipment import Equipment
from sim.people.guests import Guest
from sim.people.hands import Hands
from sim.people.intention import of
from sim.people.jams import Jams
from sim.people.pace import PLACES, pace
from sim.people.player import Player
from sim.people.procedure_text import Text
from sim.people.prospect import Prospect, prospect
from sim.scenario import Branch
from sim.twins.door import DoorTwin
from sim.world.lobby import Lobby
from sim.world.notice import Notice, patience

# A lock or a strike needs this long on a busy machine, real seconds.
_DOOR_REAL_S = 2.0
# The walk from the lockers, seconds: longer than a lock board's poll_s, with which the checkpoint
# detects that a door is shut; and real seconds until a busy machine has done so.
_WALK_S = 8.0
# How long a guest waits for a card, while all are out, seconds.
_CARD_S = 7200.0
_DOOR_SEEN_REAL_S = 0.4


class People:
    """All people in *lobby* on one day.

    :param texts: the procedures as the people read them, by id
    :ivar taken: by locker that holds belongings, the number of their guest
    :ivar jams: lockers that have jammed
    :ivar attended: lockers with a person in front of them
    :ivar changed: told whenever a guest has done something that others may wait for, and whenever
        a locker's door has moved
    :ivar opened: how many visits have been opened
    :ivar announced: the reason that the office has given, by the name of each host who is away
    :ivar tray: cards that lie on a desk and have not been held to a reader
    :ivar player: the person at the page, if there is one
    :ivar overnight: guests who have gone home with their card, until tomorrow
    """

    def __init__(
        self, lobby: Lobby, clock: Clock, guests: list[Guest], texts: Mapping[str, Text]
    ) -> None:
        self.lobby = lobby
        self.clock = clock
        self.guests = guests
        self.texts = texts
        self.hands = Hands(lobby, clock)
        self.taken: dict[int, int] = {}
        self.attended: set[int] = set()
        self.jams = Jams(lobby)
        self.changed = Notice()
        for locker in lobby.lockers.values():
            locker.door_watchers.append(self.changed.tell)
        self.opened = 0
        self.escorts: dict[str, int] = dict.fromkeys(lobby.config.cards.escort, 0)
        self.announced: dict[str, str | None] = {}
        self.tray: list[str] = []
        self.overnight: list[Guest] = []
        self.player = Player()
        self._desks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._phones: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        cards = lobby.config.cards
        self._piles = {"": list(cards.visitor), **{n: list(c) for n, c in cards.pools.items()}}
        self._taking = asyncio.Lock()
        self._all_cards = sum(len(pile) for pile in self._piles.values())
        for guest in guests:
            self._choose_host(guest)

    def decide(self, tell: Callable[[dict[str, Any]], None]) -> None:
        """Have each guest decide on the first of the branch's intentions that has a way here.

        Without one the guest goes through as a ``normal`` one; *tell* is told of it, once.
        """
        found: dict[tuple[str, str, str], Prospect] = {}
        for guest in self.guests:
            key = (guest.procedure, guest.host, guest.branch)
            if key not in found:
                found[key] = self._prospect(guest)
                if found[key].intention is None:
                    why = {"procedure": guest.procedure, "branch": guest.branch}
                    tell({"event": "no-way", **why, "why": found[key].why})
            guest.intention = found[key].intention or of("normal")[0]
            self._limit_group(guest)

    def prospect_of(self, procedure: str, branch: Branch, host: str | None = None) -> Prospect:
        """Return what can come of a guest of *procedure*, to *host* (None: its first), here."""
        equipment = self.equipment(procedure, host)
        around = equipment.surroundings(free_lockers=1000, full=frozenset(), away=False)
        return prospect(equipment, around, branch)

    def _prospect(self, guest: Guest) -> Prospect:
        return self.prospect_of(guest.procedure, guest.branch, guest.host)

    def welcome(self, guest: Guest) -> str:
        """Add *guest*, who comes unplanned; return why the branch has no way, "" if it has one."""
        self._choose_host(guest)
        found = self._prospect(guest)
        guest.intention = found.intention or of("normal")[0]
        self._limit_group(guest)
        self.guests.append(guest)
        return "" if found.intention else found.why

    def _limit_group(self, guest: Guest) -> None:
        """Let no more persons come together than a button can count, and each place has room for.

        A group is one visit: one that is larger than a place would wait for it for ever.
        """
        arrival = self.equipment_of(guest).arrival
        if arrival is None or not self.hands.can(arrival[0], "more"):
            guest.persons = 1
        needed = self.texts[guest.procedure].places
        room = [one.at_most for one in self.lobby.config.places if one.id in needed]
        guest.persons = min(guest.persons, *room) if room else guest.persons

    def _choose_host(self, guest: Guest) -> None:
        possible = self.hosts_of(guest)
        guest.host = guest.chance.choice(possible) if len(possible) > 1 else possible[0]

    def equipment_of(self, guest: Guest) -> Equipment:
        """Return the equipment for *guest*."""
        return self.equipment(guest.procedure, guest.host)

    def equipment(self, procedure: str, host: str | None = None) -> Equipment:
        """Return the equipment for the guests of *procedure* and *host* (None: its first)."""
        possible = hosts_of(self.lobby.config, procedure)
        one = next((one for one in possible if one.id == host), possible[0])
        return Equipment(self.lobby.config, self.clock, self.texts[procedure], one)

    def at_step(self, guest: Guest, step: str, station: str) -> None:
        """Record that *guest* is at *step* from now on."""
        guest.step, guest.station = step, station
        guest.since_ns = self.clock.boot_ns()
        self.lobby.figures[guest.number] = PLACES.get(station, "office")

    def gone(self, guest: Guest) -> None:
        """Record that *guest* has left the lobby; locker and card are free again."""
        self.give_up_lockers(guest)
        self.put_cards_back(guest)  # a guest who gave up left them at the desk
        guest.state, guest.step, guest.station = "gone", "", ""
        self.figure_gone(guest)
        self.changed.tell()

    def figure_gone(self, guest: Guest) -> None:
        """Remove the figure of *guest*, who is out of the lobby, perhaps not for good."""
        self.lobby.figures.pop(guest.number, None)

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

    def desk(self, station: str) -> asyncio.Lock:
        """Return the lock of the desk at *station*: it serves one guest at a time, in order."""
        return self._desks[self.hands.panel_at(station) or station]

    def phone(self, aiphone: str | None) -> asyncio.Lock:
        """Return the lock of *aiphone*: held while a call goes on or a button is pressed."""
        return self._phones[aiphone or ""]

    def rings(self, aiphone: str | None) -> int:
        """Return how often *aiphone* has rung."""
        return 0 if aiphone is None else self.lobby.aiphones[aiphone].rings

    async def until(self, true: Callable[[], bool], seconds: float | None) -> bool:
        """Wait until ``true()``, as others move on; False if it is not within *seconds* (clock)."""
        real_s = None if seconds is None else patience(self.clock, seconds)
        return await self.changed.until(true, real_s)

    async def spend(self, guest: Guest, what: str) -> None:
        """Let the time of one activity of *guest* pass (sim/people/pace.py)."""
        await self.clock.pause(pace(guest.chance, what))

    def hosts_of(self, guest: Guest) -> list[str]:
        """Return the hosts whom guests of *guest*'s procedure can visit."""
        return [host.id for host in hosts_of(self.lobby.config, guest.procedure)]

    def host(self, guest: Guest) -> Host:
        """Return the host of *guest*."""
        return next(one for one in hosts(self.lobby.config) if one.id == guest.host)

    def door_of(self, guest: Guest) -> DoorTwin | None:
        """Return the access door to *guest*'s host; None if the config has none."""
        for name, door in self.lobby.config.doors.items():
            if guest.procedure in door.procedures:
                return self.lobby.doors[name]
        return None

    @property
    def missing(self) -> int:
        """Number of visitor cards that are on no pile."""
        return self._all_cards - sum(len(pile) for pile in self._piles.values())

    @property
    def all_cards(self) -> list[str]:
        """The visitor cards of all pools."""
        cards = self.lobby.config.cards
        return [*cards.visitor, *(card for pool in cards.pools.values() for card in pool)]

    async def walk_on(self) -> None:
        """Walk on from the lockers; meanwhile the checkpoint detects the shut door."""
        await self.clock.pause(self.hands.at_least(_WALK_S, _DOOR_SEEN_REAL_S))

    def take_card(self, pool: str | None) -> str | None:
        """Take a card from the pile of *pool*; None if all are out."""
        pile = self._piles.get(pool or "", [])
        return pile.pop(0) if pile else None

    async def take_cards(self, guest: Guest, wanted: int, pool: str | None) -> None:
        """Take *wanted* cards from the pile of *pool* for *guest*; wait while all are out.

        One group after the other, so that two of them do not wait for each other's cards.
        """
        all_cards = len(
            self.lobby.config.cards.pools.get(pool or "", self.lobby.config.cards.visitor)
        )
        async with self._taking:
            while len(guest.cards) < min(wanted, all_cards):
                card = self.take_card(pool)
                if card is not None:
                    guest.cards.append(card)
                elif not await self.until(lambda: self.has_card(pool), _CARD_S):
                    return

    def hand_out(self, guest: Guest, card: str, place: int) -> None:
        """Give *card* from the pile to *guest* as the card number *place*, from 0."""
        if card in guest.cards:
            guest.cards.remove(card)
        elif place < len(guest.cards):
            self.put_back(guest.cards.pop(place))
        for pile in self._piles.values():
            if card in pile:
                pile.remove(card)
        guest.cards.insert(place, card)

    def has_card(self, pool: str | None) -> bool:
        """Return True if a card is on the pile of *pool*."""
        return bool(self._piles.get(pool or ""))

    def card_elsewhere(self, station: str) -> str | None:
        """Return a card that is out with a guest for whom *station*'s reader would not count it.

        That is a guest at a desk of an officer, away from *station* and from the way back.
        """
        for guest in self.guests:
            visit = guest.visit
            if visit is None or visit.at.over is not None or not visit.at.cards or not guest.cards:
                continue
            phase = visit.at.present(visit.text)
            shows = phase.waits_for("card.presented")
            if not shows and self.hands.panel_at(visit.station) != self.hands.panel_at(station):
                return guest.cards[0]
        return None

    def put_back(self, card: str) -> None:
        """Put *card* on its pile again."""
        pools = self.lobby.config.cards.pools
        pool = next((name for name, cards in pools.items() if card in cards), "")
        self._piles[pool].append(card)
        self.changed.tell()

    def put_cards_back(self, guest: Guest) -> None:
        """Put *guest*'s cards on the pile again."""
        while guest.cards:
            self.put_back(guest.cards.pop())

    @property
    def open_doors(self) -> set[int]:
        """The lockers that stand open."""
        return {number for number, locker in self.lobby.lockers.items() if locker.door_open}

    @property
    def free_lockers(self) -> int:
        """Number of lockers without belongings, without those that have jammed."""
        self.jams.look()
        return len(self.lobby.lockers.keys() - self.taken.keys() - self.jams.lockers)

    @property
    def open_door(self) -> int | None:
        """The first locker without belongings that stands open; None if there is none."""
        return min(self.open_doors - self.taken.keys(), default=None)

    async def find_open_door(self, guest: Guest, timeout_s: float) -> int | None:
        """Wait until an unused locker springs open and assign it to *guest*; None if none does."""
        number = await self._until_open(lambda: self.open_door, timeout_s)
        if number is not None:
            self.taken[number] = guest.number
            guest.lockers.append(number)
            guest.account.lockers.append(number)
        return number

    async def wait_own_door(self, guest: Guest, timeout_s: float) -> int | None:
        """Wait until one of *guest*'s lockers is open; None after *timeout_s* seconds."""
        return await self._until_open(lambda: self.own_open_door(guest), timeout_s)

    def own_open_door(self, guest: Guest) -> int | None:
        """Return the last of *guest*'s lockers that stands open; None if none does."""
        doors = reversed(guest.lockers)
        return next((number for number in doors if self.lobby.lockers[number].door_open), None)

    async def _until_open(self, find: Callable[[], int | None], timeout_s: float) -> int | None:
        seconds = self.hands.at_least(timeout_s, _DOOR_REAL_S)
        await self.until(lambda: find() is not None, seconds)
        return find()

    async def wait_door(self, number: int, timeout_s: float) -> bool:
        """Wait until locker *number* is open; False after *timeout_s* seconds."""
        seconds = self.hands.at_least(timeout_s, _DOOR_REAL_S)
        return await self.lobby.lockers[number].wait_open(seconds)

    def give_up_locker(self, guest: Guest, number: int) -> None:
        """Record that *guest* has no belongings in locker *number* any more."""
        self.taken.pop(number, None)
        guest.lockers.remove(number)
        self.changed.tell()

    def give_up_lockers(self, guest: Guest) -> None:
        """Record that *guest* has no belongings in a locker any more."""
        for number in list(guest.lockers):
            self.give_up_locker(guest, number)
