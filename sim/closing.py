"""How officers end the day, once the officials have left: close it, count, settle, carry over.

Nothing out: one press closes the day. Cards that somebody has put into a tray are counted and
vouched for, one press each. Where guests have gone home with their card nobody can vouch for them:
the day is closed as it is, the next morning opens with what is out, and they bring it.
"""

from collections.abc import Awaitable, Callable

from sim.farewell import bring_back
from sim.gestures import fetch
from sim.people import People

# The next day's opening, seconds after the closing: a night takes too long to be watched.
_NIGHT_S = 600.0
# Closing asks for what is out, on the lamp of the panel; so long one looks for that.
_ASKS_S = 6.0


class Closing:
    """The end of the day of *people*.

    :param clear_line: ends what hangs in the lobby although nobody is there (sim/day.py)
    """

    def __init__(self, people: People, clear_line: Callable[[], Awaitable[None]]) -> None:
        self.people = people
        self._clear_line = clear_line

    @property
    def station(self) -> str | None:
        """Where the day is closed; None where no panel has the button."""
        return self.people.station_with("close-day")

    async def close(self) -> None:
        """Close the day, as far as a panel has the button for it."""
        station = self.station
        if station is None:
            await self._settle_tray()
            return
        if await self.people.hands.press(station, "close-day"):
            await self._come_too_late()
        if self.people.overnight:
            await self._carry_over(station)
        await self._settle_tray()
        if await self._asks(station):
            await self._clear_line()
        for guest in self.people.overnight:
            self.people.gone(guest)

    async def _come_too_late(self) -> None:
        """Somebody comes who is not received any more: two beeps."""
        procedure = self.people.guests[-1].procedure
        station = self.people.station_with("arrive", procedure)
        if station is not None:
            await self.people.hands.press_once(station, "arrive", procedure)

    async def _carry_over(self, station: str) -> None:
        """Close the day with what is out, open the next, and take what guests bring then."""
        people = self.people
        await people.hands.press(station, "close-day")
        await people.clock.pause(_NIGHT_S)
        await people.hands.press(station, "open-day")
        for guest in people.overnight:
            await bring_back(people, guest, people.card_desk)
            await fetch(people, guest)
        await people.hands.press(station, "close-day")

    async def _settle_tray(self) -> None:
        """Count the cards in the tray, and vouch for each; else hold it to a reader."""
        tray, people = self.people.tray, self.people
        voucher = None if self.station is None else people.station_with("reconcile")
        while tray:
            if voucher is None:
                await people.hands.present(people.card_desk, tray[0])
            else:
                await people.hands.press(voucher, "reconcile")
            people.put_back(tray.pop(0))

    async def _asks(self, station: str) -> bool:
        return await self.people.hands.wait_lamp(station, "slow", _ASKS_S)
