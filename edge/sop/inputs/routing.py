"""Whose event is it? The routing rules of docs/routing.md, by the same numbers.

Each number stands in the module that keeps the rule; each has a test of its name in
tests/sop/inputs/test_routing.py.

The line (this module)
----------------------
1.  The line of a station is in the order in which the visits came to it. Who goes on at the same
    station keeps the place.
2.  A button is for the first in line, at the stations of its panel, for whom it means something:
    whose card was shown there last (rule 7); then who waits for it by name; then, of what holds
    anywhere (the guest leaves), a guest who is there before one who is elsewhere. Without a card
    *leave* is first of all for a guest that the panel asks for, and once more for the one of whom
    an officer has said that there is no card.
3.  The metal detector and its beam speak of the first in line for whom that means something. An
    alarm while nobody is being screened stands by itself; a passage then changes nothing.
4.  The aide answers the call that rings; with none, the first in line that waits for the aide: a
    guest at the door or in a meeting before a call that nobody has answered. *Line in use* is about
    the call that was made last.
5.  A locker's door speaks of the visit that has the locker, an access door of the visit that it was
    released for.

Cards (``cards.py``)
--------------------
6.  A free card goes to the first in line at the reader that waits for one.
7.  A card that is out names its visit: it is what the visit waits for, and it picks the visit:
    first in line at the reader's stations, until its next event or the next such card.
8.  A card that is out is given to nobody else: shown while another guest at that reader waits for a
    card it is refused, unless its own visit waits for it.
9.  A card that a closed visit still owes is back when it is shown at any reader: it is free, and
    the locker that the visit still owes is unlocked.
10. *lost* declares a card lost: that of the first in line who has said so, else the card that has
    been owed longest. It is out of the pool.
11. A lost card is refused, with an alarm for a minute. Its own guest, while still here, may give it
    back; otherwise it is taken back after a supervisor's card.

Corrections (``corrections.py``)
--------------------------------
12. *next* sends the visit in front to the end of the line: the next in line goes first.
13. *back* takes the visit in front one step back, to the phase that it left; where a door ended
    that phase, to the beginning of the step. It goes first in line there.
14. *back* after a card was bound in the present step takes only that back: the card is free again.
15. *back* undoes no effect and repeats none: no ring, no pulse, no still; locker and card stay with
    the visit. It is refused where the step has taken card or locker back already, and where the
    step before was corrected already.
16. A correction is a record of its own. It erases and changes none.
17. *more* adds one person to the newest visit at the panel's stations that has no card yet, with a
    record of its own. So do the guest book's details, if they say that there are more.

Supervisors (``supervisors.py``)
--------------------------------
18. A supervisor's card gives the panels beside its reader 30 seconds in which *locker* counts to a
    locker and a *reason* button (or the same card again: the first reason) opens it; not counted,
    it is the locker that has been owed longest. Who (by duty) and why are recorded.
19. What a closed visit owed in a locker is settled once a supervisor has had it opened and it is
    closed again. An open visit keeps its locker.

Always
------
20. No button, card or correction leads past a step: nobody meets the host without the steps that
    the procedure has before that, screening among them.
21. A visit closes with its card out only after an officer has said so: *leave*, or *reconcile* when
    the day is closed.
22. What means nothing now changes nothing but a counter, and the officer hears two beeps.
"""

from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import transition_for


def first_waiting(turn: Turn, name: str, stations: tuple[str, ...] | None = None) -> Visit | None:
    """Return the first visit in line (at one of *stations*) for which event *name* means something.

    Rules 1 to 3, and the rule of the house for every input that does not name its visit.
    """
    waiting = [
        (_meant(turn, visit, name), visit.place, visit)
        for visit in turn.state.visits.values()
        if (stations is None or turn.step(visit).station in stations)
        and transition_for(turn, visit, name)
    ]
    return min(waiting, key=lambda entry: entry[:2])[2] if waiting else None


def line(turn: Turn, stations: tuple[str, ...]) -> list[Visit]:
    """Return who stands in line at *stations*: guests who are there, then guests who are away."""
    here = [visit for visit in turn.state.visits.values() if turn.step(visit).station in stations]
    return sorted(here, key=lambda visit: (is_away(turn, visit), visit.place))


def is_away(turn: Turn, visit: Visit) -> bool:
    """Whether nothing is wanted of the officer: the guest is at a locker, or with the host."""
    return turn.phase(visit).lamp == "off"


def to_the_front(turn: Turn, visit: Visit) -> Visit:
    """Make *visit* the first in line, wherever it is, and return it as it is then."""
    first = min(other.place for other in turn.state.visits.values())
    return visit if visit.place == first else turn.change(visit, place=first - 1)


def in_alarm(turn: Turn, visit: Visit) -> bool:
    """Whether a metal detector's alarm would change nothing: *visit* is in its alarm already."""
    transition = transition_for(turn, visit, "detector.alarm")
    return transition is None or transition.to == visit.phase


def pick(turn: Turn, holder: str, stations: tuple[str, ...]) -> None:
    """Whose card was shown at *stations*, and waits there, goes first: the next press is for it."""
    visit = turn.state.visits.get(holder)
    if visit is None or turn.step(visit).station not in stations:
        return
    for other in list(turn.state.visits.values()):
        if other.picked and turn.step(other).station in stations:
            turn.change(other, picked=False)
    turn.change(to_the_front(turn, turn.state.visits[holder]), picked=True)


def _meant(turn: Turn, visit: Visit, name: str) -> int:
    if visit.picked:
        return 0
    if name == "button.leave" and (visit.asked or _has_no_card(turn, visit)):
        return 1
    if any(transition.event == name for transition in turn.phase(visit).on):
        return 2
    return 4 if is_away(turn, visit) else 3


def _has_no_card(turn: Turn, visit: Visit) -> bool:
    """Whether an officer has just said so: *leave* once more is for the same guest."""
    return any(transition.event == "button.lost" for transition in turn.phase(visit).on)
