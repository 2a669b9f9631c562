"""Metal detectors: their alarms and walks, for the visit that is being screened there.

1. A detector is about the guests of its own stations (rule 3 of ``routing.py``).
2. A walk in is ``detector.passage``, a walk out ``detector.exit``: never the passage of a guest who
   waits to go in. A walk whose direction is not known is neither, and only counted.
3. A procedure can name one of several detectors (``detector.alarm:xray``): that transition goes
   before the one of any detector.
4. A walk that no visit waits for changes nothing. One out is counted: guests go home all day.
"""

from msgspec.structs import replace

from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.answers import answer
from edge.sop.detectors import alarm_of, device_of, event_of
from edge.sop.events import WalkDirection
from edge.sop.inputs.routing import first_waiting, in_alarm
from edge.sop.state import DetectorState, Visit
from edge.sop.turn import Turn
from edge.sop.visit import screening
from edge.sop.visit.course import deliver

_WALKS: dict[WalkDirection, str] = {"in": "detector.passage", "out": "detector.exit"}
_TOO_FAST = "detector.too-fast"
_NO_STATIONS: tuple[str, ...] = ()


def started(turn: Turn) -> None:
    """Take over the state of an older database; forget detectors that are no longer there."""
    if turn.state.alarming:
        turn.update(alarming=False)
        _set_alarming(turn, "", alarming=True)
    for name in sorted(turn.state.detectors.keys() - turn.rules.detectors.keys()):
        del turn.state.detectors[name]
        _clear(turn, name)


def alarmed(turn: Turn, event: events.DetectorAlarmed) -> None:
    """Deliver the alarm; if no guest is being screened there, it belongs to no visit."""
    _set_alarming(turn, event.detector, alarming=True)
    visit = _waiting(turn, event.detector, "detector.alarm")
    if visit is not None:
        if turn.rules.detectors[event.detector].walks:  # else the walk was at another detector
            visit = screening.late_alarm(turn, visit)
        _deliver(turn, visit, event.detector, "detector.alarm")
    else:
        raise_alarm(turn, alarm_of(event.detector), None, "nobody is being screened")


def cleared(turn: Turn, event: events.DetectorCleared) -> None:
    """Clear an alarm that belongs to no visit; a visit's alarm ends with its step."""
    _set_alarming(turn, event.detector, alarming=False)
    _clear(turn, event.detector)


def passage(turn: Turn, event: events.PassageMade) -> None:
    """Deliver the walk by its direction; if no visit waits for it, it changes nothing."""
    if event.direction is None:
        turn.refuse(f"{device_of(event.detector)}/direction not known")
        return
    name = _WALKS[event.direction]
    visit = _waiting(turn, event.detector, name)
    if visit is not None:
        _walk(turn, visit, event.detector, name)
    elif event.direction == "out":
        turn.refuse(f"{device_of(event.detector)}/exit of no visit")


def too_fast(turn: Turn, event: events.PassageTooFast) -> None:
    """Deliver a walk that was too fast to a visit that waits for one in its direction.

    It is never a passage. If no visit waits for it, it is refused; if its direction is not known or
    it led out, without beeps.
    """
    why = f"{device_of(event.detector)}/too-fast"
    if event.direction is None:
        turn.refuse(why)
        return
    visit = _waiting(turn, event.detector, _TOO_FAST, _WALKS[event.direction])
    if visit is not None:
        _walk(turn, visit, event.detector, _TOO_FAST)
    elif event.direction == "in":
        answer(turn, False, why, "")
    else:
        turn.refuse(why)


def _waiting(turn: Turn, detector: str, *names: str) -> Visit | None:
    """Return the first visit in line at the detector's stations to which all *names* apply."""
    rules = turn.rules.detectors.get(detector)
    stations = _NO_STATIONS if rules is None else rules.stations
    first, *also = (event_of(detector, name) for name in names)
    return first_waiting(turn, first, stations, also=tuple(also))


def _walk(turn: Turn, visit: Visit, detector: str, name: str) -> None:
    """Deliver *name*; if the alarm contact is active (stuck, or its wire cut), the alarm first."""
    state = turn.state.detectors.get(detector, DetectorState())
    if state.alarming and not in_alarm(turn, visit, detector):
        _deliver(turn, visit, detector, "detector.alarm")
    if visit.id in turn.state.visits:
        _deliver(turn, turn.state.visits[visit.id], detector, name)
    after = turn.state.visits.get(visit.id)
    if after is not None and after.passed > visit.passed:
        turn.change(after, walked=turn.at)


def _deliver(turn: Turn, visit: Visit, detector: str, name: str) -> None:
    deliver(turn, turn.change(visit, detector=detector), event_of(detector, name))


def _set_alarming(turn: Turn, detector: str, *, alarming: bool) -> None:
    before = turn.state.detectors.get(detector, DetectorState())
    turn.state.detectors[detector] = replace(before, alarming=alarming)


def _clear(turn: Turn, detector: str) -> None:
    alarm = turn.state.alarms.get(alarm_of(detector))
    if alarm is not None and alarm.visit is None:
        clear_alarm(turn, alarm_of(detector))
