"""The ways through a step: where its transitions lead, past phases without a question. Pure."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from edge.sop.procedures.model import Phase, Procedure, Step, Text, Transition

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


class Way(NamedTuple):
    """A way out of a question.

    :ivar words: the answer of its transition, if that has one
    :ivar targets: where it may lead, with the number of transitions up to each
    """

    words: Text | None
    targets: dict[Target, int]


class Ways:
    """The phases of a step, and where the ways through them lead.

    Targets that do not exist are left out: the verification reports them.
    """

    def __init__(self, procedure: Procedure, step: Step) -> None:
        self._procedure, self._step = procedure, step
        self._phases = {phase.id: phase for phase in step.phases}
        self._steps = {other.id for other in procedure.steps}

    def into(self) -> Way:
        """Return the way that begins where the step is entered."""
        return self._way(None, [self._step.phases[0].id])

    def out_of(self, phase: Phase) -> Iterator[Way]:
        """Yield the ways out of *phase*, also if its need is not met."""
        for way in phase.on:
            yield self._way(way.answer, [way.to, way.otherwise], way)
        if phase.otherwise is not None:
            yield self._way(None, [phase.otherwise])

    def _way(
        self, words: Text | None, starts: Sequence[str | None], by: Transition | None = None
    ) -> Way:
        """Return the way that begins with the targets *starts* of the transition *by*."""
        targets: dict[Target, int] = {}
        seen: set[str] = set()
        ahead = [(1, start, by) for start in starts if start is not None]
        while ahead:
            ahead.sort(key=lambda step: step[0])
            far, to, way = ahead.pop(0)
            phase = self._phases.get(to)
            if phase is None:
                for target in self._leaves(to, way):
                    targets.setdefault(target, far)
            elif phase.ask is not None:
                targets.setdefault(Target("question", phase.ask.id), far)
            elif phase.id not in seen:
                seen.add(phase.id)
                nexts = [(on, there) for on in phase.on for there in (on.to, on.otherwise)]
                ahead += [(far + 1, there, on) for on, there in nexts if there is not None]
                ahead += [(far, phase.otherwise, None)] if phase.otherwise is not None else []
        return Way(words, targets)

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

    def reached(self, phase_id: str) -> set[str]:
        """Return the phases that some transition of *phase_id*, or of one after it, leads to."""
        seen: set[str] = set()
        ahead = [phase_id]
        while ahead:
            phase = self._phases.get(ahead.pop())
            if phase is not None:
                nexts = [phase.otherwise, *(t for w in phase.on for t in (w.to, w.otherwise))]
                fresh = {there for there in nexts if there is not None} - seen
                seen |= fresh
                ahead += fresh
        return seen
