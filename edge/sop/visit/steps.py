"""A step of a visit: its time, its timers, its record.

Rules
-----
1. A step's record is made when the visit leaves the step, and never changed.
2. When a visit leaves a step, the step's timers and alarms end for it.
"""

from msgspec import UNSET

from edge.clock import iso
from edge.sop.alarms import end_alarm
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.entered import Entered
from edge.sop.procedures.model import Phase, Step
from edge.sop.records import StepCompleted
from edge.sop.state import NOT_EXTENDED, Visit
from edge.sop.turn import Turn
from edge.sop.visit import pace

# The record of a step that never ends must not grow without limit.
_MOST_EVIDENCE = 100

FRESH_STEP: dict[str, object] = {
    "started": None, "attempts": 1, "evidence": (), "stills": (), "overdue": False, "carded": (),
    "shown": (), "pace": "good", "extensions": 0, "extended_s": NOT_EXTENDED, "insists": False,
    "stated": (),
}  # fmt: skip
"""The fields of a visit that describe its step, with their values at the step's beginning."""


def add_word(turn: Turn, visit: Visit, word: str) -> Visit:
    """Add the evidence *word* to the present step of *visit*."""
    if len(visit.evidence) >= _MOST_EVIDENCE:
        return visit
    return turn.change(visit, evidence=(*visit.evidence, word))


def start_time(turn: Turn, visit: Visit, step: Step) -> Visit:
    """Start the time of *step* now."""
    visit = turn.change(visit, started=turn.at)
    pace.begin(turn, visit, step)
    return visit


def end_step(turn: Turn, visit: Visit, step: Step, outcome: str, reason: str | None = None) -> None:
    """Record the step and leave it."""
    started = visit.started or turn.at
    took, waited = turn.at.since(started), started.since(visit.arrived)
    standard = step.standard_s
    data = StepCompleted(
        **turn.facts(visit, step),
        station=turn.rules.station(visit),
        role=step.role,
        outcome=outcome,
        reason=reason,
        started=iso(turn.at.dating(started)),
        duration_s=round(took.seconds, 3),
        uncertainty_s=took.uncertainty_s,
        waited_s=round(waited.seconds, 3),
        waited_uncertainty_s=waited.uncertainty_s,
        standard_s=standard,
        over_s=round(max(0.0, took.seconds - standard), 3) if standard is not None else 0.0,
        attempts=visit.attempts,
        evidence=visit.evidence,
        stills=visit.stills,
        extended_s=visit.extended_s,
        persons=visit.persons,
        passed=visit.passed if step.screens else None,
        aiphone=step.aiphone or UNSET,
        values=_values(visit) or UNSET,
        guest_kind=visit.guest_kind or UNSET,
        escort=visit.escort or UNSET,
    )
    turn.record_visit("gardu.step.completed.v1", visit, data, step)
    turn.change(visit, steps=visit.steps + 1)
    leave_step(turn, visit)


def _values(visit: Visit) -> dict[str, Entered]:
    """Return the values that were entered in the present step, without the personal ones."""
    known = {name: visit.values[name].value for name in visit.stated}
    return {name: value for name, value in known.items() if value is not None}


def leave_step(turn: Turn, visit: Visit) -> None:
    """Cancel the timers and end the alarms of the step that *visit* leaves."""
    pace.end(turn, visit)
    turn.do(CancelTimer(phase_key(visit)))
    for kind in turn.step(visit).alarms:
        end_alarm(turn, visit, kind)


def set_phase_timer(turn: Turn, visit: Visit, phase: Phase) -> None:
    """Set the timer of *phase*, if it has one."""
    for transition in phase.on:
        if transition.event == "timeout":
            since, seconds = visit.entered, transition.after_s
            if transition.at_s is not None:
                since, seconds = visit.started or visit.entered, transition.at_s + visit.extended_s
            assert seconds is not None  # verified at load
            turn.do(StartTimer(phase_key(visit), since, seconds))
            return  # others of the phase have the same time: verified at load


def phase_key(visit: Visit) -> str:
    """Return the key of the timer of the phase that *visit* is in."""
    return f"{visit.id}/phase/{visit.entries}"
