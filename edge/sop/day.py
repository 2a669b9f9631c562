"""The office day: opened, counted, and closed when the officials have left (Pasal 4(4)).

1. A day opens by ``open-day``, or by the first arrival at or after the earliest hour of the config
   (the checkpoint's very first day: at any hour). No hour closes a day.
2. ``close-day`` closes the day if no item is out. Otherwise the day is to close: the lamp of that
   panel asks, and so do the lamps of the stations where an item is out: guests leave, cards come
   back, ``reconcile`` settles one item (edge/sop/inputs/outstanding.py), and the day closes with
   the last item. ``close-day`` once more closes it at once and carries over the items that are out.
   ``open-day`` cancels the closing. ``day``, on a panel with one button for both, opens a day if
   none is open, and otherwise closes it.
3. While guests are inside, the first ``close-day`` is refused and changes nothing: a button that is
   held too long must not close the lobby. Once more at the same panel within :data:`CONFIRM_S` it
   is valid.
4. While the day is to close, and after it, arrivals are refused, unless the day is opened again.
5. A day that was not closed is closed by the opening of the next: its record has ``not-closed``.
6. Each day has one record of its opening and one of its end. The counts in it add up:
   ``visits_carried + visits_opened = sum(outcomes) + visits_open``.
7. While the clock is not trusted, no date opens or closes a day; the buttons do.
"""

from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec.structs import replace

from edge.clock import Stamp, iso
from edge.sop.records import DayClosed, DayOpened
from edge.sop.state import CloseRefused, DayRules, DayState, State, Visit
from edge.sop.turn import Turn

CONFIRM_S = 30.0
"""Time in which *close-day* is confirmed after it was refused because guests are inside, seconds.

As long as a supervisor's card is valid. The officer hears two beeps, looks around, presses again.
"""

GUESTS_INSIDE = "guests-inside"
"""Why *close-day* is refused, as it is counted."""


def admits(turn: Turn) -> bool:
    """Return True if a guest may arrive now; opens the day if this arrival is its first."""
    if turn.rules.day is None:
        return True
    if turn.state.day is None or _is_past(turn, turn.rules.day, turn.state.day):
        _open(turn, "arrival")
        return True
    return turn.state.day.closed is None and turn.state.day.closing is None


def open_pressed(turn: Turn) -> bool:
    """Open a day, or cancel the closing of the open one; return False if neither applies."""
    day, rules = turn.state.day, turn.rules.day
    if rules is None:
        return False
    if day is None or day.closed is not None or _is_past(turn, rules, day):
        _open(turn, "button")
        return True
    turn.update(day=replace(day, closing=None, refused=None))
    return day.closing is not None


def close_pressed(turn: Turn, panel: str) -> bool | str:
    """Close the day, or ask at *panel* for the items that are out.

    Return False if no day is open, or the reason why the press must be confirmed.
    """
    day = turn.state.day
    if turn.rules.day is None or day is None or day.closed is not None:
        return False
    if day.closing is not None:
        _close(turn, day, "carried-over")
    elif turn.state.visits and not _confirmed(turn, day, panel):
        turn.update(day=replace(day, refused=CloseRefused(panel, turn.at)))
        return GUESTS_INSIDE
    else:
        turn.update(day=replace(day, closing=panel, refused=None))
        settle(turn)
    return True


def _confirmed(turn: Turn, day: DayState, panel: str) -> bool:
    """Return True if the same press was refused at *panel* a moment ago: it is meant."""
    before = day.refused
    return (
        before is not None
        and before.panel == panel
        and turn.at.seconds_since(before.at) <= CONFIRM_S
    )


def pressed(turn: Turn, panel: str) -> bool | str:
    """Open a day if none is open, else close it: the one button of a panel with few pins."""
    day, rules = turn.state.day, turn.rules.day
    if rules is None or day is None or day.closed is not None or _is_past(turn, rules, day):
        return open_pressed(turn)
    return close_pressed(turn, panel)


def settle(turn: Turn) -> None:
    """Close the day that is to close, once no item is out."""
    day = turn.state.day
    if day is not None and day.closing is not None and nothing_out(turn):
        _close(turn, day, "closed")


def nothing_out(turn: Turn) -> bool:
    """Return True if no visit is open, every card and locker is back, and no ID is held."""
    return not (turn.state.visits or turn.state.cards or _lockers_out(turn) or turn.state.ids_held)


def visit_opened(turn: Turn, persons: int) -> None:
    """Count a visit of *persons* persons."""
    day = turn.state.day
    if day is not None:
        turn.update(day=replace(day, visits=day.visits + 1, persons=day.persons + persons))


def persons_joined(turn: Turn, visit: Visit, more: int) -> None:
    """Count *more* persons of *visit*, if this day counts the visit."""
    day = turn.state.day
    if day is not None and day.closed is None and visit.number > turn.state.opened - day.visits:
        turn.update(day=replace(day, persons=day.persons + more))


def visit_closed(turn: Turn, outcome: str) -> None:
    """Count the outcome of a visit."""
    day = turn.state.day
    if day is not None:
        counted = {**day.outcomes, outcome: day.outcomes.get(outcome, 0) + 1}
        turn.update(day=replace(day, outcomes=counted))


def asks(state: State, panel: str) -> bool:
    """Return True if *panel* asks for the items that are out."""
    return state.day is not None and state.day.closing == panel


def summary(state: State) -> dict[str, Any] | None:
    """Return the live topic ``state/day``; None before the first day, and without office days."""
    day = state.day
    if day is None:
        return None
    return {
        "number": day.number,
        "status": _status(day),
        "opened": day.opened.iso(),
        "closed": None if day.closed is None else day.closed.iso(),
        "visits_carried": day.carried,
        "visits_opened": day.visits,
        "persons": day.persons,
        "outcomes": day.outcomes,
        "visits_open": len(state.visits),
        "cards_out": len(state.cards),
        "lockers_out": sum(locker.visit is not None for locker in state.lockers.values()),
        "ids_held": state.ids_held,
    }


def _status(day: DayState) -> str:
    if day.closed is not None:
        return "closed"
    return "open" if day.closing is None else "closing"


def _open(turn: Turn, by: Literal["button", "arrival"]) -> None:
    before = turn.state.day
    if before is not None and before.closed is None:
        _close(turn, before, "not-closed")
    visits = len(turn.state.visits)
    day = DayState(number=before.number + 1 if before else 1, opened=turn.at, carried=visits)
    turn.update(day=day)
    data = DayOpened(
        number=day.number,
        date=_date(turn, turn.at),
        by=by,
        visits_carried=visits,
        cards_out=len(turn.state.cards),
        lockers_out=_lockers_out(turn),
        clock_synced=turn.at.synced,
    )
    turn.record("gardu.day.opened.v1", f"day/{day.number}", None, data)


def _close(turn: Turn, day: DayState, how: Literal["closed", "carried-over", "not-closed"]) -> None:
    turn.update(day=replace(day, closed=turn.at, closing=None, refused=None))
    data = DayClosed(
        number=day.number,
        date=_date(turn, day.opened),
        how=how,
        opened=iso(turn.at.dating(day.opened)),
        visits_carried=day.carried,
        visits_opened=day.visits,
        persons=day.persons,
        outcomes=day.outcomes,
        reconciled=day.reconciled,
        visits_open=len(turn.state.visits),
        cards_out=len(turn.state.cards),
        cards_lost=len(turn.state.lost),
        lockers_out=_lockers_out(turn),
        ids_held=turn.state.ids_held,
        clock_synced=turn.at.synced,
    )
    turn.record("gardu.day.closed.v1", f"day/{day.number}", None, data)


def _lockers_out(turn: Turn) -> int:
    return sum(locker.visit is not None for locker in turn.state.lockers.values())


def _is_past(turn: Turn, rules: DayRules, day: DayState) -> bool:
    """Return True if a trusted clock shows that the next office day has begun."""
    opened = day.opened
    known = turn.at.synced and (opened.synced or opened.boot == turn.at.boot)
    return known and _office_day(rules, turn.at.wall_ms) > _office_day(
        rules, turn.at.dating(opened)
    )


def _office_day(rules: DayRules, wall_ms: int) -> int:
    """Return the number of the office's day, which changes at the opening hour, not at midnight."""
    local = _local(rules, wall_ms) - timedelta(seconds=rules.opens_s)
    return local.toordinal()


def _date(turn: Turn, at: Stamp) -> str:
    """Return the local date of *at*, as in 2026-11-23."""
    assert turn.rules.day is not None
    return _local(turn.rules.day, turn.at.dating(at)).strftime("%Y-%m-%d")


def _local(rules: DayRules, wall_ms: int) -> datetime:
    """Return the local time at the office, without a zone."""
    return datetime.fromtimestamp(wall_ms / 1000, rules.zone).replace(tzinfo=None)
