"""The end of the day, once the officials have left: officers close it, count, and settle.

If no guest, card or locker is out, one press closes the day. While the checkpoint has open visits,
the first press is refused, and the officers press once more. Officers count cards that were left in
a tray and confirm each by one press, and the ID that was held for it by another. Cards that guests
have gone home with cannot be confirmed: the day is closed as it is, the next one opens with them
still out, and the guests bring them.
"""

from collections.abc import Awaitable, Callable

from sim.people.afterwards import bring_back
from sim.people.crew import People
from sim.people.gestures import fetch

# The next day's opening, seconds after the closing: a whole night would be too long to wait.
_NIGHT_S = 600.0
# The items of a guest who left the card in the tray.
_SETTLED = ("card", "identity")
# If cards are out, the panel's lamp asks for them after the press: seconds to wait for that.
_ASKS_S = 6.0


class Closing:
    """The end of the day of *people*.

    :param clear_line: ends visits that hang although their guests have gone (sim/people/day.py)
    """

    def __init__(self, people: People, clear_line: Callable[[], Awaitable[None]]) -> None:
        self.people = people
        self._clear_line = clear_line

    @property
    def station(self) -> str | None:
        """The station with the button that closes the day; None if no panel has it."""
        return self.people.station_with("close-day")

    async def close(self) -> None:
        """Close the day if a panel has the button for it; settle the cards in the tray."""
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
        """Press *arrive* once more after the closing: it is refused with two beeps."""
        procedure = self.people.guests[-1].procedure
        station = self.people.station_with("arrive", procedure)
        if station is not None:
            await self.people.hands.press_once(station, "arrive", procedure)

    async def _carry_over(self, station: str) -> None:
        """Close the day with cards still out, open the next; guests bring the cards then."""
        people = self.people
        await people.hands.press(station, "close-day")
        await people.clock.pause(_NIGHT_S)
        await people.hands.press(station, "open-day")
        for guest in people.overnight:
            await bring_back(people, guest, people.card_desk)
            await fetch(people, guest)
        await people.hands.press(station, "close-day")

    async def _settle_tray(self) -> None:
        """Confirm each card in the tray by button; without such a button, hold it to a reader."""
        tray, people = self.people.tray, self.people
        voucher = None if self.station is None else people.station_with("reconcile")
        while tray:
            if voucher is None:
                await people.hands.present(people.card_desk, tray[0])
            else:
                for _ in _SETTLED:
                    await people.hands.press(voucher, "reconcile")
            people.put_back(tray.pop(0))

    async def _asks(self, station: str) -> bool:
        return await self.people.hands.wait_lamp(station, "slow", _ASKS_S)
