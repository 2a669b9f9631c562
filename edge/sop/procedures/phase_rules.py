"""Rules about the phases of a procedure: their actions, needs and transitions. Pure."""

from collections.abc import Iterator
from typing import get_args

from edge.config.spelling import did_you_mean
from edge.sop.detectors import METAL_DETECTOR, as_in_procedure
from edge.sop.events import InputKind
from edge.sop.procedures import verify_values
from edge.sop.procedures.model import Phase, Procedure, Step
from edge.sop.procedures.transition_rules import transition_problems
from edge.sop.procedures.turning_away import asks
from edge.sop.procedures.vocabulary import (
    MAY_HAVE_ARGUMENT,
    NEEDS,
    NEEDS_WITH_ARGUMENT,
    NEXT,
    RINGS,
    VERBS,
    WITH_ARGUMENT,
    WORD,
    WORD_RULE,
)

# Alarms of the checkpoint's safety inputs: if a visit raised one, it would end with the visit.
_RESERVED_ALARMS: tuple[str, ...] = get_args(InputKind)

_UNLOCKS = {
    "unlock": ("locker", "free-locker", "several-lockers"),
    "unlock-another": ("another-locker",),
}
"""The actions that unlock a locker, and the needs of which their phase must have one."""


def phase_problems(procedure: Procedure, step: Step, phase: Phase, where: str) -> Iterator[str]:
    """Yield what is wrong with *phase* of *step*; *where* names it."""
    for action in phase.do:
        yield from _action(action, where)
    yield from _condition(procedure, step, phase, where)
    for action, needs in _UNLOCKS.items():
        if action in phase.do and phase.needs not in needs:
            yield f"{where}: {action} without a locker; allowed: needs {' or '.join(needs)}"
    if not phase.on:
        yield f"{where}: waits for ever; allowed: at least one transition in on"
    yield from verify_values.alternatives(where, phase.on)
    if phase.waits_for_call and any(way.event == "aiphone.accept" for way in phase.on):
        yield f"{where}: the aide's accept is both aiphone.call and aiphone.accept; allowed: one"
    yield from verify_values.two_with_choices(procedure, phase, where)
    both = verify_values.two_kinds_of_reasons(procedure, phase, where, asks=asks(phase))
    if both is not None:
        yield both
    for way in phase.on:
        yield from transition_problems(procedure, step, f'{where}, on "{way.event}"', way)


def _condition(procedure: Procedure, step: Step, phase: Phase, where: str) -> Iterator[str]:
    """Yield the problems of the need of *phase*, and of the phase in its place."""
    if phase.needs is not None:
        yield from _need(procedure, phase.needs, where)
    if (phase.needs is None) != (phase.otherwise is None):
        yield f"{where}: needs and otherwise go together; allowed: both or none"
    others = [other.id for other in step.phases if other.id != phase.id]
    if phase.otherwise is not None and phase.otherwise not in (*others, NEXT):
        meant, allowed = did_you_mean(phase.otherwise, others), ", ".join([*others, NEXT])
        yield f"{where}: otherwise is {phase.otherwise!r}{meant}; allowed: {allowed}"


def _need(procedure: Procedure, need: str, where: str) -> Iterator[str]:
    name, colon, argument = need.partition(":")
    if name not in NEEDS:
        meant = did_you_mean(name, NEEDS)
        yield f"{where}: needs is {need!r}{meant}; allowed: {', '.join(NEEDS)}"
    elif bool(colon) != (name in NEEDS_WITH_ARGUMENT):
        form = f"{name}:..." if name in NEEDS_WITH_ARGUMENT else name
        yield f"{where}: needs is {need!r}, which is incomplete or too much; allowed: {form}"
    elif colon and not WORD.fullmatch(argument):
        yield f"{where}: needs is {need!r}, which has a wrong name; {WORD_RULE}"
    elif name == verify_values.NEED:
        yield from verify_values.need(procedure, where, argument)


def _action(action: str, where: str) -> Iterator[str]:
    verb, colon, argument = action.partition(":")
    if verb not in VERBS:
        meant = did_you_mean(verb, VERBS)
        yield f"{where}: do {action!r} is unknown{meant}; allowed: {', '.join(VERBS)}"
    elif bool(colon) != (verb in WITH_ARGUMENT) and verb not in MAY_HAVE_ARGUMENT:
        form = f"{verb}:..." if verb in WITH_ARGUMENT else verb
        yield f"{where}: do {action!r} is incomplete or too much; allowed: {form}"
    elif verb == "ring" and argument not in RINGS:
        meant = did_you_mean(argument, RINGS)
        yield f"{where}: do {action!r} has an unknown pattern{meant}; allowed: {', '.join(RINGS)}"
    elif colon and not WORD.fullmatch(argument):
        yield f"{where}: do {action!r} has a wrong name; {WORD_RULE}"
    elif verb == "alarm" and argument in _RESERVED_ALARMS:
        yield f"{where}: do {action!r} is a safety input's own alarm; allowed: another name"
    elif verb in ("alarm", "clear") and as_in_procedure(argument) != argument:
        yield (
            f"{where}: do {action!r} names one metal detector; allowed: {verb}:{METAL_DETECTOR}, "
            "which means the detector where the guest is"
        )
