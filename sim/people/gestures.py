"""Acts of officers outside the steps of a visit: seeing to an alarm, a supervisor at the lockers.

Each is done as people do it: by buttons and cards, and by listening to the buzzer.
"""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from sim.people.crew import People
from sim.people.guests import Guest
from sim.scenario import Fault

_TRIES = 6
_DOOR_S = 20.0
_LOOKING_S = 15.0


async def press(people: People, fault: Fault) -> None:
    """Press the button *action* at *station*; a refusal (two beeps) is an answer too."""
    await people.hands.press(fault.station or "", fault.action or "")


async def supervise(people: People, fault: Fault) -> None:
    """Open a locker as a supervisor: card, count to the locker, *done* or the reason elsewhere.

    If *fault* names no locker, it is the first one without belongings.

    For half a minute the panels serve the supervisor only, and their officers wait. If the door
    does not open in time, the supervisor begins again. The door is shut afterwards.
    """
    station, number = fault.station or "", fault.locker or _nobodys(people)
    counter = people.station_with("locker") or station
    confirms = people.beside(station)
    for _ in range(_TRIES):
        async with AsyncExitStack() as held:
            for desk in dict.fromkeys(map(people.desk, (station, counter, confirms))):
                await held.enter_async_context(desk)
            await _order_open(people, fault, number, counter)
            opened = await people.wait_door(number, _DOOR_S)
        if opened:
            await people.clock.pause(_LOOKING_S)
            await people.lobby.lockers[number].close_door()
            return


async def fetch(people: People, guest: Guest) -> None:
    """Have a supervisor open the lockers of *guest*, who is leaving without the belongings."""
    for number in list(guest.lockers):
        desk = people.card_desk
        await supervise(people, Fault(at_s=0.0, do="supervise", station=desk, locker=number))
        people.give_up_locker(guest, number)


def _nobodys(people: People) -> int:
    """Return the first locker without belongings; the very first if all hold some."""
    numbers = list(people.lobby.lockers)
    return next((number for number in numbers if number not in people.taken), numbers[0])


async def _order_open(people: People, fault: Fault, number: int, counter: str) -> None:
    station, hands = fault.station or "", people.hands
    card = next(iter(people.lobby.config.cards.supervisor), "")
    numbers = list(people.lobby.lockers)
    await hands.present(station, card)
    for _ in range(numbers.index(number) + 1):
        await hands.press_once(counter, "locker")
    confirms = people.beside(station)
    reason = fault.action if fault.action and hands.can(confirms, fault.action) else "done"
    await hands.press_once(confirms, reason)


GESTURES: dict[str, Callable[[People, Fault], Coroutine[Any, Any, None]]] = {
    "press": press,
    "supervise": supervise,
}
