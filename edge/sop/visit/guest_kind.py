"""The kind of a visit's guest: its pool of cards, and its priority among guests who wait.

1. The button that opens the visit names the kind, or a desk application does. A visit without a
   kind follows its procedure.
2. The kind can change until the visit has a card: the card is of the pool of the kind.
3. The records of the visit, and of its steps from then on, have the kind.
"""

from edge.sop import events
from edge.sop.state import GuestKind, Rules, Visit
from edge.sop.turn import Turn
from edge.sop.visit.inactivity import seen
from edge.sop.visit.steps import add_word

EVIDENCE = "guest-kind"
"""The evidence that a desk application has named the kind."""

_NONE = GuestKind()


def kind_of(rules: Rules, visit: Visit) -> GuestKind:
    """Return the rules of the kind of the guest of *visit*; without a kind: the usual ones."""
    return rules.guest_kinds.get(visit.guest_kind or "", _NONE)


def card_pool(rules: Rules, visit: Visit) -> str:
    """Return the pool of the cards of *visit*; "" for the visitor cards."""
    own = rules.procedures[visit.procedure_key].card_pool
    return kind_of(rules, visit).card_pool or own or ""


def may_change(visit: Visit) -> bool:
    """Return True if *visit* can have another kind: it is being received, and has no card yet."""
    return visit.outcome is None and not visit.cards


def named(turn: Turn, event: events.GuestKindNamed) -> None:
    """Note the kind that a desk application has named, if that is (still) possible."""
    visit = turn.state.visits.get(event.visit)
    if visit is None or event.guest_kind == visit.guest_kind:
        return
    if event.guest_kind not in turn.rules.guest_kinds or not may_change(visit):
        turn.refuse("guest-kind/too late")
        return
    seen(turn, turn.change(add_word(turn, visit, EVIDENCE), guest_kind=event.guest_kind))
