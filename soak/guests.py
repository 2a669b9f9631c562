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


def happen(rules: Rules, state: State, at: Stamp, dice: Random) -> Event:
    """Return the next event, by dice, for a lobby in *state*."""
    for still in state.stills:
        return events.StillMissed(at, still, "there is no camera")
    if dice.random() < _NONSENSE:
        return _nonsense(at, dice)
    if not state.visits or (len(state.visits) < _MOST_VISITS and dice.random() < 0.2):
        return events.ButtonPressed(at, "reception", "arrive", dice.choice(sorted(rules.current)))
    return _expected(rules, state, dice.choice(list(state.visits.values())), at, dice)


def _expected(rules: Rules, state: State, visit: Visit, at: Stamp, dice: Random) -> Event:
    """Return an event that *visit* waits for, or one with the same effect."""
    step = rules.procedures[visit.procedure_key].step(visit.step)
    ways = [way.event for way in step.phase(visit.phase).on if way.event != "timeout"]
    kind, _, what = dice.choice(ways or ["button.leave"]).partition(".")
    if kind == "button":
        station = rules.station(visit)
        panels = [name for name, stations in rules.panels.items() if station in stations]
        return events.ButtonPressed(at, panels[0] if panels else "reception", what)
    if kind == "aiphone":
        host = rules.hosts.get(visit.host or "")
        aiphone = host.aiphone if host is not None else None
        return events.HostAnswered(at, aiphone or "none", what)  # type: ignore[arg-type]
    if kind == "locker":
        return _DOORS[what](at, visit.locker or min(rules.lockers))
    if kind == "card":
        # If all cards are out, one that a closed visit still owes may come back.
        cards = sorted(rules.cards - state.cards.keys()) or sorted(rules.cards)
        card = dice.choice(visit.cards or (None,)) if what == "presented" else None
        return events.CardPresented(at, next(iter(rules.readers)), card or dice.choice(cards))
    return events.DetectorAlarmed(at) if what == "alarm" else events.PassageMade(at)


_DOORS: dict[str, Callable[[Stamp, int], Event]] = {
    "opened": events.LockerOpened,
    "closed": events.LockerClosed,
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
