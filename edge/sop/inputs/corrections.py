"""Corrections by an officer: rules 12 to 17 of ``routing.py``."""

from typing import Literal

from edge.sop import day, events
from edge.sop.inputs.routing import is_away, line, to_the_front
from edge.sop.records import VisitCorrected, VisitJoined
from edge.sop.state import Advance, Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import reenter
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
        if visit.card is None and visit.outcome is None and not is_away(turn, visit)
    ]
    group = max(received, default=None, key=lambda visit: visit.number)
    if group is None or group.persons >= MOST_PERSONS:
        return False
    _join(turn, group, group.persons + 1)
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
        station=turn.step(visit).station,
    )
    turn.record_visit("gardu.visit.joined.v1", visit, data)
    return visit


def _line(turn: Turn, event: events.ButtonPressed) -> list[Visit]:
    return line(turn, turn.rules.panels.get(event.panel, ()))


def _unbind(turn: Turn, visit: Visit) -> bool:
    """Free the card that was bound to *visit* in its present step (rule 14)."""
    if visit.carded is None or visit.card is None:
        return False
    del turn.state.cards[visit.card]
    _record(turn, visit, "card", visit.step)
    reenter(turn, turn.change(visit, card=None, carded=None), visit.carded)
    return True


def _step_back(turn: Turn, visit: Visit) -> bool:
    """Move *visit* one step back, unless its card or locker was given back since (rule 15)."""
    came = visit.came
    if came is None or any(getattr(visit, what) is None for what in came.held):
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
        "came": None,
    }
    return reenter(turn, visit, came.phase, step=came.step, **again)


def _record(
    turn: Turn, visit: Visit, correction: Literal["back", "card", "next"], to_step: str
) -> None:
    data = VisitCorrected(
        **turn.facts(visit),
        correction=correction,
        from_step=visit.step,
        to_step=to_step,
        station=turn.step(visit).station,
    )
    turn.record_visit("gardu.visit.corrected.v1", visit, data)
