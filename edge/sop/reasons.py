"""Reasons for guests who are not received: "alasan yang tepat dan sopan".

The procedure gives each end its usual reason. Before that end another one may be chosen by
``reason-1`` to ``reason-4``; without a choice the usual reason holds.

1. Reception chooses among the procedure's ``reasons``, while the lamp asks for the decision that
   can turn the guest away. A new call to the host deletes the choice.
2. The officer who can refuse a guest (``@refused``) chooses among its ``refusals``. The choice
   holds while the guest is in phases in which the officer can refuse.
3. Where both are possible the buttons mean ``reasons``: the verification reports a phase of that
   kind.
"""

from edge.sop.procedures.model import Phase, Procedure, Transition
from edge.sop.procedures.turning_away import ENDS, REFUSED, asks, can_refuse
from edge.sop.state import Visit
from edge.sop.turn import Turn

MOST = 4
"""The most reasons that a procedure may offer: one for each of the reason buttons."""

PRESS = "button.reason-"


def offered(procedure: Procedure, phase: Phase, name: str) -> Transition | None:
    """Return the transition of the press *name* if *phase* offers that reason; the phase stays."""
    number = name.removeprefix(PRESS)
    if not name.startswith(PRESS) or not number.isdigit():
        return None
    reasons = choices(procedure, phase)[int(number) - 1 : int(number)]
    return Transition(event=name, to=phase.id, reason=reasons[0]) if reasons else None


def choose(turn: Turn, visit: Visit, way: Transition) -> Visit:
    """Store the reason that *way* chooses, or delete a choice that no longer holds."""
    if way.event.startswith(PRESS):
        return turn.change(visit, chosen=way.reason)
    if visit.chosen is None:
        return visit
    if _is_refusal(turn, visit):
        ends = way.to != REFUSED and not _may_refuse_there(turn, visit, way)
    else:
        ends = way.reason is None and not way.to.startswith("@")
    return turn.change(visit, chosen=None) if ends else visit


def final(turn: Turn, visit: Visit, end: Transition) -> str | None:
    """Return the reason for which *end* ends the step that *visit* is at."""
    applies = end.to == REFUSED if _is_refusal(turn, visit) else end.to in ENDS
    return (visit.chosen if applies else None) or end.reason or visit.reason


def choices(procedure: Procedure, phase: Phase) -> tuple[str, ...]:
    """Return the reasons that *phase* offers, in the order of the buttons; empty: none."""
    if asks(phase):
        return procedure.reasons
    return procedure.refusals if can_refuse((*phase.on, *procedure.anywhere)) else ()


def _is_refusal(turn: Turn, visit: Visit) -> bool:
    """Return True if the choice of *visit* is a reason of refusals only."""
    procedure = turn.procedure(visit)
    return visit.chosen in procedure.refusals and visit.chosen not in procedure.reasons


def _may_refuse_there(turn: Turn, visit: Visit, way: Transition) -> bool:
    """Return True if *way* leads to a phase of the same step in which the officer can refuse."""
    anywhere = turn.procedure(visit).anywhere
    there = next((phase for phase in turn.step(visit).phases if phase.id == way.to), None)
    return there is not None and can_refuse((*there.on, *anywhere))
