"""Invariants of approvals, counts, values and refusals, for any events in any order.

A data centre with two hosts and a head of security; guests, officers, aides, desk applications and
restarts act in any order.
"""

from collections import Counter

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from edge.sop import events
from edge.sop.effects import RingAide, StoreValue
from edge.sop.records import StepCompleted, VisitClosed
from tests.longer import either, longer, slow
from tests.restored import stored
from tests.sop.data_centre import HOSTS, PROCEDURE, DataCentre

PERSONS = [*HOSTS, "keamanan"]
ACTIONS = [
    "done", "done", "accept", "decline", "again", "refuse", "leave", "back", "next", "host",
    "reason-1", "reason-2", "reason-3", "choice-1", "choice-2", "choice-3",
]  # fmt: skip
# Each of them is known only to the guest book; no limit of the procedure is written like it.
PLATES = ["BH 1506 XY", "B 2 QZ"]
TEMPERATURES = [36.123, 37.456, 38.789]
SECRETS = [*PLATES, *map(str, TEMPERATURES)]
REACHED: Counter[str] = Counter()
WHY_DECLINED = {"host-declined", "no-answer", "host-away", "not-cleared", *PROCEDURE.reasons}
WHY_REFUSED = {"security", "unwell", *PROCEDURE.refusals}


class Centre(RuleBasedStateMachine):
    """A data centre where any event may happen at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.stand = DataCentre()
        self.seen = 0

    @rule(host=st.sampled_from(sorted(HOSTS)))
    def arrive(self, host: str) -> None:
        """A guest of *host* comes."""
        if len(self.stand.state.visits) < 4:
            self.stand.press("reception", "arrive", PROCEDURE.id, host)

    @rule(after=st.sampled_from(["penerimaan", "persetujuan", "pendataan", "pendataan"]))
    def guided(self, after: str) -> None:
        """A guest comes, and all goes well up to a step (unless others stand before the guest)."""
        if len(self.stand.state.visits) < 4:
            self.stand.guest(after=after)

    @rule(panel=st.sampled_from(["reception", "security"]), action=st.sampled_from(ACTIONS))
    def press(self, panel: str, action: str) -> None:
        """An officer presses a button."""
        self.stand.press(panel, action)

    @rule(action=st.sampled_from(["choice-1", "choice-2", "choice-2", "reason-1", "refuse"]))
    def security(self, action: str) -> None:
        """The officer at security measures, or refuses."""
        self.stand.press("security", action)

    @rule(
        who=st.sampled_from(PERSONS),
        answer=st.sampled_from(["accept", "accept", "accept", "decline", "extend"]),
    )
    def answer(self, who: str, answer: str) -> None:
        """A person answers: only guests whose step asks this person are moved."""
        before = dict(self.stand.state.visits)
        asked = {visit for visit in before if self.asks(visit) == who}
        self.stand.answer(answer, who)
        moved = {
            visit for visit, one in before.items() if self.stand.state.visits.get(visit) != one
        }
        assert moved <= asked
        assert len(moved) <= 1
        REACHED[f"{who} answers"] += len(moved)

    def asks(self, visit: str) -> str | None:
        """Return the person whom the present step of *visit* asks, by the procedure's own text."""
        one = self.stand.visit(visit)
        step = PROCEDURE.step(one.step)
        return step.aiphone or HOSTS[one.host or ""].aiphone

    @rule(who=st.sampled_from(PERSONS))
    def busy(self, who: str) -> None:
        """A line is in use."""
        self.stand.send(events.StationBusy(self.stand.now, who))

    @rule(who=st.sampled_from(PERSONS), receiving=st.booleans())
    def available(self, who: str, receiving: bool) -> None:
        """The office announces that a person is away, or back."""
        self.stand.send(events.AvailabilitySet(self.stand.now, who, receiving))

    @rule(
        which=st.integers(0, 3),
        entered=st.sampled_from([
            *(("plate", plate) for plate in PLATES),
            *(("temperature", one) for one in TEMPERATURES),
            *(("items", one) for one in (0.0, 2.0, 3.0, 15.0, 99.0)),
            ("category", "auditor"), ("category", "vendor"), ("category", "unknown"), ("size", 1.0),
        ]),
    )  # fmt: skip
    def value(self, which: int, entered: tuple[str, str | float]) -> None:
        """A desk application enters a value, at any time."""
        visits = list(self.stand.state.visits)
        visit = visits[which % len(visits)] if visits else "none"
        self.stand.enter(visit, *entered)

    @rule(times=st.integers(1, 3))
    def fever(self, times: int) -> None:
        """The thermometer at security shows a fever, again and again."""
        here = [one.id for one in self.stand.state.visits.values() if one.step == "pemeriksaan"]
        for visit in here[:1] * times:
            self.stand.enter(visit, "temperature", TEMPERATURES[-1])

    @rule()
    def refuse(self) -> None:
        """The officer at security refuses without choosing a reason."""
        self.stand.press("security", "refuse")

    @rule(seconds=st.sampled_from([1, 31, 61, 400]))
    def wait(self, seconds: float) -> None:
        """Time passes; timers fire."""
        self.stand.wait(seconds)

    @rule()
    def restart(self) -> None:
        """The daemon is killed and starts again: no count and no value is lost."""
        kept = stored(self.stand.state)
        assert kept == self.stand.state
        self.stand.state = kept
        self.stand.restart()

    @invariant()
    def no_count_is_exceeded(self) -> None:
        """No transition with a count was followed more often than it may be."""
        most: dict[str, int] = {}
        for step in PROCEDURE.steps:
            for phase in step.phases:
                for way in (way for way in phase.on if way.at_most is not None):
                    key = f"{step.id}/{phase.id}/{way.event}"
                    most[key] = max(most.get(key, 0), way.at_most or 0)
        for visit in self.stand.state.visits.values():
            for key, count in visit.counts.items():
                assert 1 <= count <= most[key]
                REACHED["a count is used up"] += count == most[key]

    @invariant()
    def personal_values_are_only_in_the_guest_book(self) -> None:
        """Neither records nor the state contain a plate or a temperature."""
        new = self.stand.records[self.seen :]
        self.seen = len(self.stand.records)
        text = msgspec.json.encode([new, self.stand.state]).decode()
        assert not [secret for secret in SECRETS if secret in text]

    @invariant()
    def the_record_says_who_was_asked(self) -> None:
        """The other person's steps, and no others, name the called station."""
        for data in self.stand.data(StepCompleted):
            assert (data.aiphone == "keamanan") == (data.step == "persetujuan")
            if data.values is not msgspec.UNSET:
                assert set(data.values) <= {"items", "category"}
                REACHED["values recorded"] += 1

    @invariant()
    def reasons_belong_to_their_ends(self) -> None:
        """A refusal never has a reason of declines, nor the other way round."""
        for data in self.stand.data(VisitClosed):
            REACHED[f"{data.outcome} {data.reason}"] += 1
            if data.outcome == "declined":
                assert data.reason in WHY_DECLINED
            elif data.outcome == "refused":
                assert data.reason in WHY_REFUSED
            elif data.outcome == "completed":
                assert data.reason is None

    @invariant()
    def who_goes_on_was_approved(self) -> None:
        """No guest is past the second approval without a completed record of it."""
        approved = {
            data.visit
            for data in self.stand.data(StepCompleted)
            if (data.step, data.outcome) == ("persetujuan", "completed")
        }
        later = ("pendataan", "pemeriksaan")
        for visit in self.stand.state.visits.values():
            assert visit.step not in later or visit.id in approved

    @invariant()
    def effects_are_orders_of_this_procedure(self) -> None:
        """Only the persons of this office are rung, and only personal values are stored."""
        for effect in self.stand.effects:
            if isinstance(effect, RingAide):
                assert effect.aiphone in PERSONS
            if isinstance(effect, StoreValue):
                assert effect.value == "temperature"
                REACHED["stored by button"] += 1
        self.stand.effects.clear()

    def teardown(self) -> None:
        """Every guest can leave."""
        for panel in ("reception", "security"):
            for _visit in range(4):
                self.stand.press(panel, "leave")
        assert self.stand.state.visits == {}


@slow
@longer
def test_invariants_hold_and_every_word_is_used() -> None:
    """Random events break no invariant, and reach every count, value, reason and approval."""
    REACHED.clear()
    run_state_machine_as_test(
        Centre,
        settings=settings(
            max_examples=either(300, 1000),
            stateful_step_count=60,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    rare = [
        "a count is used up", "values recorded", "stored by button", "keamanan answers",
        "kepala answers", "declined no-answer", "declined not-cleared", "refused security",
        "refused forbidden-items", "refused unwell", "completed None",
    ]  # fmt: skip
    assert [word for word in rare if not REACHED[word]] == []
