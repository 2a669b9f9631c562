"""Finds what a visit can reach in a procedure: steps, phases, and the ways out of them. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from edge.sop.procedures.model import Phase, Procedure, Step, Transition

T = TypeVar("T")


def stuck(phases: Sequence[Phase], possible: Callable[[Transition], bool]) -> list[Phase]:
    """Return the phases from which no chain of *possible* transitions leads out of the step.

    A transition to a phase with a need leads to its ``otherwise`` too.
    """
    ids = {phase.id: phase.otherwise for phase in phases}
    free: set[str] = set()

    def leads_out(way: Transition) -> bool:
        targets = closure(way.to, lambda target: [ids.get(target)])
        return any(target not in ids or target in free for target in targets)

    while True:
        found = {
            phase.id
            for phase in phases
            if phase.id not in free and any(possible(way) and leads_out(way) for way in phase.on)
        }
        if not found:
            return [phase for phase in phases if phase.id not in free]
        free |= found


def reached(phases: Sequence[Phase]) -> set[str]:
    """Return the ids of a step's *phases* that some chain of transitions leads to."""
    ways = {
        phase.id: [*(way.to for way in phase.on), *(way.otherwise for way in phase.on),
                   phase.otherwise]
        for phase in phases
    }  # fmt: skip
    return closure(phases[0].id, lambda phase_id: ways.get(phase_id, []))


def closure(start: T, ways: Callable[[T], Iterable[T | None]]) -> set[T]:
    """Return all that *ways* lead to from *start*, itself included."""
    seen: set[T] = set()
    ahead = [start]
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead += [there for there in ways(here) if there is not None]
    return seen


def unreached_phases(step: Step) -> Iterator[str]:
    """Yield each phase of *step* that no chain of transitions leads to."""
    led_to = reached(step.phases)
    for phase in step.phases:
        if phase.id not in led_to:
            yield f"step {step.id}, phase {phase.id}: no transition leads here"


def dead_ends(step: Step) -> Iterator[str]:
    """Yield each phase of *step* that no way leads out of."""
    trapped = [phase.id for phase in stuck(step.phases, lambda _: True) if phase.on]
    if step.phases[0].id in trapped:
        yield (
            f"step {step.id}: nothing can complete it; allowed: transitions that lead from its "
            "first phase to @next, @skip, an outcome or #step-id"
        )
        return
    for phase_id in trapped:
        yield f"step {step.id}, phase {phase_id}: no way leads out of the step from here"
    without = stuck(step.phases, lambda way: not way.conditional)
    for phase in without:
        if phase.on and phase.id not in trapped:
            yield (
                f"step {step.id}, phase {phase.id}: no way leads out of the step from here once "
                "its conditions (at_most, above, below, equals) are not met; allowed: with a "
                "transition that has none"
            )


def otherwise_loops(step: Step) -> Iterator[str]:
    """Yield each phase of *step* whose ``otherwise`` leads back to it."""
    ways = {phase.id: phase.otherwise for phase in step.phases}
    for phase in step.phases:
        chain = [phase.id]
        while (there := ways.get(chain[-1])) is not None and there not in chain:
            chain.append(there)
        if there == phase.id and phase.id == min(chain):
            yield (
                f"step {step.id}, phase {phase.id}: otherwise leads back here "
                f"({' -> '.join([*chain, phase.id])}); allowed: an end in a phase without needs"
            )


def unreached_steps(procedure: Procedure) -> Iterator[str]:
    """Yield each step of *procedure* that no chain of transitions leads to."""
    ways: dict[str, list[str | None]] = {}
    for step in procedure.steps:
        after = procedure.after(step)
        follows = {"@next": after.id if after else None, "@skip": after.id if after else None}
        on = [*procedure.anywhere, *(way for phase in step.phases for way in phase.on)]
        ways[step.id] = [follows.get(way.to) for way in on]
        ways[step.id] += [way.to[1:] for way in on if way.to.startswith("#")]
        ways[step.id] += [way.via for way in on]
        ways[step.id] += [follows.get(phase.otherwise or "") for phase in step.phases]
    seen = closure(procedure.steps[0].id, lambda step_id: ways.get(step_id, []))
    for step in procedure.steps:
        if step.id not in seen:
            yield f"step {step.id}: no transition leads here"
