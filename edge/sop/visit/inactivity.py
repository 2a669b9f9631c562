"""Guests of whom nothing has been seen for long: have they left without a word.

1. After ``abandoned_after_s`` (of the procedure, or of the checkpoint) without any evidence the
   panel of the station asks, with the lamp of a decision, and a record says so. Not while the time
   of a step is within its limit, and not while the office is closed.
2. The officer answers ``leave`` (gone: the visit is abandoned) or ``acknowledge`` (still here).
   Whatever else happens to the visit answers too.
3. No visit is ended by time. A question that nobody answers is asked and recorded again, after
   twice as long each time; what is open at the end of the day is reconciled or carried over.
"""

from edge.clock import Stamp
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.records import VisitUnseen
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import pace

# A question that nobody answers is asked at most 2 ** this often as rarely.
_MOST_DOUBLINGS = 8
# A timer may be this early, by rounding, seconds.
_TOLERANCE_S = 1.0


def watch(turn: Turn, visit: Visit) -> None:
    """Ask for *visit* once nothing has been seen of it for long; again after a longer time."""
    since = turn.at if visit.asked else _last(visit)
    turn.do(StartTimer(key(visit), since, _wait_s(turn, visit)))


def forget(turn: Turn, visit: Visit) -> None:
    """Ask no more: *visit* has ended."""
    turn.do(CancelTimer(key(visit)))


def key(visit: Visit) -> str:
    """Name the timer of *visit*."""
    return f"{visit.id}/unseen"


def timer_fired(turn: Turn, visit: Visit) -> None:
    """Ask, unless something was seen of the guest meanwhile, or it is no time to ask."""
    early = turn.at.seconds_since(_last(visit)) < _wait_s(turn, visit) - _TOLERANCE_S
    if early and not visit.asked:
        watch(turn, visit)
    elif pace.within_limit(turn, visit) or _closed(turn):
        turn.do(StartTimer(key(visit), turn.at, _wait_s(turn, visit)))
    else:
        _ask(turn, visit)


def still_here(turn: Turn, panel: str) -> bool:
    """An officer says so of the first guest that *panel* asks for; False if it asks for none."""
    stations = turn.rules.panels.get(panel, ())
    for visit in turn.in_line():
        if visit.asked and turn.step(visit).station in stations:
            seen(turn, visit)
            return True
    return False


def seen(turn: Turn, visit: Visit) -> Visit:
    """Note that something was seen of *visit*; what was asked is answered."""
    changed = turn.change(visit, seen=turn.at, asked=0)
    if visit.asked:
        watch(turn, changed)
    return changed


def _ask(turn: Turn, visit: Visit) -> None:
    step = turn.step(visit)
    unseen = turn.at.since(_last(visit))
    visit = turn.change(visit, asked=visit.asked + 1)
    data = VisitUnseen(
        **turn.facts(visit, step),
        station=step.station,
        unseen_s=round(unseen.seconds, 3),
        uncertainty_s=unseen.uncertainty_s,
        asked=visit.asked,
    )
    turn.record_visit("gardu.visit.unseen.v1", visit, data, step)
    watch(turn, visit)


def _last(visit: Visit) -> Stamp:
    return visit.seen or visit.entered


def _wait_s(turn: Turn, visit: Visit) -> float:
    after_s = turn.procedure(visit).abandoned_after_s or turn.rules.abandoned_after_s
    return float(after_s * 2 ** min(visit.asked, _MOST_DOUBLINGS))


def _closed(turn: Turn) -> bool:
    return turn.state.day is not None and turn.state.day.closed is not None
