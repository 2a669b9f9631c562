"""After a visit: cards that come back later, and the lockers that they open."""

from typing import TYPE_CHECKING

from sim.people.guests import Guest

if TYPE_CHECKING:
    from sim.people.crew import People

_TRIES = 4
# A locker's door springs open within the pulse; after 15 s the procedures report it as stuck.
_DOOR_S = 20.0


async def bring_back(people: "People", guest: Guest, station: str) -> None:
    """Return the cards of a visit that is over; its lockers, if any, spring open at the last.

    A card that was declared lost is refused, with an alarm: it needs a supervisor's card. It opens
    no locker: see ``fetch`` of sim/people/gestures.py.
    """
    lost = guest.intention.keeps == "lost"
    for card in guest.cards:
        await (_bring_lost(people, card, station) if lost else people.hands.present(station, card))
    while guest.lockers and (number := await people.wait_own_door(guest, _DOOR_S)) is not None:
        await use_locker(people, guest, number, "taking-out")
        people.give_up_locker(guest, number)
    people.put_cards_back(guest)


async def use_locker(people: "People", guest: Guest, number: int, doing: str) -> None:
    """Stand at the open locker *number* as long as *doing* lasts, then shut it."""
    people.attended.add(number)
    try:
        await people.spend(guest, doing)
        await people.lobby.lockers[number].close_door()
    finally:
        people.attended.discard(number)


async def _bring_lost(people: "People", card: str, station: str) -> None:
    """Present the card; if it is refused, a supervisor's card first and then it again."""
    hands = people.hands
    supervisor = next(iter(people.lobby.config.cards.supervisor), None)
    caused = False
    for _ in range(_TRIES):
        heard = await hands.present_once(station, card) if await hands.awake() else "accepted"
        if heard == "accepted":
            break
        # Without an answer it may have been refused, or not have been read.
        if heard == "silence" or caused:
            people.lobby.incidents.allow("lost-card")
        else:
            people.lobby.incidents.cause("lost-card", lambda: True)
            caused = True
        await hands.press_once(station, "acknowledge")
        if supervisor is not None:
            await hands.present(station, supervisor)


async def cards_after_all(people: "People", guest: Guest, station: str) -> None:
    """Return the cards of a guest who leaves: to the reader, then to the pile."""
    for card in guest.cards:
        await people.hands.present(station, card)
    people.put_cards_back(guest)
