"""The steps of a visit as officer and guest do them together: one function per step.

Each function accepts the people and the guest and returns where the guest goes next
(sim/verdicts.py). If something fails, they try again a few times, as people do; after that the
officer lets the guest go (``leave``). The first and the last steps are in sim/reception.py and
sim/farewell.py.
"""

from collections.abc import Awaitable, Callable

from sim.farewell import card_after_all, give_back, hand_in, use_locker
from sim.guests import Guest
from sim.people import People
from sim.reception import open_visit, receive, sign_in
from sim.verdicts import AGAIN, BACK, NEXT, OVER, Verdict

_TRIES = 4
# A locker's door springs open within the pulse; after 15 s the procedure reports it as stuck.
_DOOR_S = 20.0
# How often officer 2 tries to get a locker, and how long each time for another guest to give one
# back; after that the guest carries the belongings, so that the line moves on.
_LOCKER_TRIES = 4
_LOCKER_WAIT_S = 300.0
# How long a guest is on the telephone at most, seconds.
_TELEPHONE_S = 1200.0
# A guest who stays with the host stays this much longer than the time after which the panel asks.
_ASKED_S = 120.0
_ASKED_REAL_S = 2.0


async def direct(people: People, guest: Guest) -> Verdict:
    """Officer 1 shows the guest to the waiting room; some guests do not want to wait."""
    hands = people.hands
    if guest.plan.phones and not guest.phoned:
        guest.phoned = True
        waits = await people.another_waits(guest, _TELEPHONE_S)
        if waits and await hands.press_once("officer-1", "next") == "accepted":
            return AGAIN
    await people.spend(guest, "directing")
    # Without a card, "leave" could mean another guest, who is on the way back.
    if guest.plan.leaves and (await _show_card(people, guest) or not people.returning):
        await hands.press("officer-1", "leave")
        await card_after_all(people, guest, "officer-1")
        return OVER
    await hands.press("officer-1", "done")
    return NEXT


async def _show_card(people: People, guest: Guest) -> bool:
    """Hold *guest*'s card to the reader, so that the next press is for this guest.

    It is refused while reception, at the same reader, is about to hand out a card.
    """
    for _ in range(_TRIES):
        if guest.card is not None and await people.hands.present("officer-1", guest.card):
            return True
        await people.spend(guest, "identity")
    return False


async def store(people: People, guest: Guest) -> Verdict:
    """Officer 2 opens a locker; the guest puts everything in and shuts it."""
    hands = people.hands
    await people.spend(guest, "unpacking")
    if guest.plan.stores:
        for _ in range(_LOCKER_TRIES):
            await hands.press("officer-2", "locker")
            guest.locker = await people.find_open_door(guest, _DOOR_S)
            if guest.locker is not None:
                await use_locker(people, guest, guest.locker, "storing")
                return NEXT
            await people.wait_locker_free(_LOCKER_WAIT_S)
    await hands.press("officer-2", "nothing")
    return NEXT


async def wait_for_call(people: People, guest: Guest) -> Verdict:
    """The guest sits in the waiting room until the aide calls."""
    people.lobby.figures[guest.number] = "waiting"
    await people.aide_of(guest).call(guest)
    return NEXT


async def _called_aloud(people: People) -> None:
    """Confirm a call that the checkpoint has missed: officer 3's lamp is dark before the guest."""
    if await people.hands.look("officer-3") == "off":
        await people.hands.press("officer-3", "accept")


async def screen(people: People, guest: Guest) -> Verdict:
    """Officer 3 has the guest walk through the metal detector, again after each alarm."""
    hands = people.hands
    await people.spend(guest, "approaching")
    await _called_aloud(people)
    for _ in range(guest.plan.runs):
        await people.run_through()
        await people.spend(guest, "looking")
    for _ in range(guest.plan.alarms):
        await people.walk_through(metal=True)
        await hands.press_once("officer-3", "acknowledge")
        await people.spend(guest, "emptying-pockets")
    if guest.plan.refused:
        await hands.press("officer-3", "refuse")
        people.returns(guest)
        return BACK
    for _ in range(_TRIES):
        await people.walk_through(metal=False)
        await people.spend(guest, "looking")
        if await hands.press("officer-3", "done"):
            return NEXT
        await _called_aloud(people)
    # The beam did not detect the guest: the officer confirms the passage by button.
    await hands.press("officer-3", "accept")
    await hands.press("officer-3", "done")
    return NEXT


async def meet(people: People, guest: Guest) -> Verdict:
    """The aide shows the guest in; the meeting ends by the aide's button or with the card."""
    await people.aide_of(guest).admit(guest)
    return await _meeting(people, guest)


async def meet_when_called(people: People, guest: Guest) -> Verdict:
    """The aide calls the guest from the waiting room to the meeting, without a screening."""
    people.lobby.figures[guest.number] = "waiting"
    await people.aide_of(guest).call_to_meeting(guest)
    return await _meeting(people, guest)


async def _meeting(people: People, guest: Guest) -> Verdict:
    aide = people.aide_of(guest)
    await people.spend(guest, "meeting")
    if guest.plan.extends:
        await people.hands.press("aide", "extend")
        await people.spend(guest, "meeting")
    if await aide.end_meeting(guest):
        people.returns(guest)
    return NEXT


async def inspect(people: People, guest: Guest) -> Verdict:
    """Security asks the purpose and checks dress and belongings."""
    if not await open_visit(people, guest, "security"):
        return OVER
    await people.spend(guest, "inspecting")
    if guest.plan.refused:
        await people.hands.press("security", "refuse")
        return OVER
    if guest.plan.leaves:
        await people.hands.press("security", "leave")
        return OVER
    await people.hands.press("security", "done")
    return NEXT


async def escort(people: People, guest: Guest) -> Verdict:
    """The escort brings the guest to the host's door, which the host releases; they go in.

    Where the door has a contact, the checkpoint detects the passage itself; the lamp shows it.
    """
    await people.spend(guest, "escorting")
    if not guest.plan.released:
        await people.hands.press("escort", "decline")
        people.returns(guest)
        return BACK
    for _ in range(_TRIES):
        through = await people.go_in(guest)
        if through and await people.hands.look("escort") == "off":
            break
        if await people.hands.press("escort", "done") or through:
            break
    people.returns(guest)
    return NEXT


async def talk(people: People, guest: Guest) -> Verdict:
    """Host and guest talk behind the host's door, seen by no equipment; the guest comes out.

    Some guests are not detected again until the panel asks whether they are still here.
    """
    await people.spend(guest, "meeting")
    if guest.plan.unseen:
        unseen_s = people.lobby.config.checkpoint.abandoned_after_s
        await people.clock.pause(unseen_s + people.hands.at_least(_ASKED_S, _ASKED_REAL_S))
    door = people.door_of(guest)
    if door is not None:
        await door.go_out()
    return NEXT


ACTS: dict[str, Callable[[People, Guest], Awaitable[Verdict]]] = {
    act.__name__: act
    for act in (
        receive, direct, store, wait_for_call, screen, meet, meet_when_called, give_back,
        inspect, sign_in, escort, talk, hand_in,
    )
}  # fmt: skip
