"""Screening: counts the persons of a visit who have passed clear.

1. A transition with ``clear`` counts one person of the visit, or all of them if an officer vouches
   for all. A person in alarm is not counted, and does not hinder the count of the others.
2. An alarm that begins within :data:`LATE_S` after a walk was counted belongs to that walk (metal
   behind the person): the person is not clear, and is taken out of the count.
3. The count begins with each step that screens. It is kept after the step, so that *back* leads to
   a screening that is complete, and is never higher than the head count.
4. A person who joins has not passed: the visit leaves a phase that needs ``all-clear``
   (``course.recheck``), or comes back to the screening (edge/sop/inputs/corrections.py).
"""

from typing import Literal

from edge.sop.procedures.model import Step, Transition
from edge.sop.state import Visit
from edge.sop.turn import Turn

LATE_S = 0.5
"""Time after a walk in which an alarm still belongs to it, seconds: a trolley of 0.5 m at 1 m/s."""


def begin(step: Step) -> dict[str, object]:
    """Return the fields of a visit that change when it begins *step*."""
    return {"detector": "", **({"passed": 0, "walked": None} if step.screens else {})}


def count(turn: Turn, visit: Visit, clear: Literal["one", "all"] | None) -> Visit:
    """Count one person of *visit*, or all, as passed clear; none if *clear* is None."""
    if clear is None:
        return visit
    passed = visit.persons if clear == "all" else min(visit.passed + 1, visit.persons)
    return turn.change(visit, passed=passed)


def late_alarm(turn: Turn, visit: Visit) -> Visit:
    """Take the person of the last walk out of the count, if the alarm of now belongs to it."""
    if visit.walked is None or turn.at.seconds_since(visit.walked) > LATE_S:
        return visit
    return turn.change(visit, passed=max(0, visit.passed - 1), walked=None)


def all_clear(visit: Visit) -> bool:
    """Return True if each person of *visit* has passed clear."""
    return visit.passed >= visit.persons


def destination(visit: Visit, transition: Transition) -> str:
    """Return where *transition* leads: ``otherwise`` while persons have not passed clear."""
    if transition.otherwise is not None and not all_clear(visit):
        return transition.otherwise
    return transition.to
