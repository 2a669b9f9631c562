"""Availability of hosts: in place and receiving guests or not, as the office has announced.

The regulation's warning (*peringatan*): a procedure applies only while the official is in place and
receives guests. So if the office has announced that the host is away, the aide is not called: the
phase that needs the ``host`` is passed over, and reception decides (``NEEDS`` in
edge/sop/procedures/model.py).

1. The latest announcement holds until its own end, if it has one; then the aiphone decides again.
2. Only a trusted clock can show that it has ended.
3. Reception may call all the same: after ``again`` the need counts as met.
"""

from edge.sop import events
from edge.sop.answers import refuse
from edge.sop.state import HostAvailability, Visit
from edge.sop.turn import Turn

# All announcements are written again when one changes, so their number is limited.
MOST_REMEMBERED = 100


def availability_set(turn: Turn, event: events.AvailabilitySet) -> None:
    """Store that a host does not receive guests; delete that once the host does."""
    _forget_ended(turn)
    turn.state.availability.pop(event.host, None)
    if event.receiving:
        return
    if len(turn.state.availability) >= MOST_REMEMBERED:
        refuse(turn, "availability/too many")
        return
    said = HostAvailability(receiving=False, until_ms=event.until_ms, reason=event.reason)
    if not _ended(turn, said):
        turn.state.availability[event.host] = said


def away(turn: Turn, visit: Visit) -> HostAvailability | None:
    """Return the announcement that the host of *visit* is away; None if there is none.

    It names the procedure, or the called station that serves it.
    """
    stations = (name for name, served in turn.rules.aiphones.items() if visit.procedure in served)
    for name in (visit.procedure, *stations):
        said = turn.state.availability.get(name)
        if said is not None and not _ended(turn, said):
            return said
    return None


def receives(turn: Turn, visit: Visit) -> bool:
    """Return True if the aide may be called: the host is not away, or reception calls again."""
    return visit.attempts > 1 or away(turn, visit) is None


def note_reason(turn: Turn, visit: Visit) -> Visit:
    """Give *visit* the reason of the announcement, if its host is away."""
    said = away(turn, visit)
    return visit if said is None else turn.change(visit, chosen=said.reason)


def _ended(turn: Turn, said: HostAvailability) -> bool:
    return said.until_ms is not None and turn.at.synced and turn.at.wall_ms >= said.until_ms


def _forget_ended(turn: Turn) -> None:
    turn.update(
        availability={
            host: said for host, said in turn.state.availability.items() if not _ended(turn, said)
        }
    )
