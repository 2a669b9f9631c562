"""A group: which of its persons have a card and a locker, which of its cards have been shown.

A visit has one person or more. Each person has a card, unless the procedure gives one card to the
whole group (``cards = "one"``); lockers are given as many as are needed, one for each person at
most.
"""

from edge.sop.state import Visit
from edge.sop.turn import Turn


def lacks_card(turn: Turn, visit: Visit) -> bool:
    """Return True if a person of *visit* has no card yet."""
    wanted = visit.persons if turn.procedure(visit).cards == "each" else 1
    return len(visit.cards) < wanted


def missing_cards(visit: Visit) -> tuple[str, ...]:
    """Return the cards of *visit* that were not shown in its present step."""
    return tuple(card for card in visit.cards if card not in visit.shown)


def lacks_locker(visit: Visit) -> bool:
    """Return True if a person of *visit* has no locker yet."""
    return len(visit.lockers) < visit.persons
