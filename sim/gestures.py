"""What officers do that is no step of a visit: seeing to an alarm, a supervisor at the lockers.

Each is done as people do it: by buttons and cards, with an ear to the buzzer.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from sim.people import People
from sim.scenario import Fault

_TRIES = 6
_DOOR_S = 20.0
_LOOKING_S = 15.0


async def press(people: People, fault: Fault) -> None:
    """Press the button *action* at *station*; two beeps are taken for an answer."""
    await people.hands.press(fault.station or "", fault.action or "")


async def supervise(people: People, fault: Fault) -> None:
    """A supervisor's card, the button that counts to the first locker, the card again: it opens.

    The panels wait half a minute; who was too slow begins again. The door is shut afterwards.
    """
    station, hands = fault.station or "", people.hands
    card = next(iter(people.lobby.config.cards.supervisor), "")
    first = min(people.lobby.lockers)
    for _ in range(_TRIES):
        await hands.present(station, card)
        await hands.press_once(station, "locker")
        await hands.present(station, card)
        if await people.wait_door(first, _DOOR_S):
            await people.clock.pause(_LOOKING_S)
            await people.lobby.lockers[first].close_door()
            return


GESTURES: dict[str, Callable[[People, Fault], Coroutine[Any, Any, None]]] = {
    "press": press,
    "supervise": supervise,
}
