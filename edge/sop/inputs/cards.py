"""Visitor cards: rules 6 to 11 of ``routing.py``.

============== ==================================================================================
free           in a pool; no visit has it
out            an open visit has it
owed           a closed visit still has it (``state.cards`` names a visit that is not open)
lost           an officer has declared it lost: it is given to no guest and opens no locker
unknown        in no pool
supervisor     the card of a supervisor (``supervisors.py``)
escort         the card of an escort (``escorts.py``)
============== ==================================================================================
"""

from collections.abc import Callable

from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.answers import answer_at
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.inputs import escorts, foreign_cards, lockers, supervisors
from edge.sop.inputs.routing import first_waiting, pick
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import group, guest_kind, identities
from edge.sop.visit.course import add_evidence, deliver, show, transition_for
from edge.sop.visit.verbs import declare_lost, reconciled

LOST = "lost-card"
"""The alarm that is raised when a lost card is shown."""

LOST_S = 60.0
"""Showing a card has no end of its own: the alarm ends this long after it, seconds."""

OTHER_POOL = "other pool"
"""Why a card is refused, as it is counted: the guests who wait get cards of another pool."""

_TIMER = "card/lost"


def started(turn: Turn) -> None:
    """Set the timer of a standing alarm again, after a restart."""
    if LOST in turn.state.alarms:
        turn.do(StartTimer(_TIMER, turn.state.alarms[LOST].since, LOST_S))


def timer_fired(turn: Turn, _key: str) -> None:
    """Clear the alarm: no lost card was shown for :data:`LOST_S`."""
    clear_alarm(turn, LOST)


def presented(turn: Turn, event: events.CardPresented) -> None:
    """Handle a card by its kind, and answer at the panel beside the reader."""
    stations = turn.rules.readers.get(event.reader, ())
    if foreign_cards.paused(turn, event.reader):
        answer_at(turn, False, f"card/{event.reader}/paused", event.reader)
        return
    kind = _kind(turn, event.card)
    accepted = _MEANINGS[kind](turn, event, stations)
    why = accepted if isinstance(accepted, str) else kind
    answer_at(turn, accepted is True, f"card/{event.reader}/{why}", event.reader)


def two_presented(turn: Turn, event: events.TwoCardsPresented) -> None:
    """Refuse both cards, at the panel beside the reader."""
    answer_at(turn, False, f"card/{event.reader}/two at once", event.reader)


def _kind(turn: Turn, card: str) -> str:
    if card in turn.rules.supervisors:
        return "supervisor"
    if card in turn.rules.escorts:
        return "escort"
    if card in turn.state.lost:
        return "lost"
    if card in turn.state.cards:
        return "in use" if turn.state.cards[card] in turn.state.visits else "owed"
    return "unknown" if turn.rules.pool_of(card) is None else "free"


def _issue(turn: Turn, event: events.CardPresented, stations: tuple[str, ...]) -> bool | str:
    """Bind the free card to the first visit at the reader that waits for one of its pool (rule 6).

    Return False if no visit waits for a card, the reason if only visits of other pools do.
    """
    pool = turn.rules.pool_of(event.card)
    visit = _without_card(turn, stations, pool)
    if visit is None:
        return OTHER_POOL if _without_card(turn, stations) is not None else False
    turn.state.cards[event.card] = visit.id
    visit = turn.change(
        visit, cards=(*visit.cards, event.card), carded=(*visit.carded, visit.phase)
    )
    return deliver(turn, visit, "card.issued")


def _without_card(turn: Turn, stations: tuple[str, ...], pool: str | None = None) -> Visit | None:
    """Return the first visit at the reader that waits for a card and has a person without one.

    :param pool: only visits whose cards are of this pool; None: all
    """

    def lacks(visit: Visit) -> bool:
        own = pool is None or guest_kind.card_pool(turn.rules, visit) == pool
        return own and group.lacks_card(turn, visit)

    return first_waiting(turn, "card.issued", stations, only=lacks)


def _present(turn: Turn, event: events.CardPresented, stations: tuple[str, ...]) -> bool:
    """Deliver the card to the visit that has it, and put that visit in front (rules 7 and 8)."""
    visit = turn.state.visits[turn.state.cards[event.card]]
    if transition_for(turn, visit, "card.presented"):
        deliver(turn, visit, "card.presented", card=event.card)
        pick(turn, visit.id, stations)
        return True
    if turn.rules.station(visit) not in stations:
        return False
    if transition_for(turn, visit, "card.issued"):  # after *back*: the visit has its card already
        return deliver(turn, visit, "card.issued")
    if _without_card(turn, stations) is not None:  # this one may be a mistake
        return False
    show(turn, add_evidence(turn, visit, "card.presented"), event.card)
    pick(turn, visit.id, stations)
    return True


def _return_owed(turn: Turn, event: events.CardPresented, _stations: tuple[str, ...]) -> bool:
    """Return a card that a closed visit owed, and an ID for it; the last one unlocks (rule 9)."""
    holder = turn.state.cards.pop(event.card)
    reconciled(turn, holder, "card")
    identities.card_back(turn, holder)
    lockers.unlock_owed(turn, holder)
    return True


def _return_lost(turn: Turn, event: events.CardPresented, _stations: tuple[str, ...]) -> bool:
    """Return a lost card from its own guest or a supervisor; else raise the alarm (rule 11)."""
    holder = turn.state.lost[event.card]
    if holder not in turn.state.visits and not supervisors.present(turn, event.reader):
        raise_alarm(turn, LOST, None, f"shown at {event.reader}")
        turn.do(StartTimer(_TIMER, turn.at, LOST_S))
        return False
    del turn.state.lost[event.card]
    turn.update(supervision=None)
    reconciled(turn, holder, "card", found=True)
    identities.card_back(turn, holder)
    clear_alarm(turn, LOST)
    turn.do(CancelTimer(_TIMER))
    return True


def _refuse(turn: Turn, event: events.CardPresented, _stations: tuple[str, ...]) -> bool:
    foreign_cards.shown(turn, event.reader)
    return False


_MEANINGS: dict[str, Callable[[Turn, events.CardPresented, tuple[str, ...]], bool | str]] = {
    "supervisor": supervisors.shown,
    "escort": escorts.shown,
    "lost": _return_lost,
    "in use": _present,
    "owed": _return_owed,
    "free": _issue,
    "unknown": _refuse,
}


def lost(turn: Turn, event: events.ButtonPressed) -> bool:
    """Declare lost the card of a visit that waits for that, else the one owed longest (rule 10)."""
    visit: Visit | None = first_waiting(turn, "button.lost", turn.rules.panels.get(event.panel, ()))
    if visit is not None:
        return deliver(turn, visit, "button.lost")
    owed = [
        (holder, card)
        for card, holder in turn.state.cards.items()
        if holder not in turn.state.visits
    ]
    if not owed:
        return False
    declare_lost(turn, min(owed)[1])  # ids of visits are in order of opening
    return True
