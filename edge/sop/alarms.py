"""The standing alarms: who is shown them, who has seen them, how long they are heard.

1. An alarm of a visit is shown (fast) at the station of its step. Every other that an officer can
   do something about is shown at every panel.
2. ``acknowledge`` at a panel means: seen. It takes all that this panel shows; their lamp is slow
   from then on, the buzzer stops, and they stand until what caused them is over.
3. Until then the buzzer repeats every :data:`REPEAT_S` seconds.
4. A silent alarm is neither shown nor heard nor acknowledged here (``SILENT``).
"""

from typing import Any, get_args

from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, StartTimer
from edge.sop.evacuation import FIRE, inside
from edge.sop.state import Alarm, Rules, State
from edge.sop.turn import Turn
from edge.sop.verbs import ALARM_REPEAT_S, alarm_record, clear_alarm, hush

SILENT: frozenset[str] = frozenset({"duress", "mains-lost", "battery-low"})
"""Inputs whose alarms only the central office hears of; why is in edge/sop/safety.py."""

# Alarms of the lobby's own equipment; the others of no visit are the checkpoint's own (a full disk,
# a damaged database): a technician's matter.
_LOBBY = ("metal-detector", "locker-", "door-", "lost-card")

# Alarms of something that has happened and is over: they end when somebody has seen them.
_OVER = ("lost-card",)


def everywhere(rules: Rules, state: State, kind: str) -> bool:
    """Whether the standing alarm *kind* is shown at every panel."""
    if at_station(rules, state.alarms[kind], state) is not None:
        return False
    inputs = set(get_args(events.InputKind)) - SILENT
    return kind in inputs or kind.startswith(_LOBBY)


def at_station(rules: Rules, alarm: Alarm, state: State) -> str | None:
    """Return the station that shows the alarm of an open visit by its phase; None if none does."""
    visit = state.visits.get(alarm.visit or "")
    if visit is None:
        return None
    step = rules.procedures[visit.procedure_key].step(visit.step)
    return step.station if step.phase(visit.phase).lamp == "fast" else None


def acknowledge(turn: Turn, panel: str) -> bool:
    """An officer at *panel* has seen what it shows; False if there is nothing to see."""
    state = State(visits=turn.visits, alarms=turn.alarms)
    stations = turn.rules.panels.get(panel, ())
    seen = [
        kind
        for kind, alarm in turn.alarms.items()
        if alarm.acknowledged is None
        and panel in turn.rules.panels
        and (
            everywhere(turn.rules, state, kind) or at_station(turn.rules, alarm, state) in stations
        )
    ]
    for kind in seen:
        turn.alarms[kind] = replace(turn.alarms[kind], acknowledged=turn.at)
        hush(turn, kind)
        alarm_record(turn, "gardu.alarm.acknowledged.v1", kind, panel)
        if kind in _OVER:
            clear_alarm(turn, kind)
    return bool(seen)


def started(turn: Turn) -> None:
    """Let what nobody has acknowledged be heard again, after a restart."""
    for kind, alarm in turn.alarms.items():
        if alarm.acknowledged is None and _heard(turn, kind):
            turn.do(StartTimer(f"alarm/{kind}", turn.at, ALARM_REPEAT_S))


def timer_fired(turn: Turn, key: str) -> None:
    """Sound an alarm once more that nobody has acknowledged."""
    kind = key.removeprefix("alarm/")
    alarm = turn.alarms.get(kind)
    if alarm is not None and alarm.acknowledged is None and _heard(turn, kind):
        turn.do(Beep("alarm"))
        turn.do(StartTimer(key, turn.at, ALARM_REPEAT_S))


def _heard(turn: Turn, kind: str) -> bool:
    state = State(visits=turn.visits, alarms=turn.alarms)
    shown = at_station(turn.rules, turn.alarms[kind], state) is not None
    return shown or everywhere(turn.rules, state, kind)


def standing(state: State) -> dict[str, dict[str, Any]]:
    """Return the live topics of the alarms that stand, by their suffix."""
    return {f"state/alarm/{kind}": _shown(state, kind) for kind in state.alarms}


def _shown(state: State, kind: str) -> dict[str, Any]:
    alarm = state.alarms[kind]
    seen = alarm.acknowledged
    shown: dict[str, Any] = {
        "alarm": kind,
        "since": alarm.since.iso(),
        "visit": alarm.visit,
        "detail": alarm.detail,
        "acknowledged": None if seen is None else seen.iso(),
    }
    if kind == FIRE:
        people = inside(state.visits.values())
        shown |= {"visits": people.visits, "persons": people.persons}
    return shown
