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
5. A question comes before the activity of its step if an answer skips the step, or if the time of
   the step begins only after the question (``timed_from``); else after it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition

YES = Text(id="ya", en="yes")
NO = Text(id="tidak", en="no")

LONGEST_QUESTION, LONGEST_ANSWER = 60, 30
"""Letters that a diamond, and the label of a connector, have room for."""

_PHASE_ENDS = ("@next", "@skip")


class Target(NamedTuple):
    """A place to which a way leads.

    :ivar id: the question's Indonesian words, or the step's id; empty for an end and the activity
    :ivar outcome: the outcome of the visit, if it is decided on this way
    :ivar skipped: the step is skipped on this way
    """

    kind: Literal["question", "activity", "step", "end"]
    id: str = ""
    outcome: str = ""
    skipped: bool = False


ACTIVITY = Target("activity")
"""The step's own activity."""


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
    def by_aide(self) -> bool:
        """True if the host's aide answers: a way waits for the aiphone."""
        return any(way.event.startswith("aiphone.") for phase in self.phases for way in phase.on)


_Led = Mapping[Target, set[Target]]
"""The places to which questions lead."""

_Group = tuple[Text | None, dict[Target, None]]


class Reading(NamedTuple):
    """A step as the flow chart shows it.

    :ivar before: the questions before the activity; the first of them is the step's entry
    :ivar after: the questions after it
    :ivar ways: the ways out of the activity
    """

    before: tuple[Question, ...]
    after: tuple[Question, ...]
    ways: tuple[Answer, ...]

    @property
    def entry(self) -> Target:
        """The first symbol of the step."""
        return Target("question", self.before[0].words.id) if self.before else ACTIVITY


class _Way(NamedTuple):
    words: Text | None
    targets: dict[Target, int]  # with the number of transitions up to each


def read_step(procedure: Procedure, step: Step) -> Reading:
    """Return the questions of *step* and the ways between them.

    Targets that do not exist are left out: the verification reports them.
    """
    maze = _Maze(procedure, step)
    questions = maze.questions()
    candidates = [q for q in questions if maze.may_be_first(q)]
    while candidates:
        before = [maze.before_activity(question, candidates) for question in candidates]
        wrong = [q for q, told in zip(candidates, before, strict=True) if not _is_first(told)]
        ordered = _entry_first(maze, before)
        if not wrong and ordered:
            after = [question for question in questions if question not in candidates]
            left_for = maze.behind(candidates)
            return Reading(tuple(ordered), tuple(after), _ways_out(left_for, after))
        candidates = [q for q in candidates if q not in wrong] if wrong else []
    way = maze.way(None, [step.phases[0].id])
    return Reading((), tuple(questions), _ways_out([way], questions))


def question_problems(procedure: Procedure) -> Iterator[str]:
    """Yield what is wrong with ``ask`` and ``answer`` of *procedure*."""
    for way in procedure.anywhere:
        if way.answer is not None:
            yield f'anywhere, on "{way.event}": has answer; allowed: in a phase with ask'
    for step in procedure.steps:
        for phase in step.phases:
            yield from _words(f"step {step.id}, phase {phase.id}", phase)
        for question in _Maze(procedure, step).questions():
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
    if unnamed:
        yield (
            f"{where}: has {len(question.answers)} answers, more than ya and tidak; allowed: "
            f"answer on one transition to {'; '.join(map(_named, unnamed))}"
        )


def _named(answer: Answer) -> str:
    """Return the targets of *answer* in words."""
    return " and ".join(t.outcome or t.id or t.kind for t in answer.targets)


class _Maze:
    """The phases of a step, and where the ways through them lead."""

    def __init__(self, procedure: Procedure, step: Step) -> None:
        self._procedure, self._step = procedure, step
        self._phases = {phase.id: phase for phase in step.phases}
        self._steps = {other.id for other in procedure.steps}
        self.asked = tuple(dict.fromkeys(p.ask.id for p in step.phases if p.ask is not None))

    @property
    def first_phase(self) -> str:
        """The phase that is entered first."""
        return self._step.phases[0].id

    def questions(self) -> list[Question]:
        """Return the questions of the step, in the order of their phases."""
        rough = [self._question(words, {}) for words in self.asked]
        return [self._question(words, _led(rough)) for words in self.asked]

    def _question(self, words: str, led: _Led) -> Question:
        phases = tuple(p for p in self._step.phases if p.ask is not None and p.ask.id == words)
        assert phases[0].ask is not None
        ways = [way for phase in phases for way in self._ways(phase)]
        answers = _answers(ways, Target("question", words), led)
        return Question(phases[0].ask, phases, answers)

    def _ways(self, phase: Phase) -> Iterator[_Way]:
        for way in phase.on:
            yield self.way(way.answer, [way.to, way.otherwise], way)
        if phase.otherwise is not None:
            yield self.way(None, [phase.otherwise])

    def way(
        self, words: Text | None, starts: Sequence[str | None], by: Transition | None = None
    ) -> _Way:
        """Return the way that begins with the targets *starts* of the transition *by*."""
        targets: dict[Target, int] = {}
        seen: set[str] = set()
        ahead = [(1, start, by) for start in starts if start is not None]
        while ahead:
            ahead.sort(key=lambda step: step[0])
            far, to, way = ahead.pop(0)
            phase = self._phases.get(to)
            if phase is None:
                targets = dict.fromkeys(self._leaves(to, way), far) | targets
            elif phase.ask is not None:
                targets.setdefault(Target("question", phase.ask.id), far)
            elif phase.id not in seen:
                seen.add(phase.id)
                nexts = [(on, there) for on in phase.on for there in (on.to, on.otherwise)]
                ahead += [(far + 1, there, on) for on, there in nexts if there is not None]
                ahead += [(far, phase.otherwise, None)] if phase.otherwise is not None else []
        return _Way(words, targets)

    def _leaves(self, to: str, way: Transition | None) -> Iterator[Target]:
        """Yield where *to* leads, out of the step."""
        after = self._procedure.after(self._step)
        if to in _PHASE_ENDS:
            skipped = to == "@skip"
            if after is not None:
                yield Target("step", after.id, skipped=skipped)
            else:
                yield Target("end", outcome="completed", skipped=skipped)
        elif to.startswith("@"):
            via = way.via if way is not None else None
            if via is None:
                yield Target("end", outcome=to[1:])
            elif via in self._steps:
                yield Target("step", via, outcome=to[1:])
        elif to.startswith("#") and to[1:] in self._steps:
            yield Target("step", to[1:])

    def may_be_first(self, question: Question) -> bool:
        """Return True if an answer skips the step, or the time begins only after *question*."""
        if any(t.skipped for answer in question.answers for t in answer.targets):
            return True
        timed = set(self._step.timed_phases)
        mine = {phase.id for phase in question.phases}
        if not timed or timed & mine:
            return False
        behind = {there for phase in question.phases for there in self._reached(phase.id)}
        return bool(timed & behind) and not any(mine & self._reached(phase) for phase in timed)

    def _reached(self, phase_id: str) -> set[str]:
        """Return the phases that some transition of *phase_id*, or of one after it, leads to."""
        seen: set[str] = set()
        ahead = [phase_id]
        while ahead:
            phase = self._phases.get(ahead.pop())
            if phase is not None:
                nexts = [phase.otherwise, *(t for w in phase.on for t in (w.to, w.otherwise))]
                fresh = {there for there in nexts if there in self._phases} - seen
                seen |= {there for there in fresh if there is not None}
                ahead += [there for there in fresh if there is not None]
        return seen

    def before_activity(self, question: Question, first: Sequence[Question]) -> Question:
        """Return *question* with the answers that lead to the activity led there."""
        answers = []
        for answer in question.answers:
            to = [ACTIVITY if self.does(t, first) else t for t in answer.targets]
            answers.append(Answer(answer.words, tuple(dict.fromkeys(to))))
        return question._replace(answers=tuple(answers))

    def behind(self, first: Sequence[Question]) -> list[_Way]:
        """Return the ways of the questions *first* that lead on through the activity."""
        ways = []
        for question in first:
            for answer in question.answers:
                to = [t for t in answer.targets if self.does(t, first)]
                ways += [_Way(None, dict.fromkeys(to, 1))] if to else []
        return ways

    @staticmethod
    def does(target: Target, first: Sequence[Question]) -> bool:
        """Return True if the activity is done on the way to *target*."""
        if target.kind == "question":
            return target.id not in {question.words.id for question in first}
        return target.outcome in ("", "completed") and not target.skipped


def _is_first(question: Question) -> bool:
    """Return True if at most one answer leads to the activity, and the others elsewhere."""
    doing = [answer for answer in question.answers if ACTIVITY in answer.targets]
    on = [a for a in question.answers if any(t.kind == "question" for t in a.targets)]
    return len(doing) <= 1 and bool(doing or on)


def _entry_first(maze: _Maze, before: Sequence[Question]) -> list[Question]:
    """Return *before* with the step's entry first; empty if the step begins with no one of them."""
    led = maze.way(None, [maze.first_phase]).targets
    entry = {ACTIVITY if maze.does(t, before) else t: 1 for t in led}
    entries = [t for way in _ways_out([_Way(None, entry)], before) for t in way.targets]
    if len(entries) != 1 or entries[0] not in _targets_of(before):
        return []
    reached = {entries[0]}
    while (
        more := {
            t
            for q in before
            if Target("question", q.words.id) in reached
            for answer in q.answers
            for t in answer.targets
        }
        - reached
    ):
        reached |= more
    if ACTIVITY not in reached:
        return []
    return sorted(before, key=lambda q: Target("question", q.words.id) != entries[0])


def _targets_of(questions: Sequence[Question]) -> list[Target]:
    return [Target("question", question.words.id) for question in questions]


def _ways_out(ways: Sequence[_Way], questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Return the ways out of an activity: to questions, and past them to places of their own."""
    targets = dict.fromkeys(t for way in ways for t in way.targets)
    return tuple(Answer(None, (target,)) for target in _not_led(targets, _led(questions)))


def _led(questions: Iterable[Question]) -> _Led:
    """Return the places to which each of *questions* leads."""
    return {
        Target("question", q.words.id): {t for answer in q.answers for t in answer.targets}
        for q in questions
    }


def _answers(ways: Sequence[_Way], own: Target, led: _Led) -> tuple[Answer, ...]:
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


def _owned(ways: Sequence[_Way], own: Target, led: _Led) -> list[list[Target]]:
    """Return the places that each way leads to and that belong to no other way."""
    only = {next(iter(way.targets)) for way in ways if len(way.targets) == 1} - {own}
    left = [
        [t for t in way.targets if t != own and (len(way.targets) == 1 or t not in only)]
        for way in ways
    ]
    left = [_not_led(targets, led) for targets in left]
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


def _not_led(targets: Iterable[Target], led: _Led) -> list[Target]:
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
