"""The access doors: who opened one, and how long it stands open.

1. A door is released for a visit only, by its procedure.
2. A release is good for one opening, and not for long (``Turn.valid_releases``): a strike that
   clicked this morning does not explain a door that opens tonight.
3. A door that opens without a release was forced; one that stands open for long is held open. Both
   are alarms until it closes. While fire holds the doors released, neither is.
"""

from edge.clock import Stamp
from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.effects import CancelTimer, HoldDoor, StartTimer
from edge.sop.evacuation import FIRE
from edge.sop.state import DoorState
from edge.sop.turn import Turn
from edge.sop.visit.course import deliver


def started(turn: Turn) -> None:
    """Put the doors back as they were; those that the config no longer has cannot be in alarm."""
    if FIRE in turn.state.alarms:
        hold(turn, released=True)
    for name in sorted(turn.state.doors.keys() - turn.rules.doors.keys()):
        del turn.state.doors[name]
        clear_alarm(turn, _forced(name))
        clear_alarm(turn, _held(name))


def opened(turn: Turn, event: events.DoorOpened) -> None:
    """Deliver it to the first visit that the door was released for, or raise the alarm."""
    name = event.door
    if name not in turn.rules.doors:
        return
    before = turn.state.doors.get(name, DoorState())
    if before.opened is not None:  # seen again, after a restart
        _watch(turn, name, before.opened)
        return
    turn.door(name, opened=turn.at)
    _watch(turn, name, turn.at)
    releases = turn.valid_releases(name)
    if releases:
        first, *others = releases
        turn.door(name, releases=tuple(others), passing=first.visit)
        _deliver(turn, first.visit, "door.opened")
    elif not event.initial and FIRE not in turn.state.alarms:
        raise_alarm(turn, _forced(name), None, "opened without a release")


def closed(turn: Turn, event: events.DoorClosed) -> None:
    """Deliver it to the visit that went through; what the open door meant is over."""
    name = event.door
    if name not in turn.rules.doors:
        return
    before = turn.state.doors.get(name, DoorState())
    turn.door(name, opened=None, passing=None, releases=tuple(turn.valid_releases(name)))
    if before.opened is not None:
        turn.do(CancelTimer(_open_key(name, before.opened)))
    clear_alarm(turn, _forced(name))
    clear_alarm(turn, _held(name))
    if before.passing is not None:
        _deliver(turn, before.passing, "door.closed")


def _deliver(turn: Turn, visit: str, name: str) -> None:
    if visit in turn.state.visits:
        deliver(turn, turn.state.visits[visit], name)


def hold(turn: Turn, *, released: bool) -> None:
    """Hold every door released, or end that: from then on an open door is watched again."""
    for name in turn.rules.doors:
        turn.do(HoldDoor(name, released))
        if not released and turn.state.doors.get(name, DoorState()).opened is not None:
            turn.door(name, opened=turn.at)
            _watch(turn, name, turn.at)


def timer_fired(turn: Turn, key: str) -> None:
    """A door has stood open for longer than it may."""
    if FIRE in turn.state.alarms:
        return
    for name, door in turn.state.doors.items():
        if door.opened is not None and key == _open_key(name, door.opened):
            held_s = turn.rules.doors[name].held_s
            raise_alarm(turn, _held(name), None, f"open for more than {held_s:g} s")


def _watch(turn: Turn, name: str, since: Stamp) -> None:
    turn.do(StartTimer(_open_key(name, since), since, turn.rules.doors[name].held_s))


def _forced(name: str) -> str:
    return f"door-forced-{name}"


def _held(name: str) -> str:
    return f"door-held-{name}"


def _open_key(name: str, since: Stamp) -> str:
    """Name the timer of the opening at *since*; an earlier opening's means nothing any more."""
    return f"door/{name}/open/{since.boot_ns}"
