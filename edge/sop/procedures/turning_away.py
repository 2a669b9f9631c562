"""Finds the phases in which a guest can be turned away, with a reason that can be chosen."""

from collections.abc import Iterable

from edge.sop.procedures.model import Phase, Transition

ENDS = ("@declined", "@rescheduled")
"""The ends for which reception can choose a reason."""

REFUSED = "@refused"
"""The end by which an officer refuses a guest."""


def asks(phase: Phase) -> bool:
    """Return True if the lamp of *phase* asks for a decision that can turn a guest away."""
    return phase.lamp == "slow" and any(
        way.to in ENDS or (way.reason is not None and way.to.startswith("#")) for way in phase.on
    )


def can_refuse(ways: Iterable[Transition]) -> bool:
    """Return True if an officer can refuse the guest by one of *ways*."""
    return any(way.to == REFUSED and way.event.startswith("button.") for way in ways)
