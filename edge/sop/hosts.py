"""Hosts: whose guest a visit is, who answers for the host, and whether the host receives.

The regulation's warning (*peringatan*): a procedure applies only while the official is in place and
receives guests. So if it was announced that the host is away, the aide is not called: the phase
that needs the ``host`` is passed over, and reception decides (``NEEDS`` in
edge/sop/procedures/vocabulary.py).

1. An announcement names a host; or a procedure or a called station: then it holds for all their
   hosts. The absence of one host turns away that host's guests only.
2. It comes from the office, or from an officer by the buttons *away* and *receiving*. The latest
   one holds until its own end, if it has one; then the aiphone decides again.
3. Only a trusted clock can show that it has ended, or that it is older than a press of a button:
   the broker repeats what the office said last.
4. Reception may call all the same: after ``again`` the need counts as met, for that host.
"""

from collections.abc import Iterator
from typing import Any, Literal

from edge.clock import iso
from edge.sop import events
from edge.sop.answers import refuse
from edge.sop.records import HostChosen
from edge.sop.state import Host, HostAvailability, Rules, State, Visit
from edge.sop.turn import Turn

ChosenBy = Literal["button", "invitation", "register"]

# All announcements are written again when one changes, so their number is limited.
MOST_REMEMBERED = 100


def host_of(rules: Rules, visit: Visit) -> Host | None:
    """Return the host of *visit*; None until one is chosen."""
    return rules.hosts.get(visit.host or "")


def aiphone_of(rules: Rules, visit: Visit) -> str | None:
    """Return the called station that the present step of *visit* rings; None if there is none.

    That of the step, for an approval by another person; else that of the host's aide.
    """
    host = host_of(rules, visit)
    return _other_person(rules, visit) or (host.aiphone if host is not None else None)


def _other_person(rules: Rules, visit: Visit) -> str | None:
    return rules.procedures[visit.procedure_key].step(visit.step).aiphone


def guests_of(turn: Turn, aiphone: str) -> Iterator[Visit]:
    """Yield the visits whose present step is answered at *aiphone*, first in line first."""
    return (visit for visit in turn.in_line() if aiphone_of(turn.rules, visit) == aiphone)


def record_choice(
    turn: Turn, visit: Visit, before: str | None, by: ChosenBy, *, called: bool = False
) -> None:
    """Record that the host of *visit* was chosen; *called*: that host's aide is called now."""
    data = HostChosen(
        **turn.facts(visit),
        before=before,
        by=by,
        called=called,
        station=turn.rules.station(visit),
    )
    turn.record_visit("gardu.host.chosen.v1", visit, data)


def availability_set(turn: Turn, event: events.AvailabilitySet) -> None:
    """Store that a host does not receive guests; delete that once the host does."""
    _forget_ended(turn)
    before = turn.state.availability.get(event.host)
    if _older(event, before):
        refuse(turn, "availability/older than a button's")
        return
    turn.state.availability.pop(event.host, None)
    if event.receiving:
        return
    if len(turn.state.availability) >= MOST_REMEMBERED:
        refuse(turn, "availability/too many")
        return
    said = HostAvailability(receiving=False, until_ms=event.until_ms, reason=event.reason)
    if not _ended(turn, said):
        turn.state.availability[event.host] = said


def receiving_pressed(turn: Turn, event: events.ButtonPressed) -> bool:
    """An officer says by button that the host receives guests; False if that is known."""
    return _pressed(turn, event, receiving=True)


def away_pressed(turn: Turn, event: events.ButtonPressed) -> bool:
    """An officer says by button that the host is away; False if that is known."""
    return _pressed(turn, event, receiving=False)


def _pressed(turn: Turn, event: events.ButtonPressed, *, receiving: bool) -> bool:
    _forget_ended(turn)
    host = event.host
    if host not in turn.rules.hosts:
        return False
    before = turn.state.availability.get(host)
    known = before is None or before.receiving
    ends = before is not None and before.until_ms is not None
    if known == receiving and not ends:
        return False
    said_ms = turn.at.wall_ms if turn.at.synced else None
    turn.state.availability[host] = HostAvailability(receiving=receiving, said_ms=said_ms)
    return True


def away(turn: Turn, visit: Visit) -> HostAvailability | None:
    """Return the announcement that the host of *visit* is away; None if there is none.

    It names the host, the procedure, or the called station of the host's aide. In a step with an
    aiphone of its own it is about that person, and names that called station.
    """
    host = host_of(turn.rules, visit)
    other = _other_person(turn.rules, visit)
    of_the_host = (visit.host, visit.procedure, host.aiphone if host else None)
    for name in (other,) if other is not None else of_the_host:
        said = turn.state.availability.get(name or "")
        if said is not None and not said.receiving and not _ended(turn, said):
            return said
    return None


def receives(turn: Turn, visit: Visit) -> bool:
    """Return True if the aide may be called: the host is not away, or reception calls again."""
    return visit.insists or away(turn, visit) is None


def note_reason(turn: Turn, visit: Visit) -> Visit:
    """Give *visit* the reason of the announcement, if its host is away."""
    said = away(turn, visit)
    return visit if said is None else turn.change(visit, chosen=said.reason)


def absences(state: State) -> list[dict[str, Any]]:
    """Return what was announced of hosts who are away, for the live topics, by name."""
    return [
        {
            "host": name,
            "until": None if said.until_ms is None else iso(said.until_ms),
            "reason": said.reason,
        }
        for name, said in sorted(state.availability.items())
        if not said.receiving
    ]


def _older(event: events.AvailabilitySet, before: HostAvailability | None) -> bool:
    """Return True if the office said *event* before an officer pressed a button about that host."""
    if before is None or before.said_ms is None or event.said_ms is None:
        return False
    return event.said_ms < before.said_ms


def _ended(turn: Turn, said: HostAvailability) -> bool:
    return said.until_ms is not None and turn.at.synced and turn.at.wall_ms >= said.until_ms


def _forget_ended(turn: Turn) -> None:
    turn.update(
        availability={
            host: said for host, said in turn.state.availability.items() if not _ended(turn, said)
        }
    )
