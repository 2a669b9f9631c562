"""Invitations: codes of guests who were registered beforehand. Each opens one visit, once."""

from edge.sop import day, events, hours
from edge.sop.answers import answer_at
from edge.sop.effects import KeepDetails
from edge.sop.turn import Turn
from edge.sop.visit.course import arrive

# All used invitations are written again with each new one, some 50 bytes each. If there are so many
# that a guest is refused, the guest arrives by the button.
MOST_REMEMBERED = 1000


def presented(turn: Turn, event: events.InvitationPresented) -> None:
    """Open a visit of the invitation's procedure, or refuse the invitation."""
    _forget_expired(turn)
    why = _refused(turn, event)
    if why is None:
        turn.state.invitations[event.invitation] = event.expires_ms
        arrive(turn, event.procedure, "invitation", event.host)
        # The id of the visit just opened: the same number gives the same id, even if it has closed.
        turn.do(KeepDetails(event.invitation, turn.mint("visit", turn.state.opened)))
    answer_at(turn, why is None, f"invitation/{event.reader}/{why}", event.reader)


def _refused(turn: Turn, event: events.InvitationPresented) -> str | None:
    """Return why the invitation is refused here and now; None if it is accepted."""
    if event.invitation in turn.state.invitations:
        return "shown before"
    if event.procedure not in turn.rules.current:
        return "unknown procedure"
    if event.host is not None and event.host not in turn.rules.hosts_of(event.procedure):
        return "unknown host"
    if len(turn.state.invitations) >= MOST_REMEMBERED:
        return "too many"
    if not hours.admits(turn, event.procedure):
        return hours.OUTSIDE
    return None if day.admits(turn) else "day closed"


def refused(turn: Turn, event: events.InvitationRefused) -> None:
    """Refuse an invalid invitation, at the panel beside the scanner."""
    answer_at(turn, False, f"invitation/{event.reader}/{event.why}", event.reader)


def _forget_expired(turn: Turn) -> None:
    """Delete the used invitations that have expired by a trusted clock.

    If :data:`MOST_REMEMBERED` are stored, by any clock: otherwise a checkpoint that is configured
    to work without a trusted clock would refuse all further invitations.
    """
    if turn.at.synced or len(turn.state.invitations) >= MOST_REMEMBERED:
        turn.update(
            invitations={
                invitation: expires_ms
                for invitation, expires_ms in turn.state.invitations.items()
                if expires_ms >= turn.at.wall_ms
            }
        )
