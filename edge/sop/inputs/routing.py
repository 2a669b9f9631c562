"""Routing: which guest an event is for. The rules of docs/routing.md, under the same numbers.

Each rule is implemented in the module that heads its section; each has a test of its number in
tests/sop/inputs/test_routing.py.

An event *applies to* a visit if the present phase of the visit, or ``anywhere`` of its procedure,
has a transition for it; a *reason* button also while the lamp asks for the decision that the reason
is for. A guest is *away* while at a locker or with the host; else *present*. The visit *in front*
is the first in line at the stations of a panel; guests who are present come before guests who are
away.

The line (this module)
----------------------
1.  Visits are in line at a station in the order in which they came to it. A visit that continues at
    the same station keeps its place. Guests who begin to wait (for the aide's call, for room) may
    go before others who wait: ``edge/sop/visit/waiting_order.py``.
2.  A button press goes to the first visit in line, at the stations of its panel, to which it
    applies. Order: the visit of the card that was shown there last (rule 7); then visits whose
    present phase waits for this button; then, for a button that applies anywhere (the guest
    leaves), guests who are present before guests who are away. If no card was shown, *leave* goes
    first to a guest whom the panel asks about, and a second *leave* to the guest who, as an officer
    has confirmed, has no card. *identity-ktp*, *-sim* and *-other* go to the first visit in line
    whose step takes IDs and that lacks one.
3.  A metal detector and its beams are about the first visit in line, at the detector's stations,
    to which their event applies. If no guest is being screened there, an alarm belongs to no visit,
    and a passage changes nothing. A walk out is never a passage: it is for a visit that waits for
    an exit.
4.  An answer of an aide is about guests of that aide's hosts only; in a step with an ``aiphone`` of
    its own, only the answers of that called station count. It is for the call that rings.
    If none rings, it is for the first visit in line that waits for the aide: a guest at the door or
    in a meeting, then a guest in the waiting room (whom *accept* calls in), then a call that was
    not answered. *Line in use* is about the call that was made last.
5.  A locker's door is about the visit that has the locker, if it is the one at hand: of several
    lockers the last that the visit was given and has not emptied. An access door is about the visit
    for which that door was released. If several were released for a visit, the first that it opens
    is its door; an opening of another one is no alarm and about no visit.

Cards (``cards.py``)
--------------------
6.  A free card goes to the first visit in line at the reader that waits for a card of its pool and
    has a person without one.
7.  A card that is out identifies its visit. If the visit waits for its card, it goes on. If the
    visit is in line at one of the reader's stations, it becomes the first there, until its next
    event or the next such card; the card is evidence of its step. Where a card reader that works is
    at a step's station, a step can wait for the card before any button applies.
8.  A card that is out is given to no other guest. If another guest at that reader waits for a card,
    it is refused, unless its own visit waits for it.
9.  A card that a closed visit still owes is returned when it is shown at any reader: it is free.
    For each card an ID that was held is given back, for the last one all that are left; and with it
    the lockers that the visit still owes are unlocked.
10. *lost* declares lost: the missing cards of the first visit in line for which an officer has
    confirmed that a card is missing, else the card that has been owed longest. It is out of the
    pool.
11. A lost card is refused, with an alarm for a minute. Its own guest, while the visit is open, may
    give it back; otherwise it is accepted only after a supervisor's card. The ID of a guest who has
    left is given back with it.

Corrections (``corrections.py``)
--------------------------------
12. *next* sends the visit in front to the end of the line: the next in line is first.
13. *back* moves the visit in front one step back, to the phase in which it left that step; if a
    door ended the step, to its beginning. The visit is first in line there.
14. *back* after a card was bound in the present step reverses only that: the card that was bound
    last is free again.
15. *back* undoes no effect and repeats none: no ring, no pulse, no still. Locker and card stay with
    the visit. It is refused if card or locker were given back since, and if the step before was
    already corrected.
16. A correction is a record of its own. It erases and changes no other record.
17. *more* adds one person to the newest visit at the panel's stations in which a person has no card
    yet. If details in the guest book have more persons, their number is used. Either is a record. A
    visit that has its cards already, and is still at that step, waits for the cards of the others.
    A person who joins after the screening has not passed clear: until the meeting begins, the visit
    goes back to the screening.

Supervisors (``supervisors.py``)
--------------------------------
18. A supervisor's card gives the panels beside its reader 30 seconds. In that time *locker* counts
    to a locker. At another panel than the reader's own (that of its first station), if there is
    one, *done* opens the locker for the first reason, and a *reason* button for that reason.
    Without counting, the locker that has been owed longest is opened. The supervisor's duty
    (never a person) and the reason are recorded.
19. A locker that a closed visit owed is settled once a supervisor has had it opened and it is
    closed again. An open visit keeps its locker.

Always
------
20. No button, card or correction leads past a step: no guest meets the host without the steps that
    the procedure has before that, including the screening.
21. A visit closes with its card out only after an officer has confirmed it: *leave*, or *reconcile*
    when the day is closed.
22. An event that does not apply now changes only a counter, and the officer hears two beeps.

The host (``edge/sop/visit/host_choice.py``)
--------------------------------------------
23. *host* is about the visit that waits for the choice of its host; if none waits, about the first
    in line at the stations of the panel whose host can still change: until the guest is admitted.
    It moves the choice to the procedure's next host. At the station where the aide is called, after
    the call, the new host's aide is called, and only that aide's answer counts; a card that was
    given already is free again. Elsewhere the new host's aide will admit the guest. Each choice is
    a record.

Values (``values.py``)
----------------------
24. *choice-1* to *-4* enter a value for the first visit in line, at the stations of the panel,
    whose phase waits for a value with so many choices.
"""

from collections.abc import Callable

from edge.sop.detectors import event_of
from edge.sop.procedures.vocabulary import kind_of_event
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import transition_for


def first_waiting(
    turn: Turn,
    name: str,
    stations: tuple[str, ...] | None = None,
    also: tuple[str, ...] = (),
    only: Callable[[Visit], bool] = lambda _visit: True,
) -> Visit | None:
    """Return the first visit in line (at one of *stations*) to which event *name* applies.

    Rules 1 to 3. It serves every input that does not name its visit.

    :param also: events that must apply to it too
    :param only: leaves out the visits for which it is False
    """
    waiting = [
        (_meant(turn, visit, name), visit.place, visit)
        for visit in turn.state.visits.values()
        if (stations is None or turn.rules.station(visit) in stations)
        and all(transition_for(turn, visit, event) for event in (name, *also))
        and only(visit)
    ]
    return min(waiting, key=lambda entry: entry[:2])[2] if waiting else None


def line(turn: Turn, stations: tuple[str, ...]) -> list[Visit]:
    """Return the visits in line at *stations*: guests who are present, then those who are away."""
    here = [visit for visit in turn.state.visits.values() if turn.rules.station(visit) in stations]
    return sorted(here, key=lambda visit: (is_away(turn, visit), visit.place))


def is_away(turn: Turn, visit: Visit) -> bool:
    """Return True if the guest is at a locker or with the host: the phase has the lamp ``off``."""
    return turn.phase(visit).lamp == "off"


def to_the_front(turn: Turn, visit: Visit) -> Visit:
    """Make *visit* the first of all in line, and return it with its new place."""
    first = min(other.place for other in turn.state.visits.values())
    return visit if visit.place == first else turn.change(visit, place=first - 1)


def in_alarm(turn: Turn, visit: Visit, detector: str) -> bool:
    """Return True if an alarm of the metal detector would not change the phase of *visit*."""
    transition = transition_for(turn, visit, event_of(detector, "detector.alarm"))
    return transition is None or transition.to == visit.phase


def pick(turn: Turn, holder: str, stations: tuple[str, ...]) -> None:
    """Put visit *holder* in front, if it is in line at *stations*: the next press is for it."""
    visit = turn.state.visits.get(holder)
    if visit is None or turn.rules.station(visit) not in stations:
        return
    for other in list(turn.state.visits.values()):
        if other.picked and turn.rules.station(other) in stations:
            turn.change(other, picked=False)
    turn.change(to_the_front(turn, turn.state.visits[holder]), picked=True)


def _meant(turn: Turn, visit: Visit, name: str) -> int:
    if visit.picked:
        return 0
    if name == "button.leave" and (visit.asked or _has_no_card(turn, visit)):
        return 1
    names = (name, kind_of_event(name))
    if any(transition.event in names for transition in turn.phase(visit).on):
        return 2
    return 4 if is_away(turn, visit) else 3


def _has_no_card(turn: Turn, visit: Visit) -> bool:
    """Return True if an officer has confirmed that there is no card: *leave* is for it again."""
    return any(transition.event == "button.lost" for transition in turn.phase(visit).on)
