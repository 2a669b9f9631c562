"""The order in which guests who wait are called: for the aide's call, or for room in a place.

1. A guest who begins to wait comes after those who wait at that station already; before those of a
   lower priority (of their kind of guest). With ``waiting_order = "arrival"`` the guest also comes
   before those of the same priority who came to the office later.
2. The order among those who wait already does not change, so that *next* holds.
"""

from edge.sop.state import Rules, Visit
from edge.sop.turn import Turn
from edge.sop.visit.guest_kind import kind_of


def waits(rules: Rules, visit: Visit) -> bool:
    """Return True if the guest of *visit* waits for the aide's call or for room in a place."""
    step = rules.procedures[visit.procedure_key].step(visit.step)
    phase = step.phase(visit.phase)
    return phase.waits_for_call or step.awaited_place(phase) is not None


def join(turn: Turn, visit: Visit) -> Visit:
    """Give *visit*, which begins to wait, its place among those who wait at its station."""
    station = turn.rules.station(visit)
    line = [
        other
        for other in turn.in_line()
        if other.id != visit.id
        and turn.rules.station(other) == station
        and waits(turn.rules, other)
    ]
    by_arrival = turn.procedure(visit).waiting_order == "arrival"
    priorities = {kind_of(turn.rules, one).priority for one in (*line, visit)}
    if not line or (not by_arrival and len(priorities) == 1):
        return visit
    after = [number for number, one in enumerate(line) if not _comes_before(turn, visit, one)]
    at = after[-1] + 1 if after else 0
    ordered = [*line[:at], visit, *line[at:]]
    for one, place in zip(ordered, sorted(one.place for one in ordered), strict=True):
        if one.place != place:
            turn.change(one, place=place)
    return turn.state.visits[visit.id]


def _comes_before(turn: Turn, visit: Visit, other: Visit) -> bool:
    """Return True if *visit*, which begins to wait, is called before *other*, which waits."""
    own, others = kind_of(turn.rules, visit).priority, kind_of(turn.rules, other).priority
    by_arrival = turn.procedure(visit).waiting_order == "arrival"
    return own > others or (own == others and by_arrival and visit.number < other.number)
