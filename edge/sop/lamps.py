"""What follows from the state and is shown: lamps for the officers, counts for the office."""

from collections import Counter
from typing import Any

from edge.sop.state import Rules, State, Visit

# Worst last: a panel shows the worst of what its stations ask for.
_ORDER = ("off", "on", "slow", "fast")


def lamps(rules: Rules, state: State) -> dict[str, str]:
    """Return the lamp mode of every panel: off, on, slow or fast."""
    shown = dict.fromkeys(rules.panels, 0)
    for visit in state.visits.values():
        station, mode = _asks(rules, visit)
        for panel, stations in rules.panels.items():
            if station in stations:
                shown[panel] = max(shown[panel], _ORDER.index(mode))
    return {panel: _ORDER[worst] for panel, worst in shown.items()}


def _asks(rules: Rules, visit: Visit) -> tuple[str, str]:
    """Return the station of *visit* and the lamp mode that it asks for there."""
    step = rules.procedures[visit.procedure_key].step(visit.step)
    lamp = step.phase(visit.phase).lamp
    if visit.overdue:
        # Urgent for the officer who can act, a call to look for the one who can only wait.
        lamp = "slow" if lamp == "off" else "fast"
    return step.station, lamp


def occupancy(state: State) -> dict[str, Any]:
    """Return the open visits per procedure and step, lockers and cards in use: counts only."""
    steps = Counter((visit.procedure, visit.step) for visit in state.visits.values())
    return {
        "visits": len(state.visits),
        "steps": [
            {"procedure": procedure, "step": step, "visits": count}
            for (procedure, step), count in sorted(steps.items())
        ],
        "overdue": sum(visit.overdue for visit in state.visits.values()),
        "lockers_in_use": sum(locker.visit is not None for locker in state.lockers.values()),
        "lockers_open": sum(locker.door == "open" for locker in state.lockers.values()),
        "cards_out": len(state.cards),
    }
