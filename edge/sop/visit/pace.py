"""The time of a step against its limit: the legal standard time and the aide's extensions.

1. The lamp turns amber at :data:`AMBER` of the limit, and red at the limit; *overdue* is recorded
   once a step.
2. An extension moves the limit by the step's ``extend_s``: from the present limit, or from now if
   that has passed. The procedure limits the number of extensions (``extensions``).
3. The record of the step still compares its time with the legal standard time; extensions are
   recorded beside that, never instead of it.
"""

from edge.clock import iso
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.procedures.model import Step
from edge.sop.records import StepOverdue, VisitExtended
from edge.sop.state import Visit
from edge.sop.turn import Turn

AMBER = 0.8
"""The share of the limit at which the lamp turns amber."""


def begin(turn: Turn, visit: Visit, step: Step) -> None:
    """Set the timers of *step* if its time runs (again after an extension or a restart)."""
    limit_s = limit(visit, step)
    if visit.started is None or limit_s is None:
        return
    if visit.pace == "good":
        turn.do(StartTimer(_key(visit, "amber"), visit.started, AMBER * limit_s))
    if visit.pace != "red":
        turn.do(StartTimer(_key(visit, "overdue"), visit.started, limit_s))


def end(turn: Turn, visit: Visit) -> None:
    """Cancel the timers of the step."""
    if visit.started is not None and turn.step(visit).standard_s is not None:
        turn.do(CancelTimer(_key(visit, "amber")))
        turn.do(CancelTimer(_key(visit, "overdue")))


def limit(visit: Visit, step: Step) -> float | None:
    """Return the limit of *step* for *visit*, seconds; None if the law sets no time."""
    return None if step.standard_s is None else step.standard_s + visit.extended_s


def within_limit(turn: Turn, visit: Visit) -> bool:
    """Return True if the time of the step runs and has not reached its limit."""
    limit_s = limit(visit, turn.step(visit))
    if visit.started is None or limit_s is None:
        return False
    return turn.at.seconds_since(visit.started) < limit_s


def timer_fired(turn: Turn, visit: Visit, key: str) -> None:
    """Turn the pace amber or red. A timer from before an extension is stale."""
    if key == _key(visit, "amber") and visit.pace == "good":
        turn.change(visit, pace="amber")
    elif key == _key(visit, "overdue") and visit.pace != "red":
        if not visit.overdue:
            _record_overdue(turn, visit)
        turn.change(visit, pace="red", overdue=True)


def may_extend(visit: Visit, step: Step) -> bool:
    """Return True if the limit of *step* can be moved (again)."""
    return visit.started is not None and visit.extensions < step.extensions


def extend(turn: Turn, visit: Visit) -> Visit:
    """Move the limit and record it; the pace is good again."""
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
        station=turn.rules.station(visit),
        role=step.role,
        started=iso(turn.at.dating(visit.started)),
        standard_s=step.standard_s,
    )
    turn.record_visit("gardu.step.overdue.v1", visit, data, step)


def _key(visit: Visit, what: str) -> str:
    return f"{visit.id}/{what}/{visit.step}/{visit.extensions}"
