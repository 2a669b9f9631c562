"""The opening of a visit: the greeting, and *arrive* or an invitation."""

from typing import TYPE_CHECKING

from sim.people.invitation import make_code
from sim.people.player import ARRIVE, MORE

if TYPE_CHECKING:
    from sim.people.visit import Visit

_TRIES = 4


async def open_visit(visit: "Visit") -> bool:
    """Greet the guest and open *visit*; return True if it is open."""
    await visit.people.spend(visit.guest, "greeting")
    found = visit.equipment.arrival
    if found is None:
        return False
    station, host = found[0], found[1].host
    if await _played(visit):
        _count(visit)
        return True
    invited = await _show_invitation(visit, station)
    if invited:
        visit.invited()
    opened = invited or await _press_arrive(visit, station, host)
    if opened:
        _count(visit)
        await _add_persons(visit, station)
    return opened


async def _played(visit: "Visit") -> bool:
    """Let the player open *visit*, if that is a role of the player's; return True if it is open."""
    player, persons = visit.people.player, visit.guest.persons
    wanted = [ARRIVE] + [MORE] * (persons - 1)
    while wanted and player.plays(visit, ARRIVE):
        if await player.turn(visit, wanted[0], wanted.count(wanted[0])) is not None:
            wanted.pop(0)
    return len(wanted) < persons


async def _press_arrive(visit: "Visit", station: str, host: str | None) -> bool:
    """Press *arrive* until it is accepted: with a beep, or by a lamp or a call that begins."""
    hands, call = visit.people.hands, visit.deeds.call
    for _ in range(_TRIES):
        if not await hands.awake():
            return False
        dark = await hands.look(station) == "off"
        call.begins()
        heard = await hands.press_once(station, "arrive", visit.guest.procedure, host)
        visit.guest.account.unanswered |= heard == "silence"
        if heard == "silence" and await hands.awake():
            lit = dark and await hands.look(station) != "off"
            if lit or call.has_rung:
                heard = "accepted"
        if heard == "accepted":
            return True
    return False


def _count(visit: "Visit") -> None:
    """Count *visit*, which is open now."""
    visit.people.opened += 1
    visit.guest.account.opened = visit.people.opened


async def _add_persons(visit: "Visit", station: str) -> None:
    """Press *more* for each person of the group but the first."""
    people, guest = visit.people, visit.guest
    for _ in range(guest.persons - 1 if people.hands.can(station, "more") else 0):
        await people.hands.press(station, "more")


async def _show_invitation(visit: "Visit", station: str) -> bool:
    """Show the guest's invitation as often as intended; return True if it was accepted."""
    people, guest = visit.people, visit.guest
    times = guest.intention.invited
    if not times:
        return False
    checkpoint = people.lobby.config.checkpoint
    several = len(people.hosts_of(guest)) > 1
    code = make_code(
        checkpoint.site,
        checkpoint.id,
        guest.procedure,
        people.clock.wall_ms(),
        guest.chance,
        host=guest.host if several else None,
    )
    shown = [await people.hands.show(station, code) for _ in range(times)]
    return any(shown)
