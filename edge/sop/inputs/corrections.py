"""Corrections by an officer: rules 12 to 17 of ``routing.py``."""

from typing import Literal

from edge.sop import day, events
from edge.sop.inputs.routing import is_away, line, to_the_front
from edge.sop.records import VisitCorrected, VisitJoined
from edge.sop.state import Advance, Visit
from edge.sop.turn import Turn
from edge.sop.visit import group
from edge.sop.visit.course import recheck, reenter
from edge.sop.visit.steps import FRESH_STEP, leave_step

MOST_PERSONS = 99
"""The largest group: more presses than this come from a stuck button."""


def next_in_line(turn: Turn, event: events.ButtonPressed) -> bool:
    """Send the visit in front to the end of the line, if another guest waits there (rule 12)."""
    waiting = [visit for visit in _line(turn, event) if not is_away(turn, visit)]
    if len(waiting) < 2:
        return False
    front = turn.change(waiting[0], place=turn.next_place())
    _record(turn, front, "next", front.step)
    return True


def back(turn: Turn, event: events.ButtonPressed) -> bool:
    """Reverse the last card or step of the visit in front (rules 13 to 15)."""
    in_front = _line(turn, event)[:1]
    return any(_unbind(turn, visit) or _step_back(turn, visit) for visit in in_front)


def more(turn: Turn, event: events.ButtonPressed) -> bool:
    """Count one more person in the group that is being received (rule 17)."""
    received = [
        visit
        for visit in _line(turn, event)
        if group.lacks_card(turn, visit) and visit.outcome is None and not is_away(turn, visit)
    ]
    newest = max(received, default=None, key=lambda visit: visit.number)
    if newest is None or newest.persons >= MOST_PERSONS:
        return False
    _join(turn, newest, newest.persons + 1)
    return True


def more_persons(turn: Turn, visit: Visit, persons: int) -> Visit:
    """Use the number of persons in the guest book, if higher: in a fire all count (rule 17)."""
    return _join(turn, visit, persons) if visit.persons < persons <= MOST_PERSONS else visit


def _join(turn: Turn, visit: Visit, persons: int) -> Visit:
    """Set the head count of *visit* to *persons*, which is higher than before, and record it."""
    day.persons_joined(turn, visit, persons - visit.persons)
    visit = turn.change(visit, persons=persons)
    data = VisitJoined(
        **turn.facts(visit),
        persons=persons,
        station=turn.rules.station(visit),
    )
    turn.record_visit("gardu.visit.joined.v1", visit, data)
    _wait_for_card(turn, visit)
    _screen_again(turn, turn.state.visits[visit.id])
    return turn.state.visits[visit.id]


def _wait_for_card(turn: Turn, visit: Visit) -> None:
    """Return *visit*, which has its cards already, to the phase that waits for more of them."""
    phases = (phase.id for phase in turn.step(visit).phases if phase.needs == "more-cards")
    phase = next(phases, None)
    if visit.carded and phase is not None and group.lacks_card(turn, visit):
        reenter(turn, visit, phase)


def _screen_again(turn: Turn, visit: Visit) -> None:
    """Have a person screened who joined late: until the next step's time runs, the visit goes back.

    After that (the guests are with the host) only the records show it: ``passed`` of the screening
    is below ``persons``.
    """
    came = visit.came
    screened = came is not None and turn.procedure(visit).step(came.step).screens
    if screened and visit.started is None and visit.outcome is None:
        _step_back(turn, visit)
    else:
        recheck(turn, visit)


def _line(turn: Turn, event: events.ButtonPressed) -> list[Visit]:
    return line(turn, turn.rules.panels.get(event.panel, ()))


def _unbind(turn: Turn, visit: Visit) -> bool:
    """Free the card that was bound to *visit* last, in its present step (rule 14)."""
    if not visit.carded or not visit.cards:
        return False
    del turn.state.cards[visit.cards[-1]]
    _record(turn, visit, "card", visit.step)
    less = turn.change(visit, cards=visit.cards[:-1], carded=visit.carded[:-1])
    reenter(turn, less, visit.carded[-1])
    return True


def _step_back(turn: Turn, visit: Visit) -> bool:
    """Move *visit* one step back, unless its card or locker was given back since (rule 15)."""
    came = visit.came
    if came is None or len(visit.cards) < came.cards or len(visit.lockers) < came.lockers:
        return False
    _record(turn, visit, "back", came.step)
    to_the_front(turn, _go_back(turn, visit, came))
    return True


def _go_back(turn: Turn, visit: Visit, came: Advance) -> Visit:
    """Move *visit* to where it *came* from. The step's time starts again: another attempt."""
    leave_step(turn, visit)
    again = {
        **FRESH_STEP,
        "arrived": turn.at,
        "started": turn.at if came.timed else None,
        "attempts": 2,
        "outcome": came.outcome,
        "reason": came.reason,
        "inside": came.inside,
        "came": None,
    }
    return recheck(turn, reenter(turn, visit, came.phase, step=came.step, **again))


def _record(
    turn: Turn, visit: Visit, correction: Literal["back", "card", "next"], to_step: str
) -> None:
    data = VisitCorrected(
        **turn.facts(visit),
        correction=correction,
        from_step=visit.step,
        to_step=to_step,
        station=turn.rules.station(visit),
    )
    turn.record_visit("gardu.visit.corrected.v1", visit, data)
