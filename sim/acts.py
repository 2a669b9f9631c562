"""The steps of a visit as officer and guest do them together: one function per step.

Each function accepts the people and the guest and returns where the guest goes next
(sim/verdicts.py). If something fails, they try again a few times, as people do; after that the
officer lets the guest go (``leave``). The first and the last steps are in sim/reception.py and
sim/farewell.py.
"""

from collections.abc import Awaitable, Callable

from sim.farewell import cards_after_all, give_back, hand_in, use_locker
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
    shown = await people.show_card(guest, "officer-1")
    # Without a card, "leave" could mean another guest, who is on the way back.
    if guest.plan.leaves and (shown or not people.returning):
        await hands.press("officer-1", "leave")
        await cards_after_all(people, guest, "officer-1")
        return OVER
    await hands.press("officer-1", "done")
    return NEXT


async def store(people: People, guest: Guest) -> Verdict:
    """Officer 2 opens a locker, another for a large group; the guests put everything in.

    The checkpoint waits for another locker, or *nothing*, while a person of a group has none.
    """
    hands = people.hands
    await people.spend(guest, "unpacking")
    await people.show_card(guest, "officer-2")
    for _ in range(guest.wants_lockers):
        if not await _store_in_one(people, guest):
            break
    if len(guest.lockers) < guest.persons:
        await hands.press("officer-2", "nothing")
    return NEXT


async def _store_in_one(people: People, guest: Guest) -> bool:
    """Have a locker opened, put belongings in and shut it; False if none was free for long."""
    for _ in range(_LOCKER_TRIES):
        await people.hands.press("officer-2", "locker")
        number = await people.find_open_door(guest, _DOOR_S)
        if number is not None:
            guest.lockers.append(number)
            await use_locker(people, guest, number, "storing")
            await people.step_aside()
            return True
        await people.wait_locker_free(_LOCKER_WAIT_S)
    return False


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
    """Officer 3 has each person walk through the metal detector, again after each alarm."""
    hands = people.hands
    await people.spend(guest, "approaching")
    await _called_aloud(people)
    await people.show_card(guest, "officer-3")
    for _ in range(guest.plan.runs):
        await people.run_through("officer-3")
        await people.spend(guest, "looking")
    for _ in range(guest.plan.alarms):
        await people.walk_through("officer-3", metal=True)
        if not people.counts_walks("officer-3"):
            await hands.press("officer-3", "done")
        await hands.press_once("officer-3", "acknowledge")
        await people.spend(guest, "emptying-pockets")
    if guest.plan.refused:
        await hands.press("officer-3", "refuse")
        people.returns(guest)
        return BACK
    for _ in range(_TRIES):
        if await _all_walk(people, guest):
            return NEXT
        if await _all_walk(people, guest):
            return NEXT
        await _called_aloud(people)
    # The beam did not detect the guests: the officer confirms each passage by button.
    for _ in range(guest.persons):
        await hands.press("officer-3", "accept")
    await hands.press("officer-3", "done")
    return NEXT


async def _all_walk(people: People, guest: Guest) -> bool:
    """Have each person of *guest* walk through; True if officer 3's *done* is accepted after that.

    Where no beam counts the walks, the officer presses for each person.
    """
    counted, accepted = people.counts_walks("officer-3"), False
    for person in range(guest.persons):
        await people.walk_through("officer-3", metal=False)
        await people.spend(guest, "looking")
        if not counted or person == guest.persons - 1:
            accepted = await people.hands.press("officer-3", "done")
    return accepted


async def meet(people: People, guest: Guest) -> Verdict:
    """The aide shows the guest in; the meeting ends by the aide's button or with the card."""
    return await _meet(people, guest, by_button=False)


async def _meet(people: People, guest: Guest, *, by_button: bool) -> Verdict:
    await people.show_card(guest, "aide")
    await people.aide_of(guest).admit(guest)
    return await _meeting(people, guest, by_button=by_button)


async def meet_when_called(people: People, guest: Guest) -> Verdict:
    """The aide calls the guest from the waiting room to the meeting, without a screening."""
    people.lobby.figures[guest.number] = "waiting"
    await people.aide_of(guest).call_to_meeting(guest)
    await people.show_card(guest, "aide")
    return await _meeting(people, guest, by_button=False)


async def _meeting(people: People, guest: Guest, *, by_button: bool) -> Verdict:
    aide = people.aide_of(guest)
    await people.spend(guest, "meeting")
    if guest.plan.extends:
        await people.hands.press(people.aides_station(guest), "extend")
        await people.spend(guest, "meeting")
    if await aide.end_meeting(guest, needed=by_button):
        people.returns(guest)
    return NEXT


async def read(people: People, guest: Guest) -> Verdict:
    """The guests walk in through the frame at the exit, past those who leave, and read.

    The archivist's button ends it: the card is shown only after the screening.
    """
    for _ in range(guest.persons):
        await people.walk_through("exit", metal=False)
    return await _meet(people, guest, by_button=True)


async def screen_out(people: People, guest: Guest) -> Verdict:
    """Each person walks out through the metal detector, again after each alarm."""
    hands = people.hands
    await people.spend(guest, "approaching")
    for _ in range(guest.plan.alarms):
        await people.walk_through("exit", metal=True, out=True)
        await hands.press_once("exit", "acknowledge")
        await people.spend(guest, "emptying-pockets")
    for _ in range(_TRIES):
        for _ in range(guest.persons):
            await people.walk_through("exit", metal=False, out=True)
            await people.spend(guest, "looking")
        if await hands.press("exit", "done"):
            return NEXT
    for _ in range(guest.persons):
        await hands.press("exit", "accept")
    await hands.press("exit", "done")
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
    await people.show_card(guest, "escort")
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
        inspect, sign_in, escort, talk, hand_in, read, screen_out,
    )
}  # fmt: skip
