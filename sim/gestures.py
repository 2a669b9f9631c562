"""What officers do that is no step of a visit: seeing to an alarm, a supervisor at the lockers.

Each is done as people do it: by buttons and cards, with an ear to the buzzer.
"""

from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

from sim.guests import Guest
from sim.people import People
from sim.scenario import Fault

_TRIES = 6
_DOOR_S = 20.0
_LOOKING_S = 15.0


async def press(people: People, fault: Fault) -> None:
    """Press the button *action* at *station*; two beeps are taken for an answer."""
    await people.hands.press(fault.station or "", fault.action or "")


async def supervise(people: People, fault: Fault) -> None:
    """A supervisor's card, the button that counts to the locker, that of the reason: it opens.

    Without a locker that is said it is one in which nobody's belongings are.

    The panels wait half a minute, in which they are the supervisor's: their officers wait. Who was
    too slow begins again. The door is shut afterwards.
    """
    station, number = fault.station or "", fault.locker or _nobodys(people)
    counter = people.station_with("locker") or station
    for _ in range(_TRIES):
        async with AsyncExitStack() as held:
            for desk in dict.fromkeys((people.desk(station), people.desk(counter))):
                await held.enter_async_context(desk)
            await _order_open(people, fault, number, counter)
            opened = await people.wait_door(number, _DOOR_S)
        if opened:
            await people.clock.pause(_LOOKING_S)
            await people.lobby.lockers[number].close_door()
            return


async def fetch(people: People, guest: Guest) -> None:
    """A supervisor opens the locker of *guest*, who is leaving and has not got the belongings."""
    if guest.locker is not None:
        desk = people.card_desk
        await supervise(people, Fault(at_s=0.0, do="supervise", station=desk, locker=guest.locker))
        people.give_up_locker(guest)


def _nobodys(people: People) -> int:
    """Return the first locker in which nobody's belongings are."""
    numbers = list(people.lobby.lockers)
    return next((number for number in numbers if number not in people.taken), numbers[0])


async def _order_open(people: People, fault: Fault, number: int, counter: str) -> None:
    station, hands = fault.station or "", people.hands
    card = next(iter(people.lobby.config.cards.supervisor), "")
    numbers = list(people.lobby.lockers)
    await hands.present(station, card)
    for _ in range(numbers.index(number) + 1):
        await hands.press_once(counter, "locker")
    if fault.action is None:
        await hands.present(station, card)
    else:
        await hands.press_once(station, fault.action)


GESTURES: dict[str, Callable[[People, Fault], Coroutine[Any, Any, None]]] = {
    "press": press,
    "supervise": supervise,
}
