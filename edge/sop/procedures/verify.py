"""*Verifikasi SOP*: checks that a procedure is correct and consistent in itself. Pure.

Each rule is a function that yields problems, one line each: step, phase, the error and the allowed
values. Checks against a checkpoint's equipment are in ``equipment.py``.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from edge.config.spelling import did_you_mean
from edge.sop.procedures import verify_values
from edge.sop.procedures.escort_rules import escort_problems
from edge.sop.procedures.hours_rules import hours_problems
from edge.sop.procedures.lane_rules import lane_problems
from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.pass_on import pass_on_loops
from edge.sop.procedures.phase_rules import phase_problems
from edge.sop.procedures.questions import question_problems
from edge.sop.procedures.reachability import (
    dead_ends,
    otherwise_loops,
    unreached_phases,
    unreached_steps,
)
from edge.sop.procedures.room_rules import room_problems
from edge.sop.procedures.transition_rules import anywhere_problems, not_all_clear
from edge.sop.procedures.turning_away import can_refuse
from edge.sop.procedures.vocabulary import IDENTITY_TAKEN, WORD, WORD_RULE


def verify(procedure: Procedure) -> list[str]:
    """Return all problems of *procedure*; an empty list if there are none."""
    problems = [*_step_ids(procedure), *_numbers(procedure), *anywhere_problems(procedure)]
    for step in procedure.steps:
        if step.phases:
            problems += _step(procedure, step)
        else:
            problems.append(f"step {step.id}: has no phases; allowed: phases, or parts by use")
    if not all(step.phases for step in procedure.steps):
        return problems
    problems += _alarms(procedure)
    problems += _hosts(procedure)
    problems += _reasons(procedure)
    problems += verify_values.values(procedure)
    problems += _identities(procedure)
    problems += room_problems(procedure)
    problems += escort_problems(procedure)
    problems += hours_problems(procedure)
    problems += lane_problems(procedure)
    problems += unreached_steps(procedure)
    problems += pass_on_loops(procedure)
    problems += question_problems(procedure)
    return problems


def _step_ids(procedure: Procedure) -> Iterator[str]:
    for step_id in _twice([step.id for step in procedure.steps]):
        yield f"step {step_id}: is there twice; allowed: one step of each id"


def _numbers(procedure: Procedure) -> Iterator[str]:
    first = procedure.steps[0]
    if first.number != 1:
        yield f"step {first.id}: number is {first.number}; allowed: 1 for the first step"
    for before, step in pairwise(procedure.steps):
        if step.number not in (before.number, before.number + 1):
            yield (
                f"step {step.id}: number is {step.number} after {before.number}; allowed: "
                f"{before.number + 1}, or {before.number} for an alternative"
            )


def _step(procedure: Procedure, step: Step) -> Iterator[str]:
    where = f"step {step.id}"
    ids = [phase.id for phase in step.phases]
    for phase_id in _twice(ids):
        yield f"{where}, phase {phase_id}: is there twice; allowed: one phase of each id"
    for phase_id in step.timed_phases:
        if phase_id not in ids:
            meant = did_you_mean(phase_id, ids)
            yield f"{where}: timed_from is {phase_id!r}{meant}; allowed: {', '.join(ids)}"
    if step.admitted_from is not None and step.admitted_from not in ids:
        meant, allowed = did_you_mean(step.admitted_from, ids), ", ".join(ids)
        yield f"{where}: admitted_from is {step.admitted_from!r}{meant}; allowed: {allowed}"
    if step.page_shows_signature and not any("still:guestbook" in p.do for p in step.phases):
        yield f"{where}: page_shows_signature, but no still:guestbook; allowed: with that still"
    for phase in step.phases:
        yield from phase_problems(procedure, step, phase, f"{where}, phase {phase.id}")
    yield from unreached_phases(step)
    yield from verify_values.called_station(step)
    yield from verify_values.counts(step)
    yield from dead_ends(step)
    yield from otherwise_loops(step)
    yield from not_all_clear(step)


def _alarms(procedure: Procedure) -> Iterator[str]:
    actions = {action for step in procedure.steps for phase in step.phases for action in phase.do}
    raised = sorted(action.partition(":")[2] for action in actions if action.startswith("alarm:"))
    for action in sorted(actions):
        verb, _, alarm = action.partition(":")
        if verb == "clear" and alarm not in raised:
            allowed = ", ".join(raised) or "nothing, as no phase raises an alarm"
            yield f"do {action!r} clears an alarm that no phase raises; allowed: {allowed}"


def _hosts(procedure: Procedure) -> Iterator[str]:
    """Yield what is wrong with the choice of the host and with the guest's admission."""
    admitting = [step.id for step in procedure.steps if step.admitted_from is not None]
    for step_id in admitting[1:]:
        yield f"step {step_id}: has admitted_from, as {admitting[0]} has; allowed: in one step"
    for step in procedure.steps:
        for phase in step.phases:
            chosen = any(way.event == "button.host" for way in phase.on)
            if phase.needs == "host-choice" and not chosen:
                yield (
                    f"step {step.id}, phase {phase.id}: needs host-choice, and does not wait for "
                    'it; allowed: a transition on "button.host"'
                )
            if chosen and procedure.admitted(step, phase):
                yield (
                    f'step {step.id}, phase {phase.id}, on "button.host": the guest is admitted '
                    "already, so the host cannot change; allowed: before admitted_from, else in "
                    "the step that calls the aide"
                )


def _reasons(procedure: Procedure) -> Iterator[str]:
    for key, reasons in (("reasons", procedure.reasons), ("refusals", procedure.refusals)):
        for reason in reasons:
            if not WORD.fullmatch(reason):
                yield f"{key}: has {reason!r}; {WORD_RULE}"
        for reason in _twice(reasons):
            yield f"{key}: has {reason!r} twice; allowed: each once"
    yield from _refusals(procedure)


def _refusals(procedure: Procedure) -> Iterator[str]:
    ways = [way for step in procedure.steps for phase in step.phases for way in phase.on]
    if procedure.refusals and not can_refuse((*ways, *procedure.anywhere)):
        yield "refusals: no button leads to @refused; allowed: with button.refuse to @refused"


def _identities(procedure: Procedure) -> Iterator[str]:
    takes = [step.id for step in procedure.steps if step.takes_identity]
    if takes and not procedure.returns_identity:
        yield (
            f"step {takes[0]}: takes the guests' IDs, and no transition returns them; allowed: "
            "with returns_identity = true where the guests have them back"
        )
    if procedure.returns_identity and not takes:
        yield (
            "returns_identity: no step takes the guests' IDs; allowed: with vouches "
            f'["identity"] or the event {IDENTITY_TAKEN} where they are taken'
        )


def _twice(words: Sequence[str]) -> list[str]:
    return sorted({word for word in words if words.count(word) > 1})
