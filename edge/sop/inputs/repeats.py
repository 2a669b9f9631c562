"""Repeated presses: the same button again, before its first press was answered.

An officer presses again because no beep has come, so the repeat means nothing new: it is counted.
One repeat is more. If the first press led its guest to a refusal that the same button confirms
(*decline*, and *decline* again for its reason), the second press is that confirmation: an officer
who knows the procedure does not wait for the lamp. It hands out nothing and opens nothing.
"""

from edge.sop import events
from edge.sop.answers import answer, refuse
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import deliver, transition_for

_REFUSAL = "@declined"


def repeated(turn: Turn, event: events.PressRepeated) -> None:
    """Confirm the refusal that the first press began; else count the repeat, without a beep."""
    name, pressed = f"button.{event.action}", f"button/{event.panel}/{event.action}"
    visit = _to_confirm(turn, event, name)
    if visit is None:
        refuse(turn, f"{pressed}/repeated")
    else:
        answer(turn, deliver(turn, visit, name), pressed, event.panel)


def _to_confirm(turn: Turn, event: events.PressRepeated, name: str) -> Visit | None:
    """Return the visit that the first press moved to where *name* ends it at once as refused."""
    for visit in turn.state.visits.values():
        if visit.entered == event.first:
            transition = transition_for(turn, visit, name)
            if transition is not None and (transition.to, transition.via) == (_REFUSAL, None):
                return visit
    return None
