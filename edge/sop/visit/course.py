"""The interpreter: moves a visit through the phases and steps of its procedure.

Rules
-----
1. edge/sop/procedures/ defines everything that a procedure can contain; no procedure is
   named here.
2. Entering a phase carries out its ``do`` list and sets its timer. If its ``needs`` is not met, the
   visit enters its ``otherwise`` phase instead, or completes the step (``@next``), and its ``do``
   list is not carried out.
3. A visit goes forward only, by its procedure, and back only by a correction
   (edge/sop/inputs/corrections.py).
4. A visit that ends while it has a card or a locker does not release them: they are owed.
"""

from typing import Literal

from msgspec import UNSET

from edge.clock import Stamp, iso
from edge.sop import day, hosts, reasons
from edge.sop.detectors import device_of, event_of
from edge.sop.effects import CancelTimer
from edge.sop.hosts import ChosenBy
from edge.sop.procedures.model import Phase, Step, Transition
from edge.sop.procedures.vocabulary import EVIDENCE, ROOM_FREE, kind_of_event
from edge.sop.records import VisitClosed, VisitOpened
from edge.sop.state import Advance, DetectorState, Visit
from edge.sop.turn import Turn
from edge.sop.visit import (
    conditions,
    identities,
    inactivity,
    pace,
    papers,
    screening,
    waiting_order,
)
from edge.sop.visit.needs import ON_EQUIPMENT, met
from edge.sop.visit.steps import (
    FRESH_STEP,
    add_word,
    end_step,
    leave_step,
    phase_key,
    set_phase_timer,
    start_time,
)
from edge.sop.visit.verbs import VERBS_DONE

# The events that the core makes itself: they are no evidence of the guest.
_OWN_EVENTS = ("timeout", ROOM_FREE)


def open_visit(
    turn: Turn,
    procedure_id: str,
    host: str | None = None,
    by: ChosenBy = "button",
    guest_kind: str | None = None,
) -> Visit:
    """Open a visit under the current text of *procedure_id* and enter its first step.

    :param host: the host who was named, of several; the only host of a procedure needs no naming
    :param by: what named the host
    :param guest_kind: the kind of the guest, if the button names one
    """
    procedure = turn.rules.procedures[turn.rules.current[procedure_id]]
    possible = turn.rules.hosts_of(procedure_id)
    several = len(possible) > 1
    chosen = host if several else next(iter(possible), None)
    turn.update(opened=turn.state.opened + 1)
    visit = Visit(
        id=turn.mint("visit", turn.state.opened),
        number=turn.state.opened,
        procedure=procedure.id,
        version=procedure.version,
        opened=turn.at,
        place=turn.next_place(),
        step=procedure.steps[0].id,
        phase=procedure.steps[0].phases[0].id,
        arrived=turn.at,
        started=None,
        entered=turn.at,
        host=chosen,
        guest_kind=guest_kind,
    )
    turn.state.visits[visit.id] = visit
    data = VisitOpened(
        **turn.facts(visit),
        persons=visit.persons,
        guest_kind=visit.guest_kind or UNSET,
    )
    turn.record_visit("gardu.visit.opened.v1", visit, data)
    if several and chosen is not None:
        hosts.record_choice(turn, visit, None, by)
    day.visit_opened(turn, visit.persons)
    inactivity.watch(turn, visit)
    return _begin_step(turn, visit, procedure.steps[0])


def arrive(
    turn: Turn,
    procedure_id: str,
    proof: Literal["invitation"] | None = None,
    host: str | None = None,
    guest_kind: str | None = None,
) -> None:
    """Open a visit for a guest who has arrived, and deliver its first event, ``button.arrive``.

    :param proof: the evidence, if not a button; the first step records it in any case
    :param host: the host who was named with it
    :param guest_kind: the kind of the guest that was named with it
    """
    visit = open_visit(turn, procedure_id, host, proof or "button", guest_kind)
    if visit.id in turn.state.visits and not deliver(turn, visit, "button.arrive", proof) and proof:
        turn.change(visit, evidence=(*visit.evidence, proof))


def transition_for(turn: Turn, visit: Visit, name: str) -> Transition | None:
    """Return the transition of event *name* in the present phase; None if it does not apply.

    An event of a named metal detector has its own transition, else that of any detector.
    """
    phase, procedure = turn.phase(visit), turn.procedure(visit)
    for event in dict.fromkeys((name, kind_of_event(name))):
        for transition in (*phase.on, *procedure.anywhere):
            if transition.event == event and conditions.met(turn, visit, transition):
                return transition
    return reasons.offered(procedure, phase, name)


def deliver(
    turn: Turn, visit: Visit, name: str, proof: str | None = None, card: str | None = None
) -> bool:
    """Deliver event *name* to *visit*; return False if it does not apply.

    :param proof: the evidence to record, if not the usual one of the event
    :param card: the card of *visit* that was shown, if the event is that
    """
    transition = transition_for(turn, visit, name)
    if transition is None:
        return False
    before = visit
    if name not in _OWN_EVENTS:
        visit = add_evidence(turn, visit, name, proof)
    if card is not None:
        visit = show(turn, visit, card)
    visit = turn.change(
        visit,
        attempts=visit.attempts + transition.again,
        insists=visit.insists or transition.again,
        picked=False,
    )
    visit = conditions.count(turn, visit, transition)
    visit = screening.count(turn, visit, transition.clear)
    visit = reasons.choose(turn, visit, transition)
    if name not in _OWN_EVENTS:
        visit = inactivity.seen(turn, visit)
    if transition.extend:
        visit = pace.extend(turn, visit)
    visit = papers.vouch(turn, visit, transition)
    visit = identities.follow(turn, visit, transition)
    _follow(turn, visit, transition)
    _remember_way_back(turn, before, name)
    if transition.pass_on and visit.id in turn.state.visits:
        deliver(turn, turn.state.visits[visit.id], name, proof, card)
    return True


def show(turn: Turn, visit: Visit, card: str) -> Visit:
    """Store that *card*, one of the cards of *visit*, was shown in its present step."""
    return visit if card in visit.shown else turn.change(visit, shown=(*visit.shown, card))


def add_evidence(turn: Turn, visit: Visit, name: str, proof: str | None = None) -> Visit:
    """Add the evidence of event *name* (or *proof*) to the present step of *visit*."""
    return add_word(turn, visit, proof or EVIDENCE[kind_of_event(name)])


def _remember_way_back(turn: Turn, before: Visit, name: str) -> None:
    """If *name* has moved the visit *before* to another step, store the way back."""
    visit = turn.state.visits.get(before.id)
    if visit is None or visit.step == before.step:
        return
    step = turn.step(before)
    # A phase that a door ended cannot wait for the door again: *back* leads to the first phase.
    phase = step.phases[0].id if name.startswith(("locker.", "door.")) else before.phase
    came = Advance(
        step=step.id,
        phase=phase,
        outcome=before.outcome,
        reason=before.reason,
        timed=before.started is not None and (phase == before.phase or not step.timed_from),
        cards=len(before.cards),
        lockers=len(before.lockers),
        inside=before.inside,
    )
    turn.change(visit, came=came)


def _follow(turn: Turn, visit: Visit, transition: Transition) -> None:
    """Move *visit* along *transition* to its target (``TARGETS`` in the vocabulary)."""
    step = turn.step(visit)
    to = screening.destination(visit, transition)
    if to == "@next":
        _complete(turn, visit, step)
    elif to == "@skip":
        end_step(turn, visit, step, "skipped", transition.reason)
        _go_on(turn, turn.state.visits[visit.id], step)
    elif to.startswith("#"):
        visit = turn.change(visit, reason=transition.reason or visit.reason)
        end_step(turn, visit, step, "completed")
        _begin_step(turn, turn.state.visits[visit.id], turn.procedure(visit).step(to[1:]))
    elif to.startswith("@"):
        _end_visit_here(turn, visit, step, transition)
    else:
        called = turn.phase(visit).waits_for_call
        waited = waiting_order.waits(turn.rules, visit)
        visit = _enter(turn, visit, step.phase(to))
        if not waited:
            _begin_to_wait(turn, visit)
        if called:  # from the waiting room
            _meet_stuck_alarm(turn, visit)


def _begin_to_wait(turn: Turn, visit: Visit) -> Visit:
    """Put *visit* in line if it waits now, for the aide's call or for room in a place."""
    present = turn.state.visits.get(visit.id)
    if present is None or not waiting_order.waits(turn.rules, present):
        return visit if present is None else present
    return waiting_order.join(turn, present)


def _complete(turn: Turn, visit: Visit, step: Step) -> Visit:
    """End *step* as completed and go on; return the visit as it is then, open or closed."""
    end_step(turn, visit, step, "completed")
    _go_on(turn, turn.state.visits[visit.id], step)
    return turn.state.visits.get(visit.id, visit)


def _go_on(turn: Turn, visit: Visit, step: Step) -> None:
    """Enter the step after *step*, or end the visit after the last one."""
    following = turn.procedure(visit).after(step)
    if following is None:
        _close(turn, visit, visit.outcome or "completed")
    else:
        _begin_step(turn, visit, following)


def _end_visit_here(turn: Turn, visit: Visit, step: Step, end: Transition) -> None:
    """End *step* with the outcome of *end*; then the visit, after the step ``via`` if there is one.

    A visit that is on its way out already keeps the outcome and the reason that it was given: only
    the step has those of *end*.
    """
    outcome, via = end.to[1:], end.via
    reason = reasons.final(turn, visit, end)
    decided = visit.outcome or outcome
    if visit.outcome is None:
        visit = turn.change(visit, reason=reason, chosen=None)
    if via is None:
        visit = identities.not_exchanged(turn, visit)
    end_step(turn, visit, step, outcome, reason)
    visit = turn.state.visits[visit.id]
    if via is None or via == step.id:
        _close(turn, visit, decided)
    else:
        visit = turn.change(visit, outcome=decided)
        _begin_step(turn, visit, turn.procedure(visit).step(via))


def _begin_step(turn: Turn, visit: Visit, step: Step) -> Visit:
    """Move *visit* to *step*; at the same station it keeps its place in line."""
    stays = turn.rules.station(visit) == turn.rules.station(visit, step)
    visit = turn.change(
        visit,
        step=step.id,
        phase=step.phases[0].id,
        place=visit.place if stays else turn.next_place(),
        arrived=turn.at,
        **FRESH_STEP,
        **screening.begin(step),
        **conditions.begin(visit, step),
    )
    visit = _enter(turn, visit, step.phases[0])
    if visit.id not in turn.state.visits or visit.step != step.id:
        return visit
    visit = _begin_to_wait(turn, visit)
    return _meet_stuck_alarm(turn, visit)


def _meet_stuck_alarm(turn: Turn, visit: Visit) -> Visit:
    """Deliver the alarm of a stuck contact to *visit*, whose screening begins.

    A stuck contact posts no event for the next guest; without a beam, no walk does either.
    """
    stuck = _stuck_alarm(turn, turn.step(visit))
    if stuck is not None:
        deliver(turn, turn.change(visit, detector=stuck), event_of(stuck, "detector.alarm"))
    return turn.state.visits.get(visit.id, visit)


def _stuck_alarm(turn: Turn, step: Step) -> str | None:
    """Return the detector at *step* whose active alarm contact posts no event for the next guest.

    It is stuck; or the detector has no beam, so that no walk makes an event either.
    """
    for name, detector in turn.rules.detectors.items():
        if not detector.serves(step.station):
            continue
        alarming = turn.state.detectors.get(name, DetectorState()).alarming
        if alarming and (device_of(name) in turn.state.faults or not detector.walks):
            return name
    return None


def recheck(turn: Turn, visit: Visit) -> Visit:
    """Leave a phase that needs ``all-clear`` if a person has joined who has not passed clear."""
    phase = turn.phase(visit)
    if phase.needs != "all-clear" or screening.all_clear(visit):
        return visit
    return _enter(turn, visit, phase)


def _enter(turn: Turn, visit: Visit, phase: Phase) -> Visit:
    """Enter *phase*, or its ``otherwise`` if its need is not met: a phase, or the next step."""
    step = turn.step(visit)
    while phase.needs is not None and not met(turn, visit, phase.needs):
        assert phase.otherwise is not None  # verified at load
        if phase.needs == "host":
            visit = hosts.note_reason(turn, visit)
        if phase.otherwise == "@next":
            return _complete(turn, visit, step)
        phase = step.phase(phase.otherwise)
    turn.do(CancelTimer(phase_key(visit)))
    visit = turn.change(
        visit,
        phase=phase.id,
        entered=turn.at,
        seen=_before(turn, visit),
        entries=visit.entries + 1,
        inside=phase.room or visit.inside,
    )
    if visit.started is None and phase.id in (step.timed_phases or (phase.id,)):
        visit = start_time(turn, visit, step)
    for entry in phase.do:
        verb, _, argument = entry.partition(":")
        visit = VERBS_DONE[verb](turn, visit, argument)
    set_phase_timer(turn, visit, phase)
    return visit


def equipment_changed(turn: Turn) -> None:
    """Move on the visits that wait for equipment which does not work any more.

    They go where their phase leads without it: a reader that fails does not hold a guest up.
    """
    for visit in turn.in_line():
        phase = turn.phase(visit)
        if phase.needs in ON_EQUIPMENT and not met(turn, visit, phase.needs):
            _enter(turn, visit, phase)


def _close(turn: Turn, visit: Visit, outcome: str) -> None:
    """End *visit*; a card, a locker or an ID that it still has is owed."""
    del turn.state.visits[visit.id]
    identities.leave(turn, visit)
    day.visit_closed(turn, outcome)
    inactivity.forget(turn, visit)
    took = turn.at.since(visit.opened)
    data = VisitClosed(
        **turn.facts(visit),
        outcome=outcome,
        reason=visit.reason if outcome != "completed" else None,
        opened=iso(turn.at.dating(visit.opened)),
        duration_s=round(took.seconds, 3),
        uncertainty_s=took.uncertainty_s,
        steps=visit.steps,
        card_out=bool(visit.cards),
        locker_out=visit.lockers[0] if visit.lockers else None,
        cards_out=len(visit.cards),
        lockers_out=visit.lockers,
        persons=visit.persons,
        ids_held=len(visit.identities),
        guest_kind=visit.guest_kind or UNSET,
    )
    turn.record_visit("gardu.visit.closed.v1", visit, data)


def timer_fired(turn: Turn, key: str) -> None:
    """Handle a timer of a phase, of a step's limit or of inactivity; stale ones do nothing."""
    visit = turn.state.visits.get(key.split("/", maxsplit=1)[0])
    if visit is None:
        return
    if key == phase_key(visit):
        deliver(turn, visit, "timeout")
    elif key == inactivity.key(visit):
        inactivity.timer_fired(turn, visit)
    else:
        pace.timer_fired(turn, visit, key)


def abandon(turn: Turn, visit: Visit, reason: str) -> None:
    """End *visit* where it is: the guest has left; a card or locker that it has is owed."""
    end = Transition(event="button.leave", to="@abandoned", reason=reason)
    _end_visit_here(turn, visit, turn.step(visit), end)


def _before(turn: Turn, visit: Visit) -> Stamp | None:
    """Return the moment of the last evidence of *visit*; None if that is now."""
    last = visit.seen or visit.entered
    return None if last == turn.at else last


def reenter(turn: Turn, visit: Visit, phase: str, **changes: object) -> Visit:
    """Put *visit* back into *phase*, where it waits again; the ``do`` list is not repeated."""
    turn.do(CancelTimer(phase_key(visit)))
    entries, seen = visit.entries + 1, _before(turn, visit)
    visit = turn.change(visit, phase=phase, entered=turn.at, seen=seen, entries=entries, **changes)
    visit = _past_equipment(turn, visit)
    set_timers(turn, visit)
    return visit


def _past_equipment(turn: Turn, visit: Visit) -> Visit:
    """Put *visit* into the phase after the present one, if that waits for a device that fails."""
    phase = turn.phase(visit)
    if phase.needs not in ON_EQUIPMENT or met(turn, visit, phase.needs):
        return visit
    return visit if phase.otherwise == "@next" else turn.change(visit, phase=phase.otherwise)


def call_again(turn: Turn, visit: Visit) -> None:
    """Call the aide of the new host of *visit*: the answer to the call before does not count.

    A visit that has left the step of the call goes back to it: another attempt. If it has no host
    now, one is chosen first. The guest is at the desk, and has a card only with the yes of the
    host: cards that were given already are free again, as after *back*.
    """
    call = turn.procedure(visit).call
    assert call is not None  # the caller knows that the procedure calls
    step, phase = call
    phase = next((one for one in step.phases if one.needs == "host-choice"), phase)
    for card in visit.cards:
        turn.state.cards.pop(card, None)
    counts = conditions.without_counts(visit, step)
    visit = turn.change(visit, cards=(), carded=(), inside=None, **counts)
    if visit.step == step.id:
        visit = turn.change(visit, attempts=visit.attempts + 1)
    else:
        leave_step(turn, visit)
        begun = {**FRESH_STEP, "attempts": 2, "arrived": turn.at, "came": None, "reason": None}
        visit = turn.change(visit, step=step.id, phase=phase.id, **begun)
    _enter(turn, visit, phase)


def set_timers(turn: Turn, visit: Visit) -> None:
    """Set the timers of *visit* again, after a restart or a correction."""
    set_phase_timer(turn, visit, turn.phase(visit))
    pace.begin(turn, visit, turn.step(visit))
    inactivity.watch(turn, visit)
