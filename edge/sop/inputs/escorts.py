"""Escorts' cards: an escort shows a card of their own, and goes with the guest who waits for one.

1. The card is for the first visit in line, at one of the reader's stations, that waits for
   ``card.escort``. The record of its steps names the escort by number or function, never a person.
2. An escort goes with at most ``escort_visits`` visits of the guest's procedure at a time, counted
   over all open visits, until ``release-escort`` or the end of the visit.
3. Two cards of the same number or function are the same escort's.
"""

from edge.sop import events
from edge.sop.inputs.routing import first_waiting
from edge.sop.turn import Turn
from edge.sop.visit.course import deliver

EVENT = "card.escort"
BUSY = "escort busy"
"""Why a card is refused, as it is counted: the escort goes with as many guests as allowed."""


def shown(turn: Turn, event: events.CardPresented, stations: tuple[str, ...]) -> bool | str:
    """Give the escort to the visit that waits; return False if none does, or the reason."""
    visit = first_waiting(turn, EVENT, stations)
    if visit is None:
        return False
    escort = turn.rules.escorts[event.card]
    others = [
        one for one in turn.state.visits.values() if one.escort == escort and one.id != visit.id
    ]
    most = turn.procedure(visit).escort_visits
    if most is not None and len(others) >= most:
        return BUSY
    return deliver(turn, turn.change(visit, escort=escort), EVENT)
