"""One day of the lobby: guests arrive, are served in order, and leave.

Every officer serves one guest at a time, first come, first served. Every wait has a limit: a guest
with a hanging visit goes home in the end, and ``clear_line`` then ends the visits that are left.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from sim.acts import ACTS
from sim.closing import Closing
from sim.farewell import bring_back
from sim.gestures import fetch
from sim.guests import Guest
from sim.habits import PROCEDURES, Row
from sim.people import People
from sim.verdicts import AGAIN, BACK, LATER, NEXT, Verdict

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
    :param tell: called with each event, as a dict (sim/world.py lists them)
    :param first_guest_opens: no officer presses *open-day*: the first guest opens the day
    """

    def __init__(
        self, people: People, gap_s: float, tell: Tell, *, first_guest_opens: bool = False
    ) -> None:
        self.people = people
        self.clock = people.clock
        self._gap_s = gap_s
        self._tell = tell
        self._first_guest_opens = first_guest_opens
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
                for guest in self.people.guests:
                    if guest.at_s is not None:
                        gap = guest.at_s - (self.clock.boot_ns() - opened_ns) / 1e9
                    await self.clock.pause(max(0.0, gap))
                    gap = max(_LEAST_GAP_S, guest.chance.expovariate(1 / self._gap_s))
                    group.create_task(self._visit(guest))
            # The officials leave after their last guest: so the day closes then, not at a fixed
            # hour.
            await self._closing.close()
        finally:
            tidying.cancel()

    async def _visit(self, guest: Guest) -> None:
        guest.state = "here"
        self._tell({"event": "arrived", "guest": guest.number, "procedure": guest.procedure})
        real_s = max(self.clock.real(_PATIENCE_S), _PATIENCE_REAL_S)
        try:
            async with asyncio.timeout(real_s):
                await self._go_through(guest)
        except TimeoutError:
            self._tell({"event": "gave-up", "guest": guest.number, "step": guest.step})
        finally:
            if guest not in self.people.overnight:
                self.people.gone(guest)
        self._tell({"event": "left", "guest": guest.number})

    async def _go_through(self, guest: Guest) -> None:
        rows = PROCEDURES[guest.procedure]
        place = 0
        while place < len(rows):
            verdict = await self._serve(rows[place], guest)
            if verdict == LATER:
                await self._come_back(guest, rows[place].officer)
            way = {AGAIN: place, NEXT: place + 1, BACK: len(rows) - 1}
            place = way.get(verdict, len(rows))
        if guest not in self.people.overnight:
            await fetch(self.people, guest)

    async def _serve(self, row: Row, guest: Guest) -> Verdict:
        """Wait in line for the officer of *row*, then do what the step requires."""
        guest.served, guest.station = False, row.officer
        self.people.at_step(guest, row.step)
        if row is PROCEDURES[guest.procedure][-1] and guest.plan.without_card:
            await self.people.until_first_back(guest)
        async with AsyncExitStack() as stack:
            if row.officer:
                await stack.enter_async_context(self.people.desk(row.officer))
            guest.served = True
            return await ACTS[row.act](self.people, guest)

    async def _come_back(self, guest: Guest, officer: str) -> None:
        """*guest* has gone home with the card; the guest, or a finder, brings it back later."""
        guest.step, guest.station = "gone", ""
        self.people.has_returned(guest)
        self.people.figure_gone(guest)
        if guest.plan.keeps == "overnight" and self._closing.station is not None:
            self.people.overnight.append(guest)
            return
        await self.people.spend(guest, "coming-back")
        async with self.people.desk(officer):
            await bring_back(self.people, guest, officer)

    async def tidy(self) -> None:
        """Do an officer's rounds until cancelled: shut locker doors left open unattended."""
        rounds: defaultdict[int, int] = defaultdict(int)
        while True:
            await self.clock.pause(_ROUND_S)
            for number, locker in self.people.lobby.lockers.items():
                left = locker.door_open and number not in self.people.attended
                rounds[number] = rounds[number] + 1 if left else 0
                if rounds[number] >= _ROUNDS_OPEN:
                    await locker.close_door()

    async def clear_line(self) -> None:
        """End every visit that the checkpoint still waits for; no guest is in the lobby any more.

        This reconciles a day: shut the doors, end hanging visits with the officers' buttons, and
        hold every card to the reader, so that cards and lockers that are still owed come back.
        """
        for _ in range(_CLEARINGS):
            await self._shut_doors()
            for aide in self.people.aides.values():
                await self.people.hands.answer(aide.aiphone, "decline")
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
                for card in config.cards.visitor
            ]
        )

    async def _shut_doors(self) -> None:
        await self.people.hands.awake()
        for locker in self.people.lobby.lockers.values():
            await locker.close_door()
