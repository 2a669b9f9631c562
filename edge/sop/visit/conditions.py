"""Decides if a transition applies: by its count, its comparison of a value, its extensions.

1. Of several transitions for one event in a phase, the first whose conditions are met is followed.
2. ``at_most`` counts how often transitions with a count were followed for that event in that phase.
   The count belongs to the visit: a restart, a correction and a loop through other steps leave it.
   It begins again with the step where the procedure says so (``count_again``), and when another
   host is called.
3. A comparison is met only if the value was entered, and every word of it holds
   (``edge/sop/visit/values.py``).
"""

from edge.sop.procedures.model import Step, Transition
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import pace


def met(turn: Turn, visit: Visit, way: Transition) -> bool:
    """Return True if the conditions of *way* are met for *visit* in its present phase."""
    if way.extend and not pace.may_extend(visit, turn.step(visit)):
        return False
    if way.at_most is not None and visit.counts.get(_key(visit, way), 0) >= way.at_most:
        return False
    value = way.compares
    if value is None:
        return True
    known = visit.values.get(value)
    return known is not None and set(way.words) <= set(known.holds)


def count(turn: Turn, visit: Visit, way: Transition) -> Visit:
    """Count that *visit* follows *way*, if that has a count."""
    if way.at_most is None:
        return visit
    key = _key(visit, way)
    return turn.change(visit, counts={**visit.counts, key: visit.counts.get(key, 0) + 1})


def begin(visit: Visit, step: Step) -> dict[str, object]:
    """Return the fields of *visit* that change when it comes to *step*."""
    return without_counts(visit, step) if step.count_again else {}


def without_counts(visit: Visit, step: Step) -> dict[str, object]:
    """Return the counts of *visit* without those of *step*, as fields to change; {} if none."""
    others = {key: n for key, n in visit.counts.items() if not key.startswith(f"{step.id}/")}
    return {} if others == visit.counts else {"counts": others}


def _key(visit: Visit, way: Transition) -> str:
    return f"{visit.step}/{visit.phase}/{way.event}"
