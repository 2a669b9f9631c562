"""The metal detector: its alarms and passages, for the visit that is being screened."""

from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.answers import answer
from edge.sop.inputs.routing import first_waiting, in_alarm
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import DETECTOR, deliver


def alarmed(turn: Turn, _event: events.DetectorAlarmed) -> None:
    """Deliver the alarm; if no guest is being screened, it belongs to no visit."""
    turn.update(alarming=True)
    visit = first_waiting(turn, "detector.alarm")
    if visit is not None:
        deliver(turn, visit, "detector.alarm")
    else:
        raise_alarm(turn, DETECTOR, None, "nobody is being screened")


def cleared(turn: Turn, _event: events.DetectorCleared) -> None:
    """Clear an alarm that belongs to no visit; a visit's alarm ends with its step."""
    turn.update(alarming=False)
    alarm = turn.state.alarms.get(DETECTOR)
    if alarm is not None and alarm.visit is None:
        clear_alarm(turn, DETECTOR)


def passage(turn: Turn, _event: events.PassageMade) -> None:
    """Deliver the passage; if no guest is being screened, it changes nothing."""
    visit = first_waiting(turn, "detector.passage")
    if visit is not None:
        _walk(turn, visit, "detector.passage")


def too_fast(turn: Turn, _event: events.PassageTooFast) -> None:
    """Deliver a walk that was too fast (never a passage); refuse it if no visit waits for one."""
    visit = first_waiting(turn, "detector.too-fast")
    if visit is not None:
        _walk(turn, visit, "detector.too-fast")
    else:
        answer(turn, False, f"{DETECTOR}/too-fast", "")


def _walk(turn: Turn, visit: Visit, name: str) -> None:
    """Deliver *name*; if the alarm contact is active (stuck, or its wire cut), the alarm first."""
    if turn.state.alarming and not in_alarm(turn, visit):
        deliver(turn, visit, "detector.alarm")
    if visit.id in turn.state.visits:
        deliver(turn, turn.state.visits[visit.id], name)
