"""The equipment that chosen procedures need, as far as it decides which questions are asked. Pure.

`gardu check` (edge/sop/procedures/equipment.py) has the last word: a config is written only if it
finds no problem in it.
"""

from collections.abc import Iterable, Iterator

import msgspec

from edge.sop.procedures.model import Procedure, Step
from edge.sop.procedures.site import LOCKER_WORDS, choice_buttons
from edge.sop.procedures.turning_away import can_refuse
from edge.sop.procedures.vocabulary import CALL_IN

_ISSUED = "card.issued"
_RING = ("ring:", "aiphone.")
_DECISIONS = {"decline", "absent", "reschedule"}


class Needs(msgspec.Struct, frozen=True, kw_only=True):
    """The needs of all chosen procedures together.

    :ivar stations: station → meanings of buttons that the procedures accept there, in their order
    :ivar first: the stations where visits begin
    :ivar aides: station of an aide → station of the step after it, whose panel may serve the aide
    :ivar card_stations: the stations at which cards are issued, come back, or choose a locker
    :ivar cards: guests get visitor cards
    :ivar visitor_cards: some of them those of no pool that their procedure names
    :ivar pools: the pools of cards that procedures name
    :ivar escorts: an escort shows a card
    :ivar rooms: the places that guests enter only while there is room
    :ivar approvers: aiphone station of a person who approves guests in a step → its answers
    :ivar ringing: the procedures that ring an aide
    :ivar releasing: the procedures that release an access door
    :ivar answers: the answers of an aide's station that the procedures accept
    :ivar purposes: the purposes of stills
    :ivar screening: the stations beside the metal detector
    :ivar deciding: the stations where reception may choose a reason
    :ivar refusing: the stations where an officer may choose the reason of a refusal
    :ivar identity: the stations where guests hand over their IDs
    """

    procedures: tuple[Procedure, ...]
    stations: dict[str, tuple[str, ...]]
    first: tuple[str, ...]
    aides: dict[str, str]
    card_stations: tuple[str, ...]
    cards: bool
    visitor_cards: bool
    pools: tuple[str, ...]
    escorts: bool
    rooms: tuple[str, ...]
    approvers: dict[str, frozenset[str]]
    lockers: bool
    ringing: tuple[str, ...]
    releasing: tuple[str, ...]
    answers: frozenset[str]
    purposes: tuple[str, ...]
    screening: tuple[str, ...]
    deciding: tuple[str, ...]
    refusing: tuple[str, ...]
    identity: tuple[str, ...]


def needs_of(procedures: Iterable[Procedure]) -> Needs:
    """Return what *procedures* need."""
    chosen = tuple(procedures)
    stations = _stations(chosen)
    aides = dict(_aides(chosen))
    words = {word for one in chosen for word in _words(one.steps)}
    return Needs(
        procedures=chosen,
        stations=stations,
        first=tuple(dict.fromkeys(one.steps[0].station for one in chosen)),
        aides=aides,
        card_stations=tuple(
            station
            for station in _stations_of(chosen, "card.", "button.locker")
            if station not in aides
        ),
        cards=_ISSUED in words,
        visitor_cards=any(one.card_pool is None for one in chosen if _issues(one)),
        pools=tuple(dict.fromkeys(one.card_pool for one in chosen if one.card_pool)),
        escorts="card.escort" in words,
        rooms=tuple(dict.fromkeys(_rooms(chosen))),
        approvers=_approvers(chosen),
        lockers=not words.isdisjoint(LOCKER_WORDS),
        ringing=tuple(one.id for one in chosen if any(_starting(_aides_steps(one), *_RING))),
        releasing=tuple(one.id for one in chosen if any(_starting(one.steps, "release-door"))),
        answers=frozenset(_contact(word) for word in words if word.startswith("aiphone.")),
        purposes=tuple(sorted(word[6:] for word in words if word.startswith("still:"))),
        screening=tuple(_stations_of(chosen, "detector.")),
        deciding=tuple(
            station
            for station, actions in stations.items()
            if any(one.reasons for one in chosen) and set(actions) >= _DECISIONS
        ),
        refusing=tuple(
            dict.fromkeys(
                step.station
                for one in chosen
                if one.refusals
                for step in one.steps
                if any(can_refuse(phase.on) for phase in step.phases)
            )
        ),
        identity=tuple(
            dict.fromkeys(
                step.station for one in chosen for step in one.steps if step.takes_identity
            )
        ),
    )


def _aides_steps(procedure: Procedure) -> list[Step]:
    """Return the steps that call the host's aide, if they call a person."""
    return [step for step in procedure.steps if step.aiphone is None]


def _issues(procedure: Procedure) -> bool:
    return _ISSUED in _words(procedure.steps)


def _rooms(procedures: Iterable[Procedure]) -> Iterator[str]:
    for one in procedures:
        for step in one.steps:
            yield from (phase.room for phase in step.phases if phase.room is not None)


def _approvers(procedures: Iterable[Procedure]) -> dict[str, frozenset[str]]:
    """Return station → answers of each person who is called as no host's aide."""
    found: dict[str, frozenset[str]] = {}
    for step in (step for one in procedures for step in one.steps if step.aiphone is not None):
        answers = {_contact(word) for word in _starting([step], "aiphone.")}
        found[str(step.aiphone)] = found.get(str(step.aiphone), frozenset()) | answers
    return found


def _contact(word: str) -> str:
    """Return the contact of the aide's station that makes the event *word*."""
    return "accept" if word == CALL_IN else word.partition(".")[2]


def _words(steps: Iterable[Step]) -> Iterator[str]:
    """Yield the actions and events of *steps*."""
    for step in steps:
        for phase in step.phases:
            yield from phase.do
            yield from (way.event for way in phase.on)


def _starting(steps: Iterable[Step], *starts: str) -> Iterator[str]:
    return (word for word in _words(steps) if word.startswith(starts))


def _stations(procedures: tuple[Procedure, ...]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for procedure in procedures:
        anywhere = [way.event for way in procedure.anywhere]
        for step in procedure.steps:
            events = [*_starting([step], "button."), *anywhere]
            actions = [event.partition(".")[2] for event in events if event.startswith("button.")]
            actions += choice_buttons(procedure, step)
            found.setdefault(step.station, {}).update(dict.fromkeys(actions))
    return {station: tuple(actions) for station, actions in found.items()}


def _stations_of(procedures: tuple[Procedure, ...], *starts: str) -> list[str]:
    steps = [step for procedure in procedures for step in procedure.steps]
    return list(dict.fromkeys(s.station for s in steps if any(_starting([s], *starts))))


def _aides(procedures: tuple[Procedure, ...]) -> Iterator[tuple[str, str]]:
    for procedure in procedures:
        for step in procedure.steps:
            after = procedure.after(step)
            if procedure.aide and step.role == procedure.aide and after is not None:
                yield step.station, after.station
