"""The guests' IDs: taken in exchange for the visitor card, given back at the end.

Rules
-----
1. An ID is known by its kind alone. A visit has at most one for each person.
2. The kind comes by a button or with the guest's details. If an officer only vouches that IDs were
   taken, they are of kind ``unstated``, one for each person, until their kind is stated.
3. Where the procedure says so (``returns_identity``), the guests have their IDs back. A visit that
   ends at the desk where IDs are taken, before it has a card, has exchanged none: the guests keep
   their own.
4. The IDs of a visit that ends otherwise stay here, until its card comes back or an officer
   reconciles them. Each is recorded once as given back.
5. A procedure that returns no IDs holds none.
"""

from typing import Literal

from edge.sop.answers import refuse
from edge.sop.events import IdentityKind
from edge.sop.procedures.model import Transition
from edge.sop.state import HeldIdentity, Visit
from edge.sop.turn import Turn
from edge.sop.visit.steps import add_word
from edge.sop.visit.verbs import reconciled

UNSTATED: HeldIdentity = "unstated"
RETURNED = "identity-returned"
"""The evidence that the guests have their IDs back."""

MOST_LEFT = 200
"""The most closed visits whose IDs are known here: all are written again when one changes."""


def word(kind: IdentityKind) -> str:
    """Return the evidence that an ID of *kind* was taken."""
    return f"identity-{kind}"


def all_held(visit: Visit) -> bool:
    """Return True if an ID of each person of *visit* is held."""
    return len(visit.identities) >= visit.persons


def can_take(visit: Visit) -> bool:
    """Return True if a kind can be stated: an ID is missing, or the kind of one is not stated."""
    return not all_held(visit) or UNSTATED in visit.identities


def take(turn: Turn, visit: Visit, kind: IdentityKind) -> Visit:
    """Hold an ID of *kind*: one that was taken without its kind, else one more."""
    held = list(visit.identities)
    if UNSTATED in held:
        held[held.index(UNSTATED)] = kind
    else:
        held.append(kind)
    return turn.change(visit, identities=tuple(held))


def follow(turn: Turn, visit: Visit, way: Transition) -> Visit:
    """Take or return the IDs of *visit* as *way* says."""
    if "identity" in way.vouches and turn.procedure(visit).returns_identity:
        missing = visit.persons - len(visit.identities)
        if missing > 0:
            visit = turn.change(visit, identities=(*visit.identities, *missing * (UNSTATED,)))
    if way.returns_identity:
        visit = _give_back(turn, visit)
    return visit


def not_exchanged(turn: Turn, visit: Visit) -> Visit:
    """Give the IDs of *visit* back if it ends at the desk without having got a card (rule 3)."""
    taking = [step.number for step in turn.procedure(visit).steps if step.takes_identity]
    at_the_desk = bool(taking) and turn.step(visit).number <= max(taking)
    return _give_back(turn, visit) if at_the_desk and not visit.cards else visit


def leave(turn: Turn, visit: Visit) -> None:
    """Note the IDs that *visit*, which has ended, leaves here."""
    if not visit.identities:
        return
    if len(turn.state.identities) >= MOST_LEFT:
        refuse(turn, "identity/too many left")
        return
    turn.state.identities[visit.id] = visit.identities


def card_back(turn: Turn, holder: str) -> None:
    """Give back the IDs that the closed visit *holder* left: its last card has come back.

    While it owes another card, only one ID is given back for this one.
    """
    owes = holder in turn.state.cards.values() or holder in turn.state.lost.values()
    for _ in turn.state.identities.get(holder, ())[: 1 if owes else None]:
        settle(turn, holder)


def settle(turn: Turn, holder: str, by: Literal["equipment", "officer"] = "equipment") -> None:
    """Record that one of the IDs that the closed visit *holder* left was given back."""
    left = turn.state.identities.pop(holder)[1:]
    if left:
        turn.state.identities[holder] = left
    reconciled(turn, holder, "identity", by=by)


def _give_back(turn: Turn, visit: Visit) -> Visit:
    if not visit.identities:
        return visit
    return turn.change(add_word(turn, visit, RETURNED), identities=())
