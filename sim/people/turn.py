"""Whose turn it is: the order in which the checkpoint takes an event, by docs/routing.md. Pure.

A press does not say for whom it is. So people let those go first for whom the checkpoint would take
it. The numbers are those of docs/routing.md:

1. Rule 2: the guest whose card was shown there last; for *leave* a guest whom the panel asks about,
   and one whose card is missing; guests whose phase waits for the event; for an event that holds
   anywhere, guests who are present before guests who are away. Of several the first in line.
2. Rule 4: an answer of the aide is for the call that rings; then for guests at the door or in a
   meeting, then for the waiting room, then for a call that was not answered.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.people.course import offered, row_for

if TYPE_CHECKING:
    from sim.people.guests import Guest
    from sim.people.place import Place
    from sim.people.visit import Visit

_KINDS = ("button", "value", "detector", "aiphone", "card")
_FRONT, _NO_EVIDENCE, _WAITS, _PRESENT, _AWAY = range(5)
_RINGS, _AT_DOOR, _CALLED, _UNANSWERED = range(4)
# An aide's accepting contact calls a guest who waits for the call.
_YES = ("aiphone.accept", "aiphone.call")

Order = tuple[float, ...]
"""The lowest comes first."""


def may_act(guests: "Iterable[Guest]", own: "Place", event: str) -> bool:
    """Return True if the checkpoint would take *event* for the visit of *own*."""
    if event.partition(".")[0] not in _KINDS or event == "card.presented":
        return True
    return not any(goes_first(one.visit, own, event) for one in guests if one.visit is not None)


def asked_first(guests: "Iterable[Guest]", own: "Visit") -> "Visit | None":
    """Return the first in line of those about whom the panel of *own* asks; None: about none."""
    panel = own.people.hands.panel_at
    asked = [
        one.visit
        for one in guests
        if one.visit is not None
        and one.visit.is_open
        and one.visit.place.asked
        and panel(one.visit.station) == panel(own.station)
    ]
    return min(asked, key=lambda one: one.place.came, default=None)


def goes_first(other: "Visit", own: "Place", event: str) -> bool:
    """Return True if the checkpoint would take *event* for *other* before the visit of *own*."""
    visit = own.visit
    if other is visit or not other.is_open:
        return False
    if event.startswith("aiphone."):
        return _is_answered_first(other, visit, event)
    panel = visit.people.hands.panel_at
    if panel(other.station) != panel(visit.station) or not _applies(other, event):
        return False
    return _order(other, event) < _order(visit, event)


def _applies(visit: "Visit", event: str) -> bool:
    if event.startswith("button.reason-"):
        return bool(offered(visit.text, visit.at))
    if event.startswith("value."):
        return any(row.event.startswith("value.") for row in visit.at.present(visit.text).on)
    return row_for(visit.text, visit.at, event) is not None


def _order(visit: "Visit", event: str) -> Order:
    return (_meant(visit, event), visit.place.came)


def _meant(visit: "Visit", event: str) -> int:
    phase = visit.at.present(visit.text)
    if visit.place.front:
        return _FRONT
    if event == "button.leave" and (visit.place.asked or phase.waits_for("button.lost")):
        return _NO_EVIDENCE
    if any(row.event == event for row in visit.text.anywhere) and not phase.waits_for(event):
        return _AWAY if phase.lamp == "off" else _PRESENT
    return _WAITS


def _is_answered_first(other: "Visit", visit: "Visit", event: str) -> bool:
    aiphone = visit.equipment.aiphone_at(visit.at)
    if other.equipment.aiphone_at(other.at) != aiphone:
        return False
    meant = _YES if event in _YES else (event,)
    if not any(row_for(other.text, other.at, one) for one in meant):
        return False
    return _answer_order(other) < _answer_order(visit)


def _answer_order(visit: "Visit") -> Order:
    phase = visit.at.present(visit.text)
    if phase.rings:
        return (_RINGS,)
    if phase.waits_for("aiphone.call"):
        return (_CALLED, *visit.place.rank)
    if any(one.rings for one in visit.text.steps[visit.at.step].phases):
        return (_UNANSWERED, visit.place.came)
    return (_AT_DOOR, visit.place.came)
