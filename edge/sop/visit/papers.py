"""The guest book's entry and the guest's signature (*paraf*): what has shown them.

The entry is shown by the guest's details (``cmd/register``, an invitation) or a still of the page,
the signature by a still of the signed line. What no equipment shows, an officer vouches for: where
the procedure says so, a press stands for it (``vouches``), and its record has no evidence but
``button``. A camera that is missing or broken holds up no guest.
"""

from collections.abc import Iterable

from edge.sop.procedures.model import Transition
from edge.sop.procedures.vocabulary import Paper
from edge.sop.state import PendingStill, Visit
from edge.sop.turn import Turn
from edge.sop.visit.steps import add_word

PAPERS: tuple[Paper, ...] = ("guest-book", "signature")


def entered(turn: Turn, visit: Visit) -> Visit:
    """Note that the guest book has the details of *visit*."""
    return _shown(turn, visit, ["guest-book"], visit.step)


def pictured(turn: Turn, visit: Visit, still: PendingStill) -> Visit:
    """Note what the *still* of the guest book shows; it is evidence of its own step only."""
    shows = turn.procedure(visit).step(still.step).shown_by(still.purpose)
    return _shown(turn, visit, shows, still.step)


def vouch(turn: Turn, visit: Visit, way: Transition) -> Visit:
    """Note what an officer vouches for by *way*."""
    new = [paper for paper in PAPERS if paper in way.vouches and paper not in visit.vouched]
    return turn.change(visit, vouched=(*visit.vouched, *new)) if new else visit


def known(visit: Visit, paper: Paper) -> bool:
    """Return True if *paper* was shown, or an officer has vouched for it."""
    return paper in visit.papers or paper in visit.vouched


def _shown(turn: Turn, visit: Visit, papers: Iterable[Paper], step: str) -> Visit:
    """Note *papers*, and add those that are new to the evidence of *step*, if it is not over."""
    new = [paper for paper in papers if paper not in visit.papers]
    for paper in new if step == visit.step else ():
        visit = add_word(turn, visit, paper)
    return turn.change(visit, papers=(*visit.papers, *new)) if new else visit
