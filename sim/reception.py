"""Reception: greet the guest, call the host, hand out the visitor card, or turn the guest away.

In Jawa Timur security opens the visit and reception does the rest.
"""

from collections.abc import Awaitable, Callable

from sim.farewell import cards_after_all
from sim.guests import Guest
from sim.invitation import make_code
from sim.people import People
from sim.verdicts import NEXT, OVER, Verdict

_TRIES = 4
# The procedures let the aiphone ring for 45 s before the lamp shows that there is no answer.
_NO_ANSWER_S = 90.0
_NO_ANSWER_REAL_S = 3.0
# How long reception waits for another guest's card to be at lockers or detector, seconds.
_ELSEWHERE_S = 900.0
# The buttons for an ID that was taken; a panel may have none of them.
_KINDS = ("identity-ktp", "identity-sim", "identity-other")
# A card of some other building.
_NOBODYS_CARD = "0BADC0FFEE"


async def receive(people: People, guest: Guest) -> Verdict:
    """Greet the guest, call the host's aide, take the identity card, hand out the visitor card."""
    await people.spend(guest, "greeting")
    await people.take_cards(guest)

    async def dial() -> bool:
        return await open_visit(people, guest, "reception") and await _choose_host(people, guest)

    accepted = await _call_host(people, guest, dial)
    if accepted:
        await people.spend(guest, "identity")
        return await _issue_cards(people, guest)
    people.put_cards_back(guest)
    return OVER


async def sign_in(people: People, guest: Guest) -> Verdict:
    """Guest book, the call to the host, the visitor card: one receptionist does all three."""
    if guest.plan.sent_back:
        await _send_back(people, guest)
    await people.spend(guest, "guest-book")
    await people.take_cards(guest)
    people.at_step(guest, "konfirmasi")

    async def dial() -> bool:
        await people.hands.press("reception", "done")
        return await _choose_host(people, guest)

    if await _call_host(people, guest, dial):
        people.at_step(guest, "kartu-tamu")
        await people.spend(guest, "identity")
        return await _issue_cards(people, guest)
    people.put_cards_back(guest)
    return OVER


async def open_visit(people: People, guest: Guest, station: str) -> bool:
    """Open the visit; return True if it is open.

    A visit that hangs here without a guest (opened twice) is ended first.
    """
    hands = people.hands
    aide = people.aide_of(guest)
    if people.alone_at(guest, station) and await hands.look(station) != "off":
        await hands.press_until_refused(station, "leave")
    if await _show_invitation(people, guest, station):
        return True
    for _ in range(_TRIES):
        if not await hands.awake():
            return False
        rings, dark = aide.rings, await hands.look(station) == "off"
        heard = await hands.press_once(station, "arrive", guest.procedure, guest.host)
        if heard == "accepted":
            for _ in range(guest.persons - 1):
                await hands.press_once(station, "more")
            return True
        # No beep was heard: the aide's aiphone, or a lamp that was dark before, shows that the
        # press was accepted.
        if heard == "silence" and await hands.awake():
            lit = dark and await hands.look(station) != "off"
            if lit or aide.rings > rings:
                return True
    return False


async def _choose_host(people: People, guest: Guest) -> bool:
    """Move the choice to the guest's host, and confirm it, unless the host was named already."""
    hands, possible = people.hands, people.hosts_of(guest)
    stations = ("reception", "security")
    named = guest.plan.invited or any(
        hands.names_host(station, guest.procedure, guest.host) for station in stations
    )
    if len(possible) < 2 or named:
        return True
    for _ in range(possible.index(guest.host) + 1):
        await hands.press("reception", "host")
    return await hands.press("reception", "done")


async def _show_invitation(people: People, guest: Guest, station: str) -> bool:
    """Show the guest's invitation as often as the plan says; return True if it was accepted."""
    if not guest.plan.invited:
        return False
    checkpoint = people.lobby.config.checkpoint
    now_ms = people.clock.wall_ms()
    host = guest.host if len(people.hosts_of(guest)) > 1 else None
    code = make_code(
        checkpoint.site, checkpoint.id, guest.procedure, now_ms, guest.chance, host=host
    )
    shown = [await people.hands.show(station, code) for _ in range(guest.plan.invited)]
    return any(shown)


async def _send_back(people: People, guest: Guest) -> None:
    """Undo a step that security pressed too soon: *back* at reception, *done* again at security.

    Security's desk is held first: a guest who is served there would be mistaken for this one.
    """
    async with people.desk("security"):
        if await people.hands.press("reception", "back"):
            await people.spend(guest, "inspecting")
            await people.hands.press("security", "done")


async def _call_host(people: People, guest: Guest, dial: Callable[[], Awaitable[bool]]) -> bool:
    """Call the aide and act on the answer; return True if the host receives the guest.

    While a call rings, every press of the aide answers it: so no guest is shown in or out then.
    """
    aide, plan = people.aide_of(guest), guest.plan
    async with aide.phone:
        rings = aide.rings
        await dial()
        answered = plan.host == "late" or await aide.take_call(guest, rings)
        if plan.host in ("late", "silent") and not guest.away:
            await _wait_no_answer(people)
            await _call_again(people)
            answered = await aide.take_call(guest)
        if not guest.away:
            await _heard(people, guest, by_contact=answered)
    if plan.host in ("accept", "late") and not guest.away:
        return True
    await people.spend(guest, "explaining")
    await _turn_away(people, guest)
    return False


async def _heard(people: People, guest: Guest, *, by_contact: bool) -> None:
    """Press at reception the answer that the aide has spoken, or wait for the end of the call."""
    host = guest.plan.host
    if host == "silent":
        await _wait_no_answer(people)
    elif not by_contact:
        await people.hands.press("reception", "accept" if host == "late" else host)


async def _wait_no_answer(people: People) -> bool:
    """Wait until the lamp shows that there is no answer; return False if it does not in time."""
    seconds = people.hands.at_least(_NO_ANSWER_S, _NO_ANSWER_REAL_S)
    return await people.hands.wait_lamp("reception", "slow", seconds)


async def _call_again(people: People) -> bool:
    hands = people.hands
    action = "again" if hands.can("reception", "again") else "done"
    return await hands.press("reception", action)


async def _turn_away(people: People, guest: Guest) -> None:
    """Decline or reschedule until the lamp, or two beeps, show that the visit is over."""
    hands = people.hands
    if guest.plan.reason:
        await hands.press("reception", f"reason-{guest.plan.reason}")
    for attempt in range(_TRIES):
        taken = await hands.press("reception", guest.plan.settles)
        if taken and await hands.look("reception") == "off":
            return
        if not taken and attempt:
            return
        if not taken:
            # The checkpoint missed the aide's contact: reception enters the aide's answer by
            # button.
            await hands.press("reception", "decline")


async def _issue_cards(people: People, guest: Guest) -> Verdict:
    """Bind a card to each person of the visit; a refusal means that the call's answer was missed.

    If the pile is too small for the group, reception vouches for those without a card.
    """
    hands = people.hands
    aide = people.aide_of(guest)
    if not guest.plan.identity:
        await hands.press("reception", "decline")
        people.put_cards_back(guest)
        return OVER
    await _take_identities(people, guest)
    await _mistake_card(people, guest)
    for _ in range(_TRIES):
        if await _present_each(people, guest):
            await people.clock.pause(3)
            if await hands.press("reception", "done"):
                return NEXT
            if len(guest.cards) < guest.persons and await hands.press("reception", "accept"):
                await hands.press("reception", "done")
                return NEXT
        elif await _wait_no_answer(people):
            async with aide.phone:
                await _call_again(people)
                await aide.take_call(guest)
    await hands.press("reception", "leave")
    await cards_after_all(people, guest, "reception")
    return OVER


async def _present_each(people: People, guest: Guest) -> bool:
    """Hold each card of *guest* to the reader; return True if the first was accepted.

    A card that is refused after the first is one too many: the checkpoint counts fewer persons. It
    goes back to the pile.
    """
    if not await people.hands.present("reception", guest.card or ""):
        return False
    for card in guest.cards[1:]:
        if not await people.hands.present("reception", card):
            guest.cards.remove(card)
            people.put_back(card)
    return True


async def _take_identities(people: People, guest: Guest) -> None:
    """State the kind of each ID of the group by button; without such buttons *done* confirms it."""
    kinds = [kind for kind in _KINDS if people.hands.can("reception", kind)]
    for _ in range(guest.persons if kinds else 0):
        await people.hands.press("reception", guest.chance.choice(kinds))


async def _mistake_card(people: People, guest: Guest) -> None:
    """Present a wrong card first, an unknown one or another guest's: it is refused (two beeps).

    The card of a guest who is with an official, or at this very desk, would count for that guest:
    so reception uses it only while its guest is elsewhere in the lobby. Another card of the pile
    than the one handed out is bound all the same, and *back* undoes that.
    """
    if guest.plan.corrects:
        await _correct_card(people)
    wrong = None
    if guest.plan.mistaken == "unknown":
        wrong = _NOBODYS_CARD
    elif guest.plan.mistaken == "shared":
        wrong = await people.card_elsewhere(_ELSEWHERE_S)
    if wrong is not None:
        await people.hands.present("reception", wrong)


async def _correct_card(people: People) -> None:
    can = people.hands.can("reception", "back")
    card = people.take_any_card() if can else None
    if card is not None:
        if await people.hands.present("reception", card):
            await people.hands.press("reception", "back")
        people.put_back(card)
