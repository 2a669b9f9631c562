"""Lockers: the events of their doors and locks, and the faults and alarms that follow.

A locker is ``closed`` or ``open``, and beside that it can be

============== ==================================================================================
did not open   jammed: ``usable`` is False until its door was opened and closed; a fault
               (also if no visit waits for it to open: it is owed, or a supervisor opens it)
left open      open for ``left_open_s`` while no visit waits for it to close: an alarm
forced open    opened without an unlock: an alarm until it is closed
out of order   its board does not answer, or its door's contact is loose: ``reachable`` is False
               meanwhile; a fault
============== ==================================================================================

A locker that is jammed or out of order is given to no guest. Rules 9 and 19 of ``routing.py`` are
implemented here.
"""

from edge.clock import Stamp
from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.effects import CancelTimer, StartTimer, UnlockLocker
from edge.sop.faults import device_fault, device_restored
from edge.sop.state import LockerState, Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import deliver, transition_for
from edge.sop.visit.verbs import reconciled

OPENS_WITHIN_S = 15.0
"""A door that is not open this long after its pulse has jammed, seconds: as in the procedures."""


def started(turn: Turn) -> None:
    """Add the lockers of the config; clear the alarms of those that are no longer in it.

    The timer of an open door is set again by the first event of its driver: a door that was open
    before the restart may be closed by now.
    """
    for number in turn.rules.lockers:
        turn.state.lockers.setdefault(number, LockerState())
    for number in sorted(turn.state.lockers.keys() - set(turn.rules.lockers)):
        clear_alarm(turn, _forced(number))
        clear_alarm(turn, _left_open(number))
    for number, locker in turn.state.lockers.items():
        if locker.unlocking and not _awaited(turn, number, "locker.opened"):
            turn.do(StartTimer(_unlock_key(number), turn.at, OPENS_WITHIN_S))


def opened(turn: Turn, event: events.LockerOpened) -> None:
    """Deliver the opening to the visit that has the locker; without an unlock it is an alarm."""
    before = turn.state.lockers.get(event.locker)
    if before is None:
        return
    since = before.opened if before.door == "open" and before.opened else turn.at
    turn.locker(event.locker, door="open", opened=since, unlocking=False)
    turn.do(StartTimer(_open_key(event.locker, since), since, turn.rules.left_open_s))
    if before.unlocking:
        turn.do(CancelTimer(_unlock_key(event.locker)))
    visit = _at_hand(turn, event.locker)
    if visit is not None and deliver(turn, visit, "locker.opened"):
        return
    if not before.unlocking and not event.initial:
        raise_alarm(turn, _forced(event.locker), before.visit, "opened without an unlock")


def closed(turn: Turn, event: events.LockerClosed) -> None:
    """Deliver the closing to the visit that has the locker; end the door's timer and alarms."""
    before = turn.state.lockers.get(event.locker)
    if before is None:
        return
    turn.locker(event.locker, door="closed", opened=None, supervised=False)
    if before.opened is not None:
        turn.do(CancelTimer(_open_key(event.locker, before.opened)))
    clear_alarm(turn, _forced(event.locker))
    clear_alarm(turn, _left_open(event.locker))
    visit = _at_hand(turn, event.locker)
    if visit is not None:
        deliver(turn, visit, "locker.closed")
    elif before.visit not in turn.state.visits and before.door == "open":
        _settle_without_visit(turn, event.locker, before)


def _settle_without_visit(turn: Turn, number: int, before: LockerState) -> None:
    """Settle a locker of no open visit that was opened and closed: it was emptied, or repaired."""
    settled = before.supervised or before.visit not in turn.state.cards.values()
    if before.visit is not None and settled:
        turn.locker(number, visit=None)
        reconciled(turn, before.visit, f"locker/{number}")
    if not before.usable:
        turn.locker(number, usable=True)
        _working(turn, number)


def failed(turn: Turn, event: events.LockerFailed) -> None:
    """Give the locker to no guest while it is out of order; report the fault."""
    if event.locker in turn.state.lockers:
        turn.locker(event.locker, reachable=False)
        device_fault(turn, f"locker/{event.locker}", event.why, remedy=event.remedy)


def restored(turn: Turn, event: events.LockerRestored) -> None:
    """Return the locker to use: it is in order again. A jam does not end with that."""
    if event.locker in turn.state.lockers:
        turn.locker(event.locker, reachable=True)
        _working(turn, event.locker, event.changes, event.lasted_s)


def _working(
    turn: Turn, number: int, changes: int | None = None, lasted_s: float | None = None
) -> None:
    locker = turn.state.lockers[number]
    if locker.usable and locker.reachable:
        device_restored(turn, f"locker/{number}", changes=changes, lasted_s=lasted_s)


def timer_fired(turn: Turn, key: str) -> None:
    """Handle the timers of a door: it did not open, or is left open while no visit waits for it."""
    for number, locker in list(turn.state.lockers.items()):
        if key == _unlock_key(number):
            _did_not_open(turn, number, locker)
        if locker.opened is None or key != _open_key(number, locker.opened):
            continue
        if _awaited(turn, number, "locker.closed"):
            turn.do(StartTimer(key, turn.at, turn.rules.left_open_s))
        else:
            detail = f"open for more than {turn.rules.left_open_s:g} s"
            raise_alarm(turn, _left_open(number), None, detail)


def _awaited(turn: Turn, number: int, name: str) -> bool:
    """Return True if the visit that has locker *number* waits for event *name* of its door."""
    visit = _at_hand(turn, number)
    return visit is not None and transition_for(turn, visit, name) is not None


def _at_hand(turn: Turn, number: int) -> Visit | None:
    """Return the open visit whose locker at hand is *number*: its door is about that visit."""
    visit = turn.state.visits.get(turn.state.lockers[number].visit or "")
    return visit if visit is not None and visit.locker == number else None


def _did_not_open(turn: Turn, number: int, locker: LockerState) -> None:
    """Report a jam that no procedure handles; the belongings in the locker stay owed."""
    if locker.unlocking and not _awaited(turn, number, "locker.opened"):
        # As in fault-locker: a lock that could not be reached has not jammed.
        usable = locker.usable and not locker.reachable
        turn.locker(number, unlocking=False, supervised=False, usable=usable)
        device_fault(turn, f"locker/{number}", "did not open", locker.visit)


def unlock(turn: Turn, number: int) -> None:
    """Unlock locker *number* outside any procedure; if its door stays shut, that is reported."""
    locker = turn.locker(number, unlocking=True)
    turn.do(UnlockLocker(number, locker.visit))
    turn.do(StartTimer(_unlock_key(number), turn.at, OPENS_WITHIN_S))


def unlock_owed(turn: Turn, holder: str) -> None:
    """Unlock the lockers that the closed visit *holder* still owes, once all its cards are back."""
    if holder in turn.state.cards.values():
        return
    for number, locker in list(turn.state.lockers.items()):
        if locker.visit == holder:
            unlock(turn, number)


def _forced(number: int) -> str:
    return f"locker-forced-{number}"


def _left_open(number: int) -> str:
    return f"locker-left-open-{number}"


def _unlock_key(number: int) -> str:
    return f"locker/{number}/unlock"


def _open_key(number: int, since: Stamp) -> str:
    """Name the timer of the opening at *since*; the timer of an earlier opening has no effect."""
    return f"locker/{number}/open/{since.boot_ns}"
