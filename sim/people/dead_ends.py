"""Dead ends of the search for a way: standings from which no end fits the intention. Pure.

The search would find so too, after it had tried all that can be done from there: tens of thousands
of standings in a procedure with values and counts. A standing is a dead end if

1. its end is decided, and it is another one than the intention's; or
2. the next wish can only happen in steps that do not follow its own, or after which one of the
   later wishes, or the end, cannot come.
"""

from collections.abc import Callable, Iterable

from sim.people.course import Standing
from sim.people.intention import Intention, Wish
from sim.people.procedure_text import Row, Step, Text

Places = Callable[[Wish], Iterable[int]]
"""Returns the positions of the steps in which a wish can happen."""


class DeadEnds:
    """The dead ends for one intention in *text*."""

    def __init__(self, text: Text, intention: Intention, places: Places) -> None:
        self._intention = intention
        follows = _follows(text)
        alive = _before(follows, _ending(text, intention))
        self._alive: dict[Wish | None, set[int]] = {None: alive}
        for wish in reversed(intention.wishes):
            alive = _before(follows, alive.intersection(places(wish)))
            self._alive.setdefault(wish, set()).update(alive)

    def has(self, at: Standing, wish: Wish | None) -> bool:
        """Return True if *at* is a dead end while *wish* is to happen next; None: all have."""
        over = at.over or at.decided
        if over is not None:
            return not ends_so(self._intention, over)
        return at.step not in self._alive[wish]


def ends_so(intention: Intention, over: tuple[str, str | None]) -> bool:
    """Return True if outcome and reason *over* fit *intention*."""
    return not intention.ends or any(word in over for word in intention.ends)


def _ending(text: Text, intention: Intention) -> set[int]:
    """Return the positions of the steps in which an end that fits may be decided."""
    reasons = {*text.reasons, *text.refusals}
    if not intention.ends or "completed" in intention.ends or reasons & set(intention.ends):
        return set(range(len(text.steps)))
    return {
        place
        for place, step in enumerate(text.steps)
        if any(
            row.reason in intention.ends or row.to.removeprefix("@") in intention.ends
            for row in _rows(text, step)
        )
    }


def _before(follows: list[set[int]], places: set[int]) -> set[int]:
    """Return the positions of the steps that are, or may be followed by, one of *places*."""
    return {place for place, after in enumerate(follows) if after & places}


def _follows(text: Text) -> list[set[int]]:
    """Return for each step the positions of those that may follow it at any time, with itself."""
    follows = [{place, *_next_places(text, place)} for place in range(len(text.steps))]
    for _ in follows:
        for after in follows:
            after.update(*(follows[place] for place in tuple(after)))
    return follows


def _next_places(text: Text, place: int) -> set[int]:
    names = {name for row in _rows(text, text.steps[place]) for name in _named(row)}
    after = {place + 1} if place + 1 < len(text.steps) else set()
    return after | {text.place(name) for name in names}


def _rows(text: Text, step: Step) -> Iterable[Row]:
    return [*text.anywhere, *(row for phase in step.phases for row in phase.on)]


def _named(row: Row) -> list[str]:
    """Return the names of the steps that *row* leads to."""
    targets = [to[1:] for to in (row.to, row.otherwise) if to is not None and to.startswith("#")]
    return targets if row.via is None else [*targets, row.via]
