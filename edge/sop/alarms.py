"""The standing alarms: who is shown them, who has seen them, how long they are heard.

1. An alarm that the step of a visit raises is shown (fast) at its station, and ends with the step;
   if two guests are in the same alarm, with the last of them. Every other that an officer can do
   something about is shown at every panel.
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
from edge.sop.state import Rules, State
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
    if at_station(rules, state, kind) is not None:
        return False
    inputs = set(get_args(events.InputKind)) - SILENT
    return kind in inputs or kind.startswith(_LOBBY)


def at_station(rules: Rules, state: State, kind: str) -> str | None:
    """Return the station of the visit whose step has raised the standing alarm *kind*, if one."""
    visit = state.visits.get(state.alarms[kind].visit or "")
    if visit is None:
        return None
    step = rules.procedures[visit.procedure_key].step(visit.step)
    return step.station if kind in step.alarms else None


def shown(rules: Rules, state: State) -> list[tuple[str | None, str]]:
    """Return what the standing alarms ask for: a station (None: every panel), fast or slow."""
    return [
        (at_station(rules, state, kind), "fast" if alarm.acknowledged is None else "slow")
        for kind, alarm in state.alarms.items()
        if at_station(rules, state, kind) is not None or everywhere(rules, state, kind)
    ]


def acknowledge(turn: Turn, panel: str) -> bool:
    """An officer at *panel* has seen what it shows; False if there is nothing to see."""
    state = State(visits=turn.visits, alarms=turn.alarms)
    stations = turn.rules.panels.get(panel, ())
    seen = [
        kind
        for kind, alarm in turn.alarms.items()
        if alarm.acknowledged is None
        and panel in turn.rules.panels
        and (everywhere(turn.rules, state, kind) or at_station(turn.rules, state, kind) in stations)
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
    at_its_own = at_station(turn.rules, state, kind) is not None
    return at_its_own or everywhere(turn.rules, state, kind)


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
