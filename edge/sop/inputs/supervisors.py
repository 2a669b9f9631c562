"""Supervisors' cards: rules 18 and 19 of ``routing.py``."""

from msgspec.structs import replace

from edge.sop import events
from edge.sop.inputs import lockers
from edge.sop.records import LockerOpened
from edge.sop.state import Supervision
from edge.sop.turn import Turn

PRESENT_S = 30.0
"""Time in which the panels beside a reader accept a supervisor's presses, seconds."""

_REASON = "reason-"


def present(turn: Turn, reader: str) -> bool:
    """Return True if a supervisor's card was shown at *reader* within :data:`PRESENT_S`."""
    now = turn.state.supervision
    return now is not None and now.reader == reader and _lasts(turn, now)


def _lasts(turn: Turn, supervision: Supervision) -> bool:
    return turn.at.seconds_since(supervision.at) <= PRESENT_S


def shown(turn: Turn, event: events.CardPresented, _stations: tuple[str, ...]) -> bool:
    """Begin a supervisor's time, or begin it again."""
    who = turn.rules.supervisors[event.card]
    turn.update(supervision=Supervision(who=who, reader=event.reader, at=turn.at))
    return True


def pressed(turn: Turn, event: events.ButtonPressed) -> bool | None:
    """Return True if a supervisor's press is accepted, False if not; None if it is for a guest."""
    now = turn.state.supervision
    if now is None or not _lasts(turn, now) or not beside(turn, now.reader, event.panel):
        return None
    if event.action == "locker":
        return _choose(turn, now)
    opens = _elsewhere(turn, now.reader, event.panel)
    if event.action == "done" and opens and _chosen(turn, now) is not None:
        return _open(turn, now, turn.rules.opening_reasons[0])
    if event.action.startswith(_REASON):
        number = int(event.action.removeprefix(_REASON))
        reasons = turn.rules.opening_reasons
        return opens and number <= len(reasons) and _open(turn, now, reasons[number - 1])
    return None


def beside(turn: Turn, reader: str, panel: str) -> bool:
    """Return True if *panel* and *reader* share a station."""
    stations = turn.rules.readers.get(reader, ())
    return not set(turn.rules.panels.get(panel, ())).isdisjoint(stations)


def _elsewhere(turn: Turn, reader: str, panel: str) -> bool:
    """Return True if *panel* is another one beside *reader* than its own, or there is no other.

    The reader's own panel serves its first station. A copied card alone opens nothing: a second
    person, at another panel, presses.
    """
    own = turn.rules.readers[reader][:1]
    others = [
        name
        for name, stations in turn.rules.panels.items()
        if beside(turn, reader, name) and set(own).isdisjoint(stations)
    ]
    return panel in others or not others


def _choose(turn: Turn, supervision: Supervision) -> bool:
    """Count to the next locker, in the order of the config; beyond the last it is refused."""
    choice = supervision.choice + 1
    if choice > len(turn.rules.lockers):
        return False
    turn.update(supervision=replace(supervision, choice=choice))
    return True


def _open(turn: Turn, supervision: Supervision, why: str) -> bool:
    number = _chosen(turn, supervision)
    if number is None or not turn.state.lockers[number].reachable:
        return False
    turn.update(supervision=None)
    visit = turn.state.lockers[number].visit
    turn.locker(number, supervised=True)
    lockers.unlock(turn, number)
    data = LockerOpened(
        locker=number, visit=visit, who=supervision.who, why=why, clock_synced=turn.at.synced
    )
    turn.record("gardu.locker.opened.v1", f"equipment/locker/{number}", visit, data)
    return True


def _chosen(turn: Turn, supervision: Supervision) -> int | None:
    """Return the locker that was counted to, else the one owed longest; None if none is owed."""
    if supervision.choice:
        return turn.rules.lockers[supervision.choice - 1]
    owed = [
        (locker.visit, number)
        for number, locker in turn.state.lockers.items()
        if locker.visit is not None and locker.visit not in turn.state.visits
    ]
    return min(owed)[1] if owed else None  # ids of visits are in order of opening
