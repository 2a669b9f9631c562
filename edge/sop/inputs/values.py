"""Accepts values by request, and by the buttons *choice-1* to *-4* (rule 24 of ``routing.py``).

A press enters the choice for the first visit in line, at the stations of its panel, that waits for
a value with so many choices.
"""

from edge.sop import events
from edge.sop.answers import refuse
from edge.sop.effects import StoreValue
from edge.sop.inputs.routing import line
from edge.sop.procedures.values import MOST_BUTTONS, not_allowed
from edge.sop.turn import Turn
from edge.sop.visit.values import awaited, enter

_CHOICE = "choice-"

BUTTONS = tuple(f"{_CHOICE}{number}" for number in range(1, MOST_BUTTONS + 1))
"""The buttons that enter the first choices of a value."""


def choice_pressed(turn: Turn, event: events.ButtonPressed) -> bool:
    """Enter the choice of the button; return False if no visit there waits for one."""
    number = int(event.action.removeprefix(_CHOICE))
    for visit in line(turn, turn.rules.panels.get(event.panel, ())):
        value = awaited(turn, visit)
        if value is None or len(value.choices) < number:
            continue
        chosen = value.choices[number - 1]
        if value.personal:
            turn.do(StoreValue(visit.id, value.id, chosen))
        enter(turn, visit, value, chosen)
        return True
    return False


def entered(turn: Turn, event: events.ValueEntered) -> None:
    """Enter a value that came by request; refuse one that the visit cannot have (any more)."""
    visit = turn.state.visits.get(event.visit)
    value = None if visit is None else turn.procedure(visit).value(event.value)
    if visit is None or value is None:
        refuse(turn, "value/too late" if visit is None else "value/unknown")
    elif not_allowed(value, event.entered) is not None:
        refuse(turn, "value/not allowed")
    else:
        enter(turn, visit, value, event.entered)
