"""Rules about escorts, within a procedure (edge/sop/inputs/escorts.py). Pure."""

from collections.abc import Iterator

from edge.sop.procedures.model import Procedure

_EVENT = "card.escort"


def escort_problems(procedure: Procedure) -> Iterator[str]:
    """Yield a line for each use of an escort in a procedure that waits for no escort's card."""
    phases = [
        (f"step {step.id}, phase {phase.id}", phase)
        for step in procedure.steps
        for phase in step.phases
    ]
    if any(way.event == _EVENT for _, phase in phases for way in phase.on):
        return
    allowed = f'and no phase waits for an escort\'s card; allowed: with a transition on "{_EVENT}"'
    if procedure.escort_visits is not None:
        yield f"escort_visits: is {procedure.escort_visits}, {allowed}"
    for where, phase in phases:
        if phase.needs == "escort":
            yield f"{where}: needs is 'escort', {allowed}"
        if "release-escort" in phase.do:
            yield f"{where}: do 'release-escort', {allowed}"
