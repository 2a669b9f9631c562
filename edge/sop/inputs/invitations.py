"""Invitations: codes of guests who were registered beforehand. Each opens one visit, once."""

from edge.sop import day, events
from edge.sop.answers import answer_at
from edge.sop.effects import KeepDetails
from edge.sop.turn import Turn
from edge.sop.visit.course import arrive

# All are written anew with each that comes, some 50 bytes each. A guest whose invitation is refused
# for this arrives by the button.
MOST_REMEMBERED = 1000


def presented(turn: Turn, event: events.InvitationPresented) -> None:
    """Open a visit of the invitation's procedure, unless it has opened one already."""
    _forget_expired(turn)
    why = _refused(turn, event)
    if why is None:
        turn.state.invitations[event.invitation] = event.expires_ms
        arrive(turn, event.procedure, "invitation")
        # Minted again for the same number, it is the same id, even if the visit has closed since.
        turn.do(KeepDetails(event.invitation, turn.mint("visit", turn.state.opened)))
    answer_at(turn, why is None, f"invitation/{event.reader}/{why}", event.reader)


def _refused(turn: Turn, event: events.InvitationPresented) -> str | None:
    """Return why the invitation means nothing here and now; None if it does."""
    if event.invitation in turn.state.invitations:
        return "shown before"
    if event.procedure not in turn.rules.current:
        return "unknown procedure"
    if len(turn.state.invitations) >= MOST_REMEMBERED:
        return "too many"
    return None if day.admits(turn) else "day closed"


def refused(turn: Turn, event: events.InvitationRefused) -> None:
    """Say that it is no valid invitation, at the panel beside the scanner."""
    answer_at(turn, False, f"invitation/{event.reader}/{event.why}", event.reader)


def _forget_expired(turn: Turn) -> None:
    """Forget those that nobody can show any more.

    Only a trusted clock can tell; where the config does without one it must do when there are
    too many, or no invitation would be taken any more.
    """
    if turn.at.synced or len(turn.state.invitations) >= MOST_REMEMBERED:
        turn.update(
            invitations={
                invitation: expires_ms
                for invitation, expires_ms in turn.state.invitations.items()
                if expires_ms >= turn.at.wall_ms
            }
        )
