"""The SOP core: ``step(rules, state, event)`` returns new state, effects and records. Pure.

Rules of the core
-----------------
1. A card belongs to at most one visit, and a locker to at most one visit.
2. A locker is unlocked only for a visit, by its procedure or by its own card, or by a supervisor's
   card. An access door is released only for a visit, by its procedure; while the fire alarm stands,
   every door is held released.
3. Every visit ends in exactly one outcome, once.
4. The numbered rules in ``inputs/routing.py`` select the visit that an event is for.
5. An event that does not apply changes only a counter, and the officer hears two beeps.
6. Any event may come at any time, in any order, more than once.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from edge.sop import alarms, day, events, hosts, hours
from edge.sop.alarms import clear_alarm, raise_alarm
from edge.sop.answers import answer, refuse
from edge.sop.events import Event
from edge.sop.faults import device_fault, device_restored, still_missed
from edge.sop.inputs import (
    cards,
    corrections,
    desk,
    detector,
    doors,
    foreign_cards,
    invitations,
    lockers,
    outstanding,
    repeats,
    safety,
    supervisors,
    values,
)
from edge.sop.inputs.routing import first_waiting
from edge.sop.procedures.vocabulary import CALL, CALL_IN
from edge.sop.records import DaemonRestarted
from edge.sop.state import LockerState, Rules, State, Visit
from edge.sop.turn import Result, Turn
from edge.sop.visit import course, entry, guest_kind, host_choice, inactivity, papers
from edge.sop.visit.course import arrive, deliver, set_timers


def initial_state(rules: Rules) -> State:
    """Return the state of a checkpoint on its first day."""
    return State(lockers={number: LockerState() for number in rules.lockers})


def step(rules: Rules, state: State, event: Event) -> Result:
    """Return the result of *event*: the new state, effects and records."""
    turn = Turn(rules, state, event.at)
    _HANDLERS[type(event)](turn, event)
    if rules.limits:
        entry.settle(turn)
    day.settle(turn)
    return turn.result()


def _started(turn: Turn, _event: events.Started) -> None:
    """Hold the doors if there is fire, set timers again, record the stills that were lost."""
    host_choice.started(turn)
    lockers.started(turn)
    safety.started(turn)
    doors.started(turn)
    detector.started(turn)
    alarms.started(turn)
    cards.started(turn)
    foreign_cards.started(turn)
    course.equipment_changed(turn)
    entry.settle(turn)  # also for a place that is no longer in the config
    for visit in turn.in_line():
        set_timers(turn, visit)
    for still in list(turn.state.stills):
        _still_missed(turn, still, "the daemon was restarted")


def _run_ended(turn: Turn, event: events.RunEnded) -> None:
    data = DaemonRestarted(ended=event.ending, crashes=event.crashes, clock_synced=turn.at.synced)
    turn.record("gardu.daemon.restarted.v1", "daemon", None, data)


def _button(turn: Turn, event: events.ButtonPressed) -> None:
    """Offer the press to a present supervisor first, then to common buttons, then to visits."""
    accepted: bool | str | None = supervisors.pressed(turn, event)
    if accepted is None:
        accepted = _BUTTONS.get(event.action, _for_a_guest)(turn, event)
    why = f"/{accepted}" if isinstance(accepted, str) else ""
    answer(turn, accepted is True, f"button/{event.panel}/{event.action}{why}", event.panel)


def _arrival(turn: Turn, event: events.ButtonPressed) -> bool | str:
    if event.procedure not in turn.rules.current:
        return False
    if event.host is not None and event.host not in turn.rules.hosts_of(event.procedure):
        return False
    if not hours.admits(turn, event.procedure):
        return hours.OUTSIDE
    if not day.admits(turn):
        return False
    kind = event.guest_kind if event.guest_kind in turn.rules.guest_kinds else None
    arrive(turn, event.procedure, host=event.host, guest_kind=kind)
    return True


def _acknowledge(turn: Turn, event: events.ButtonPressed) -> bool:
    """Acknowledge the alarms that the panel shows; if none, the guest that it asks about."""
    return alarms.acknowledge(turn, event.panel) or inactivity.still_here(turn, event.panel)


def _open_day(turn: Turn, _event: events.ButtonPressed) -> bool:
    return day.open_pressed(turn)


def _close_day(turn: Turn, event: events.ButtonPressed) -> bool | str:
    return day.close_pressed(turn, event.panel)


def _day(turn: Turn, event: events.ButtonPressed) -> bool | str:
    return day.pressed(turn, event.panel)


def _reconcile(turn: Turn, _event: events.ButtonPressed) -> bool:
    return outstanding.reconcile(turn)


def _for_a_guest(turn: Turn, event: events.ButtonPressed) -> bool:
    name = f"button.{event.action}"
    visit = first_waiting(turn, name, turn.rules.panels.get(event.panel, ()))
    return visit is not None and deliver(turn, visit, name)


def _host(turn: Turn, event: events.HostAnswered) -> None:
    """Deliver the aide's answer to the first visit to which it applies (routing, rule 4)."""
    visits = sorted(
        hosts.guests_of(turn, event.aiphone), key=lambda visit: _aide_means(turn, visit)
    )
    if not any(deliver(turn, visit, _aide_says(turn, visit, event.answer)) for visit in visits):
        refuse(turn, f"aiphone/{event.aiphone}/{event.answer}")


def _aide_says(turn: Turn, visit: Visit, answer: str) -> str:
    """Return the event of the aide's *answer* for *visit*: in the waiting room *accept* calls."""
    called = answer == "accept" and turn.phase(visit).waits_for_call
    return CALL_IN if called else f"aiphone.{answer}"


def _aide_means(turn: Turn, visit: Visit) -> int:
    """Return the rank of *visit* for an answer of the aide; the lowest comes first.

    0: its call rings; 1: its guest is at the door or in a meeting; 2: its guest is in the waiting
    room; 3: its call was not answered.
    """
    if CALL in turn.phase(visit).do:
        return 0
    if turn.phase(visit).waits_for_call:
        return 2
    return 3 if any(CALL in phase.do for phase in turn.step(visit).phases) else 1


def _busy(turn: Turn, event: events.StationBusy) -> None:
    """Deliver it to the call that was made last: the aide may be answering an earlier one."""
    calls = [
        visit for visit in hosts.guests_of(turn, event.aiphone) if CALL in turn.phase(visit).do
    ]
    last = max(
        calls,
        default=None,
        key=lambda call: (call.entered.boot == turn.at.boot, call.entered.boot_ns),
    )
    if last is None or not deliver(turn, last, "aiphone.busy"):
        refuse(turn, f"aiphone/{event.aiphone}/busy")


def _timer(turn: Turn, event: events.TimerFired) -> None:
    fired = _TIMERS.get(event.key.partition("/")[0], course.timer_fired)
    fired(turn, event.key)


def _still_taken(turn: Turn, event: events.StillTaken) -> None:
    """Add the SHA-256 to the reference in the visit's step, if the visit is still open."""
    pending = turn.state.stills.pop(event.still, None)
    visit = turn.state.visits.get(pending.visit) if pending else None
    if pending is not None and visit is not None:
        stills = tuple(
            replace(still, sha256=event.sha256) if still.id == event.still else still
            for still in visit.stills
        )
        papers.pictured(turn, turn.change(visit, stills=stills), pending)


def _still_missed_event(turn: Turn, event: events.StillMissed) -> None:
    _still_missed(turn, event.still, event.why)


def _still_missed(turn: Turn, still: str, why: str) -> None:
    pending = turn.state.stills.pop(still, None)
    if pending is not None:
        still_missed(turn, pending.purpose, why, pending.visit)


def _device_failed(turn: Turn, event: events.DeviceFailed) -> None:
    device_fault(turn, event.device, event.why, times=event.times, remedy=event.remedy)
    course.equipment_changed(turn)


def _device_restored(turn: Turn, event: events.DeviceRestored) -> None:
    device_restored(turn, event.device, event.times, event.changes, event.lasted_s)


def _input_refused(turn: Turn, event: events.InputRefused) -> None:
    refuse(turn, f"{event.device}/{event.why}", event.count)


def _system_alarm_raised(turn: Turn, event: events.SystemAlarmRaised) -> None:
    raise_alarm(turn, event.kind, None, event.detail, silent=event.silent)


def _system_alarm_cleared(turn: Turn, event: events.SystemAlarmCleared) -> None:
    """Clear the alarm; an alarm of that name that belongs to a visit ends with the visit's step."""
    alarm = turn.state.alarms.get(event.kind)
    if alarm is not None and alarm.visit is None:
        clear_alarm(turn, event.kind, event.detail)


# Buttons with the same meaning in every procedure; all others are events of procedures.
# Each returns True for an accepted press; False, or the reason in a word, for a refused one.
_BUTTONS: dict[str, Callable[[Turn, events.ButtonPressed], bool | str]] = {
    "arrive": _arrival,
    "next": corrections.next_in_line,
    "back": corrections.back,
    "more": corrections.more,
    "host": host_choice.pressed,
    "receiving": hosts.receiving_pressed,
    "away": hosts.away_pressed,
    "lost": cards.lost,
    **dict.fromkeys(desk.BUTTONS, desk.identity_pressed),
    **dict.fromkeys(values.BUTTONS, values.choice_pressed),
    "acknowledge": _acknowledge,
    "open-day": _open_day,
    "close-day": _close_day,
    "day": _day,
    "reconcile": _reconcile,
}

# Handlers by the first part of a timer's key; all other timers belong to visits.
_TIMERS = {
    "alarm": alarms.timer_fired,
    "card": cards.timer_fired,
    "door": doors.timer_fired,
    "locker": lockers.timer_fired,
    "reader": foreign_cards.timer_fired,
}

_HANDLERS: dict[type[Event], Callable[[Turn, Any], None]] = {
    events.Started: _started,
    events.RunEnded: _run_ended,
    events.ButtonPressed: _button,
    events.PressRepeated: repeats.repeated,
    events.HostAnswered: _host,
    events.StationBusy: _busy,
    events.CardPresented: cards.presented,
    events.InvitationPresented: invitations.presented,
    events.TwoCardsPresented: cards.two_presented,
    events.InvitationRefused: invitations.refused,
    events.LockerOpened: lockers.opened,
    events.LockerClosed: lockers.closed,
    events.LockerFailed: lockers.failed,
    events.LockerRestored: lockers.restored,
    events.DoorOpened: doors.opened,
    events.DoorClosed: doors.closed,
    events.DetectorAlarmed: detector.alarmed,
    events.DetectorCleared: detector.cleared,
    events.PassageMade: detector.passage,
    events.PassageTooFast: detector.too_fast,
    events.InputAlarmed: safety.alarmed,
    events.InputRestored: safety.restored,
    events.AvailabilitySet: hosts.availability_set,
    events.HostNamed: host_choice.named,
    events.GuestKindNamed: guest_kind.named,
    events.DetailsAttached: desk.details_attached,
    events.ValueEntered: values.entered,
    events.TimerFired: _timer,
    events.StillTaken: _still_taken,
    events.StillMissed: _still_missed_event,
    events.DeviceFailed: _device_failed,
    events.DeviceRestored: _device_restored,
    events.InputRefused: _input_refused,
    events.SystemAlarmRaised: _system_alarm_raised,
    events.SystemAlarmCleared: _system_alarm_cleared,
}
