"""The reasons of a visit that does not go in: "alasan yang tepat dan sopan".

The procedure gives each end its usual reason. Before that end, while the lamp asks for the
decision, reception may choose another by ``reason-1`` to ``reason-4``: the procedure's ``reasons``,
in order. Who chooses none has the usual one. A new call to the host forgets what was chosen.
"""

from edge.sop.procedures.model import Phase, Procedure, Transition
from edge.sop.state import Visit
from edge.sop.turn import Turn

MOST = 4
"""How many reasons a procedure may offer: there are so many buttons for them."""

PRESS = "button.reason-"

# The ends that a guest is told a reason for.
ENDS = ("@declined", "@rescheduled")


def offered(procedure: Procedure, phase: Phase, name: str) -> Transition | None:
    """Return what the press *name* leads to in *phase*, if it offers that reason: it stays."""
    number = name.removeprefix(PRESS)
    if not name.startswith(PRESS) or not number.isdigit() or not _asks(phase):
        return None
    chosen = procedure.reasons[int(number) - 1 : int(number)]
    return Transition(event=name, to=phase.id, reason=chosen[0]) if chosen else None


def choose(turn: Turn, visit: Visit, way: Transition) -> Visit:
    """Take up what *way* says of the reason: one that was chosen, or one that does not hold."""
    if way.event.startswith(PRESS):
        return turn.change(visit, chosen=way.reason)
    if way.reason is None and not way.to.startswith("@"):
        return turn.change(visit, chosen=None) if visit.chosen else visit
    return visit


def final(visit: Visit, outcome: str) -> str | None:
    """Return why *visit* ends with *outcome*."""
    return visit.chosen or visit.reason if f"@{outcome}" in ENDS else visit.reason


def _asks(phase: Phase) -> bool:
    """Whether the lamp asks here for a decision that can turn a guest away."""
    return phase.lamp == "slow" and any(
        way.to in ENDS or (way.reason is not None and way.to.startswith("#")) for way in phase.on
    )
