"""Reasons for guests who are not received: "alasan yang tepat dan sopan".

The procedure gives each end its usual reason. Before that end, while the lamp asks for the
decision, reception may choose another one by ``reason-1`` to ``reason-4``: the procedure's
``reasons``, in order. Without a choice the usual reason holds. A new call to the host deletes the
choice.
"""

from edge.sop.procedures.model import Phase, Procedure, Transition
from edge.sop.state import Visit
from edge.sop.turn import Turn

MOST = 4
"""The most reasons that a procedure may offer: one for each of the reason buttons."""

PRESS = "button.reason-"

# The ends for which a guest is given a reason.
ENDS = ("@declined", "@rescheduled")


def offered(procedure: Procedure, phase: Phase, name: str) -> Transition | None:
    """Return the transition of the press *name* if *phase* offers that reason; the phase stays."""
    number = name.removeprefix(PRESS)
    if not name.startswith(PRESS) or not number.isdigit() or not _asks(phase):
        return None
    chosen = procedure.reasons[int(number) - 1 : int(number)]
    return Transition(event=name, to=phase.id, reason=chosen[0]) if chosen else None


def choose(turn: Turn, visit: Visit, way: Transition) -> Visit:
    """Store the reason that *way* chooses, or delete a choice that no longer holds."""
    if way.event.startswith(PRESS):
        return turn.change(visit, chosen=way.reason)
    if way.reason is None and not way.to.startswith("@"):
        return turn.change(visit, chosen=None) if visit.chosen else visit
    return visit


def final(visit: Visit, end: Transition) -> str | None:
    """Return the reason for which *end* ends the step that *visit* is at."""
    chosen = visit.chosen if end.to in ENDS else None
    return chosen or end.reason or visit.reason


def _asks(phase: Phase) -> bool:
    """Return True if the lamp of *phase* asks for a decision that can turn a guest away."""
    return phase.lamp == "slow" and any(
        way.to in ENDS or (way.reason is not None and way.to.startswith("#")) for way in phase.on
    )
