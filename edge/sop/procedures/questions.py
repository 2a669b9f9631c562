"""The questions of a step (``ask``) and their answers, as the flow chart draws them. Pure.

Rules
-----
1. A phase with ``ask`` is a question; phases of one step with the same words are one question.
2. A way out of a question leads where its transition leads: to another question, another step or an
   end of the visit. Phases without ``ask`` on the way are passed through, by each of their
   transitions and by ``otherwise``.
3. A way that may lead to several of these leads to those that belong to no other way: a place
   belongs to a way that leads there and nowhere else, then to the way with the fewest transitions.
   A way that adds no place is not drawn, unless it has an ``answer``: then it leads back to the
   activity.
4. Ways with the same ``answer``, and ways without one that lead to the same place, are one answer.
   Of two answers without words the first in the file is *ya*, the second *tidak*.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from edge.sop.procedures.model import Phase, Procedure, Step, Text
from edge.sop.procedures.ways import Target, Way, Ways

YES = Text(id="ya", en="yes")
NO = Text(id="tidak", en="no")

LONGEST_QUESTION, LONGEST_ANSWER = 60, 30
"""Letters that a diamond, and the label of a connector, have room for."""


class Answer(NamedTuple):
    """An answer of a question, or a way out of the activity; *words* None: none are known."""

    words: Text | None
    targets: tuple[Target, ...]


class Question(NamedTuple):
    """A question of a step."""

    words: Text
    phases: tuple[Phase, ...]
    answers: tuple[Answer, ...]

    @property
    def target(self) -> Target:
        """The question as a place to which ways lead."""
        return Target("question", self.words.id)

    @property
    def by_aide(self) -> bool:
        """True if the host's aide answers: a way waits for the aiphone."""
        return any(way.event.startswith("aiphone.") for phase in self.phases for way in phase.on)


_Led = Mapping[Target, set[Target]]
"""The places to which questions lead."""

_Group = tuple[Text | None, dict[Target, None]]


def questions_of(procedure: Procedure, step: Step) -> list[Question]:
    """Return the questions of *step*, in the order of their phases."""
    rough = _questions(procedure, step, {})
    return _questions(procedure, step, led_to(rough))


def _questions(procedure: Procedure, step: Step, led: _Led) -> list[Question]:
    ways = Ways(procedure, step)
    asked: dict[str, list[Phase]] = {}
    words: dict[str, Text] = {}
    for phase in step.phases:
        if phase.ask is not None:
            asked.setdefault(phase.ask.id, []).append(phase)
            words.setdefault(phase.ask.id, phase.ask)
    found = []
    for key, phases in asked.items():
        out = [way for phase in phases for way in ways.out_of(phase)]
        answers = _answers(out, Target("question", key), led)
        found.append(Question(words[key], tuple(phases), answers))
    return found


def question_problems(procedure: Procedure) -> Iterator[str]:
    """Yield what is wrong with ``ask`` and ``answer`` of *procedure*."""
    for way in procedure.anywhere:
        if way.answer is not None:
            yield f'anywhere, on "{way.event}": has answer; allowed: in a phase with ask'
    for step in procedure.steps:
        for phase in step.phases:
            yield from _words(f"step {step.id}, phase {phase.id}", phase)
        for question in questions_of(procedure, step):
            yield from _undecided(step, question)


def _words(where: str, phase: Phase) -> Iterator[str]:
    yield from _length(f"{where}: ask", phase.ask, LONGEST_QUESTION)
    for way in phase.on:
        here = f'{where}, on "{way.event}": '
        yield from _length(f"{here}answer", way.answer, LONGEST_ANSWER)
        if way.answer is not None and phase.ask is None:
            yield f"{here}has answer in a phase without ask; allowed: both, or no answer"


def _length(what: str, words: Text | None, most: int) -> Iterator[str]:
    for lang in ("id", "en") if words is not None else ():
        text = getattr(words, lang)
        if not text.strip() or len(text) > most:
            yield f"{what}.{lang} has {len(text)} letters; allowed: 1 to {most}"


def _undecided(step: Step, question: Question) -> Iterator[str]:
    where = f"step {step.id}, phase {question.phases[0].id}, ask {question.words.id!r}"
    if len(question.answers) < 2:
        yield f"{where}: decides nothing: all ways lead the same way; allowed: no ask, or two ways"
    unnamed = [answer for answer in question.answers if answer.words is None]
    if unnamed and len(question.answers) > 1:
        yield (
            f"{where}: has {len(question.answers)} answers, more than ya and tidak; allowed: "
            f"answer on one transition to {'; '.join(map(_named, unnamed))}"
        )
    for answer in question.answers:
        # Several ends are one symbol; so is a step that is reached with and without an outcome.
        if len({(target.kind, target.id) for target in answer.targets}) > 1:
            words = answer.words.id if answer.words is not None else ""
            yield (
                f"{where}: the answer {words!r} leads to {_named(answer)}; allowed: ask in the "
                "phase on that way that decides between them"
            )


def _named(answer: Answer) -> str:
    """Return the targets of *answer* in words."""
    return " and ".join(t.outcome or t.id or t.kind for t in answer.targets)


def led_to(questions: Iterable[Question]) -> _Led:
    """Return the places to which each of *questions* leads."""
    return {q.target: {t for answer in q.answers for t in answer.targets} for q in questions}


def _answers(ways: Sequence[Way], own: Target, led: _Led) -> tuple[Answer, ...]:
    """Return the answers of the question *own* with these *ways* (rules 3 and 4)."""
    groups: list[_Group] = []
    owned = _owned(ways, own, led)
    named = {way.words for way, targets in zip(ways, owned, strict=True) if targets}
    for way, places in zip(ways, owned, strict=True):
        back = [own] if own in way.targets else list(way.targets)
        targets = places or ([] if way.words is None or way.words in named else back)
        if targets:
            groups = _joined(groups, way.words, targets)
    words = [words for words, _ in groups]
    if len(groups) == 2:
        words = [given or usual for given, usual in zip(words, (YES, NO), strict=True)]
    return tuple(Answer(w, tuple(to)) for w, (_, to) in zip(words, groups, strict=True))


def _owned(ways: Sequence[Way], own: Target, led: _Led) -> list[list[Target]]:
    """Return the places that each way leads to and that belong to no other way."""
    only = {next(iter(way.targets)) for way in ways if len(way.targets) == 1} - {own}
    left = [
        [t for t in way.targets if t != own and (len(way.targets) == 1 or t not in only)]
        for way in ways
    ]
    left = [not_led(targets, led) for targets in left]
    nearest: dict[Target, int] = {}
    for way, targets in zip(ways, left, strict=True):
        for target in targets:
            nearest[target] = min(way.targets[target], nearest.get(target, way.targets[target]))
    near = [
        [t for t in targets if way.targets[t] == nearest[t]] or targets
        for way, targets in zip(ways, left, strict=True)
    ]
    only = {targets[0] for targets in near if len(targets) == 1}
    return [[t for t in targets if len(targets) == 1 or t not in only] for targets in near]


def not_led(targets: Iterable[Target], led: _Led) -> list[Target]:
    """Return *targets* without the places to which a question among them leads too.

    A way past a question to such a place is the same decision, made earlier.
    """
    questions = list(led)
    order = {t: questions.index(t) if t in led else len(led) for t in targets}
    kept: list[Target] = []
    known: set[Target] = set()
    for target in sorted(order, key=lambda t: order[t]):
        if target not in known:
            kept.append(target)
            known |= led.get(target, set())
    return kept


def _joined(groups: list[_Group], words: Text | None, to: list[Target]) -> list[_Group]:
    """Return *groups* with one more way, joined to those that are the same answer."""
    targets = dict.fromkeys(to)
    same = [
        place
        for place, (other, there) in enumerate(groups)
        if (other == words if words and other else bool(targets & there.keys()))
    ]
    if not same:
        return [*groups, (words, targets)]
    others = [place for place in same[1:] if groups[place][0] is None]
    joined = (groups[same[0]][0] or words, dict(groups[same[0]][1]))
    for place in others:
        joined[1].update(groups[place][1])
    joined[1].update(targets)
    return [
        joined if place == same[0] else group
        for place, group in enumerate(groups)
        if place not in others
    ]
