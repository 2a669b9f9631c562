"""Cards that are not the office's, shown one after the other: somebody may be guessing numbers.

1. A card that is not in the pool is refused. After :data:`MOST` of them at one reader within
   :data:`WITHIN_S` the alarm is raised, and that reader pauses: it accepts no card for
   :data:`PAUSE_S`, so that a list of numbers cannot be tried out.
2. The pause does not grow while it lasts: a card held to the reader cannot shut it for long.
"""

from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.effects import StartTimer
from edge.sop.turn import Turn

ALARM = "foreign-cards"
"""The alarm that is raised when a reader pauses."""

MOST = 4
"""Foreign cards within :data:`WITHIN_S` that make a reader pause: more than one guest tries."""

WITHIN_S = 60.0
"""The time in which foreign cards are counted, seconds."""

PAUSE_S = 30.0
"""How long a reader accepts no card, seconds: four cards in each 30 seconds try out few numbers."""

_TIMER = "reader"


def started(turn: Turn) -> None:
    """Set the timers of paused readers again; forget readers that are no longer in the config."""
    for reader in turn.state.foreign.keys() - turn.rules.readers.keys():
        _end(turn, reader)
    for reader in turn.state.foreign:
        if paused(turn, reader):
            _set_timer(turn, reader)


def paused(turn: Turn, reader: str) -> bool:
    """Return True if *reader* accepts no card now."""
    return len(turn.state.foreign.get(reader, ())) >= MOST


def shown(turn: Turn, reader: str) -> None:
    """Count a foreign card at *reader*; pause it after too many."""
    recent = (
        moment
        for moment in turn.state.foreign.get(reader, ())
        if turn.at.seconds_since(moment) <= WITHIN_S
    )
    turn.state.foreign[reader] = (*recent, turn.at)
    if paused(turn, reader):
        raise_alarm(turn, ALARM, None, f"shown at {reader}")
        _set_timer(turn, reader)


def timer_fired(turn: Turn, key: str) -> None:
    """End the pause of a reader."""
    _end(turn, key.removeprefix(f"{_TIMER}/"))


def _end(turn: Turn, reader: str) -> None:
    turn.state.foreign.pop(reader, None)
    if not any(paused(turn, other) for other in turn.state.foreign):
        clear_alarm(turn, ALARM)


def _set_timer(turn: Turn, reader: str) -> None:
    turn.do(StartTimer(f"{_TIMER}/{reader}", turn.state.foreign[reader][-1], PAUSE_S))
