"""Corrections by the player: *back*, *next* and *more*, by docs/routing.md (rules 12 to 15, 17).

The checkpoint has accepted the press. These rules find the visit that it was for, and where that
visit stands then, so that the visit goes on from there.
"""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from sim.people.course import Standing, reentered
from sim.people.way import Deed

if TYPE_CHECKING:
    from sim.people.crew import People
    from sim.people.visit import Visit

# Phases that these events have ended cannot wait for them again.
_ENDED_BY_DOORS = ("locker.", "door.")


class WayBack:
    """The way back of one visit: what *back* leads to.

    :ivar came: the standing from which the present step was entered; None: it was reversed
    :ivar by: the event that led from there
    :ivar carded: the phase in which each card was given in the present step
    :ivar used: an officer of the simulation has sent the guest back
    """

    def __init__(self) -> None:
        self.came: Standing | None = None
        self.by = ""
        self.carded: list[str] = []
        self.used = False

    def moved(self, before: Standing, at: Standing, event: str) -> None:
        """Record that *event* has led from *before* to *at*."""
        if at.step != before.step:
            self.came, self.by, self.carded = before, event, []
        elif event == "card.issued" and at.cards > before.cards:
            self.carded.append(before.phase)


def correct(people: "People", panel: str, action: str) -> bool:
    """Follow the correction *action*, accepted at *panel*; return False if it is for no guest."""
    return _CORRECTIONS[action](_line(people, panel))


def is_correction(action: str) -> bool:
    """Return True if the button *action* is a correction."""
    return action in _CORRECTIONS


async def send_back(visit: "Visit", before: Standing, deed: Deed) -> None:
    """Undo the step that *deed* completed at another desk, once, and have it done again.

    An officer of the simulation does that for a guest with the intention ``sent-back``.
    """
    moved = len(visit.at.trail) > len(before.trail) and visit.at.over is None
    if not visit.guest.intention.sent_back or visit.way_back.used or not moved:
        return
    station = visit.equipment.station_at(before)
    panel = visit.people.hands.panel_at
    if deed.event != "button.done" or panel(station) == panel(visit.station):
        return
    if not visit.people.hands.can(visit.station, "back"):
        return
    visit.way_back.used = True
    await visit.seat.take(visit.station)
    if await visit.people.hands.press(visit.station, "back"):
        visit.guest.account.corrections.append("back")
        visit.stand(replace(before, trail=visit.at.trail, events=()))
        visit.place.to_the_front()


def _line(people: "People", panel: str) -> "list[Visit]":
    """Return the visits in line at *panel*: guests who are present, then those who are away."""
    visits = [one.visit for one in people.guests if one.visit is not None and one.visit.is_open]
    here = [visit for visit in visits if people.hands.panel_at(visit.station) == panel]
    return sorted(here, key=lambda visit: (_is_away(visit), visit.place.came))


def _is_away(visit: "Visit") -> bool:
    return visit.at.present(visit.text).lamp == "off"


def _next(line: "list[Visit]") -> bool:
    if not line:
        return False
    line[0].place.to_the_end()
    line[0].correct(line[0].at, "next")
    return True


def _back(line: "list[Visit]") -> bool:
    if not line:
        return False
    visit = line[0]
    return _unbind(visit) or _step_back(visit)


def _unbind(visit: "Visit") -> bool:
    """Free the card that was given last in the present step (rule 14)."""
    carded, at = visit.way_back.carded, visit.at
    if not carded:
        return False
    visit.correct(replace(at, cards=at.cards - 1, phase=carded.pop()), "card")
    return True


def _step_back(visit: "Visit") -> bool:
    """Move *visit* one step back; locker and card stay with it (rules 13 and 15)."""
    came, at = visit.way_back.came, visit.at
    if came is None:
        return False
    phases = visit.text.steps[came.step].phases
    begins = visit.way_back.by.startswith(_ENDED_BY_DOORS)
    again = replace(
        at,
        step=came.step,
        phase=phases[0].id if begins else came.phase,
        events=(),
        shown=0,
        extensions=0,
        insists=False,
        decided=came.decided,
        reason=came.reason,
        place=came.place,
    )
    visit.way_back.came = None
    visit.way_back.carded.clear()
    visit.deeds.back_at(came.step)
    visit.correct(reentered(visit.text, visit.around(), again), "back")
    visit.place.to_the_front()
    return True


def _more(line: "list[Visit]") -> bool:
    """Add one person to the newest visit that lacks a card (rule 17)."""
    waiting = [visit for visit in line if _lacks_card(visit) and not _is_away(visit)]
    if not waiting:
        return False
    visit = max(waiting, key=lambda one: one.guest.account.opened)
    visit.join()
    return True


def _lacks_card(visit: "Visit") -> bool:
    wanted = visit.at.persons if visit.text.cards == "each" else 1
    return visit.at.cards < wanted and visit.at.decided is None


_CORRECTIONS = {"back": _back, "next": _next, "more": _more}
