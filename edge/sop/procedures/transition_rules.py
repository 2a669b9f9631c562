"""Rules about single transitions of a procedure. Pure."""

from collections.abc import Iterator

from edge.config.spelling import did_you_mean
from edge.sop.procedures import verify_values
from edge.sop.procedures.model import Procedure, Step, Transition
from edge.sop.procedures.values import EVENT
from edge.sop.procedures.vocabulary import (
    CALL_IN,
    EVIDENCE,
    OUTCOMES,
    ROOM_FREE,
    WORD,
    WORD_RULE,
    kind_of_event,
)


def anywhere_problems(procedure: Procedure) -> Iterator[str]:
    """Yield what is wrong with the transitions that apply in every phase."""
    yield from verify_values.alternatives("anywhere", procedure.anywhere)
    for way in procedure.anywhere:
        where = f'anywhere, on "{way.event}"'
        yield from transition_problems(procedure, None, where, way)
        if way.event == "timeout":
            yield f"{where}: a time-out belongs to one phase; allowed: every other event"
        if way.event == ROOM_FREE:
            yield f"{where}: the wait for room belongs to one phase; allowed: every other event"
        if way.event == CALL_IN:
            yield f"{where}: a call belongs to the phase in the waiting room; allowed: only there"


def transition_problems(
    procedure: Procedure, step: Step | None, where: str, way: Transition
) -> Iterator[str]:
    """Yield what is wrong with *way*, a transition of *step*; *where* names it.

    :param step: None for a transition that applies in every phase of every step
    """
    if way.event.startswith(EVENT):
        yield from verify_values.event(procedure, where, way.event)
    elif kind_of_event(way.event) not in EVIDENCE:
        meant = did_you_mean(way.event, EVIDENCE)
        yield f"{where}: unknown event{meant}; allowed: {', '.join([*EVIDENCE, 'value.ID'])}"
    _, colon, detector = way.event.partition(":")
    if colon and not WORD.fullmatch(detector):
        yield f"{where}: names a detector {detector!r}; {WORD_RULE}"
    yield from verify_values.condition(procedure, step, where, way)
    if (way.event == "timeout") != (way.after_s is not None or way.at_s is not None):
        yield f"{where}: timeout and after_s go together; allowed: both or none"
    if way.after_s is not None and way.at_s is not None:
        yield f"{where}: has both after_s and at_s; allowed: one of them"
    yield from _time(step, where, way)
    yield from _clear(step, where, way)
    if way.event == "timeout" and way.pass_on:
        yield f"{where}: a time-out cannot be passed on; allowed: pass_on = false"
    if way.reason is not None and not WORD.fullmatch(way.reason):
        yield f"{where}: reason is {way.reason!r}; {WORD_RULE}"
    if way.to == "@skip" and way.reason is None:
        yield f"{where}: skips the step without saying why; allowed: with a reason"
    yield from _target(procedure, step, where, way)
    yield from _via(procedure, step, where, way)


def _time(step: Step | None, where: str, way: Transition) -> Iterator[str]:
    """Yield a problem if *way* counts by times that its step does not define."""
    if way.extend and (step is None or step.extend_s is None or step.extensions < 1):
        yield f"{where}: extends, but the step has no extend_s and extensions; allowed: with both"
    if (way.extend or way.at_s is not None) and (step is None or step.standard_s is None):
        yield f"{where}: counts by a standard time that there is not; allowed: with standard_s"


def _clear(step: Step | None, where: str, way: Transition) -> Iterator[str]:
    """Yield a problem if *way* counts persons where none are, or has a wrong ``otherwise``."""
    if way.clear is not None and step is None:
        yield f"{where}: counts a person as clear anywhere; allowed: clear in the phases of a step"
    if way.otherwise is None:
        return
    if way.clear is None:
        yield f"{where}: has otherwise without clear; allowed: both, or none"
    phases = [phase.id for phase in step.phases] if step else []
    if way.otherwise not in phases:
        meant = did_you_mean(way.otherwise, phases)
        yield f"{where}: otherwise is {way.otherwise!r}{meant}; allowed: {', '.join(phases)}"


def not_all_clear(step: Step) -> Iterator[str]:
    """Yield each way that leads on from a screening while persons have not passed clear."""
    for phase in step.phases if step.screens else ():
        for way in phase.on:
            onwards = way.to in ("@next", "@skip") or way.to.startswith("#")
            all_clear = phase.needs == "all-clear" or way.clear == "all" or way.otherwise
            if onwards and not all_clear:
                yield (
                    f'step {step.id}, phase {phase.id}, on "{way.event}": leads on while persons '
                    'may not have passed clear; allowed: in a phase with needs = "all-clear", or '
                    "with clear and otherwise"
                )


def _target(procedure: Procedure, step: Step | None, where: str, way: Transition) -> Iterator[str]:
    phases = [phase.id for phase in step.phases] if step else []
    steps = [f"#{other.id}" for other in procedure.steps]
    allowed = [*phases, "@next", "@skip", *OUTCOMES, *steps]
    if way.to not in allowed:
        meant = did_you_mean(way.to, allowed)
        yield f"{where}: leads to {way.to!r}{meant}; allowed: {', '.join(allowed)}"


def _via(procedure: Procedure, step: Step | None, where: str, way: Transition) -> Iterator[str]:
    if way.via is None:
        return
    others = [other.id for other in procedure.steps if other is not step]
    if way.to not in OUTCOMES:
        yield f"{where}: via goes with an outcome only; allowed: {', '.join(OUTCOMES)}"
    if way.via not in others:
        meant = did_you_mean(way.via, others)
        yield f"{where}: via is {way.via!r}{meant}; allowed: {', '.join(others)}"
