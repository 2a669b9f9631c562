"""The standing alarms: who is shown them, who has seen them, how long they are heard.

1. An alarm that the step of a visit raises is shown (fast) at its station, and ends with the step;
   if two guests are in the same alarm, with the last of them. Every other that an officer can do
   something about is shown at every panel.
2. ``acknowledge`` at a panel means: seen. It takes all that this panel shows; their lamp is slow
   from then on, the buzzer stops, and they stand until what caused them is over.
3. Until then the buzzer repeats every :data:`ALARM_REPEAT_S` seconds.
4. A silent alarm is neither shown nor heard nor acknowledged here (``SILENT``).
"""

from typing import Any, get_args

from msgspec.structs import replace

from edge.clock import iso
from edge.sop import events
from edge.sop.effects import Beep, CancelTimer, LampMode, StartTimer
from edge.sop.evacuation import FIRE, inside
from edge.sop.records import AlarmChanged
from edge.sop.state import Alarm, Rules, State, Visit
from edge.sop.turn import Turn

ALARM_REPEAT_S = 15.0
"""How long the buzzer rests between two soundings of an alarm that nobody has acknowledged."""

SILENT: frozenset[str] = frozenset({"duress", "mains-lost", "battery-low"})
"""Inputs whose alarms only the central office hears of; why is in edge/sop/inputs/safety.py."""

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


def shown(rules: Rules, state: State) -> list[tuple[str | None, LampMode]]:
    """Return what the standing alarms ask for: a station (None: every panel), fast or slow."""
    return [
        (at_station(rules, state, kind), "fast" if alarm.acknowledged is None else "slow")
        for kind, alarm in state.alarms.items()
        if at_station(rules, state, kind) is not None or everywhere(rules, state, kind)
    ]


def acknowledge(turn: Turn, panel: str) -> bool:
    """An officer at *panel* has seen what it shows; False if there is nothing to see."""
    state = turn.state
    stations = turn.rules.panels.get(panel, ())
    seen = [
        kind
        for kind, alarm in turn.state.alarms.items()
        if alarm.acknowledged is None
        and panel in turn.rules.panels
        and (everywhere(turn.rules, state, kind) or at_station(turn.rules, state, kind) in stations)
    ]
    for kind in seen:
        turn.state.alarms[kind] = replace(turn.state.alarms[kind], acknowledged=turn.at)
        silence(turn, kind)
        alarm_record(turn, "gardu.alarm.acknowledged.v1", kind, panel)
        if kind in _OVER:
            clear_alarm(turn, kind)
    return bool(seen)


def started(turn: Turn) -> None:
    """Let what nobody has acknowledged be heard again, after a restart."""
    for kind, alarm in turn.state.alarms.items():
        if alarm.acknowledged is None and _audible(turn, kind):
            turn.do(StartTimer(f"alarm/{kind}", turn.at, ALARM_REPEAT_S))


def timer_fired(turn: Turn, key: str) -> None:
    """Sound an alarm once more that nobody has acknowledged."""
    kind = key.removeprefix("alarm/")
    alarm = turn.state.alarms.get(kind)
    if alarm is not None and alarm.acknowledged is None and _audible(turn, kind):
        turn.do(Beep("alarm"))
        turn.do(StartTimer(key, turn.at, ALARM_REPEAT_S))


def _audible(turn: Turn, kind: str) -> bool:
    state = turn.state
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


def end_alarm(turn: Turn, visit: Visit, kind: str) -> None:
    """End the alarm *kind* for *visit*; it stands on if another guest is in the same alarm."""
    alarm = turn.state.alarms.get(kind)
    if alarm is None or alarm.visit != visit.id:
        return
    for other in turn.in_line():
        alarmed = turn.phase(other).lamp == "fast" and kind in turn.step(other).alarms
        if other.id != visit.id and alarmed:
            turn.state.alarms[kind] = replace(alarm, visit=other.id)
            return
    clear_alarm(turn, kind)


def raise_alarm(
    turn: Turn, kind: str, visit: str | None, detail: str | None = None, *, silent: bool = False
) -> None:
    """Raise the alarm *kind*, unless it stands already; *silent*: nobody here hears of it."""
    if kind in turn.state.alarms:
        return
    turn.state.alarms[kind] = Alarm(since=turn.at, visit=visit, detail=detail)
    if not silent:
        sound(turn, kind)
    alarm_record(turn, "gardu.alarm.raised.v1", kind)


def sound(turn: Turn, kind: str) -> None:
    """Sound the alarm *kind* now, and every :data:`ALARM_REPEAT_S` seconds from now on."""
    turn.do(Beep("alarm"))
    turn.do(StartTimer(f"alarm/{kind}", turn.at, ALARM_REPEAT_S))


def silence(turn: Turn, kind: str) -> None:
    """Sound the alarm *kind* no more."""
    turn.do(CancelTimer(f"alarm/{kind}"))


def clear_alarm(turn: Turn, kind: str) -> None:
    """Clear the alarm *kind*, if it stands."""
    if kind in turn.state.alarms:
        alarm_record(turn, "gardu.alarm.cleared.v1", kind)
        silence(turn, kind)
        del turn.state.alarms[kind]


def alarm_record(turn: Turn, record: str, kind: str, panel: str | None = None) -> None:
    """Record what became of the standing alarm *kind* (at *panel*)."""
    alarm = turn.state.alarms[kind]
    people = inside(turn.state.visits.values()) if kind == FIRE else None
    data = AlarmChanged(
        alarm=kind,
        visit=alarm.visit,
        detail=alarm.detail,
        since=iso(turn.at.dating(alarm.since)),
        clock_synced=turn.at.synced,
        panel=panel,
        visits=None if people is None else people.visits,
        persons=None if people is None else people.persons,
    )
    turn.record(record, f"alarm/{kind}", alarm.visit, data)
