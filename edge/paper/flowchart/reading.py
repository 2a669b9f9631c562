"""A step as the flow chart shows it: its activity, and the questions before and after it. Pure.

A question comes before the activity of its step if an answer skips the step, or if the time of the
step begins only after the question (``timed_from``); else after it. The step then begins with that
question, and only one of its answers leads to the activity.
"""

from collections.abc import Sequence
from typing import NamedTuple

from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.questions import Answer, Question, led_to, not_led, questions_of
from edge.sop.procedures.ways import ACTIVITY, Target, Ways


class Reading(NamedTuple):
    """A step as the flow chart shows it.

    :ivar before: the questions before the activity; the first of them is the step's entry
    :ivar after: the questions after it
    :ivar ways: the ways out of the activity
    """

    before: tuple[Question, ...]
    after: tuple[Question, ...]
    ways: tuple[Answer, ...]


def read_step(procedure: Procedure, step: Step) -> Reading:
    """Return the questions of *step* and the ways between them."""
    ways = Ways(procedure, step)
    into = list(ways.into().targets)
    questions = questions_of(procedure, step)
    first = [question for question in questions if _may_be_first(question, step, ways)]
    while first:
        before = [_before_activity(question, first) for question in first]
        wrong = [q for q, there in zip(first, before, strict=True) if not _is_first(there)]
        ordered = _entry_first([ACTIVITY if _does(t, first) else t for t in into], before)
        if not wrong and ordered:
            after = [question for question in questions if question not in first]
            behind = [t for q in first for a in q.answers for t in a.targets if _does(t, first)]
            return Reading(tuple(ordered), tuple(after), _ways_out(behind, after))
        first = [question for question in first if question not in wrong] if wrong else []
    return Reading((), tuple(questions), _ways_out(into, questions))


def _may_be_first(question: Question, step: Step, ways: Ways) -> bool:
    """Return True if an answer skips the step, or the time begins only after *question*."""
    if any(t.skipped for answer in question.answers for t in answer.targets):
        return True
    timed = set(step.timed_phases)
    mine = {phase.id for phase in question.phases}
    if not timed or timed & mine:
        return False
    behind = {there for phase in question.phases for there in ways.reached(phase.id)}
    return bool(timed & behind) and not any(mine & ways.reached(phase) for phase in timed)


def _before_activity(question: Question, first: Sequence[Question]) -> Question:
    """Return *question* with the answers that lead to the activity led there."""
    answers = []
    for answer in question.answers:
        to = [ACTIVITY if _does(t, first) else t for t in answer.targets]
        answers.append(Answer(answer.words, tuple(dict.fromkeys(to))))
    return question._replace(answers=tuple(answers))


def _does(target: Target, first: Sequence[Question]) -> bool:
    """Return True if the activity is done on the way from the questions *first* to *target*."""
    if target.kind == "question":
        return target not in [question.target for question in first]
    return target.outcome in ("", "completed") and not target.skipped


def _is_first(question: Question) -> bool:
    """Return True if at most one answer leads to the activity, and the others elsewhere."""
    doing = [answer for answer in question.answers if ACTIVITY in answer.targets]
    on = [a for a in question.answers if any(t.kind == "question" for t in a.targets)]
    return len(doing) <= 1 and bool(doing or on)


def _entry_first(into: Sequence[Target], before: Sequence[Question]) -> list[Question]:
    """Return *before* with the step's entry first; empty if the step begins with no one of them."""
    entries = not_led(into, led_to(before))
    if len(entries) != 1 or entries[0] not in [question.target for question in before]:
        return []
    led = led_to(before)
    reached: set[Target] = set()
    ahead = set(entries)
    while ahead:
        reached |= ahead
        ahead = {there for target in ahead for there in led.get(target, set())} - reached
    if ACTIVITY not in reached:
        return []
    return sorted(before, key=lambda question: question.target != entries[0])


def _ways_out(targets: Sequence[Target], questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Return the ways out of an activity: to questions, and past them to places of their own."""
    return tuple(Answer(None, (target,)) for target in not_led(targets, led_to(questions)))
