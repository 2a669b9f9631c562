"""The hours of a procedure: in which guests are received, in the office's time zone.

1. Outside the hours of its procedure a guest cannot arrive: the press, or the invitation, is
   refused. If the procedure has a phase with ``needs = "hours"``, the guest can: the way from there
   is the procedure's, for example to an officer who decides.
2. Visits that are under way go on at any hour.
3. While the clock is not trusted, no hour refuses a guest.
"""

from datetime import datetime

from edge.sop.procedures.model import Hours, Procedure
from edge.sop.turn import Turn

OUTSIDE = "outside-hours"
"""Why an arrival is refused, as it is counted."""

# Monday first, as datetime.weekday().
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def admits(turn: Turn, procedure_id: str) -> bool:
    """Return True if a guest of *procedure_id* may arrive now."""
    procedure = turn.rules.procedures[turn.rules.current[procedure_id]]
    return procedure.decides_on_hours or is_open(turn, procedure)


def is_open(turn: Turn, procedure: Procedure) -> bool:
    """Return True if it is within the hours of *procedure*, or if it has none."""
    if not procedure.hours or not turn.at.synced:
        return True
    now = datetime.fromtimestamp(turn.at.wall_ms / 1000, turn.rules.zone)
    return any(_within(hours, now) for hours in procedure.hours)


def _within(hours: Hours, now: datetime) -> bool:
    return _DAYS[now.weekday()] in hours.days and hours.begin <= f"{now:%H:%M}" < hours.end
