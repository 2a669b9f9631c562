"""Equipment at the station of a visit's present step: a card reader that works."""

from edge.sop.state import Visit
from edge.sop.turn import Turn

CARD_READER = "card-reader/"
"""A card reader's name as a device is this and its name in the config."""


def reads_card(turn: Turn, visit: Visit) -> bool:
    """Return True if *visit* has a card, and a card reader that works is at its station."""
    station = turn.rules.station(visit)
    return bool(visit.cards) and any(
        station in turn.rules.readers.get(name, ()) and CARD_READER + name not in turn.state.faults
        for name in turn.rules.card_readers
    )
