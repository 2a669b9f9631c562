"""What officer and guest do together at each step: one function a step.

Each takes the people and the guest and returns where the guest goes from here: ``NEXT`` step,
``BACK`` to give back card and belongings, ``OVER``: out of the door, or ``LATER``: out of the
door, and the card comes back another time.

What does not go as it should is tried again a few times, as people do; after that the officer
lets the guest go (``leave``).
"""

from collections.abc import Awaitable, Callable
from typing import Literal

from sim.guests import Guest
from sim.people import People

Verdict = Literal["next", "back", "over", "later"]
NEXT: Verdict = "next"
BACK: Verdict = "back"
OVER: Verdict = "over"
LATER: Verdict = "later"

_TRIES = 4
# The procedures let the aiphone ring for 45 s before the lamp says that nobody answers.
_NO_ANSWER_S = 90.0
# A lock's door springs open within the pulse; after 15 s the procedure calls it stuck.
_DOOR_S = 20.0
# A card of some other building.
_NOBODYS_CARD = "0BADC0FFEE"
# The first says that the guest has no card to give back, the second that the guest is gone.
_LEAVINGS = 2
# How often officer 2 tries for a locker, and waits for another guest to give one back; after that
# the guest keeps the belongings, and those behind in line do not wait for ever.
_LOCKER_TRIES = 4
_LOCKER_WAIT_S = 300.0


async def receive(people: People, guest: Guest) -> Verdict:
    """Reception: greet, call the host's aide, take the identity card, give the visitor card."""
    await people.spend(guest, "greeting")
    await people.take_card(guest)
    accepted = await _call_host(people, guest, lambda: _open(people, guest, "reception"))
    if accepted:
        await people.spend(guest, "identity")
        return await _issue_card(people, guest)
    people.put_card_back(guest)
    return OVER


async def direct(people: People, guest: Guest) -> Verdict:
    """Officer 1 shows the guest to the waiting room; some guests do not want to wait."""
    await people.spend(guest, "directing")
    if guest.plan.leaves:
        await people.hands.press("officer-1", "leave")
        await _card_after_all(people, guest, "officer-1")
        return OVER
    await people.hands.press("officer-1", "done")
    return NEXT


async def store(people: People, guest: Guest) -> Verdict:
    """Officer 2 opens a locker; the guest puts everything in and shuts it."""
    hands = people.hands
    await people.spend(guest, "unpacking")
    if guest.plan.stores:
        for _ in range(_LOCKER_TRIES):
            await hands.press("officer-2", "locker")
            guest.locker = await people.find_open_door(guest, _DOOR_S)
            if guest.locker is not None:
                await _use_locker(people, guest, guest.locker, "storing")
                return NEXT
            await people.wait_locker_free(_LOCKER_WAIT_S)
    await hands.press("officer-2", "nothing")
    return NEXT


async def screen(people: People, guest: Guest) -> Verdict:
    """Officer 3 has the guest walk through the metal detector, again after each alarm."""
    hands = people.hands
    await people.spend(guest, "approaching")
    for _ in range(guest.plan.runs):
        await people.run_through()
        await people.spend(guest, "looking")
    for _ in range(guest.plan.alarms):
        await people.walk_through(metal=True)
        await people.spend(guest, "emptying-pockets")
    if guest.plan.refused:
        await hands.press("officer-3", "refuse")
        return BACK
    for _ in range(_TRIES):
        await people.walk_through(metal=False)
        await people.spend(guest, "looking")
        if await hands.press("officer-3", "done"):
            return NEXT
    # The beam does not see the guest: the officer vouches for the passage.
    await hands.press("officer-3", "accept")
    await hands.press("officer-3", "done")
    return NEXT


async def meet(people: People, guest: Guest) -> Verdict:
    """The aide shows the guest in; the meeting ends by the aide's button or with the card."""
    aide = people.aide_of(guest)
    await aide.admit(guest)
    await people.spend(guest, "meeting")
    await aide.end_meeting(guest)
    return NEXT


async def give_back(people: People, guest: Guest) -> Verdict:
    """Officer 1 takes the visitor card; the locker springs open; belongings and identity back."""
    hands = people.hands
    await people.spend(guest, "taking-leave")
    if guest.plan.keeps == "pocket":
        return await _go_with_card(people, "officer-1")
    if guest.plan.keeps == "lost":
        return await _give_back_without_card(people, guest, "officer-1")
    await _card_at_desk(people, guest, "officer-1")
    if guest.locker is not None:
        await _empty_locker(people, guest, guest.locker)
    for _ in range(_TRIES):
        if await hands.press("officer-1", "done"):
            break
        if not await _card_at_desk(people, guest, "officer-1"):
            break
    people.put_card_back(guest)
    return OVER


async def inspect(people: People, guest: Guest) -> Verdict:
    """Security asks the purpose and looks at dress and belongings."""
    if not await _open(people, guest, "security"):
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


async def sign_in(people: People, guest: Guest) -> Verdict:
    """Guest book, the call to the host, the visitor card: one receptionist does all three."""
    await people.spend(guest, "guest-book")
    await people.take_card(guest)
    people.at_step(guest, "konfirmasi")
    if await _call_host(people, guest, lambda: people.hands.press("reception", "done")):
        people.at_step(guest, "kartu-tamu")
        await people.spend(guest, "identity")
        return await _issue_card(people, guest)
    people.put_card_back(guest)
    return OVER


async def escort(people: People, guest: Guest) -> Verdict:
    """The escort brings the guest to the host's door, which the host releases; they go in.

    A door that the checkpoint watches says by itself that they did; the lamp tells.
    """
    await people.spend(guest, "escorting")
    for _ in range(_TRIES):
        through = await people.go_in(guest)
        if through and await people.hands.look("escort") == "off":
            break
        if await people.hands.press("escort", "done") or through:
            break
    return NEXT


async def talk(people: People, guest: Guest) -> Verdict:
    """Host and guest talk behind the host's door, seen by no equipment; the guest comes out."""
    await people.spend(guest, "meeting")
    door = people.door_of(guest)
    if door is not None:
        await door.go_out()
    return NEXT


async def hand_in(people: People, guest: Guest) -> Verdict:
    """Reception takes the visitor card, returns the identity card and says thanks."""
    if guest.plan.keeps == "pocket":
        return await _go_with_card(people, "reception")
    if guest.plan.keeps == "lost":
        return await _give_back_without_card(people, guest, "reception")
    for _ in range(_TRIES):
        await people.hands.present("reception", guest.card or "")
        await people.spend(guest, "taking-leave")
        if await people.hands.press("reception", "done"):
            break
    people.put_card_back(guest)
    return OVER


ACTS: dict[str, Callable[[People, Guest], Awaitable[Verdict]]] = {
    act.__name__: act
    for act in (
        receive, direct, store, screen, meet, give_back,
        inspect, sign_in, escort, talk, hand_in,
    )
}  # fmt: skip


async def _open(people: People, guest: Guest, station: str) -> bool:
    """Open the visit. A visit that hangs here without a guest (opened twice) is ended first."""
    hands = people.hands
    aide = people.aide_of(guest)
    if people.alone_at(guest, station) and await hands.look(station) != "off":
        await hands.press_until_refused(station, "leave")
    for _ in range(_TRIES):
        if not await hands.awake():
            return False
        rings = aide.rings
        heard = await hands.press_once(station, "arrive", guest.procedure)
        if heard == "accepted":
            for _ in range(guest.persons - 1):
                await hands.press_once(station, "more")
            return True
        # Nothing heard: a lit lamp or the aide's aiphone says that it was taken all the same.
        if heard == "silence" and await _shows(people, station, aide.rings > rings):
            return True
    return False


async def _shows(people: People, station: str, rung: bool) -> bool:  # noqa: FBT001 - a plain fact
    """Whether the lamp or a ring says that somebody's visit is open at *station*."""
    if not await people.hands.awake():
        return False
    return rung or await people.hands.look(station) != "off"


async def _call_host(people: People, guest: Guest, dial: Callable[[], Awaitable[bool]]) -> bool:
    """Call the aide and do what the answer asks; True if the host receives the guest."""
    aide = people.aide_of(guest)
    async with aide.phone:
        rings = aide.rings
        await dial()
        by_contact = guest.plan.host == "late" or await aide.take_call(guest, rings)
    plan = guest.plan
    if guest.away:
        await people.spend(guest, "explaining")
        await _turn_away(people, guest)
        return False
    if plan.host in ("late", "silent"):
        await people.hands.wait_lamp("reception", "slow", _NO_ANSWER_S)
        async with aide.phone:
            await _call_again(people)
            by_contact = await aide.take_call(guest)
    if plan.host in ("accept", "late"):
        if not by_contact:
            await people.hands.press("reception", "accept")
        return True
    if plan.host == "silent":
        await people.hands.wait_lamp("reception", "slow", _NO_ANSWER_S)
    elif not by_contact:
        await people.hands.press("reception", plan.host)
    await people.spend(guest, "explaining")
    await _turn_away(people, guest)
    return False


async def _call_again(people: People) -> bool:
    hands = people.hands
    action = "again" if hands.can("reception", "again") else "done"
    return await hands.press("reception", action)


async def _turn_away(people: People, guest: Guest) -> None:
    """Decline or reschedule until the lamp, or two beeps, say that the visit is over."""
    hands = people.hands
    for attempt in range(_TRIES):
        taken = await hands.press("reception", guest.plan.settles)
        if taken and await hands.look("reception") == "off":
            return
        if not taken and attempt:
            return
        if not taken:
            # The aide's own contact was not seen: reception says for the aide what was heard.
            await hands.press("reception", "decline")


async def _issue_card(people: People, guest: Guest) -> Verdict:
    """Bind a card of the pile to the visit; if that is refused the call was not heard."""
    hands = people.hands
    aide = people.aide_of(guest)
    await _mistake_card(people, guest)
    for _ in range(_TRIES):
        if await hands.present("reception", guest.card or ""):
            await people.clock.pause(3)
            if await hands.press("reception", "done"):
                return NEXT
        elif await hands.wait_lamp("reception", "slow", _NO_ANSWER_S):
            async with aide.phone:
                await _call_again(people)
                await aide.take_call(guest)
    await hands.press("reception", "leave")
    await _card_after_all(people, guest, "reception")
    return OVER


async def _mistake_card(people: People, guest: Guest) -> None:
    """Reception takes a card that is nobody's, or another guest's: two beeps, and the next one.

    A guest who is with an official, or at this very desk, would be meant by that card: reception
    has it in its hand only while its guest is elsewhere in the lobby.
    """
    cards = {"unknown": lambda: _NOBODYS_CARD, "shared": people.card_elsewhere}
    wrong = cards[guest.plan.mistaken]() if guest.plan.mistaken else None
    if wrong is not None:
        await people.hands.present("reception", wrong)


async def _go_with_card(people: People, station: str) -> Verdict:
    """Go home with the card in a pocket; come back with it later, for the belongings too."""
    for _ in range(_LEAVINGS):
        await people.hands.press(station, "leave")
    return LATER


async def _give_back_without_card(people: People, guest: Guest, station: str) -> Verdict:
    """The card is lost: the officer hands out the belongings without it. It is found later."""
    await people.hands.press(station, "leave")
    await people.hands.press(station, "done")
    if guest.locker is not None:
        await _empty_locker(people, guest, guest.locker)
        await people.hands.press(station, "done")
    return LATER


async def bring_back(people: People, guest: Guest, station: str) -> None:
    """Somebody brings the card of a visit that is over; its locker, if any, springs open."""
    if guest.card is not None:
        await people.hands.present(station, guest.card)
    if guest.locker is not None:
        await people.wait_door(guest.locker, _DOOR_S)
        await _use_locker(people, guest, guest.locker, "taking-out")
        people.give_up_locker(guest)
    people.put_card_back(guest)


async def _card_after_all(people: People, guest: Guest, station: str) -> None:
    """A guest who leaves hands in the card; it counts as returned to the pile."""
    if guest.card is not None:
        await people.hands.present(station, guest.card)
        people.put_card_back(guest)


async def _card_at_desk(people: People, guest: Guest, station: str) -> bool:
    """Present the visit's own card; if it is refused, the aide was not heard: once more."""
    aide = people.aide_of(guest)
    for answer in ("accept", "decline", None):
        if guest.card is None or await people.hands.present(station, guest.card):
            return True
        if answer is not None:
            async with aide.phone:
                await people.hands.answer(aide.aiphone, answer)
    return False


async def _empty_locker(people: People, guest: Guest, number: int) -> None:
    """Take everything out of locker *number*; officer 1 orders another pulse if it is stuck."""
    for _ in range(_TRIES):
        if await people.wait_door(number, _DOOR_S):
            await _use_locker(people, guest, number, "taking-out")
            break
        if not await people.hands.press("officer-1", "done"):
            break
    people.give_up_locker(guest)


async def _use_locker(people: People, guest: Guest, number: int, doing: str) -> None:
    await people.spend(guest, doing)
    await people.lobby.lockers[number].close_door()
