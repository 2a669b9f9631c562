"""Rules about the hours of a procedure (edge/sop/hours.py). Pure."""

from collections.abc import Iterator

from edge.sop.procedures.model import Procedure


def hours_problems(procedure: Procedure) -> Iterator[str]:
    """Yield a line for hours that end before they begin, and for a need of hours without any."""
    for number, hours in enumerate(procedure.hours):
        if hours.begin >= hours.end:
            yield (
                f"hours[{number}]: to is {hours.end!r}, which is not after from, {hours.begin!r}; "
                "allowed: a later time of the same day; hours past midnight are two entries"
            )
    if procedure.decides_on_hours and not procedure.hours:
        yield "hours: is missing, and a phase needs hours; allowed: with hours = [...]"
