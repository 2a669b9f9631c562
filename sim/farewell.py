"""The end of a visit: the guest returns the card, and gets belongings and identity card back."""

from sim.guests import Guest
from sim.people import People
from sim.verdicts import LATER, OVER, Verdict

_TRIES = 4
# A locker's door springs open within the pulse; after 15 s the procedure reports it as stuck.
_DOOR_S = 20.0
# Presses of *leave*: the first means that the guest has no card to return, the second that the
# guest is gone.
_LEAVINGS = 2


async def give_back(people: People, guest: Guest) -> Verdict:
    """Return the visitor cards to officer 1; get belongings and identity cards back."""
    hands = people.hands
    await people.spend(guest, "taking-leave")
    if guest.plan.without_card:
        return await _without_card(people, guest, "officer-1")
    await _cards_at_desk(people, guest, "officer-1")
    if guest.lockers:
        if people.officer_opens:
            await hands.press("officer-1", "done")
        await _empty_lockers(people, guest)
    for _ in range(_TRIES):
        if await hands.press("officer-1", "done"):
            break
        if not await _cards_at_desk(people, guest, "officer-1"):
            break
    people.put_cards_back(guest)
    return OVER


async def hand_in(people: People, guest: Guest) -> Verdict:
    """Return the visitor card to reception, which returns the identity card with thanks."""
    if guest.plan.unseen == "stays":
        await people.hands.press("reception", "acknowledge")
    if guest.plan.without_card:
        return await _without_card(people, guest, "reception")
    for _ in range(_TRIES):
        for card in guest.cards or [""]:
            await people.hands.present("reception", card)
        await people.spend(guest, "taking-leave")
        if await people.hands.press("reception", "done"):
            break
    people.put_cards_back(guest)
    return OVER


async def bring_back(people: People, guest: Guest, station: str) -> None:
    """Return the cards of a visit that is over; its lockers, if any, spring open at the last.

    A card that was declared lost is refused, with an alarm: it needs a supervisor's card. It opens
    no locker: see ``fetch`` of sim/gestures.py.
    """
    if guest.card is not None and guest.plan.keeps == "lost":
        await _bring_lost(people, guest.card, station)
    else:
        for card in guest.cards:
            await people.hands.present(station, card)
    while guest.lockers and (number := await people.wait_own_door(guest, _DOOR_S)) is not None:
        await use_locker(people, guest, number, "taking-out")
        people.give_up_locker(guest, number)
    people.put_cards_back(guest)


async def cards_after_all(people: People, guest: Guest, station: str) -> None:
    """Return the cards of a guest who leaves: to the reader, then to the pile."""
    for card in guest.cards:
        await people.hands.present(station, card)
    people.put_cards_back(guest)


async def use_locker(people: People, guest: Guest, number: int, doing: str) -> None:
    """Stand at the open locker *number* as long as *doing* lasts (sim/habits.py), then shut it."""
    people.attended.add(number)
    try:
        await people.spend(guest, doing)
        await people.lobby.lockers[number].close_door()
    finally:
        people.attended.discard(number)


async def _without_card(people: People, guest: Guest, station: str) -> Verdict:
    if guest.plan.keeps == "lost":
        await _give_back_without_card(people, guest, station)
        return LATER
    for _ in range(_LEAVINGS):
        await people.hands.press(station, "leave")
    if guest.plan.keeps == "tray" and guest.cards:
        people.tray += guest.cards
        guest.cards.clear()
        return OVER
    return LATER


async def _give_back_without_card(people: People, guest: Guest, station: str) -> None:
    """Return the belongings without the card, which is lost and will be found later.

    The others of a group give their cards back: only the one that is missing is declared lost.
    """
    hands = people.hands
    here, guest.cards = guest.cards[1:], guest.cards[:1]
    for card in here:
        await hands.present(station, card)
    await hands.press(station, "leave")
    for card in here:
        people.put_back(card)
    if hands.can(station, "lost"):
        await hands.press(station, "lost")
    await hands.press(station, "done")
    if guest.lockers:
        await _empty_lockers(people, guest)
        await hands.press(station, "done")


async def _bring_lost(people: People, card: str, station: str) -> None:
    """Present the card; if it is refused, a supervisor's card first and then it again."""
    hands = people.hands
    supervisor = next(iter(people.lobby.config.cards.supervisor), None)
    for _ in range(_TRIES):
        if not await hands.awake() or await hands.present_once(station, card) == "accepted":
            break
        await hands.press_once(station, "acknowledge")
        if supervisor is not None:
            await hands.present(station, supervisor)


async def _cards_at_desk(people: People, guest: Guest, station: str) -> bool:
    """Present the visit's own cards, one after the other; False if one is refused for good."""
    return all([await _card_at_desk(people, guest, station, card) for card in guest.cards])


async def _card_at_desk(people: People, guest: Guest, station: str, card: str) -> bool:
    """Present one of the visit's own cards.

    A refusal means that the checkpoint missed the aide's answer: give it, and present the card
    again.
    """
    aide = people.aide_of(guest)
    for answer in ("accept", "decline", None):
        if await people.hands.present(station, card):
            return True
        if answer is not None:
            async with aide.phone:
                await people.hands.answer(aide.aiphone, answer)
    return False


async def _empty_lockers(people: People, guest: Guest) -> None:
    """Empty the lockers of *guest*, which open one after the other.

    Officer 1 orders another pulse if the lamp asks for a decision. If a locker does not open, a
    supervisor opens it later (``fetch`` of sim/gestures.py).
    """
    for _ in range(_TRIES):
        while (number := await people.wait_own_door(guest, _DOOR_S)) is not None:
            await use_locker(people, guest, number, "taking-out")
            people.give_up_locker(guest, number)
            if not guest.lockers:
                await people.walk_back()
                return
        if await people.hands.look("officer-1") == "slow":
            await people.hands.press("officer-1", "done")
