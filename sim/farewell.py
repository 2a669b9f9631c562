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
    """Return the visitor card to officer 1; get belongings and identity card back."""
    hands = people.hands
    await people.spend(guest, "taking-leave")
    if guest.plan.without_card:
        return await _without_card(people, guest, "officer-1")
    await _card_at_desk(people, guest, "officer-1")
    if guest.locker is not None:
        if people.officer_opens:
            await hands.press("officer-1", "done")
        await _empty_locker(people, guest, guest.locker)
    for _ in range(_TRIES):
        if await hands.press("officer-1", "done"):
            break
        if not await _card_at_desk(people, guest, "officer-1"):
            break
    people.put_card_back(guest)
    return OVER


async def hand_in(people: People, guest: Guest) -> Verdict:
    """Return the visitor card to reception, which returns the identity card with thanks."""
    if guest.plan.unseen == "stays":
        await people.hands.press("reception", "acknowledge")
    if guest.plan.without_card:
        return await _without_card(people, guest, "reception")
    for _ in range(_TRIES):
        await people.hands.present("reception", guest.card or "")
        await people.spend(guest, "taking-leave")
        if await people.hands.press("reception", "done"):
            break
    people.put_card_back(guest)
    return OVER


async def bring_back(people: People, guest: Guest, station: str) -> None:
    """Return the card of a visit that is over; its locker, if any, springs open.

    A card that was declared lost is refused, with an alarm: it needs a supervisor's card. It opens
    no locker: see ``fetch`` of sim/gestures.py.
    """
    if guest.card is not None and guest.plan.keeps == "lost":
        await _bring_lost(people, guest.card, station)
    elif guest.card is not None:
        await people.hands.present(station, guest.card)
    if guest.locker is not None and await people.wait_door(guest.locker, _DOOR_S):
        await use_locker(people, guest, guest.locker, "taking-out")
        people.give_up_locker(guest)
    people.put_card_back(guest)


async def card_after_all(people: People, guest: Guest, station: str) -> None:
    """Return the card of a guest who leaves: to the reader, then to the pile."""
    if guest.card is not None:
        await people.hands.present(station, guest.card)
        people.put_card_back(guest)


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
    if guest.plan.keeps == "tray" and guest.card is not None:
        people.tray.append(guest.card)
        guest.card = None
        return OVER
    return LATER


async def _give_back_without_card(people: People, guest: Guest, station: str) -> None:
    """Return the belongings without the card, which is lost and will be found later."""
    hands = people.hands
    await hands.press(station, "leave")
    if hands.can(station, "lost"):
        await hands.press(station, "lost")
    await hands.press(station, "done")
    if guest.locker is not None:
        await _empty_locker(people, guest, guest.locker)
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


async def _card_at_desk(people: People, guest: Guest, station: str) -> bool:
    """Present the visit's own card.

    A refusal means that the checkpoint missed the aide's answer: give it, and present the card
    again.
    """
    aide = people.aide_of(guest)
    for answer in ("accept", "decline", None):
        if guest.card is None or await people.hands.present(station, guest.card):
            return True
        if answer is not None:
            async with aide.phone:
                await people.hands.answer(aide.aiphone, answer)
    return False


async def _empty_locker(people: People, guest: Guest, number: int) -> None:
    """Empty locker *number*; officer 1 orders another pulse if the lamp asks for a decision.

    If it does not open, a supervisor opens it later (``fetch`` of sim/gestures.py).
    """
    for _ in range(_TRIES):
        if await people.wait_door(number, _DOOR_S):
            await use_locker(people, guest, number, "taking-out")
            people.give_up_locker(guest)
            await people.walk_back()
            break
        if await people.hands.look("officer-1") == "slow":
            await people.hands.press("officer-1", "done")
