"""Belongings that a closed visit left in its locker: rule 9 of ``routing.py``.

The card of that visit, shown at a reader, asks for them; an officer at a panel beside that reader
hands them out with *done*, because the number of a card can be copied. Where ``return_button`` is
False in the rules, the card alone opens the locker.
"""

from edge.sop import events
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.inputs import lockers, supervisors
from edge.sop.state import Claim
from edge.sop.turn import Turn

ASKS_S = 60.0
"""Time in which *done* hands out the belongings that a card has asked for, seconds."""

_TIMER = "claim"


def started(turn: Turn) -> None:
    """Set the timer of a claim again, after a restart."""
    if turn.state.claim is not None:
        turn.do(StartTimer(_TIMER, turn.state.claim.at, ASKS_S))


def asked(turn: Turn, holder: str, reader: str) -> None:
    """Ask for the belongings of the closed visit *holder*, whose card was shown at *reader*."""
    if not any(locker.visit == holder for locker in turn.state.lockers.values()):
        return
    if turn.rules.return_button:
        turn.update(claim=Claim(visit=holder, reader=reader, at=turn.at))
        turn.do(StartTimer(_TIMER, turn.at, ASKS_S))
    else:
        lockers.unlock_owed(turn, holder)


def pressed(turn: Turn, event: events.ButtonPressed) -> bool | None:
    """Unlock the locker that was asked for; None if the press is for a guest."""
    claim = turn.state.claim
    if claim is None or event.action != "done":
        return None
    if not supervisors.beside(turn, claim.reader, event.panel):
        return None
    turn.update(claim=None)
    turn.do(CancelTimer(_TIMER))
    lockers.unlock_owed(turn, claim.visit)
    return True


def timer_fired(turn: Turn, _key: str) -> None:
    """End the claim: no officer has handed out the belongings within :data:`ASKS_S`."""
    turn.update(claim=None)
