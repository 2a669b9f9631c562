"""The metal detector: its alarms and walks, for the visit that is being screened."""

from edge.sop import events
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.answers import answer
from edge.sop.inputs.routing import first_waiting, in_alarm
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import DETECTOR, deliver


def alarmed(turn: Turn, _event: events.DetectorAlarmed) -> None:
    """Deliver the alarm; one while nobody is being screened stands by itself."""
    turn.update(alarming=True)
    visit = first_waiting(turn, "detector.alarm")
    if visit is not None:
        deliver(turn, visit, "detector.alarm")
    else:
        raise_alarm(turn, DETECTOR, None, "nobody is being screened")


def cleared(turn: Turn, _event: events.DetectorCleared) -> None:
    """An alarm that belongs to no visit ends with its contact; a visit's ends with its step."""
    turn.update(alarming=False)
    alarm = turn.state.alarms.get(DETECTOR)
    if alarm is not None and alarm.visit is None:
        clear_alarm(turn, DETECTOR)


def passage(turn: Turn, _event: events.PassageMade) -> None:
    """Deliver the walk; one that nobody was asked for changes nothing."""
    visit = first_waiting(turn, "detector.passage")
    if visit is not None:
        _walk(turn, visit, "detector.passage")


def too_fast(turn: Turn, _event: events.PassageTooFast) -> None:
    """Deliver the walk that the detector could not look at; it never counts as a passage."""
    visit = first_waiting(turn, "detector.too-fast")
    if visit is not None:
        _walk(turn, visit, "detector.too-fast")
    else:
        answer(turn, False, f"{DETECTOR}/too-fast", "")


def _walk(turn: Turn, visit: Visit, name: str) -> None:
    """Deliver it. Under an active alarm contact (stuck, or its wire cut) nobody is clear."""
    if turn.state.alarming and not in_alarm(turn, visit):
        deliver(turn, visit, "detector.alarm")
    if visit.id in turn.state.visits:
        deliver(turn, turn.state.visits[visit.id], name)
