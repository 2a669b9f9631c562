"""Inactivity: asks the officer about visits without evidence for ``abandoned_after_s``.

1. After ``abandoned_after_s`` (of the procedure, else of the checkpoint) without any evidence the
   panel of the station asks, with the lamp of a decision, and a record is made. It does not ask
   while the time of a step is within its limit, nor while the office is closed.
2. The officer answers ``leave`` (gone: the visit is abandoned) or ``acknowledge`` (still here). Any
   other evidence of the guest is an answer too.
3. No visit is ended by time. A question without an answer is asked and recorded again, after twice
   as long each time; visits open at the end of the day are reconciled or carried over.
"""

from edge.clock import Stamp
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.records import VisitUnseen
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import pace

# The wait between two questions is doubled at most so many times.
_MOST_DOUBLINGS = 8
# A timer may fire this much too early, by rounding, seconds.
_TOLERANCE_S = 1.0


def watch(turn: Turn, visit: Visit) -> None:
    """Set the timer of the next question about *visit*; each wait is longer than the last."""
    since = turn.at if visit.asked else _last(visit)
    turn.do(StartTimer(key(visit), since, _wait_s(turn, visit)))


def forget(turn: Turn, visit: Visit) -> None:
    """Cancel the timer: *visit* has ended."""
    turn.do(CancelTimer(key(visit)))


def key(visit: Visit) -> str:
    """Return the key of the timer of *visit*."""
    return f"{visit.id}/unseen"


def timer_fired(turn: Turn, visit: Visit) -> None:
    """Ask, unless there was evidence of the guest meanwhile, or rule 1 forbids it now."""
    early = turn.at.seconds_since(_last(visit)) < _wait_s(turn, visit) - _TOLERANCE_S
    if early and not visit.asked:
        watch(turn, visit)
    elif pace.within_limit(turn, visit) or _closed(turn):
        turn.do(StartTimer(key(visit), turn.at, _wait_s(turn, visit)))
    else:
        _ask(turn, visit)


def still_here(turn: Turn, panel: str) -> bool:
    """Confirm the first guest that *panel* asks about; return False if it asks about none."""
    stations = turn.rules.panels.get(panel, ())
    for visit in turn.in_line():
        if visit.asked and turn.rules.station(visit) in stations:
            seen(turn, visit)
            return True
    return False


def seen(turn: Turn, visit: Visit) -> Visit:
    """Store that there is evidence of *visit* now; an open question is answered."""
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
        station=turn.rules.station(visit),
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
