"""Room: places in which at most so many persons may be at once.

Rules
-----
1. A visit is in a place from the phase that needs room there (``needs = "room:PLACE"``) until
   ``leave-place``, until it enters another place, or until it ends. All persons of a group count.
2. First come, first served: a visit enters only if no visit before it waits for the same place,
   also if the place has room for a smaller group meanwhile.
3. A group that is larger than the place never fits. It holds up no other visit, and the lamp of its
   station asks for a decision.
4. *back* leads a visit into the place again that it had left, and *more* adds a person there, also
   if the place is full by now: the officer sees who is there. Until there is room again, no visit
   enters.
5. A place that is not in the config, for which a visit under an older text waits, has room for all.
"""

from edge.sop.state import Rules, State, Visit
from edge.sop.turn import Turn


def has_room(turn: Turn, visit: Visit, place: str) -> bool:
    """Return True if *visit* may enter *place* now, or is in it."""
    if visit.inside == place:
        return True
    others = waiting(turn.rules, turn.state, place)
    before = (other for other in others if _is_before(turn.rules, other, visit, place))
    return fits(turn.rules, turn.state, visit, place) and next(before, None) is None


def fits(rules: Rules, state: State, visit: Visit, place: str) -> bool:
    """Return True if all persons of *visit* find room in *place* beside those who are there."""
    there = persons_in(state, place)
    return place not in rules.limits or there + visit.persons <= rules.limits[place]


def persons_in(state: State, place: str) -> int:
    """Return the number of persons who are in *place*."""
    return sum(visit.persons for visit in state.visits.values() if visit.inside == place)


def awaited(rules: Rules, visit: Visit) -> str | None:
    """Return the place for whose room *visit* waits; None if it waits for none."""
    step = rules.procedures[visit.procedure_key].step(visit.step)
    return step.awaited_place(step.phase(visit.phase))


def waiting(rules: Rules, state: State, place: str) -> list[Visit]:
    """Return the visits that wait for room in *place*, first in line first."""
    found = (visit for visit in state.visits.values() if awaited(rules, visit) == place)
    return sorted(found, key=lambda visit: visit.place)


def never_fits(rules: Rules, visit: Visit) -> bool:
    """Return True if *visit* waits for a place that is too small for its group."""
    place = awaited(rules, visit)
    return place is not None and _too_large(rules, visit, place)


def _too_large(rules: Rules, visit: Visit, place: str) -> bool:
    return place in rules.limits and visit.persons > rules.limits[place]


def _is_before(rules: Rules, other: Visit, visit: Visit, place: str) -> bool:
    """Return True if *other*, which waits for *place*, enters before *visit*."""
    if other.id == visit.id or _too_large(rules, other, place):
        return False
    return awaited(rules, visit) != place or other.place < visit.place
