"""The desk's papers: details in the guest book, IDs by button, stills of the page.

A press of *identity-ktp*, *-sim* or *-other* is for the first visit in line, at the stations of its
panel, whose step takes IDs and that lacks one, or lacks the kind of one (rule 2 of ``routing.py``).
A group's IDs are taken by a press for each.
"""

from edge.sop import events
from edge.sop.answers import refuse
from edge.sop.inputs.corrections import more_persons
from edge.sop.inputs.routing import line
from edge.sop.procedures.vocabulary import IDENTITY_TAKEN
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import identities, inactivity, papers
from edge.sop.visit.course import deliver
from edge.sop.visit.steps import add_word

BUTTONS: dict[str, events.IdentityKind] = {
    "identity-ktp": "ktp",
    "identity-sim": "sim",
    "identity-other": "other",
}
"""The buttons for an ID that was taken, and the kind that each states."""


def identity_pressed(turn: Turn, event: events.ButtonPressed) -> bool:
    """Take the ID that the button states; return False if no visit there lacks one."""
    here = line(turn, turn.rules.panels.get(event.panel, ()))
    visit = next((visit for visit in here if _lacks_identity(turn, visit)), None)
    if visit is None:
        return False
    _take(turn, visit, BUTTONS[event.action])
    return True


def details_attached(turn: Turn, event: events.DetailsAttached) -> None:
    """Note the entry in the guest book, count the persons (rule 17), take the ID that it states."""
    visit = turn.state.visits.get(event.visit)
    if visit is None:
        return
    visit = papers.entered(turn, more_persons(turn, visit, event.persons))
    if event.identity is None:
        return
    # Details state one ID: the same request may come again, and the others are taken by button.
    known = set(visit.identities) - {identities.UNSTATED}
    if known or not turn.procedure(visit).returns_identity:
        refuse(turn, "identity/known" if known else "identity/not taken here")
    else:
        _take(turn, visit, event.identity)


def _lacks_identity(turn: Turn, visit: Visit) -> bool:
    takes = turn.step(visit).takes_identity and turn.procedure(visit).returns_identity
    return takes and identities.can_take(visit)


def _take(turn: Turn, visit: Visit, kind: events.IdentityKind) -> None:
    """Take an ID of *kind*, and deliver that; a phase that does not wait for it only records it."""
    visit = identities.take(turn, visit, kind)
    word = identities.word(kind)
    if not deliver(turn, visit, IDENTITY_TAKEN, word):
        inactivity.seen(turn, add_word(turn, visit, word))
