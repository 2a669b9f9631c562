"""The hosts: who is in place and receives guests, as far as the office has said.

The regulation's warning (*peringatan*) is that a procedure holds only while the official is in
place and receives. So a guest of one who does not is not rung for: the phase that needs the
``host`` is passed over, and reception decides (``procedure.NEEDS``).

1. What was said last holds, until it says itself that it ends; then the aiphone decides again.
2. Only a trusted clock can tell that it has ended.
3. Reception may ring all the same: after ``again`` the need counts as met.
"""

from edge.sop import events
from edge.sop.answers import refuse
from edge.sop.state import HostAvailability, Visit
from edge.sop.turn import Turn

# All are written anew with each decision.
MOST_REMEMBERED = 100


def availability_set(turn: Turn, event: events.AvailabilitySet) -> None:
    """Remember that a host does not receive; forget it once the host does."""
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
    """Return what was said of the host of *visit*, if it is that no guests are received.

    Said of the procedure, or of the called station that serves it.
    """
    stations = (name for name, served in turn.rules.aiphones.items() if visit.procedure in served)
    for name in (visit.procedure, *stations):
        said = turn.state.availability.get(name)
        if said is not None and not _ended(turn, said):
            return said
    return None


def receives(turn: Turn, visit: Visit) -> bool:
    """Whether the host may be rung: nobody has said no, or reception asks all the same."""
    return visit.attempts > 1 or away(turn, visit) is None


def note_reason(turn: Turn, visit: Visit) -> Visit:
    """Give *visit* the reason that the office gave with its message, if it did."""
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
