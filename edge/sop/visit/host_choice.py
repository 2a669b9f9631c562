"""The choice of a visit's host, where its procedure has several (rule 23 of ``routing.py``).

1. A procedure with one host needs no choice: the visit has that host from its opening.
2. The button that opens the visit names the host, or the invitation does. Otherwise the host is
   chosen while the visit is received: the button *host* moves the choice to the procedure's next.
3. The choice can be corrected until the guest is admitted to the host (``admitted_from`` of the
   procedure). At the station where the aide is called, after the call, the new host's aide is
   called: the answer of one aide is no answer of another. Elsewhere the new host's aide will admit
   the guest.
4. Each choice is a record of its own.
"""

from collections.abc import Iterable

from edge.sop import events, hosts
from edge.sop.hosts import ChosenBy
from edge.sop.procedures.model import Phase, Procedure, Step
from edge.sop.procedures.vocabulary import EVIDENCE
from edge.sop.state import Rules, State, Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import call_again, deliver
from edge.sop.visit.inactivity import seen

_CHOICE = "button.host"


def started(turn: Turn) -> None:
    """Give the visits that were opened under another config the hosts of the present one.

    A visit whose procedure has several hosts now has none until one is chosen.
    """
    for visit in list(turn.state.visits.values()):
        possible = turn.rules.hosts_of(visit.procedure)
        only = possible[0] if len(possible) == 1 else None
        if visit.host in (only, *possible):
            continue
        changed = turn.change(visit, host=only)
        _, step, phase = _place(turn.rules, changed)
        receives = any(one.needs == "host-choice" for one in step.phases)
        if receives and (only is None or _waits(phase)):
            call_again(turn, changed)


def pressed(turn: Turn, event: events.ButtonPressed) -> bool:
    """Move the choice of the visit in question at this panel to its procedure's next host."""
    stations = turn.rules.panels.get(event.panel, ())
    here = [visit for visit in turn.state.visits.values() if turn.rules.station(visit) in stations]
    visit = _in_question(turn.rules, [one for one in here if may_choose(turn.rules, one)])
    if visit is None:
        return False
    possible = turn.rules.hosts_of(visit.procedure)
    following = possible.index(visit.host) + 1 if visit.host in possible else 0
    _choose(turn, visit, possible[following % len(possible)], "button")
    return True


def named(turn: Turn, event: events.HostNamed) -> None:
    """Choose the host that a desk application has named, if that is (still) possible."""
    visit = turn.state.visits.get(event.visit)
    if visit is None or event.host == visit.host:
        return
    if event.host in turn.rules.hosts_of(visit.procedure) and may_choose(turn.rules, visit):
        _choose(turn, visit, event.host, "register")
    else:
        turn.refuse("host/too late")


def may_choose(rules: Rules, visit: Visit) -> bool:
    """Return True if *visit* can have another host: its guest has not been admitted yet."""
    if visit.outcome is not None or len(rules.hosts_of(visit.procedure)) < 2:
        return False
    procedure, step, phase = _place(rules, visit)
    return not procedure.admitted(step, phase)


def received(rules: Rules, state: State) -> Visit | None:
    """Return the visit that is being received: the next press of *host* is for it.

    It has not been admitted, and is before the call or at the station where the aide is called.
    """
    return _in_question(
        rules,
        [
            visit
            for visit in state.visits.values()
            if visit.outcome is None
            and (_before_call(rules, visit) or _at_call(rules, visit))
            and not _admitted(rules, visit)
        ],
    )


def lit(rules: Rules, state: State) -> dict[str, bool]:
    """Return for each host if its lamp is lit: the guest who is being received is for that host."""
    visit = received(rules, state)
    return {name: visit is not None and visit.host == name for name in rules.hosts}


def _choose(turn: Turn, visit: Visit, host: str, by: ChosenBy) -> None:
    before = visit.host
    calls = not _before_call(turn.rules, visit) and _at_call(turn.rules, visit)
    visit = seen(turn, turn.change(visit, host=host, chosen=None, insists=False))
    hosts.record_choice(turn, visit, before, by, called=calls)
    if deliver(turn, visit, _CHOICE, EVIDENCE[_CHOICE] if by == "button" else by):
        return
    if calls:
        call_again(turn, visit)


def _in_question(rules: Rules, visits: Iterable[Visit]) -> Visit | None:
    """Return the first of *visits* in line; None if there is none.

    The order: the visit of the card that was shown last; those that wait for a choice; those that
    can have another host; guests who are present before guests who are away.
    """

    def order(visit: Visit) -> tuple[bool, bool, bool, bool, int]:
        _, _, phase = _place(rules, visit)
        return (
            not visit.picked, not _waits(phase), not may_choose(rules, visit), phase.lamp == "off",
            visit.place,
        )  # fmt: skip

    return min(visits, key=order, default=None)


def _waits(phase: Phase) -> bool:
    """Return True if *phase* waits for the choice of a host."""
    return any(way.event == _CHOICE for way in phase.on)


def _place(rules: Rules, visit: Visit) -> tuple[Procedure, Step, Phase]:
    procedure = rules.procedures[visit.procedure_key]
    step = procedure.step(visit.step)
    return procedure, step, step.phase(visit.phase)


def _admitted(rules: Rules, visit: Visit) -> bool:
    procedure, step, phase = _place(rules, visit)
    return procedure.admitted(step, phase)


def _before_call(rules: Rules, visit: Visit) -> bool:
    """Return True if the aide has not been called yet."""
    procedure, step, phase = _place(rules, visit)
    call = procedure.call
    return call is None or procedure.place(step, phase) < procedure.place(*call)


def _at_call(rules: Rules, visit: Visit) -> bool:
    """Return True if *visit* is at the station where its procedure calls the aide."""
    call = rules.procedures[visit.procedure_key].call
    return call is not None and rules.station(visit) == rules.station(visit, call[0])
