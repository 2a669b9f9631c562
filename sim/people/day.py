"""One day of the lobby: guests arrive, are served in order, and leave.

Every officer serves one guest at a time, first come, first served. Every wait has a limit: a guest
with a hanging visit goes home in the end, and ``clear_line`` then ends the visits that are left.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

from sim.people.afterwards import bring_back, cards_after_all
from sim.people.closing import Closing
from sim.people.crew import People
from sim.people.gestures import fetch
from sim.people.guests import Guest
from sim.people.visit import Visit

# A guest goes home after this long in any case: seconds of the clock, and real seconds at least.
_PATIENCE_S = 4 * 3600.0
_PATIENCE_REAL_S = 240.0
# An officer shuts an unattended door after this many rounds.
_ROUND_S = 15.0
_ROUNDS_OPEN = 12
_FIRST_ARRIVAL_S = 10.0
_LEAST_GAP_S = 40.0
# Buttons that move a visit on although its guest has gone, and in the end close it.
_CLEARING = ("nothing", "refuse", "leave", "decline", "done")
_CLEARINGS = 4

Tell = Callable[[dict[str, Any]], None]


class Day:
    """The day of *people*.

    :param gap_s: mean seconds between two arrivals
    :param tell: called with each event, as a dict (sim/world/world.py lists them)
    :param played: guests come when they are asked, and the day ends with the simulation
    :param first_guest_opens: no officer presses *open-day*: the first guest opens the day
    """

    def __init__(
        self,
        people: People,
        gap_s: float,
        tell: Tell,
        *,
        first_guest_opens: bool = False,
        played: bool = False,
    ) -> None:
        self.people = people
        self.clock = people.clock
        self._gap_s = gap_s
        self._tell = tell
        self._first_guest_opens = first_guest_opens
        self._played = played
        self._planned = tuple(people.guests)
        self._asked: asyncio.Queue[Guest] = asyncio.Queue()
        self._closing = Closing(people, self.clear_line)

    async def live(self) -> None:
        """Run the day, from the first arrival until the last guest has left."""
        tidying = asyncio.create_task(self.tidy())
        opening = None if self._first_guest_opens else self.people.station_with("open-day")
        if opening is not None:
            await self.people.hands.press(opening, "open-day")
        try:
            async with asyncio.TaskGroup() as group:
                gap = _FIRST_ARRIVAL_S
                opened_ns = self.clock.boot_ns()
                for guest in self._planned:
                    if guest.at_s is not None:
                        gap = guest.at_s - (self.clock.boot_ns() - opened_ns) / 1e9
                    await self.clock.pause(max(0.0, gap))
                    gap = max(_LEAST_GAP_S, guest.chance.expovariate(1 / self._gap_s))
                    group.create_task(self._visit(guest))
                while self._played:
                    group.create_task(self._visit(await self._asked.get()))
            # The officials leave after their last guest: so the day closes then, not at a fixed
            # hour.
            await self._closing.close()
        finally:
            tidying.cancel()

    def ask_in(self, guest: Guest) -> None:
        """Let *guest* come now, on a day that is played."""
        self._asked.put_nowait(guest)

    async def _visit(self, guest: Guest) -> None:
        guest.state = "here"
        self._tell({"event": "arrived", "guest": guest.number, "procedure": guest.procedure})
        patience_s = max(self.clock.real(_PATIENCE_S), _PATIENCE_REAL_S)
        real_s = None if self._played else patience_s
        visit = guest.visit = Visit(self.people, guest)
        try:
            async with asyncio.timeout(real_s):
                await visit.live()
        except TimeoutError:
            guest.account.gave_up = (visit.step_id, visit.at.phase, "any")
        try:
            self._tell_end(guest)
            await self._afterwards(guest)
        finally:
            if guest not in self.people.overnight:
                self.people.gone(guest)
        self._tell({"event": "left", "guest": guest.number})

    def _tell_end(self, guest: Guest) -> None:
        if guest.account.gave_up is not None:
            step, phase, event = guest.account.gave_up
            told = {"guest": guest.number, "step": step, "phase": phase, "awaited": event}
            self._tell({"event": "gave-up", **told})

    async def _afterwards(self, guest: Guest) -> None:
        """Give back what the visit's end has left with *guest*: cards and lockers."""
        people, keeps = self.people, guest.intention.keeps
        over, missing = guest.account.over, guest.account.cards_out + guest.account.cards_lost
        if over is not None and keeps and missing:
            if keeps == "tray":
                people.tray += guest.cards
                guest.cards.clear()
            else:
                await self._come_back(guest)
        elif guest.cards:
            station = guest.station or people.card_desk
            async with people.desk(station):
                await cards_after_all(people, guest, station)
        if guest not in people.overnight:
            await fetch(people, guest)

    async def _come_back(self, guest: Guest) -> None:
        """*guest* has gone home with the card; the guest, or a finder, brings it back later."""
        desk = guest.station or self.people.card_desk
        guest.step, guest.station = "gone", ""
        self.people.figure_gone(guest)
        if guest.intention.keeps == "overnight" and self._closing.station is not None:
            self.people.overnight.append(guest)
            return
        await self.people.spend(guest, "coming-back")
        async with self.people.desk(desk):
            await bring_back(self.people, guest, desk)

    async def tidy(self) -> None:
        """Do an officer's rounds until cancelled: shut locker doors left open unattended.

        While every door is shut, the officer waits for one that opens.
        """
        rounds: Counter[int] = Counter()
        while True:
            await self.people.until(lambda: bool(self.people.open_doors), None)
            await self.clock.pause(_ROUND_S)
            left = self.people.open_doors - self.people.attended
            rounds = Counter({number: rounds[number] + 1 for number in left})
            for number in sorted(left):
                if rounds[number] >= _ROUNDS_OPEN:
                    await self.people.lobby.lockers[number].close_door()

    async def clear_line(self) -> None:
        """End every visit that the checkpoint still waits for; no guest is in the lobby any more.

        This reconciles a day: shut the doors, end hanging visits with the officers' buttons, and
        hold every card to the reader, so that cards and lockers that are still owed come back.
        """
        for _ in range(_CLEARINGS):
            await self._shut_doors()
            for aiphone in self.people.lobby.config.aiphone:
                await self.people.hands.answer(aiphone, "decline")
            if not await self._press_everything() and not await self._present_cards():
                break
        await self._shut_doors()

    async def _press_everything(self) -> int:
        """Press the clearing buttons at every panel; return how many presses were accepted."""
        hands = self.people.hands
        panels = hands.lobby.config.panels.values()
        stations = [panel.stations[0] for panel in panels if panel.stations]
        return sum(
            [
                await hands.press_until_refused(station, action)
                for station in stations
                for action in _CLEARING
            ]
        )

    async def _present_cards(self) -> int:
        """Hold every visitor card to the first reader; return how many were accepted."""
        config, hands = self.people.lobby.config, self.people.hands
        stations = [reader.stations[0] for reader in config.card_readers.values()]
        return sum(
            [
                await hands.present(station, card)
                for station in stations[:1]
                for card in self.people.all_cards
            ]
        )

    async def _shut_doors(self) -> None:
        await self.people.hands.awake()
        for locker in self.people.lobby.lockers.values():
            await locker.close_door()
