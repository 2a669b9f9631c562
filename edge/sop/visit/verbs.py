"""Verbs of ``do``: a function for each of ``VERBS`` (edge/sop/procedures/vocabulary.py).

A verb without an object (no locker, no card, no camera) does nothing: a guest who stored no
belongings has no locker to release.
"""

from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from edge.sop.alarms import end_alarm, raise_alarm, sound
from edge.sop.detectors import METAL_DETECTOR, alarm_of
from edge.sop.effects import (
    ReleaseDoor,
    RingAide,
    TakeStill,
    UnlockLocker,
)
from edge.sop.faults import device_fault
from edge.sop.hosts import aiphone_of
from edge.sop.records import (
    CardLost,
    StillReference,
    VisitReconciled,
)
from edge.sop.state import PendingStill, Release, Visit
from edge.sop.turn import Turn
from edge.sop.visit import group


def _ring(turn: Turn, visit: Visit, pattern: str) -> Visit:
    aiphone = aiphone_of(turn.rules, visit)
    if aiphone is not None:
        turn.do(RingAide(aiphone, pattern))
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
    return visit if visit.lockers else turn.change(visit, lockers=(number,))


def _unlock_another(turn: Turn, visit: Visit, _argument: str) -> Visit:
    number = free_locker(turn)
    assert number is not None  # the phase needs another locker: verified at load
    return _unlock(turn, turn.change(visit, lockers=(*visit.lockers, number)), "")


def _fault_locker(turn: Turn, visit: Visit, _argument: str) -> Visit:
    number = visit.locker
    if number is None:
        return visit
    # If its board did not answer, the lock has not jammed: it works again when the board does.
    before = turn.state.lockers[number]
    usable = before.usable and not before.reachable
    turn.locker(number, visit=None, unlocking=False, usable=usable)
    device_fault(turn, f"locker/{number}", "did not open", visit.id)
    return turn.change(visit, lockers=visit.lockers[:-1])


def _release_locker(turn: Turn, visit: Visit, _argument: str) -> Visit:
    if visit.locker is None:
        return visit
    turn.locker(visit.locker, visit=None, unlocking=False)
    return turn.change(visit, lockers=visit.lockers[:-1])


def doors_for(turn: Turn, visit: Visit) -> list[str]:
    """Return the access doors that serve the procedure of *visit*, in the order of the config."""
    return [n for n, door in turn.rules.doors.items() if visit.procedure in door.procedures]


def _release_door(turn: Turn, visit: Visit, only: str) -> Visit:
    """Release the doors that serve *visit*, or *only* the one of them with that name."""
    for name in doors_for(turn, visit):
        if only not in ("", name):
            continue
        others = [release for release in turn.valid_releases(name) if release.visit != visit.id]
        turn.door(name, releases=(*others, Release(visit.id, turn.at)))
        turn.do(ReleaseDoor(name, visit.id))
    return visit


def _take_card(turn: Turn, visit: Visit, _argument: str) -> Visit:
    return _give_back(turn, visit, visit.cards)


def _take_shown(turn: Turn, visit: Visit, _argument: str) -> Visit:
    return _give_back(turn, visit, tuple(card for card in visit.cards if card in visit.shown))


def _give_back(turn: Turn, visit: Visit, cards: tuple[str, ...]) -> Visit:
    """Return *cards* of *visit* to the pool."""
    for card in cards:
        turn.state.cards.pop(card, None)
    return _without(turn, visit, cards)


def _lose_card(turn: Turn, visit: Visit, _argument: str) -> Visit:
    missing = group.missing_cards(visit)
    for card in missing:
        declare_lost(turn, card)
    return _without(turn, visit, missing)


def _without(turn: Turn, visit: Visit, cards: tuple[str, ...]) -> Visit:
    kept = tuple(card for card in visit.cards if card not in cards)
    return visit if kept == visit.cards else turn.change(visit, cards=kept)


def declare_lost(turn: Turn, card: str) -> None:
    """Remove *card*, which is out, from the pool until it is found."""
    holder = turn.state.cards.pop(card)
    turn.state.lost[card] = holder
    data = CardLost(visit=holder, clock_synced=turn.at.synced)
    turn.record("gardu.card.lost.v1", f"visit/{holder}", holder, data)


def _alarm(turn: Turn, visit: Visit, kind: str) -> Visit:
    if kind == METAL_DETECTOR:
        kind = alarm_of(visit.detector)
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


def _release_escort(turn: Turn, visit: Visit, _argument: str) -> Visit:
    return visit if visit.escort is None else turn.change(visit, escort=None)


def _leave_place(turn: Turn, visit: Visit, _argument: str) -> Visit:
    return visit if visit.inside is None else turn.change(visit, inside=None)


def reconciled(
    turn: Turn,
    visit: str,
    returned: str,
    by: Literal["equipment", "officer"] = "equipment",
    *,
    found: bool = False,
) -> None:
    """Record that the item *returned*, which *visit* owed, is back.

    :param by: its evidence
    :param found: it is a card that had been declared lost
    """
    data = VisitReconciled(
        visit=visit, returned=returned, clock_synced=turn.at.synced, by=by, found=found
    )
    turn.record("gardu.visit.reconciled.v1", f"visit/{visit}", visit, data)


# A function for each key of ``VERBS``.
VERBS_DONE: dict[str, Callable[[Turn, Visit, str], Visit]] = {
    "ring": _ring,
    "still": _still,
    "unlock": _unlock,
    "unlock-another": _unlock_another,
    "fault-locker": _fault_locker,
    "release-locker": _release_locker,
    "release-door": _release_door,
    "take-card": _take_card,
    "take-shown": _take_shown,
    "lose-card": _lose_card,
    "release-escort": _release_escort,
    "leave-place": _leave_place,
    "alarm": _alarm,
    "clear": _clear,
}
