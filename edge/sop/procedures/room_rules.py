"""Rules about places with limited room, within a procedure (edge/sop/visit/room.py). Pure."""

from collections.abc import Iterator

from edge.sop.procedures.model import Phase, Procedure, Step
from edge.sop.procedures.vocabulary import ROOM_FREE

LEAVE = "leave-place"


def room_problems(procedure: Procedure) -> Iterator[str]:
    """Yield a line for each wait, entry or exit of a place that does not fit the others."""
    steps = [(step, phase) for step in procedure.steps for phase in step.phases]
    entering = [f"step {step.id}, phase {phase.id}" for step, phase in steps if phase.room]
    leaving = [f"step {step.id}, phase {phase.id}" for step, phase in steps if LEAVE in phase.do]
    if entering and not leaving:
        yield (
            f"{entering[0]}: enters a place that no phase leaves, so that guests who are gone are "
            f'counted there; allowed: with do = ["{LEAVE}"] in the phase where they have left'
        )
    if leaving and not entering:
        yield (
            f'{leaving[0]}: do "{LEAVE}", and no phase enters a place; allowed: with needs = '
            '"room:..." in a phase before'
        )
    for step, phase in steps:
        yield from _wait(procedure, step, phase)


def _wait(procedure: Procedure, step: Step, phase: Phase) -> Iterator[str]:
    way = next((way for way in phase.on if way.event == ROOM_FREE), None)
    if way is None:
        return
    where = f"step {step.id}, phase {phase.id}"
    entering = [other.id for other in step.phases if other.room and other.id != phase.id]
    if way.to not in entering:
        allowed = ", ".join(entering) or "a phase of this step with that need, as there is none"
        yield (
            f'{where}, on "{ROOM_FREE}": leads to {way.to!r}, which does not need room; allowed: '
            f"{allowed}"
        )
    others = [*(other.event for other in phase.on), *(other.event for other in procedure.anywhere)]
    if all(event in (ROOM_FREE, "timeout") for event in others):
        yield (
            f"{where}: waits for room only, and a group may be too large for the place; allowed: "
            "with a transition on an officer's button"
        )
