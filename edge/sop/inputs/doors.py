"""Access doors: for which visit one opens, and how long it stands open.

1. A door is released for a visit only, by its procedure.
2. A release is valid for one opening and a limited time (``Turn.valid_releases``): a release of
   this morning does not explain an opening tonight. Where several doors were released for a visit,
   the first that opens is the visit's; an opening of another one is explained, and about no visit.
3. A door that opens without a release was forced; one that stands open for longer than ``held_s``
   is held open. Both are alarms until it closes. While fire holds the doors released, neither is.
"""

from msgspec.structs import replace

from edge.clock import Stamp
from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.effects import CancelTimer, HoldDoor, StartTimer
from edge.sop.evacuation import FIRE
from edge.sop.state import DoorState
from edge.sop.turn import Turn
from edge.sop.visit.course import deliver


def started(turn: Turn) -> None:
    """Hold the doors again if there is fire; clear the alarms of doors no longer in the config."""
    if FIRE in turn.state.alarms:
        hold(turn, released=True)
    for name in sorted(turn.state.doors.keys() - turn.rules.doors.keys()):
        del turn.state.doors[name]
        clear_alarm(turn, _forced(name))
        clear_alarm(turn, _held(name))


def opened(turn: Turn, event: events.DoorOpened) -> None:
    """Deliver the opening to the first visit with a release of the door, or raise the alarm."""
    name = event.door
    if name not in turn.rules.doors:
        return
    before = turn.state.doors.get(name, DoorState())
    if before.opened is not None:  # reported again, after a restart
        _watch(turn, name, before.opened)
        return
    turn.door(name, opened=turn.at)
    _watch(turn, name, turn.at)
    releases = turn.valid_releases(name)
    if releases:
        used = min(releases, key=lambda release: release.spent)
        releases.remove(used)
        turn.door(name, releases=tuple(releases), passing=None if used.spent else used.visit)
        if not used.spent:
            _spend(turn, used.visit)
            _deliver(turn, used.visit, "door.opened")
    elif not event.initial and FIRE not in turn.state.alarms:
        raise_alarm(turn, _forced(name), None, "opened without a release")


def closed(turn: Turn, event: events.DoorClosed) -> None:
    """Deliver the closing to the visit that went through; end the timer and alarms of the door."""
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


def _spend(turn: Turn, visit: str) -> None:
    """Mark the releases of all doors for *visit* as spent: it goes through one of them now."""
    for name, door in list(turn.state.doors.items()):
        if any(release.visit == visit for release in door.releases):
            releases = (
                replace(release, spent=True) if release.visit == visit else release
                for release in door.releases
            )
            turn.door(name, releases=tuple(releases))


def _deliver(turn: Turn, visit: str, name: str) -> None:
    if visit in turn.state.visits:
        deliver(turn, turn.state.visits[visit], name)


def hold(turn: Turn, *, released: bool) -> None:
    """Hold every door released, or end that: an open door is then timed from now."""
    for name in turn.rules.doors:
        turn.do(HoldDoor(name, released))
        if not released and turn.state.doors.get(name, DoorState()).opened is not None:
            turn.door(name, opened=turn.at)
            _watch(turn, name, turn.at)


def timer_fired(turn: Turn, key: str) -> None:
    """Raise the alarm of a door that has stood open for longer than its ``held_s``."""
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
    """Name the timer of the opening at *since*; the timer of an earlier opening has no effect."""
    return f"door/{name}/open/{since.boot_ns}"
