"""Finds events that are passed on in a circle (``pass_on`` of transitions). Pure."""

from collections.abc import Iterator

from edge.sop.procedures.model import Procedure, Step, Transition
from edge.sop.procedures.reachability import closure
from edge.sop.procedures.vocabulary import NEXT


def pass_on_loops(procedure: Procedure) -> Iterator[str]:
    """Yield each event that is passed on in a circle, back to the phase where it began."""
    hops: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    for step in procedure.steps:
        for phase in step.phases:
            for way in phase.on:
                places = _arrivals(procedure, step, way) if way.pass_on else ()
                hops.setdefault((step.id, phase.id, way.event), []).extend(
                    (*place, way.event) for place in places
                )
    for start, reached_from in hops.items():
        if any(start in closure(there, lambda here: hops.get(here, [])) for there in reached_from):
            step_id, phase_id, event = start
            yield (
                f'step {step_id}, phase {phase_id}, on "{event}": is passed on in a circle; '
                "allowed: pass_on = false in one of its phases"
            )


def _arrivals(procedure: Procedure, step: Step, way: Transition) -> Iterator[tuple[str, str]]:
    """Yield (step, phase) of every phase to which *way* may lead, also by ``otherwise``."""
    target, entry = _destination(procedure, step, way)
    seen: set[tuple[str, str]] = set()
    while target is not None and (target.id, entry) not in seen:
        phases = {phase.id: phase for phase in target.phases}
        if entry not in phases:
            return
        seen.add((target.id, entry))
        yield target.id, entry
        entry = phases[entry].otherwise or ""
        if entry == NEXT:
            target = procedure.after(target)
            entry = target.phases[0].id if target else ""


def _destination(procedure: Procedure, step: Step, way: Transition) -> tuple[Step | None, str]:
    steps = {other.id: other for other in procedure.steps}
    if way.to in ("@next", "@skip"):
        target = procedure.after(step)
    elif way.to.startswith("@"):
        target = steps.get(way.via or "")
    elif way.to.startswith("#"):
        target = steps.get(way.to[1:])
    else:
        return step, way.to
    return target, target.phases[0].id if target else ""
