"""Standing alarms: the panels that show them, their acknowledgement, their beeps.

1. An alarm that a step of a visit raises is shown (fast lamp) at the station of the step and ends
   with the step; if two guests are in the same alarm, with the last of them. Every other alarm that
   an officer can act on is shown at every panel.
2. ``acknowledge`` at a panel means that an officer has seen all alarms that this panel shows. From
   then on their lamp is slow and their beeps stop; the alarms stand until their cause is over.
3. Until then the buzzer beeps again every :data:`ALARM_REPEAT_S` seconds.
4. A silent alarm is not shown, sounded or acknowledged here (``SILENT``).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, get_args

from msgspec.structs import replace

from edge.clock import iso
from edge.sop import events
from edge.sop.detectors import alarm_of, as_in_procedure
from edge.sop.effects import Beep, CancelTimer, LampMode, StartTimer
from edge.sop.evacuation import FIRE, inside
from edge.sop.records import AlarmChanged
from edge.sop.state import Alarm, Rules, State, Visit
from edge.sop.turn import Turn

ALARM_REPEAT_S = 15.0
"""Time between two beeps of an alarm that is not acknowledged, seconds."""

SILENT: frozenset[str] = frozenset({"duress", "mains-lost", "battery-low"})
"""Inputs with alarms for the central office only; edge/sop/inputs/safety.py gives the reasons."""

# Alarms of the lobby's equipment. Other alarms without a visit are about the checkpoint itself (a
# full disk, a damaged database): they are for a technician, and no panel shows them.
_LOBBY = ("metal-detector", "locker-", "door-", "lost-card", "foreign-cards")

# Inputs that each metal detector can have: the alarm of a named one has its name behind it.
_OF_DETECTORS: tuple[events.InputKind, ...] = ("detector-tamper", "beam-blocked")

_NONE: Mapping[str, Alarm] = MappingProxyType({})

# Alarms with a cause that is over at once: they end when an officer acknowledges them.
_OVER = ("lost-card",)


def everywhere(rules: Rules, state: State, kind: str) -> bool:
    """Return True if every panel shows the standing alarm *kind*."""
    if at_station(rules, state, kind) is not None:
        return False
    fitted = input_of(kind)
    return (fitted is not None and fitted not in SILENT) or kind.startswith(_LOBBY)


def input_of(alarm: str) -> events.InputKind | None:
    """Return the kind of input that raises *alarm* by itself; None if none does."""
    kinds: tuple[events.InputKind, ...] = get_args(events.InputKind)
    for kind in kinds:
        if alarm == kind or (kind in _OF_DETECTORS and alarm.startswith(f"{kind}-")):
            return kind
    return None


def at_station(rules: Rules, state: State, kind: str) -> str | None:
    """Return the station of the step that raised the standing alarm *kind*; None if no step did."""
    visit = state.visits.get(state.alarms[kind].visit or "")
    if visit is None:
        return None
    step = rules.procedures[visit.procedure_key].step(visit.step)
    return rules.station(visit) if as_in_procedure(kind) in step.alarms else None


def shown(rules: Rules, state: State) -> list[tuple[str | None, LampMode]]:
    """Return the station (None: every panel) and the mode, fast or slow, of each shown alarm."""
    return [
        (at_station(rules, state, kind), "fast" if alarm.acknowledged is None else "slow")
        for kind, alarm in state.alarms.items()
        if _is_shown(rules, state, kind)
    ]


def _is_shown(rules: Rules, state: State, kind: str) -> bool:
    """Return True if a panel shows the standing alarm *kind*; only then is it heard, too."""
    return at_station(rules, state, kind) is not None or everywhere(rules, state, kind)


def acknowledge(turn: Turn, panel: str) -> bool:
    """Acknowledge the alarms that *panel* shows; return False if there is none to acknowledge."""
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
    """After a restart, set the timers of the alarms that are not acknowledged."""
    for kind, alarm in turn.state.alarms.items():
        if alarm.acknowledged is None and _is_shown(turn.rules, turn.state, kind):
            turn.do(StartTimer(f"alarm/{kind}", turn.at, ALARM_REPEAT_S))


def timer_fired(turn: Turn, key: str) -> None:
    """Beep again for an alarm that is not acknowledged."""
    kind = key.removeprefix("alarm/")
    alarm = turn.state.alarms.get(kind)
    if alarm is None or alarm.acknowledged is not None:
        return
    if _is_shown(turn.rules, turn.state, kind):
        sound(turn, kind)


def standing(state: State, unrecorded: Mapping[str, Alarm] = _NONE) -> dict[str, dict[str, Any]]:
    """Return the live topics of the standing alarms, by topic suffix.

    :param unrecorded: alarms by kind that cannot be recorded yet
    """
    alarms = {**unrecorded, **state.alarms}
    return {f"state/alarm/{kind}": _shown(state, kind, alarm) for kind, alarm in alarms.items()}


def _shown(state: State, kind: str, alarm: Alarm) -> dict[str, Any]:
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
    """End the alarm *kind* for *visit*; if another guest is in the same alarm, it still stands.

    :param kind: as the procedure names it: ``metal-detector`` ends that of each detector
    """
    for name, alarm in list(turn.state.alarms.items()):
        if as_in_procedure(name) != kind or alarm.visit != visit.id:
            continue
        other = next((one for one in turn.in_line() if _is_in(turn, one, name, visit)), None)
        if other is None:
            clear_alarm(turn, name)
        else:
            turn.state.alarms[name] = replace(alarm, visit=other.id)


def _is_in(turn: Turn, other: Visit, name: str, visit: Visit) -> bool:
    """Return True if another visit than *visit*, *other*, is in the standing alarm *name* too."""
    kind = as_in_procedure(name)
    there = name in (kind, alarm_of(other.detector, kind))
    in_alarm = turn.phase(other).lamp == "fast" and kind in turn.step(other).alarms
    return other.id != visit.id and in_alarm and there


def raise_alarm(
    turn: Turn, kind: str, visit: str | None, detail: str | None = None, *, silent: bool = False
) -> None:
    """Raise the alarm *kind*, unless it stands already; *silent*: without beeps."""
    if kind in turn.state.alarms:
        return
    turn.state.alarms[kind] = Alarm(since=turn.at, visit=visit, detail=detail)
    if not silent:
        sound(turn, kind)
    alarm_record(turn, "gardu.alarm.raised.v1", kind)


def sound(turn: Turn, kind: str) -> None:
    """Beep for the alarm *kind* now, and then every :data:`ALARM_REPEAT_S` seconds."""
    turn.do(Beep("alarm"))
    turn.do(StartTimer(f"alarm/{kind}", turn.at, ALARM_REPEAT_S))


def silence(turn: Turn, kind: str) -> None:
    """Stop the beeps of the alarm *kind*."""
    turn.do(CancelTimer(f"alarm/{kind}"))


def clear_alarm(turn: Turn, kind: str, detail: str | None = None) -> None:
    """Clear the alarm *kind*, if it stands.

    :param detail: for this record, in place of the detail of the alarm's beginning
    """
    if kind in turn.state.alarms:
        if detail is not None:
            turn.state.alarms[kind] = replace(turn.state.alarms[kind], detail=detail)
        alarm_record(turn, "gardu.alarm.cleared.v1", kind)
        silence(turn, kind)
        del turn.state.alarms[kind]


def alarm_record(turn: Turn, record: str, kind: str, panel: str | None = None) -> None:
    """Record a change of the standing alarm *kind* (acknowledged at *panel*)."""
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
