"""Outstanding items at the closing of the day: visits, cards and lockers still out, IDs still here.

Each item must come back at a station: a guest where the guest is in line, a card where cards are
given back, a locker where lockers are given, an ID where IDs are given back. The lamps there ask
until none of them is out.

``reconcile`` settles one item per press: first the cards of visits that have ended, then their
lockers, then the IDs that they left, then the visits that are still open, oldest first: those end
as abandoned, and their card, locker and ID are owed, so they are the next items. Each press makes a
record which shows that an officer confirmed it: no card was read and no door contact changed.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from edge.sop.procedures.model import Phase
from edge.sop.state import Rules, State
from edge.sop.turn import Turn
from edge.sop.visit import identities
from edge.sop.visit.course import abandon
from edge.sop.visit.verbs import reconciled

DAY_CLOSED = "day-closed"
"""The reason of a visit that was ended because the day was being closed."""


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """One outstanding item.

    :ivar visit: the id of the visit that it is, or that has it (which may be closed)
    :ivar stations: where it must come back
    :ivar step: of an open visit: its present step; its *number* and *procedure* likewise
    """

    what: Literal["visit", "card", "locker", "identity"]
    visit: str
    stations: tuple[str, ...]
    number: int | None = None
    procedure: str | None = None
    step: str | None = None
    locker: int | None = None


def out(rules: Rules, state: State) -> list[Out]:
    """Return the open visits in order of opening; then cards, lockers and IDs of closed ones."""
    visits = [
        Out(
            what="visit",
            visit=visit.id,
            stations=(rules.station(visit),),
            number=visit.number,
            procedure=visit.procedure,
            step=visit.step,
            locker=visit.locker,
        )
        for visit in state.visits.values()
    ]
    returns = _stations(rules, lambda phase: "take-card" in phase.do)
    cards = [
        Out(what="card", visit=holder, stations=returns)
        for holder in state.cards.values()
        if holder not in state.visits
    ]
    gives = _stations(rules, lambda phase: phase.needs == "free-locker")
    lockers = [
        Out(what="locker", visit=locker.visit, stations=gives, locker=number)
        for number, locker in state.lockers.items()
        if locker.visit is not None and locker.visit not in state.visits
    ]
    hands_back = _stations(rules, lambda phase: any(way.returns_identity for way in phase.on))
    ids = [
        Out(what="identity", visit=holder, stations=hands_back)
        for holder, kinds in state.identities.items()
        for _ in kinds
    ]
    return visits + cards + lockers + ids


class DayNow(msgspec.Struct, frozen=True):
    """The office day as in ``state/day`` (None before the first), and the outstanding items."""

    day: dict[str, Any] | None
    out: list[Out]


def asking(rules: Rules, state: State) -> set[str]:
    """Return the stations with a lamp that asks for outstanding items, while the day closes."""
    if state.day is None or state.day.closing is None:
        return set()
    return {station for item in out(rules, state) for station in item.stations}


def _stations(rules: Rules, there: Callable[[Phase], bool]) -> tuple[str, ...]:
    """Return the stations of the steps that have a phase for which *there* is true."""
    steps = (step for key in rules.current.values() for step in rules.procedures[key].steps)
    return tuple(dict.fromkeys(step.station for step in steps if any(map(there, step.phases))))


def reconcile(turn: Turn) -> bool:
    """Settle the next item; False if no day is being closed or no item is outstanding."""
    if turn.state.day is None or turn.state.day.closing is None:
        return False
    settled = _card(turn) or _locker(turn) or _identity(turn) or _visit(turn)
    if settled:
        turn.update(day=replace(turn.state.day, reconciled=turn.state.day.reconciled + 1))
    return settled


def _card(turn: Turn) -> bool:
    for card, holder in turn.state.cards.items():
        if holder not in turn.state.visits:
            del turn.state.cards[card]
            reconciled(turn, holder, "card", by="officer")
            return True
    return False


def _locker(turn: Turn) -> bool:
    for number, locker in turn.state.lockers.items():
        if locker.visit is not None and locker.visit not in turn.state.visits:
            turn.locker(number, visit=None, unlocking=False)
            reconciled(turn, locker.visit, f"locker/{number}", by="officer")
            return True
    return False


def _identity(turn: Turn) -> bool:
    for holder in turn.state.identities:
        identities.settle(turn, holder, by="officer")
        return True
    return False


def _visit(turn: Turn) -> bool:
    for visit in turn.state.visits.values():
        abandon(turn, visit, DAY_CLOSED)
        return True
    return False
