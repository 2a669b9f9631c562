"""*Verifikasi SOP*: checks that a procedure is correct and consistent in itself. Pure.

Each rule is a function that yields problems, one line each: step, phase, the error and the allowed
values. Checks against a checkpoint's equipment are in ``equipment.py``.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar, get_args

from edge.sop.detectors import METAL_DETECTOR, as_in_procedure
from edge.sop.events import InputKind
from edge.sop.procedures import verify_values
from edge.sop.procedures.escort_rules import escort_problems
from edge.sop.procedures.hours_rules import hours_problems
from edge.sop.procedures.lane_rules import lane_problems
from edge.sop.procedures.model import Phase, Procedure, Step, Transition
from edge.sop.procedures.questions import question_problems
from edge.sop.procedures.room_rules import room_problems
from edge.sop.procedures.turning_away import asks, can_refuse
from edge.sop.procedures.values import EVENT
from edge.sop.procedures.vocabulary import (
    CALL_IN,
    EVIDENCE,
    IDENTITY_TAKEN,
    NEEDS,
    NEEDS_WITH_ARGUMENT,
    ROOM_FREE,
    VERBS,
    kind_of_event,
)

T = TypeVar("T")

OUTCOMES = ("@declined", "@rescheduled", "@refused", "@abandoned")
RINGS = ("call", "reminder", "limit")

# Alarms of the checkpoint's safety inputs: if a visit raised one, it would end with the visit.
_RESERVED_ALARMS: tuple[str, ...] = get_args(InputKind)

NEXT = "@next"
"""The ``otherwise`` of a phase that completes the step, in place of another phase."""

UNLOCKS = {
    "unlock": ("locker", "free-locker", "several-lockers"),
    "unlock-another": ("another-locker",),
}
"""The actions that unlock a locker, and the needs of which their phase must have one."""

# Verbs of VERBS that have an argument after a colon.
WITH_ARGUMENT = ("ring", "still", "alarm", "clear")
# Verbs that may have one.
MAY_HAVE_ARGUMENT = ("release-door",)
_WORD = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_WORD_RULE = "allowed: lower-case letters, digits and single dashes"


def _reasons(procedure: Procedure) -> Iterator[str]:
    for key, reasons in (("reasons", procedure.reasons), ("refusals", procedure.refusals)):
        for reason in reasons:
            if not _WORD.fullmatch(reason):
                yield f"{key}: has {reason!r}; {_WORD_RULE}"
        for reason in _twice(reasons):
            yield f"{key}: has {reason!r} twice; allowed: each once"
    yield from _refusals(procedure)


def _refusals(procedure: Procedure) -> Iterator[str]:
    ways = [way for step in procedure.steps for phase in step.phases for way in phase.on]
    if procedure.refusals and not can_refuse((*ways, *procedure.anywhere)):
        yield "refusals: no button leads to @refused; allowed: with button.refuse to @refused"


def verify(procedure: Procedure) -> list[str]:
    """Return all problems of *procedure*; an empty list if there are none."""
    problems = [*_step_ids(procedure), *_numbers(procedure), *_anywhere(procedure)]
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
    problems += _unreached_steps(procedure)
    problems += _pass_on_loops(procedure)
    problems += question_problems(procedure)
    return problems


def stuck(phases: Sequence[Phase], possible: Callable[[Transition], bool]) -> list[Phase]:
    """Return the phases from which no chain of *possible* transitions leads out of the step.

    A transition to a phase with a need leads to its ``otherwise`` too.
    """
    ids = {phase.id: phase.otherwise for phase in phases}
    free: set[str] = set()

    def leads_out(way: Transition) -> bool:
        targets = _closure(way.to, lambda target: [ids.get(target)])
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
    return _closure(phases[0].id, lambda phase_id: ways.get(phase_id, []))


def _closure(start: T, ways: Callable[[T], Iterable[T | None]]) -> set[T]:
    seen: set[T] = set()
    ahead = [start]
    while ahead:
        here = ahead.pop()
        if here not in seen:
            seen.add(here)
            ahead += [there for there in ways(here) if there is not None]
    return seen


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _twice(words: Sequence[str]) -> list[str]:
    return sorted({word for word in words if words.count(word) > 1})


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


def _anywhere(procedure: Procedure) -> Iterator[str]:
    yield from _events("anywhere", procedure.anywhere)
    for way in procedure.anywhere:
        where = f'anywhere, on "{way.event}"'
        yield from _transition(procedure, None, where, way)
        if way.event == "timeout":
            yield f"{where}: a time-out belongs to one phase; allowed: every other event"
        if way.event == ROOM_FREE:
            yield f"{where}: the wait for room belongs to one phase; allowed: every other event"
        if way.event == CALL_IN:
            yield f"{where}: a call belongs to the phase in the waiting room; allowed: only there"


def _step(procedure: Procedure, step: Step) -> Iterator[str]:
    where = f"step {step.id}"
    ids = [phase.id for phase in step.phases]
    for phase_id in _twice(ids):
        yield f"{where}, phase {phase_id}: is there twice; allowed: one phase of each id"
    for phase_id in step.timed_phases:
        if phase_id not in ids:
            yield f"{where}: timed_from is {phase_id!r}; allowed: {_listed(ids)}"
    if step.admitted_from is not None and step.admitted_from not in ids:
        yield f"{where}: admitted_from is {step.admitted_from!r}; allowed: {_listed(ids)}"
    if step.page_shows_signature and not any("still:guestbook" in p.do for p in step.phases):
        yield f"{where}: page_shows_signature, but no still:guestbook; allowed: with that still"
    for phase in step.phases:
        yield from _phase(procedure, step, phase, f"{where}, phase {phase.id}")
    led_to = reached(step.phases)
    for phase in step.phases:
        if phase.id not in led_to:
            yield f"{where}, phase {phase.id}: no transition leads here"
    yield from verify_values.called_station(step)
    yield from verify_values.counts(step)
    yield from _waits_without_end(step)
    yield from _otherwise_loops(step)
    yield from _not_all_clear(step)


def _phase(procedure: Procedure, step: Step, phase: Phase, where: str) -> Iterator[str]:
    for action in phase.do:
        yield from _action(action, where)
    yield from _condition(procedure, step, phase, where)
    for action, needs in UNLOCKS.items():
        if action in phase.do and phase.needs not in needs:
            yield f"{where}: {action} without a locker; allowed: needs {' or '.join(needs)}"
    if not phase.on:
        yield f"{where}: waits for ever; allowed: at least one transition in on"
    yield from _events(where, phase.on)
    if phase.waits_for_call and any(way.event == "aiphone.accept" for way in phase.on):
        yield f"{where}: the aide's accept is both aiphone.call and aiphone.accept; allowed: one"
    yield from verify_values.two_with_choices(procedure, phase, where)
    both = verify_values.two_kinds_of_reasons(procedure, phase, where, asks=asks(phase))
    if both is not None:
        yield both
    for way in phase.on:
        yield from _transition(procedure, step, f'{where}, on "{way.event}"', way)


def _condition(procedure: Procedure, step: Step, phase: Phase, where: str) -> Iterator[str]:
    """Yield the problems of the need of *phase*, and of the phase in its place."""
    if phase.needs is not None:
        yield from _need(procedure, phase.needs, where)
    if (phase.needs is None) != (phase.otherwise is None):
        yield f"{where}: needs and otherwise go together; allowed: both or none"
    others = [other.id for other in step.phases if other.id != phase.id]
    if phase.otherwise is not None and phase.otherwise not in (*others, NEXT):
        yield f"{where}: otherwise is {phase.otherwise!r}; allowed: {_listed([*others, NEXT])}"


def _need(procedure: Procedure, need: str, where: str) -> Iterator[str]:
    name, colon, argument = need.partition(":")
    if name not in NEEDS:
        yield f"{where}: needs is {need!r}; allowed: {_listed(NEEDS)}"
    elif bool(colon) != (name in NEEDS_WITH_ARGUMENT):
        form = f"{name}:..." if name in NEEDS_WITH_ARGUMENT else name
        yield f"{where}: needs is {need!r}, which is incomplete or too much; allowed: {form}"
    elif colon and not _WORD.fullmatch(argument):
        yield f"{where}: needs is {need!r}, which has a wrong name; {_WORD_RULE}"
    elif name == verify_values.NEED:
        yield from verify_values.need(procedure, where, argument)


def _action(action: str, where: str) -> Iterator[str]:
    verb, colon, argument = action.partition(":")
    if verb not in VERBS:
        yield f"{where}: do {action!r} is unknown; allowed: {_listed(VERBS)}"
    elif bool(colon) != (verb in WITH_ARGUMENT) and verb not in MAY_HAVE_ARGUMENT:
        form = f"{verb}:..." if verb in WITH_ARGUMENT else verb
        yield f"{where}: do {action!r} is incomplete or too much; allowed: {form}"
    elif verb == "ring" and argument not in RINGS:
        yield f"{where}: do {action!r} has an unknown pattern; allowed: {_listed(RINGS)}"
    elif colon and not _WORD.fullmatch(argument):
        yield f"{where}: do {action!r} has a wrong name; {_WORD_RULE}"
    elif verb == "alarm" and argument in _RESERVED_ALARMS:
        yield f"{where}: do {action!r} is a safety input's own alarm; allowed: another name"
    elif verb in ("alarm", "clear") and as_in_procedure(argument) != argument:
        yield (
            f"{where}: do {action!r} names one metal detector; allowed: {verb}:{METAL_DETECTOR}, "
            "which means the detector where the guest is"
        )


def _events(where: str, ways: Sequence[Transition]) -> Iterator[str]:
    yield from verify_values.alternatives(where, ways)


def _transition(
    procedure: Procedure, step: Step | None, where: str, way: Transition
) -> Iterator[str]:
    if way.event.startswith(EVENT):
        yield from verify_values.event(procedure, where, way.event)
    elif kind_of_event(way.event) not in EVIDENCE:
        yield f"{where}: unknown event; allowed: {_listed([*EVIDENCE, 'value.ID'])}"
    _, colon, detector = way.event.partition(":")
    if colon and not _WORD.fullmatch(detector):
        yield f"{where}: names a detector {detector!r}; {_WORD_RULE}"
    yield from verify_values.condition(procedure, step, where, way)
    if (way.event == "timeout") != (way.after_s is not None or way.at_s is not None):
        yield f"{where}: timeout and after_s go together; allowed: both or none"
    if way.after_s is not None and way.at_s is not None:
        yield f"{where}: has both after_s and at_s; allowed: one of them"
    yield from _time(step, where, way)
    yield from _clear(step, where, way)
    if way.event == "timeout" and way.pass_on:
        yield f"{where}: a time-out cannot be passed on; allowed: pass_on = false"
    if way.reason is not None and not _WORD.fullmatch(way.reason):
        yield f"{where}: reason is {way.reason!r}; {_WORD_RULE}"
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
        yield f"{where}: otherwise is {way.otherwise!r}; allowed: {_listed(phases)}"


def _not_all_clear(step: Step) -> Iterator[str]:
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
        yield f"{where}: leads to {way.to!r}; allowed: {_listed(allowed)}"


def _via(procedure: Procedure, step: Step | None, where: str, way: Transition) -> Iterator[str]:
    if way.via is None:
        return
    others = [other.id for other in procedure.steps if other is not step]
    if way.to not in OUTCOMES:
        yield f"{where}: via goes with an outcome only; allowed: {_listed(OUTCOMES)}"
    if way.via not in others:
        yield f"{where}: via is {way.via!r}; allowed: {_listed(others)}"


def _waits_without_end(step: Step) -> Iterator[str]:
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


def _otherwise_loops(step: Step) -> Iterator[str]:
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


def _alarms(procedure: Procedure) -> Iterator[str]:
    actions = {action for step in procedure.steps for phase in step.phases for action in phase.do}
    raised = sorted(action.partition(":")[2] for action in actions if action.startswith("alarm:"))
    for action in sorted(actions):
        verb, _, alarm = action.partition(":")
        if verb == "clear" and alarm not in raised:
            allowed = _listed(raised) or "nothing, as no phase raises an alarm"
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


def _unreached_steps(procedure: Procedure) -> Iterator[str]:
    ways: dict[str, list[str | None]] = {}
    for step in procedure.steps:
        after = procedure.after(step)
        follows = {"@next": after.id if after else None, "@skip": after.id if after else None}
        on = [*procedure.anywhere, *(way for phase in step.phases for way in phase.on)]
        ways[step.id] = [follows.get(way.to) for way in on]
        ways[step.id] += [way.to[1:] for way in on if way.to.startswith("#")]
        ways[step.id] += [way.via for way in on]
        ways[step.id] += [follows.get(phase.otherwise or "") for phase in step.phases]
    seen = _closure(procedure.steps[0].id, lambda step_id: ways.get(step_id, []))
    for step in procedure.steps:
        if step.id not in seen:
            yield f"step {step.id}: no transition leads here"


def _pass_on_loops(procedure: Procedure) -> Iterator[str]:
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
        if any(start in _closure(there, lambda here: hops.get(here, [])) for there in reached_from):
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
