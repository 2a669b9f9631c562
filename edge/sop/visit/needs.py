"""Needs of phases: a function for each need of ``NEEDS`` (edge/sop/procedures/vocabulary.py)."""

from collections.abc import Callable

from edge.sop import hosts, hours
from edge.sop.events import WalkDirection
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit import group, identities, papers, room, screening, stations
from edge.sop.visit.verbs import doors_for, free_locker

ON_EQUIPMENT = ("reader",)
"""The needs that can end while a visit waits in their phase, because a device fails."""


def met(turn: Turn, visit: Visit, need: str) -> bool:
    """Return True if *need* of a phase is met: a key of ``NEEDS``, some with an argument."""
    name, _, argument = need.partition(":")
    if name == "value":
        return argument in visit.values
    return room.has_room(turn, visit, argument) if name == "room" else _MET[name](turn, visit)


def _shows_walks(turn: Turn, visit: Visit, direction: WalkDirection) -> bool:
    """Return True if a metal detector at the step of *visit* shows walks in *direction*."""
    station = turn.rules.station(visit)
    return any(
        detector.serves(station) and direction in detector.walks
        for detector in turn.rules.detectors.values()
    )


# A function for each key of ``NEEDS`` that has no argument.
_MET: dict[str, Callable[[Turn, Visit], bool]] = {
    "locker": lambda _turn, visit: bool(visit.lockers),
    "card": lambda _turn, visit: bool(visit.cards),
    "free-locker": lambda turn, visit: bool(visit.lockers) or free_locker(turn) is not None,
    "passage": lambda turn, visit: _shows_walks(turn, visit, "in"),
    "exit": lambda turn, visit: _shows_walks(turn, visit, "out"),
    "all-clear": lambda _turn, visit: screening.all_clear(visit),
    "host": hosts.receives,
    "host-choice": lambda turn, visit: (
        visit.host is None and len(turn.rules.hosts_of(visit.procedure)) > 1
    ),
    "door": lambda turn, visit: bool(doors_for(turn, visit)),
    "reader": stations.reads_card,
    "hours": lambda turn, visit: hours.is_open(turn, turn.procedure(visit)),
    "escort": lambda _turn, visit: visit.escort is not None,
    "more-cards": group.lacks_card,
    "missing-card": lambda _turn, visit: bool(group.missing_cards(visit)),
    "more-lockers": lambda _turn, visit: group.lacks_locker(visit),
    "another-locker": lambda turn, visit: (
        group.lacks_locker(visit) and free_locker(turn) is not None
    ),
    "several-lockers": lambda _turn, visit: len(visit.lockers) > 1,
    "return-button": lambda turn, visit: bool(visit.lockers) and turn.rules.return_button,
    "guest-book": lambda _turn, visit: papers.known(visit, "guest-book"),
    "signature": lambda _turn, visit: papers.known(visit, "signature"),
    "identity": lambda _turn, visit: identities.all_held(visit),
}
