"""Views of the state: lamp modes for the officers, counts for the central office.

A panel shows the worst mode that its stations ask for. The modes, the worst last:

========= =========================================================================================
``off``   the officer has no task
``on``    a guest waits
``amber`` 80 % of a step's limit is used
``slow``  a decision is wanted; an acknowledged alarm still stands; after long inactivity: is this
          guest still here? an item that is returned here is still out (the day is to close)
``red``   a step has passed its limit
``fast``  an alarm that is not acknowledged
========= =========================================================================================

A decision goes before amber: an officer must act, while amber only asks to hurry. Red goes before a
decision: the decision is late already.
"""

from collections import Counter
from typing import Any

from edge.sop import alarms, day, hosts
from edge.sop.effects import LampMode
from edge.sop.evacuation import inside
from edge.sop.inputs import outstanding
from edge.sop.procedures.model import Step
from edge.sop.state import Pace, Rules, State, Visit
from edge.sop.visit import room
from edge.sop.visit.group import missing_cards

# The worst last.
_ORDER: tuple[LampMode, ...] = ("off", "on", "amber", "slow", "red", "fast")
_PACE: dict[Pace, LampMode] = {"good": "off", "amber": "amber", "red": "red"}


def lamps(rules: Rules, state: State) -> dict[str, LampMode]:
    """Return the lamp mode of every panel: off, on, amber, slow, red or fast."""
    asked: list[tuple[str | None, LampMode]] = list(alarms.shown(rules, state))
    asked += [_asks(rules, state, visit) for visit in state.visits.values()]
    asked += [(station, "slow") for station in outstanding.asking(rules, state)]
    return {
        panel: _worst(
            [
                "slow" if day.asks(state, panel) else "off",
                *(mode for station, mode in asked if station is None or station in stations),
            ]
        )
        for panel, stations in rules.panels.items()
    }


def _worst(modes: list[LampMode]) -> LampMode:
    return max(modes, key=_ORDER.index, default="off")


def _asks(rules: Rules, state: State, visit: Visit) -> tuple[str, LampMode]:
    """Return the station of *visit* and the lamp mode that it asks for there."""
    step = rules.procedures[visit.procedure_key].step(visit.step)
    lamp: LampMode = step.phase(visit.phase).lamp
    if lamp == "fast" and _seen(state, step):
        lamp = "slow"
    if rules.limits and room.never_fits(rules, visit):
        lamp = _worst([lamp, "slow"])
    if visit.asked:  # red, if there is a limit, has been shown for hours
        return rules.station(visit), _worst([lamp, "slow"])
    return rules.station(visit), _worst([lamp, _PACE[visit.pace]])


def _seen(state: State, step: Step) -> bool:
    """Return True if no alarm that *step* raises is still unacknowledged.

    Several guests may share one alarm; a visit that *back* moved into its phase raises none.
    """
    standing = [state.alarms[kind] for kind in step.alarms if kind in state.alarms]
    return bool(step.alarms) and all(alarm.acknowledged is not None for alarm in standing)


def occupancy(rules: Rules, state: State) -> dict[str, Any]:
    """Return the open visits by step and by host, lockers and cards in use, hosts who are away."""
    steps = Counter((visit.procedure, visit.step) for visit in state.visits.values())
    hosts_visited = Counter(visit.host for visit in state.visits.values() if visit.host)
    return {
        "visits": len(state.visits),
        "persons": inside(state.visits.values()).persons,
        "steps": [
            {"procedure": procedure, "step": step, "visits": count}
            for (procedure, step), count in sorted(steps.items())
        ],
        "overdue": sum(visit.overdue for visit in state.visits.values()),
        "lockers_in_use": sum(locker.visit is not None for locker in state.lockers.values()),
        "lockers_open": sum(locker.door == "open" for locker in state.lockers.values()),
        "cards_out": len(state.cards),
        "cards_missing": sum(_missing(rules, visit) for visit in state.visits.values()),
        "hosts": [{"host": host, "visits": count} for host, count in sorted(hosts_visited.items())],
        "hosts_away": hosts.absences(state),
        "ids_held": state.ids_held,
        **_places(rules, state),
        **_card_pools(rules, state),
    }


def _card_pools(rules: Rules, state: State) -> dict[str, Any]:
    """Return the further pools of visitor cards: how many cards each has, and how many are out."""
    pools = [
        {"pool": pool, "cards": len(cards), "out": len(cards & state.cards.keys())}
        for pool, cards in rules.pools.items()
    ]
    return {"card_pools": pools} if pools else {}


def _places(rules: Rules, state: State) -> dict[str, Any]:
    """Return the places with limited room: who is in each, and who waits for it."""
    places = [
        {
            "place": place,
            "at_most": at_most,
            "persons": room.persons_in(state, place),
            "waiting": sum(visit.persons for visit in room.waiting(rules, state, place)),
        }
        for place, at_most in rules.limits.items()
    ]
    return {"places": places} if places else {}


def _missing(rules: Rules, visit: Visit) -> int:
    """Return the number of cards that *visit* still has to show where it waits for all of them."""
    phase = rules.procedures[visit.procedure_key].step(visit.step).phase(visit.phase)
    return len(missing_cards(visit)) if phase.needs == "missing-card" else 0
