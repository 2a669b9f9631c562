"""How a step's time stands to its limit, which is the legal standard plus what an aide has added.

1. At :data:`AMBER` of the limit the lamp turns amber, beyond it red; *overdue* is said once a step.
2. An extension moves the limit by the step's ``extend_s``: from where it is, or from now if it has
   passed already. The procedure bounds how often (``extensions``).
3. The record of the step is held against the law's standard all the same: an extension is said
   beside it, never in its place.
"""

from edge.clock import iso
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.procedures.model import Step
from edge.sop.records import StepOverdue, VisitExtended
from edge.sop.state import Visit
from edge.sop.turn import Turn

AMBER = 0.8
"""The share of the limit from which on the lamp is amber."""


def begin(turn: Turn, visit: Visit, step: Step) -> None:
    """Set the timers of *step*, whose time runs (anew after an extension or a restart)."""
    limit_s = limit(visit, step)
    if visit.started is None or limit_s is None:
        return
    if visit.pace == "good":
        turn.do(StartTimer(_key(visit, "amber"), visit.started, AMBER * limit_s))
    if visit.pace != "red":
        turn.do(StartTimer(_key(visit, "overdue"), visit.started, limit_s))


def end(turn: Turn, visit: Visit) -> None:
    """Forget the timers of the step."""
    if visit.started is not None and turn.step(visit).standard_s is not None:
        turn.do(CancelTimer(_key(visit, "amber")))
        turn.do(CancelTimer(_key(visit, "overdue")))


def limit(visit: Visit, step: Step) -> float | None:
    """Return how long *step* of *visit* may take, seconds; None where the law sets no time."""
    return None if step.standard_s is None else step.standard_s + visit.extended_s


def within_limit(turn: Turn, visit: Visit) -> bool:
    """Whether the time of the step runs and its limit has not passed."""
    limit_s = limit(visit, turn.step(visit))
    if visit.started is None or limit_s is None:
        return False
    return turn.at.seconds_since(visit.started) < limit_s


def timer_fired(turn: Turn, visit: Visit, key: str) -> None:
    """A share of the limit is used, or all of it. A timer from before an extension is stale."""
    if key == _key(visit, "amber") and visit.pace == "good":
        turn.change(visit, pace="amber")
    elif key == _key(visit, "overdue") and visit.pace != "red":
        if not visit.overdue:
            _record_overdue(turn, visit)
        turn.change(visit, pace="red", overdue=True)


def may_extend(visit: Visit, step: Step) -> bool:
    """Whether the limit of *step* can be moved (once more)."""
    return visit.started is not None and visit.extensions < step.extensions


def extend(turn: Turn, visit: Visit) -> Visit:
    """Move the limit, tell the central office, and let the lamp start over."""
    step = turn.step(visit)
    before_s = limit(visit, step)
    assert step.standard_s is not None  # verified at load
    assert before_s is not None
    assert step.extend_s is not None
    assert visit.started is not None
    passed_s = max(0.0, turn.at.seconds_since(visit.started) - before_s)
    end(turn, visit)
    visit = turn.change(
        visit,
        extensions=visit.extensions + 1,
        extended_s=round(visit.extended_s + passed_s + step.extend_s, 3),
        pace="good",
    )
    data = VisitExtended(
        **turn.facts(visit, step),
        extensions=visit.extensions,
        extended_s=visit.extended_s,
        standard_s=step.standard_s,
    )
    turn.record_visit("gardu.visit.extended.v1", visit, data, step)
    begin(turn, visit, step)
    return visit


def _record_overdue(turn: Turn, visit: Visit) -> None:
    step = turn.step(visit)
    assert visit.started is not None
    assert step.standard_s is not None
    data = StepOverdue(
        **turn.facts(visit, step),
        station=step.station,
        role=step.role,
        started=iso(turn.at.dating(visit.started)),
        standard_s=step.standard_s,
    )
    turn.record_visit("gardu.step.overdue.v1", visit, data, step)


def _key(visit: Visit, what: str) -> str:
    return f"{visit.id}/{what}/{visit.step}/{visit.extensions}"
