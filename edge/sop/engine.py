"""The SOP core: ``step(rules, state, event)`` says what one event leads to. Pure.

Rules it keeps
--------------
1. One card belongs to at most one visit, one locker to at most one visit.
2. A locker is unlocked only for a visit, by its procedure or by its own card.
3. Every visit ends in exactly one outcome, once.
4. Whose event is it? A card names its visit. A locker names the visit that holds it. The aide
   answers the call that rings. Everything else goes to the first in line for whom it means
   something (``visits.first_waiting``).
5. An event that means nothing changes nothing but a counter, and the officer hears two beeps.
6. Any event may come at any time, in any order, more than once.
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, FlashLamp, UnlockLocker
from edge.sop.events import Event
from edge.sop.records import DaemonRestarted, VisitReconciled
from edge.sop.state import LockerState, Rules, State, Visit
from edge.sop.turn import Result, Turn
from edge.sop.verbs import (
    clear_alarm,
    device_fault,
    device_restored,
    raise_alarm,
    still_missed,
)
from edge.sop.visits import (
    DETECTOR,
    deliver,
    first_waiting,
    in_alarm,
    open_visit,
    set_timers,
    timer_fired,
    transition_for,
)

# What a phase does while the aide is being called.
_CALL = "ring:call"

# Refusals are counted by kind; a flood of new kinds must not grow the state for ever.
_MOST_KINDS_OF_REFUSAL = 100


def initial_state(rules: Rules) -> State:
    """Return the state of a checkpoint on its first day."""
    return State(lockers={number: LockerState() for number in rules.lockers})


def step(rules: Rules, state: State, event: Event) -> Result:
    """Return what *event* leads to: the new state, effects, records, visits that closed."""
    turn = Turn(rules, state, event.at)
    _HANDLERS[type(event)](turn, event)
    return turn.result()


def _started(turn: Turn, _event: events.Started) -> None:
    """Set the timers of open visits again; own up to stills that the restart lost."""
    for number in turn.rules.lockers:
        turn.lockers.setdefault(number, LockerState())
    for visit in turn.in_line():
        set_timers(turn, visit)
    for still in list(turn.stills):
        _still_missed(turn, still, "the daemon was restarted")


def _run_ended(turn: Turn, event: events.RunEnded) -> None:
    data = DaemonRestarted(ended=event.ending, crashes=event.crashes, clock_synced=turn.at.synced)
    turn.record("gardu.daemon.restarted.v1", "daemon", None, data)


def _button(turn: Turn, event: events.ButtonPressed) -> None:
    if event.action == "arrive":
        accepted = _arrive(turn, event.procedure)
    else:
        name = f"button.{event.action}"
        visit = first_waiting(turn, name, turn.rules.panels.get(event.panel, ()))
        accepted = visit is not None and deliver(turn, visit, name)
    _answer(turn, accepted, f"button/{event.panel}/{event.action}", event.panel)


def _arrive(turn: Turn, procedure: str | None) -> bool:
    """Open a visit; the press itself is the first event that the visit sees."""
    if procedure not in turn.rules.current:
        return False
    visit = open_visit(turn, procedure)
    deliver(turn, visit, "button.arrive")
    return True


def _answer(turn: Turn, accepted: bool, what: str, panel: str) -> None:  # noqa: FBT001 - a fact
    """Let the officer hear whether the input meant something; if not, see it too, and count it."""
    turn.do(Beep("accepted" if accepted else "refused"))
    if not accepted:
        if panel in turn.rules.panels:
            turn.do(FlashLamp(panel))
        _refuse(turn, what)


def _refuse(turn: Turn, what: str) -> None:
    known = what in turn.refusals or len(turn.refusals) < _MOST_KINDS_OF_REFUSAL
    turn.refuse(what if known else "other")


def _host(turn: Turn, event: events.HostAnswered) -> None:
    """Deliver the aide's answer: to a call that rings, else to the first in line that waits."""
    name = f"aiphone.{event.answer}"
    served = turn.rules.aiphones.get(event.aiphone, ())
    visits = [visit for visit in turn.in_line() if visit.procedure in served]
    visits.sort(key=lambda visit: _CALL not in turn.phase(visit).do)
    if not any(deliver(turn, visit, name) for visit in visits):
        _refuse(turn, f"aiphone/{event.aiphone}/{event.answer}")


def _card(turn: Turn, event: events.CardPresented) -> None:
    stations = turn.rules.readers.get(event.reader, ())
    holder = turn.cards.get(event.card)
    if holder is None:
        accepted = event.card in turn.rules.cards and _issue(turn, event.card, stations)
    elif holder in turn.visits:
        accepted = _present(turn, turn.visits[holder], stations)
    else:
        accepted = _reconcile(turn, event.card, holder)
    kind = "in use" if holder else "free" if event.card in turn.rules.cards else "unknown"
    _answer(turn, accepted, f"card/{event.reader}/{kind}", _panel_at(turn, stations))


def _panel_at(turn: Turn, stations: tuple[str, ...]) -> str:
    """Return the first panel that serves one of *stations*; empty if none does."""
    beside = (
        name for name, kept in turn.rules.panels.items() if not set(kept).isdisjoint(stations)
    )
    return next(beside, "")


def _issue(turn: Turn, card: str, stations: tuple[str, ...]) -> bool:
    """Bind the free *card* to the first visit at the reader that waits for one."""
    visit = first_waiting(turn, "card.issued", stations)
    if visit is None or visit.card is not None:
        return False
    turn.cards[card] = visit.id
    return deliver(turn, turn.change(visit, card=card), "card.issued")


def _present(turn: Turn, visit: Visit, stations: tuple[str, ...]) -> bool:
    """The visit's own card: what its phase waits for, or a call to the front of the line."""
    if transition_for(turn, visit, "card.presented"):
        return deliver(turn, visit, "card.presented")
    if turn.step(visit).station not in stations:
        return False
    first = min(other.place for other in turn.visits.values())
    if visit.place != first:
        turn.change(visit, place=first - 1)
    return True


def _reconcile(turn: Turn, card: str, holder: str) -> bool:
    """A card owed by a closed visit is back: unlock what that visit left in a locker."""
    del turn.cards[card]
    _reconciled(turn, holder, "card")
    for number, locker in turn.lockers.items():
        if locker.visit == holder:
            turn.locker(number, unlocking=True)
            turn.do(UnlockLocker(number, holder))
            break
    return True


def _reconciled(turn: Turn, visit: str, returned: str) -> None:
    data = VisitReconciled(visit=visit, returned=returned, clock_synced=turn.at.synced)
    turn.record("gardu.visit.reconciled.v1", f"visit/{visit}", visit, data)


def _opened(turn: Turn, event: events.LockerOpened) -> None:
    before = turn.lockers.get(event.locker)
    if before is None:
        return
    turn.locker(event.locker, door="open", unlocking=False)
    visit = turn.visits.get(before.visit or "")
    if visit is not None and deliver(turn, visit, "locker.opened"):
        return
    if not before.unlocking and not event.initial:
        raise_alarm(turn, _forced(event.locker), before.visit, "opened without an unlock")


def _closed(turn: Turn, event: events.LockerClosed) -> None:
    before = turn.lockers.get(event.locker)
    if before is None:
        return
    turn.locker(event.locker, door="closed")
    clear_alarm(turn, _forced(event.locker))
    visit = turn.visits.get(before.visit or "")
    if visit is not None:
        deliver(turn, visit, "locker.closed")
    elif before.door == "open":
        _closed_by_nobody(turn, event.locker, before)


def _closed_by_nobody(turn: Turn, number: int, before: LockerState) -> None:
    """A locker of no open visit was opened and closed: emptied by its late guest, or repaired."""
    if before.visit is not None and before.visit not in turn.cards.values():
        turn.locker(number, visit=None)
        _reconciled(turn, before.visit, f"locker/{number}")
    if not before.usable:
        turn.locker(number, usable=True)
        device_restored(turn, f"locker/{number}")


def _forced(number: int) -> str:
    return f"locker-forced-{number}"


def _detector_alarmed(turn: Turn, _event: events.DetectorAlarmed) -> None:
    turn.alarming = True
    visit = first_waiting(turn, "detector.alarm")
    if visit is not None:
        deliver(turn, visit, "detector.alarm")
    else:
        raise_alarm(turn, DETECTOR, None, "nobody is being screened")


def _detector_cleared(turn: Turn, _event: events.DetectorCleared) -> None:
    """An alarm that belongs to no visit ends with its contact; a visit's ends with its step."""
    turn.alarming = False
    alarm = turn.alarms.get(DETECTOR)
    if alarm is not None and alarm.visit is None:
        clear_alarm(turn, DETECTOR)


def _passage(turn: Turn, _event: events.PassageMade) -> None:
    """Deliver it. Under an active alarm contact (stuck, or its wire cut) nobody is clear."""
    visit = first_waiting(turn, "detector.passage")
    if visit is None:
        return
    if turn.alarming and not in_alarm(turn, visit):
        deliver(turn, visit, "detector.alarm")
    if visit.id in turn.visits:
        deliver(turn, turn.visits[visit.id], "detector.passage")


def _timer(turn: Turn, event: events.TimerFired) -> None:
    timer_fired(turn, event.key)


def _still_taken(turn: Turn, event: events.StillTaken) -> None:
    """Complete the reference in the visit's step, if the visit is still there."""
    pending = turn.stills.pop(event.still, None)
    visit = turn.visits.get(pending.visit) if pending else None
    if visit is not None:
        stills = tuple(
            replace(still, sha256=event.sha256) if still.id == event.still else still
            for still in visit.stills
        )
        turn.change(visit, stills=stills)


def _still_missed_event(turn: Turn, event: events.StillMissed) -> None:
    _still_missed(turn, event.still, event.why)


def _still_missed(turn: Turn, still: str, why: str) -> None:
    pending = turn.stills.pop(still, None)
    if pending is not None:
        still_missed(turn, pending.purpose, why, pending.visit)


def _device_failed(turn: Turn, event: events.DeviceFailed) -> None:
    device_fault(turn, event.device, event.why)


def _device_restored(turn: Turn, event: events.DeviceRestored) -> None:
    device_restored(turn, event.device)


def _input_refused(turn: Turn, event: events.InputRefused) -> None:
    _refuse(turn, f"{event.device}/{event.why}")


def _system_alarm_raised(turn: Turn, event: events.SystemAlarmRaised) -> None:
    raise_alarm(turn, event.kind, None, event.detail)


def _system_alarm_cleared(turn: Turn, event: events.SystemAlarmCleared) -> None:
    """Clear it; a visit's alarm of that name is the visit's own affair."""
    alarm = turn.alarms.get(event.kind)
    if alarm is not None and alarm.visit is None:
        clear_alarm(turn, event.kind)


_HANDLERS: dict[type[Event], Callable[[Turn, Any], None]] = {
    events.Started: _started,
    events.RunEnded: _run_ended,
    events.ButtonPressed: _button,
    events.HostAnswered: _host,
    events.CardPresented: _card,
    events.LockerOpened: _opened,
    events.LockerClosed: _closed,
    events.DetectorAlarmed: _detector_alarmed,
    events.DetectorCleared: _detector_cleared,
    events.PassageMade: _passage,
    events.TimerFired: _timer,
    events.StillTaken: _still_taken,
    events.StillMissed: _still_missed_event,
    events.DeviceFailed: _device_failed,
    events.DeviceRestored: _device_restored,
    events.InputRefused: _input_refused,
    events.SystemAlarmRaised: _system_alarm_raised,
    events.SystemAlarmCleared: _system_alarm_cleared,
}
