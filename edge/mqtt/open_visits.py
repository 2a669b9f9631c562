"""The open visits, as far as requests over MQTT need them. Pure."""

from typing import NamedTuple

from edge.sop.procedures.values import Value
from edge.sop.state import Rules, State, Visit
from edge.sop.visit.guest_kind import may_change
from edge.sop.visit.host_choice import may_choose


class OpenVisit(NamedTuple):
    """An open visit, as far as requests need it; *number* grows with each visit opened.

    :ivar hosts: the hosts that it may have
    :ivar values: the values that its procedure declares
    :ivar entered: the ids of those that were entered already
    :ivar guest_kinds: the kinds of guests that it may have
    """

    visit: str
    number: int
    procedure: str
    station: str
    hosts: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    entered: frozenset[str] = frozenset()
    guest_kinds: tuple[str, ...] = ()


def open_visits(rules: Rules, state: State) -> list[OpenVisit]:
    """Return the open visits of *state*."""
    return [
        OpenVisit(
            visit.id,
            visit.number,
            visit.procedure,
            rules.station(visit),
            _possible_hosts(rules, visit),
            rules.procedures[visit.procedure_key].values,
            frozenset(visit.values),
            tuple(rules.guest_kinds) if may_change(visit) else (),
        )
        for visit in state.visits.values()
    ]


def _possible_hosts(rules: Rules, visit: Visit) -> tuple[str, ...]:
    """Return the hosts that a request may name for *visit*: its own, or any while it can change."""
    if may_choose(rules, visit):
        return rules.hosts_of(visit.procedure)
    return (visit.host,) if visit.host else ()
