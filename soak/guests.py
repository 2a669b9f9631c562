"""Guests for a process that has no lobby: events that some visit waits for, by dice."""

from collections.abc import Callable
from random import Random

from edge.clock import Stamp
from edge.sop import events
from edge.sop.events import Event
from edge.sop.state import Rules, State, Visit

# Few enough that visits end, enough that they compete for lockers and cards.
_MOST_VISITS = 4
# One event in ten makes no sense.
_NONSENSE = 0.1


def happen(rules: Rules, state: State, at: Stamp, dice: Random, straight_on: float = 0.0) -> Event:
    """Return the next event, by dice, for a lobby in *state*.

    :param straight_on: how often a guest takes the first way of a phase, which leads on in most
        of them, 0 to 1
    """
    for still in state.stills:
        return events.StillMissed(at, still, "there is no camera")
    if dice.random() < _NONSENSE:
        return _nonsense(at, dice)
    if not state.visits or (len(state.visits) < _MOST_VISITS and dice.random() < 0.2):
        return events.ButtonPressed(at, "reception", "arrive", dice.choice(sorted(rules.current)))
    visit = dice.choice(list(state.visits.values()))
    return _expected(rules, state, visit, at, dice, straight_on)


def _expected(
    rules: Rules, state: State, visit: Visit, at: Stamp, dice: Random, straight_on: float
) -> Event:
    """Return an event that *visit* waits for, or one with the same effect."""
    step = rules.procedures[visit.procedure_key].step(visit.step)
    ways = [way.event for way in step.phase(visit.phase).on if way.event != "timeout"]
    if straight_on and dice.random() < straight_on:
        ways = ways[:1]
    kind, _, what = dice.choice(ways or ["button.leave"]).partition(".")
    event: Event
    match kind:
        case "button" | "identity":
            action = what if kind == "button" else "identity-ktp"
            event = events.ButtonPressed(at, _panel(rules, visit), action)
        case "aiphone":
            event = _answer(rules, visit, at, what)
        case "locker":
            event = _LOCKERS[what](at, visit.locker or min(rules.lockers))
        case "door":
            event = _DOORS[what](at, min(rules.doors, default="none"))
        case "card":
            event = _card(rules, state, at, dice, visit.cards if what == "presented" else ())
        case _:
            event = _DETECTED[what](at)
    return event


def _panel(rules: Rules, visit: Visit) -> str:
    station = rules.station(visit)
    panels = [name for name, stations in rules.panels.items() if station in stations]
    return panels[0] if panels else "reception"


def _answer(rules: Rules, visit: Visit, at: Stamp, what: str) -> Event:
    host = rules.hosts.get(visit.host or "")
    aiphone = (host.aiphone if host is not None else None) or "none"
    if what == "busy":
        return events.StationBusy(at, aiphone)
    answer = "accept" if what == "call" else what  # the same contact
    return events.HostAnswered(at, aiphone, answer)  # type: ignore[arg-type]


def _card(
    rules: Rules, state: State, at: Stamp, dice: Random, own: tuple[str, ...]
) -> events.CardPresented:
    # If all cards are out, one that a closed visit still owes may come back.
    free = sorted(rules.cards - state.cards.keys()) or sorted(rules.cards)
    card = dice.choice(own or (None,))
    return events.CardPresented(at, next(iter(rules.readers)), card or dice.choice(free))


_LOCKERS: dict[str, Callable[[Stamp, int], Event]] = {
    "opened": events.LockerOpened,
    "closed": events.LockerClosed,
}
_DOORS: dict[str, Callable[[Stamp, str], Event]] = {
    "opened": events.DoorOpened,
    "closed": events.DoorClosed,
}
_DETECTED: dict[str, Callable[[Stamp], Event]] = {
    "alarm": events.DetectorAlarmed,
    "passage": events.PassageMade,
    "too-fast": events.PassageTooFast,
    "exit": lambda at: events.PassageMade(at, direction="out"),
}


def _nonsense(at: Stamp, dice: Random) -> Event:
    return dice.choice(
        [
            events.CardPresented(at, "desk", "FFFFFFFFFF"),
            events.DetectorCleared(at),
            events.LockerOpened(at, dice.randrange(1, 4)),
            events.LockerClosed(at, dice.randrange(1, 4)),
            events.TimerFired(at, "nobody's"),
            events.ButtonPressed(at, "officer-1", "leave"),
        ]
    )
