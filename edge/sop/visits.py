"""The interpreter: how one visit goes through the phases and steps of its procedure.

Rules
-----
1. Everything a procedure can say is in ``procedure.py``; no procedure is named here.
2. Entering a phase does its ``do`` list and sets its timer; a phase whose ``needs`` is not met is
   passed over to its ``otherwise`` without doing anything.
3. A step's record is made when the visit leaves the step, and never changed.
4. A visit that ends while it holds a card or a locker leaves them held: they are owed.
"""

from msgspec.structs import replace

from edge.clock import iso
from edge.sop.effects import CancelTimer, StartTimer
from edge.sop.procedure import EVIDENCE, Phase, Step, Transition
from edge.sop.records import StepCompleted, StepOverdue, VisitClosed, VisitOpened
from edge.sop.state import Visit
from edge.sop.turn import Turn
from edge.sop.verbs import VERBS_DONE, clear_alarm, door_for, free_locker

DETECTOR = "metal-detector"
"""What the metal detector is called as a device; its alarm has the same name."""

# A step that never ends must not grow its record for ever.
_MOST_EVIDENCE = 100


def open_visit(turn: Turn, procedure_id: str) -> Visit:
    """Open a visit under the current text of *procedure_id* and enter its first step."""
    procedure = turn.rules.procedures[turn.rules.current[procedure_id]]
    turn.opened += 1
    visit = Visit(
        id=turn.mint("visit", turn.opened),
        number=turn.opened,
        procedure=procedure.id,
        version=procedure.version,
        opened=turn.at,
        place=turn.next_place(),
        step=procedure.steps[0].id,
        phase=procedure.steps[0].phases[0].id,
        arrived=turn.at,
        started=None,
        entered=turn.at,
    )
    turn.visits[visit.id] = visit
    data = VisitOpened(
        visit=visit.id,
        procedure=visit.procedure,
        procedure_version=visit.version,
        clock_synced=turn.at.synced,
    )
    turn.record("gardu.visit.opened.v1", f"visit/{visit.id}", visit.id, data)
    return _begin_step(turn, visit, procedure.steps[0])


def arrive(turn: Turn, procedure_id: str, proof: str | None = None) -> None:
    """Open a visit for a guest who has arrived. What shows it is the first event of the visit.

    :param proof: what shows it, if not a button; evidence of the first step, whatever that awaits
    """
    visit = open_visit(turn, procedure_id)
    if visit.id in turn.visits and not deliver(turn, visit, "button.arrive", proof) and proof:
        turn.change(visit, evidence=(*visit.evidence, proof))


def transition_for(turn: Turn, visit: Visit, name: str) -> Transition | None:
    """Return what event *name* leads *visit* to in its present phase, if anything."""
    for transition in (*turn.phase(visit).on, *turn.procedure(visit).anywhere):
        if transition.event == name:
            return transition
    return None


def first_waiting(turn: Turn, name: str, stations: tuple[str, ...] | None = None) -> Visit | None:
    """Return the first visit in line (at one of *stations*) for which event *name* means something.

    This is the rule of the house for every input that does not name its visit: first come, first
    served. What holds ``anywhere`` (a guest leaves) is meant for somebody who waits for it by
    name, or else for somebody who is there, before somebody whose guest is elsewhere.
    """
    waiting = [
        (_meant(turn, visit, name), visit.place, visit)
        for visit in turn.visits.values()
        if (stations is None or turn.step(visit).station in stations)
        and transition_for(turn, visit, name)
    ]
    return min(waiting, key=lambda entry: entry[:2])[2] if waiting else None


def in_alarm(turn: Turn, visit: Visit) -> bool:
    """Whether a metal detector's alarm would change nothing: *visit* is in its alarm already."""
    transition = transition_for(turn, visit, "detector.alarm")
    return transition is None or transition.to == visit.phase


def _meant(turn: Turn, visit: Visit, name: str) -> int:
    phase = turn.phase(visit)
    if any(transition.event == name for transition in phase.on):
        return 0
    return 1 if phase.lamp != "off" else 2


def deliver(turn: Turn, visit: Visit, name: str, proof: str | None = None) -> bool:
    """Let event *name* happen to *visit*; False if it means nothing there.

    :param proof: the evidence that it leaves, if not the usual one
    """
    transition = transition_for(turn, visit, name)
    if transition is None:
        return False
    evidence = visit.evidence
    if name != "timeout" and len(evidence) < _MOST_EVIDENCE:
        evidence = (*evidence, proof or EVIDENCE[name])
    visit = turn.change(
        visit,
        evidence=evidence,
        attempts=visit.attempts + transition.again,
        reason=transition.reason or visit.reason,
    )
    _follow(turn, visit, transition)
    if transition.pass_on and visit.id in turn.visits:
        deliver(turn, turn.visits[visit.id], name, proof)
    return True


def _follow(turn: Turn, visit: Visit, transition: Transition) -> None:
    """Go where *transition* leads (the table at the head of procedure.py)."""
    step = turn.step(visit)
    to = transition.to
    if to == "@next":
        _end_step(turn, visit, step, "completed")
        _go_on(turn, turn.visits[visit.id], step)
    elif to == "@skip":
        _end_step(turn, visit, step, "skipped", transition.reason)
        _go_on(turn, turn.visits[visit.id], step)
    elif to.startswith("#"):
        _end_step(turn, visit, step, "completed")
        _begin_step(turn, turn.visits[visit.id], turn.procedure(visit).step(to[1:]))
    elif to.startswith("@"):
        _end_visit_here(turn, visit, step, to[1:], transition.via)
    else:
        _enter(turn, visit, step.phase(to))


def _go_on(turn: Turn, visit: Visit, step: Step) -> None:
    """Enter the step after *step*, or end the visit after the last one."""
    following = turn.procedure(visit).after(step)
    if following is None:
        _close(turn, visit, visit.outcome or "completed")
    else:
        _begin_step(turn, visit, following)


def _end_visit_here(turn: Turn, visit: Visit, step: Step, outcome: str, via: str | None) -> None:
    """End *step* with the visit's *outcome*; through the step *via* first, unless that is here."""
    decided = visit.outcome or outcome
    _end_step(turn, visit, step, outcome, visit.reason)
    visit = turn.visits[visit.id]
    if via is None or via == step.id:
        _close(turn, visit, decided)
    else:
        visit = turn.change(visit, outcome=decided)
        _begin_step(turn, visit, turn.procedure(visit).step(via))


def _begin_step(turn: Turn, visit: Visit, step: Step) -> Visit:
    """Move *visit* to *step*. Whoever goes on at the same station keeps the place in line."""
    stays = turn.step(visit).station == step.station
    visit = turn.change(
        visit,
        step=step.id,
        place=visit.place if stays else turn.next_place(),
        arrived=turn.at,
        started=None,
        attempts=1,
        evidence=(),
        stills=(),
        overdue=False,
    )
    visit = _enter(turn, visit, step.phases[0])
    # A stuck detector has no edge for the next guest, and without a beam it has no other voice.
    if turn.alarming and (DETECTOR in turn.faults or not turn.rules.passage):
        deliver(turn, visit, "detector.alarm")
    return turn.visits.get(visit.id, visit)


def _enter(turn: Turn, visit: Visit, phase: Phase) -> Visit:
    """Enter *phase*, or the one that takes its place where its need is not met."""
    step = turn.step(visit)
    while phase.needs is not None and not _has(turn, visit, phase.needs):
        assert phase.otherwise is not None  # verified at load
        phase = step.phase(phase.otherwise)
    turn.do(CancelTimer(_phase_key(visit)))
    visit = turn.change(visit, phase=phase.id, entered=turn.at, entries=visit.entries + 1)
    if visit.started is None and phase.id == (step.timed_from or phase.id):
        visit = _start_time(turn, visit, step)
    for entry in phase.do:
        verb, _, argument = entry.partition(":")
        visit = VERBS_DONE[verb](turn, visit, argument)
    _set_phase_timer(turn, visit, phase)
    return visit


def _start_time(turn: Turn, visit: Visit, step: Step) -> Visit:
    visit = turn.change(visit, started=turn.at)
    if step.standard_s is not None:
        turn.do(StartTimer(_overdue_key(visit), turn.at, step.standard_s))
    return visit


def _has(turn: Turn, visit: Visit, need: str) -> bool:
    """Whether *need* (a key of procedure.NEEDS) is met for *visit*."""
    if need == "locker":
        return visit.locker is not None
    if need == "card":
        return visit.card is not None
    if need == "free-locker":
        return visit.locker is not None or free_locker(turn) is not None
    if need == "door":
        return door_for(turn, visit) is not None
    return turn.rules.passage


def _end_step(
    turn: Turn, visit: Visit, step: Step, outcome: str, reason: str | None = None
) -> None:
    """Record the step, take back its alarms and timers."""
    started = visit.started or turn.at
    took, waited = turn.at.since(started), started.since(visit.arrived)
    standard = step.standard_s
    data = StepCompleted(
        visit=visit.id,
        procedure=visit.procedure,
        procedure_version=visit.version,
        step=step.id,
        number=step.number,
        station=step.station,
        role=step.role,
        outcome=outcome,
        reason=reason,
        started=iso(turn.at.dating(started)),
        duration_s=round(took.seconds, 3),
        uncertainty_s=took.uncertainty_s,
        waited_s=round(waited.seconds, 3),
        waited_uncertainty_s=waited.uncertainty_s,
        standard_s=standard,
        over_s=round(max(0.0, took.seconds - standard), 3) if standard is not None else 0.0,
        attempts=visit.attempts,
        evidence=visit.evidence,
        clock_synced=turn.at.synced,
        stills=visit.stills,
    )
    turn.record("gardu.step.completed.v1", f"visit/{visit.id}/step/{step.id}", visit.id, data)
    turn.do(CancelTimer(_overdue_key(visit)))
    turn.do(CancelTimer(_phase_key(visit)))
    turn.change(visit, steps=visit.steps + 1)
    for kind in [kind for kind, alarm in turn.alarms.items() if alarm.visit == visit.id]:
        clear_alarm(turn, kind)


def _close(turn: Turn, visit: Visit, outcome: str) -> None:
    """End *visit*; what it still holds is owed."""
    del turn.visits[visit.id]
    took = turn.at.since(visit.opened)
    closed = replace(visit, outcome=outcome)
    turn.closed.append(closed)
    data = VisitClosed(
        visit=visit.id,
        procedure=visit.procedure,
        procedure_version=visit.version,
        outcome=outcome,
        reason=visit.reason if outcome != "completed" else None,
        opened=iso(turn.at.dating(visit.opened)),
        duration_s=round(took.seconds, 3),
        uncertainty_s=took.uncertainty_s,
        steps=visit.steps,
        card_out=visit.card is not None,
        locker_out=visit.locker,
        clock_synced=turn.at.synced,
    )
    turn.record("gardu.visit.closed.v1", f"visit/{visit.id}", visit.id, data)


def timer_fired(turn: Turn, key: str) -> None:
    """A timer ran out: a phase's ``timeout``, or a step's standard time. Stale ones do nothing."""
    visit = turn.visits.get(key.split("/", maxsplit=1)[0])
    if visit is None:
        return
    if key == _phase_key(visit):
        deliver(turn, visit, "timeout")
    elif key == _overdue_key(visit) and not visit.overdue and visit.started is not None:
        _overdue(turn, visit)


def _overdue(turn: Turn, visit: Visit) -> None:
    step = turn.step(visit)
    assert visit.started is not None
    assert step.standard_s is not None
    turn.change(visit, overdue=True)
    data = StepOverdue(
        visit=visit.id,
        procedure=visit.procedure,
        procedure_version=visit.version,
        step=step.id,
        number=step.number,
        station=step.station,
        role=step.role,
        started=iso(turn.at.dating(visit.started)),
        standard_s=step.standard_s,
        clock_synced=turn.at.synced,
    )
    turn.record("gardu.step.overdue.v1", f"visit/{visit.id}/step/{step.id}", visit.id, data)


def set_timers(turn: Turn, visit: Visit) -> None:
    """Set the timers of *visit* again, after a restart."""
    step = turn.step(visit)
    _set_phase_timer(turn, visit, turn.phase(visit))
    if visit.started is not None and step.standard_s is not None and not visit.overdue:
        turn.do(StartTimer(_overdue_key(visit), visit.started, step.standard_s))


def _set_phase_timer(turn: Turn, visit: Visit, phase: Phase) -> None:
    for transition in phase.on:
        if transition.event == "timeout":
            assert transition.after_s is not None  # verified at load
            turn.do(StartTimer(_phase_key(visit), visit.entered, transition.after_s))


def _phase_key(visit: Visit) -> str:
    return f"{visit.id}/phase/{visit.entries}"


def _overdue_key(visit: Visit) -> str:
    return f"{visit.id}/overdue/{visit.step}"
