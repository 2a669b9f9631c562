"""What is still out when the day is to close, settled by an officer's word, one press an item.

First the cards of visits that have ended, then their lockers, then the visits that are still open,
oldest first: those end as abandoned, and what they hold is owed and so the next item. Each press is
a record that says that an officer vouched for it: no card was read and no door was seen.
"""

from msgspec.structs import replace

from edge.sop.turn import Turn
from edge.sop.verbs import reconciled
from edge.sop.visits import abandon

DAY_CLOSED = "day-closed"
"""Why a visit ended that was still open when the day was closed."""


def reconcile(turn: Turn) -> bool:
    """Settle the next item; False if no day is being closed or nothing is out."""
    if turn.day is None or turn.day.closing is None:
        return False
    settled = _card(turn) or _locker(turn) or _visit(turn)
    if settled:
        turn.day = replace(turn.day, reconciled=turn.day.reconciled + 1)
    return settled


def _card(turn: Turn) -> bool:
    for card, holder in turn.cards.items():
        if holder not in turn.visits:
            del turn.cards[card]
            reconciled(turn, holder, "card", by="officer")
            return True
    return False


def _locker(turn: Turn) -> bool:
    for number, locker in turn.lockers.items():
        if locker.visit is not None and locker.visit not in turn.visits:
            turn.locker(number, visit=None, unlocking=False)
            reconciled(turn, locker.visit, f"locker/{number}", by="officer")
            return True
    return False


def _visit(turn: Turn) -> bool:
    for visit in turn.visits.values():
        abandon(turn, visit, DAY_CLOSED)
        return True
    return False
