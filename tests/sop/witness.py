"""A stand that checks the result of every event against the rules of the core."""

from collections import Counter

from edge.sop import events
from edge.sop.alarms import SILENT
from edge.sop.day import CONFIRM_S
from edge.sop.effects import (
    Beep,
    CancelTimer,
    Effect,
    FlashLamp,
    HoldDoor,
    ReleaseDoor,
    StartTimer,
    UnlockLocker,
)
from edge.sop.events import Event
from edge.sop.lamps import lamps
from edge.sop.procedures.model import Phase, Step
from edge.sop.records import (
    HostChosen,
    LockerOpened,
    Record,
    StepCompleted,
    VisitClosed,
    VisitCorrected,
    VisitReconciled,
)
from edge.sop.state import Rules, State, Visit
from edge.sop.turn import Turn
from edge.sop.visit.course import transition_for
from edge.sop.visit.group import missing_cards
from tests.sop.stand import Stand

CORRECTIONS = ["next", "back", "more"]
TOLD: Counter[str] = Counter()
"""How often each kind of record occurred."""


def _rarity(record: Record) -> str:
    """Return the type of *record*, or for a correction its kind (next, back, card)."""
    data = record.data
    return data.correction if isinstance(data, VisitCorrected) else record.type


class Witness(Stand):
    """Checks every event that is sent; raises AssertionError for a broken rule."""

    held = False

    def __init__(self, with_rules: Rules | None = None) -> None:
        super().__init__(with_rules)
        # The steps that each open visit has completed, by the records and corrections alone.
        self.behind: dict[str, list[str]] = {}
        # Visits for which an officer has declared that the card may not come back.
        self.declared: set[str] = set()
        # The host for whom each visit was accepted.
        self.agreed: dict[str, str | None] = {}
        # IDs by visit: how many closed visits left, less those recorded as given back.
        self.left: Counter[str] = Counter()

    def send(self, event: Event) -> list[Effect]:
        """Send *event* and check its result."""
        before, said = self.state, len(self.records)
        effects = super().send(event)
        TOLD.update(_rarity(record) for record in self.records[said:])
        self._screened(before, self.records[said:])
        self._cards_owed(event, before, self.records[said:])
        self._corrected(event, before, effects, self.records[said:])
        self._opened_for(event, before, effects, self.records[said:])
        self._releases(event, effects)
        self._holds(event, effects)
        self._silence(event, effects, before)
        self._lockers_given(before)
        self._fire_explains(before)
        self._admitted(event, before)
        self._closing_meant(event, before)
        self._seen_by_officers(event, before)
        self._nobody_ended_by_silence(event, before)
        self._picked(event, before)
        self._answered(event, before)
        self._agreed(event, before, self.records[said:])
        self._passed_clear(event, before)
        self._walks_out(event, before)
        self._called(event, before)
        self._identities(before, self.records[said:])
        return effects

    def _called(self, event: Event, before: State) -> None:
        """A guest leaves the waiting room for the screening or the host only when called."""
        for visit in before.visits.values():
            now = self.state.visits.get(visit.id)
            step = self.rules.procedures[visit.procedure_key].step(visit.step)
            if now is None or now.step != visit.step or not step.phase(visit.phase).waits_for_call:
                continue
            if now.started is not None:
                called = isinstance(event, events.HostAnswered) and event.answer == "accept"
                aloud = isinstance(event, events.ButtonPressed) and event.action == "accept"
                assert called or aloud
            elif now.phase != visit.phase:
                assert "detector.alarm" not in {way.event for way in step.phase(now.phase).on}

    def _identities(self, before: State, said: list[Record]) -> None:
        """An ID is held for an open visit, or left by a closed one until it is given back once."""
        for record in said:
            data = record.data
            if isinstance(data, VisitClosed):
                self.left[data.visit] += data.ids_held
            elif isinstance(data, VisitReconciled) and data.returned == "identity":
                self.left[data.visit] -= 1
                assert self.left[data.visit] >= 0
        assert {visit: len(kinds) for visit, kinds in self.state.identities.items()} == +self.left
        assert self.state.identities.keys().isdisjoint(self.state.visits)
        for visit in self.state.visits.values():
            was = before.visits.get(visit.id)
            assert len(visit.identities) <= visit.persons
            assert (
                len(visit.identities) >= (len(was.identities) if was else 0)
                or visit.outcome
                or (visit.step == self.rules.procedures[visit.procedure_key].steps[-1].id)
            )

    def _releases(self, event: Event, effects: list[Effect]) -> None:
        """A door is released only on a host's answer, for an open visit that it serves."""
        for release in effects:
            if isinstance(release, ReleaseDoor):
                assert isinstance(event, events.HostAnswered)
                assert event.answer == "release"
                served = self.rules.doors[release.door].procedures
                assert self.state.visits[release.visit].procedure in served

    def _screened(self, before: State, said: list[Record]) -> None:
        """A visit comes to a step after all rows before it, unless it is on its way out."""
        for record in said:
            data = record.data
            if isinstance(data, StepCompleted):
                self.behind.setdefault(data.visit, []).append(data.step)
            elif isinstance(data, VisitCorrected) and data.correction == "back":
                self.behind[data.visit].remove(data.to_step)
        for visit in self.state.visits.values():
            was = before.visits.get(visit.id)
            if was is None or was.step == visit.step or visit.outcome is not None:
                continue
            procedure = self.rules.procedures[visit.procedure_key]
            behind = {procedure.step(step).number for step in self.behind[visit.id]}
            assert set(range(1, procedure.step(visit.step).number)) <= behind

    def _cards_owed(self, event: Event, before: State, said: list[Record]) -> None:
        """A card stays out only if an officer has said so; the record counts each one."""
        if isinstance(event, events.ButtonPressed) and event.action in ("leave", "reconcile"):
            self.declared |= {
                visit.id
                for visit in before.visits.values()
                if self.state.visits.get(visit.id) is not visit
            }
        for record in said:
            if isinstance(record.data, VisitClosed) and record.data.card_out:
                assert record.data.visit in self.declared
            if isinstance(record.data, VisitClosed):
                owed = list(self.state.cards.values()).count(record.data.visit)
                assert (record.data.cards_out, record.data.card_out) == (owed, owed > 0)
                lockers = self.state.lockers.items()
                kept = [number for number, one in lockers if one.visit == record.data.visit]
                assert sorted(record.data.lockers_out) == kept

    def _corrected(
        self, event: Event, before: State, effects: list[Effect], said: list[Record]
    ) -> None:
        """A correction causes only beeps, flashes and timers, and changes at most one visit."""
        if not isinstance(event, events.ButtonPressed) or event.action not in CORRECTIONS:
            return
        allowed = (Beep, FlashLamp, StartTimer, CancelTimer)
        assert all(isinstance(effect, allowed) for effect in effects)
        assert self.state.lockers == before.lockers
        assert self.state.visits.keys() == before.visits.keys()
        told = [record.data for record in said if isinstance(record.data, VisitCorrected)]
        moved = {key for key, visit in self.state.visits.items() if visit != before.visits[key]}
        assert len(moved) <= 1
        if event.action != "more":
            assert [data.visit for data in told] == list(moved)

    def _opened_for(
        self, event: Event, before: State, effects: list[Effect], said: list[Record]
    ) -> None:
        """A locker opens for an open visit, for the last card that owes it, or for a supervisor.

        By a card it opens only for the visit of that card, once all its cards are shown.
        """
        supervised = {r.data.locker for r in said if isinstance(r.data, LockerOpened)}
        assert not supervised or before.supervision is not None
        for unlock in effects:
            if isinstance(unlock, UnlockLocker) and unlock.locker not in supervised:
                owed = isinstance(event, events.CardPresented) and unlock.visit == (
                    before.cards.get(event.card)
                )
                assert owed or unlock.visit in self.state.visits
                if isinstance(event, events.CardPresented):
                    assert before.cards[event.card] == unlock.visit
                    visit = self.state.visits.get(unlock.visit or "")
                    assert visit is None or not missing_cards(visit)
                    assert visit is not None or unlock.visit not in self.state.cards.values()

    def _holds(self, event: Event, effects: list[Effect]) -> None:
        """Doors are held while fire stands, and only then; a starting daemon finds them locked."""
        if isinstance(event, events.Started):
            self.held = False
        for hold in effects:
            if isinstance(hold, HoldDoor):
                self.held = hold.released
        assert self.held == ("fire" in self.state.alarms and bool(self.rules.doors))

    def _silence(self, event: Event, effects: list[Effect], before: State) -> None:
        """Duress is neither heard nor seen."""
        if isinstance(event, events.InputAlarmed) and event.kind == "duress":
            assert not any(isinstance(effect, Beep | FlashLamp) for effect in effects)
            assert lamps(self.rules, self.state) == lamps(self.rules, before)
            assert "duress" in self.state.alarms

    def _lockers_given(self, before: State) -> None:
        """A visit is given only a locker that is free, usable and reachable."""
        for number, locker in self.state.lockers.items():
            was = before.lockers[number]
            if locker.visit is not None and locker.visit != was.visit:
                assert was.visit is None
                assert was.usable
                assert was.reachable

    def _admitted(self, event: Event, before: State) -> None:
        """No guest arrives while the day is closed or closing, unless a new day opens."""
        closed = before.day is not None and (before.day.closed or before.day.closing)
        if closed and self.state.opened != before.opened:
            assert self.state.day is not None
            assert before.day is not None
            assert self.state.day.number == before.day.number + 1
            assert self.state.day.opened == event.at

    def _closing_meant(self, event: Event, before: State) -> None:
        """A day closes on guests who are inside only by a second press at the same panel."""
        day, was = self.state.day, before.day
        if day is None or was is None or not before.visits or was.closing is not None:
            return
        if day.number == was.number and (day.closing is not None or day.closed != was.closed):
            assert isinstance(event, events.ButtonPressed)
            assert was.refused is not None
            assert was.refused.panel == event.panel
            assert event.at.seconds_since(was.refused.at) <= CONFIRM_S

    def _seen_by_officers(self, event: Event, before: State) -> None:
        """Only an officer's press acknowledges an alarm, and never a silent one."""
        for kind, alarm in self.state.alarms.items():
            was = before.alarms.get(kind)
            if alarm.acknowledged is not None and (was is None or was.acknowledged is None):
                assert isinstance(event, events.ButtonPressed)
                assert event.action == "acknowledge"
                assert kind not in SILENT

    def _nobody_ended_by_silence(self, event: Event, before: State) -> None:
        """Inactivity is asked about and recorded, and ends no visit."""
        if isinstance(event, events.TimerFired) and event.key.endswith("/unseen"):
            assert self.state.visits.keys() == before.visits.keys()

    def _picked(self, event: Event, before: State) -> None:
        """A press after a card was shown there is for that card's guest, if it can be."""
        if not isinstance(event, events.ButtonPressed) or before.supervision is not None:
            return
        turn = Turn(self.rules, before, event.at)
        here = self.rules.panels.get(event.panel, ())
        for visit in before.visits.values():
            if not visit.picked or turn.step(visit).station not in here:
                continue
            if transition_for(turn, visit, f"button.{event.action}"):
                assert self.state.visits.get(visit.id) is not visit

    def _answered(self, event: Event, before: State) -> None:
        """An aide's station is about guests of that aide's hosts only."""
        if isinstance(event, events.HostAnswered | events.StationBusy):
            for visit in before.visits.values():
                host = self.rules.hosts.get(visit.host or "")
                if host is None or host.aiphone != event.aiphone:
                    assert self.state.visits.get(visit.id) == visit

    def _agreed(self, event: Event, before: State, said: list[Record]) -> None:
        """A guest leaves the step of the call to see a host whose aide (or reception) said yes."""
        for record in said:
            if isinstance(record.data, HostChosen) and not record.data.called:
                self.agreed[record.data.visit] = record.data.host  # that host's aide will admit
        for was in before.visits.values():
            call, visit = (
                self.rules.procedures[was.procedure_key].call,
                self.state.visits.get(was.id),
            )
            if call is None or was.step != call[0].id or visit is None:
                continue
            if not self._before(was, call):
                answer = isinstance(event, events.HostAnswered) and event.answer
                pressed = isinstance(event, events.ButtonPressed) and event.action
                if visit != was and "accept" in (answer, pressed):
                    self.agreed[was.id] = was.host
            forward = self.place(visit) > self.place(was)
            if forward and visit.step != was.step and (visit.outcome, visit.reason) == (None, None):
                assert visit.host is not None
                assert self.agreed[was.id] == visit.host

    def place(self, visit: Visit) -> tuple[int, int]:
        """Return the place of the visit's phase in its procedure."""
        procedure = self.rules.procedures[visit.procedure_key]
        step = procedure.step(visit.step)
        return procedure.place(step, step.phase(visit.phase))

    def _before(self, visit: Visit, call: tuple[Step, Phase]) -> bool:
        return self.place(visit) < self.rules.procedures[visit.procedure_key].place(*call)

    def _passed_clear(self, event: Event, before: State) -> None:
        """No person meets the host, or leaves the screening, who has not passed clear.

        Persons are counted one by one, by a walk in while the alarm is at rest or by the officer's
        press; all at once only where no beam counts.
        """
        for visit in self.state.visits.values():
            was = before.visits.get(visit.id)
            if was is None:
                continue
            self._counted(event, before, visit.passed - was.passed)
            procedure = self.rules.procedures[visit.procedure_key]
            step, left = procedure.step(visit.step), procedure.step(was.step)
            onwards = left.screens and step.number > left.number and visit.outcome is None
            # Who joins during the meeting is counted only.
            behind = any(one.screens and one.number + 1 == step.number for one in procedure.steps)
            begins = was.started is None and visit.started is not None
            meets = behind and begins and visit.outcome is None and visit.step == was.step
            if onwards or meets:
                assert visit.passed == visit.persons
                TOLD["a group in the meeting"] += meets and visit.persons > 1

    def _counted(self, event: Event, before: State, gained: int) -> None:
        if gained <= 0:
            return
        if isinstance(event, events.PassageMade):
            assert gained == 1
            assert event.direction == "in"
            detector = before.detectors.get(event.detector)
            assert detector is None or not detector.alarming
        else:
            assert isinstance(event, events.ButtonPressed)
            assert event.action in ("done", "accept")
            assert gained == 1 or not any(one.walks for one in self.rules.detectors.values())

    def _walks_out(self, event: Event, before: State) -> None:
        """A walk out, or of unknown direction, is no passage: it changes none of these visits."""
        walks = (events.PassageMade, events.PassageTooFast)
        if isinstance(event, walks) and event.direction != "in":
            assert self.state.visits == before.visits
            assert self.state.alarms == before.alarms

    def _fire_explains(self, before: State) -> None:
        """While fire holds the doors, no new alarm reports a door as forced or held open."""
        if "fire" in before.alarms and "fire" in self.state.alarms:
            new = self.state.alarms.keys() - before.alarms.keys()
            assert not [kind for kind in new if kind.startswith("door-")]
