"""Verbs of the ``do`` list: a function for each verb of ``VERBS`` (edge/sop/procedures/model.py).

A verb without an object (no locker, no card, no camera) does nothing: a guest who stored no
belongings has no locker to release.
"""

from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from edge.sop.alarms import end_alarm, raise_alarm, sound
from edge.sop.effects import (
    ReleaseDoor,
    RingAide,
    TakeStill,
    UnlockLocker,
)
from edge.sop.faults import device_fault
from edge.sop.records import (
    CardLost,
    StillReference,
    VisitReconciled,
)
from edge.sop.state import PendingStill, Release, Visit
from edge.sop.turn import Turn


def _ring(turn: Turn, visit: Visit, pattern: str) -> Visit:
    for name, procedures in turn.rules.aiphones.items():
        if visit.procedure in procedures:
            turn.do(RingAide(name, pattern))
            break
    return visit


def _still(turn: Turn, visit: Visit, purpose: str) -> Visit:
    """Take a still, if there is a camera for it and it would show more than is known already."""
    shows = turn.step(visit).shown_by(purpose)
    known = bool(shows) and set(shows) <= set(visit.papers)
    if purpose not in turn.rules.purposes or known:
        return visit
    turn.update(stills_asked=turn.state.stills_asked + 1)
    still = turn.mint("still", turn.state.stills_asked)
    turn.state.stills[still] = PendingStill(visit=visit.id, step=visit.step, purpose=purpose)
    turn.do(TakeStill(still, purpose, visit.id))
    return turn.change(visit, stills=(*visit.stills, StillReference(still, purpose)))


def free_locker(turn: Turn) -> int | None:
    """Return the first free locker that works, closed ones first; None if there is none."""
    free = [
        (locker.door == "open", number)
        for number, locker in turn.state.lockers.items()
        if locker.visit is None
        and locker.usable
        and locker.reachable
        and not locker.supervised
        and number in turn.rules.lockers
    ]
    return min(free)[1] if free else None


def _unlock(turn: Turn, visit: Visit, _argument: str) -> Visit:
    number = visit.locker or free_locker(turn)
    assert number is not None  # the phase needs a locker: verified at load
    turn.locker(number, visit=visit.id, unlocking=True)
    turn.do(UnlockLocker(number, visit.id))
    return turn.change(visit, locker=number)


def _fault_locker(turn: Turn, visit: Visit, _argument: str) -> Visit:
    if visit.locker is None:
        return visit
    # If its board did not answer, the lock has not jammed: it works again when the board does.
    before = turn.state.lockers[visit.locker]
    usable = before.usable and not before.reachable
    turn.locker(visit.locker, visit=None, unlocking=False, usable=usable)
    device_fault(turn, f"locker/{visit.locker}", "did not open", visit.id)
    return turn.change(visit, locker=None)


def _release_locker(turn: Turn, visit: Visit, _argument: str) -> Visit:
    if visit.locker is None:
        return visit
    turn.locker(visit.locker, visit=None, unlocking=False)
    return turn.change(visit, locker=None)


def door_for(turn: Turn, visit: Visit) -> str | None:
    """Return the access door that serves the procedure of *visit*; None if none does."""
    served = (n for n, door in turn.rules.doors.items() if visit.procedure in door.procedures)
    return next(served, None)


def _release_door(turn: Turn, visit: Visit, _argument: str) -> Visit:
    name = door_for(turn, visit)
    if name is not None:
        others = [release for release in turn.valid_releases(name) if release.visit != visit.id]
        turn.door(name, releases=(*others, Release(visit.id, turn.at)))
        turn.do(ReleaseDoor(name, visit.id))
    return visit


def _take_card(turn: Turn, visit: Visit, _argument: str) -> Visit:
    if visit.card is None:
        return visit
    turn.state.cards.pop(visit.card, None)
    return turn.change(visit, card=None)


def _lose_card(turn: Turn, visit: Visit, _argument: str) -> Visit:
    if visit.card is None:
        return visit
    declare_lost(turn, visit.card)
    return turn.change(visit, card=None)


def declare_lost(turn: Turn, card: str) -> None:
    """Remove *card*, which is out, from the pool until it is found."""
    holder = turn.state.cards.pop(card)
    turn.state.lost[card] = holder
    data = CardLost(visit=holder, clock_synced=turn.at.synced)
    turn.record("gardu.card.lost.v1", f"visit/{holder}", holder, data)


def _alarm(turn: Turn, visit: Visit, kind: str) -> Visit:
    standing = turn.state.alarms.get(kind)
    if standing is None:
        raise_alarm(turn, kind, visit.id)
        return visit
    # An alarm without a visit becomes this visit's; an acknowledged one is sounded again.
    turn.state.alarms[kind] = replace(standing, visit=standing.visit or visit.id, acknowledged=None)
    if standing.acknowledged is not None:
        sound(turn, kind)
    return visit


def _clear(turn: Turn, visit: Visit, kind: str) -> Visit:
    end_alarm(turn, visit, kind)
    return visit


def reconciled(
    turn: Turn, visit: str, returned: str, by: Literal["equipment", "officer"] = "equipment"
) -> None:
    """Record that the item *returned*, which *visit* owed, is back; *by*: its evidence."""
    data = VisitReconciled(visit=visit, returned=returned, clock_synced=turn.at.synced, by=by)
    turn.record("gardu.visit.reconciled.v1", f"visit/{visit}", visit, data)


# A function for each key of ``VERBS``.
VERBS_DONE: dict[str, Callable[[Turn, Visit, str], Visit]] = {
    "ring": _ring,
    "still": _still,
    "unlock": _unlock,
    "fault-locker": _fault_locker,
    "release-locker": _release_locker,
    "release-door": _release_door,
    "take-card": _take_card,
    "lose-card": _lose_card,
    "alarm": _alarm,
    "clear": _clear,
}
