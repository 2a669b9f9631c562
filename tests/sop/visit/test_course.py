"""Whole visits through each procedure, step by step, compared with the law's table."""

import pytest

from edge.sop.effects import Beep, RingAide, TakeStill, UnlockLocker
from edge.sop.lamps import lamps
from edge.sop.records import EquipmentChanged
from tests.sop.stand import CARDS, Stand, rules

PIMPINAN = [(1, 180), (2, 120), (3, 600), (4, 180), (5, 600), (6, 120)]
ESELON_4 = [(1, 180), (2, 120), (3, 600), (4, 600), (5, 120)]


def register(stand: Stand, procedure: str, card: str = CARDS[0]) -> None:
    """Step 1 of the three procedures of Tanjung Jabung Barat: call, accept, card, done."""
    stand.press("reception", "arrive", procedure)
    stand.wait(20)
    stand.answer("accept")
    stand.wait(40)
    stand.card(card)
    stand.wait(10)
    stand.press("reception", "done")


def store_belongings(stand: Stand, locker: int = 1) -> None:
    """Step 3: a locker is requested, opens, is filled and closed."""
    stand.press("officer-2", "locker")
    stand.wait(2)
    stand.opened(locker)
    stand.wait(60)
    stand.closed_door(locker)


def screen(stand: Stand) -> None:
    """Step 4: the aide calls from the waiting room; a clear passage, then officer 3's done."""
    stand.call()
    stand.wait(15)
    stand.detector("passage")
    stand.press("officer-3", "done")


def meet(stand: Stand, card: str = CARDS[0]) -> None:
    """Step 5: the aide admits; the guest comes back to the desk with the card."""
    stand.wait(30)
    stand.answer("accept")
    stand.wait(300)
    stand.card(card)


def give_back(stand: Stand, locker: int | None = 1) -> None:
    """Last step: the card was shown already; done opens the locker, done ends the visit."""
    if locker is not None:
        stand.press("officer-1", "done")
        stand.wait(2)
        stand.opened(locker)
        stand.wait(20)
        stand.closed_door(locker)
    stand.press("officer-1", "done")


def visit(stand: Stand, procedure: str, *, screened: bool) -> None:
    """A visit without incident, from the first button to the last."""
    register(stand, procedure)
    stand.wait(30)
    stand.press("officer-1", "done")
    store_belongings(stand)
    if screened:
        screen(stand)
    meet(stand)
    give_back(stand)


@pytest.mark.parametrize(
    ("procedure", "screened", "table"),
    [
        ("pimpinan", True, PIMPINAN),
        ("eselon-2-3", True, PIMPINAN),
        ("eselon-4-asn", False, ESELON_4),
    ],
)
def test_good_visit_has_the_steps_and_standards_of_the_law(
    procedure: str, screened: bool, table: list[tuple[int, float]]
) -> None:
    """The numbers, order and standard times that reach the central office are those of the law."""
    stand = Stand()
    visit(stand, procedure, screened=screened)
    assert [(step.number, step.standard_s) for step in stand.steps()] == table
    assert {step.outcome for step in stand.steps()} == {"completed"}
    assert stand.outcomes() == ["completed"]
    assert stand.state.visits == {}
    assert stand.state.cards == {}
    assert all(locker.visit is None for locker in stand.state.lockers.values())


def test_jatim_visit_has_the_steps_and_standards_of_the_table() -> None:
    """Jawa Timur: steps 1 and 7 have no standard; step 5 is the card; the host opens the door."""
    stand = Stand()
    stand.press("security", "arrive", "jatim")
    stand.wait(60)
    stand.press("security", "done")
    stand.wait(60)
    stand.press("reception", "done")
    stand.wait(20)
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.press("reception", "done")
    stand.answer("release")
    stand.press("escort", "done")
    stand.wait(900)
    stand.card(CARDS[0])
    stand.press("reception", "done")
    assert [(step.number, step.standard_s) for step in stand.steps()] == [
        (1, None), (2, 120), (3, 120), (4, 120), (5, 60), (6, 120), (7, None),
    ]  # fmt: skip
    assert stand.outcomes() == ["completed"]
    assert stand.steps()[5].evidence == ("door-release", "button")


def test_evidence_of_each_step_is_what_was_seen() -> None:
    """The record lists the evidence of each step: intercom, card, door, beam, buttons."""
    stand = Stand()
    visit(stand, "pimpinan", screened=True)
    assert [step.evidence for step in stand.steps()] == [
        ("aiphone", "card", "button"),
        ("button",),
        ("button", "locker-opened", "locker-closed"),
        ("aiphone", "passage", "button"),
        ("aiphone", "card"),
        ("card", "button", "locker-opened", "locker-closed", "button", "identity-returned"),
    ]


def test_meeting_is_timed_from_admission_and_the_wait_is_told_apart() -> None:
    """The limit of ten minutes is for the meeting itself, not for the wait before it."""
    stand = Stand()
    visit(stand, "pimpinan", screened=True)
    meeting = stand.steps()[4]
    assert (meeting.waited_s, meeting.duration_s) == (30.0, 300.0)


@pytest.mark.parametrize("aide_ends", [True, False])
def test_the_return_is_timed_from_the_card_however_the_meeting_ended(*, aide_ends: bool) -> None:
    """The way back from the host is a wait: the two minutes begin when the card is shown."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.wait(300)
    if aide_ends:
        stand.answer("decline")
    stand.wait(100)
    stand.card(CARDS[0])
    stand.wait(25)
    stand.press("officer-1", "done")
    meeting, back = stand.steps()[4:]
    assert back.duration_s == 25.0
    assert (meeting.duration_s, back.waited_s) == ((300.0, 100.0) if aide_ends else (400.0, 0.0))


def test_a_guest_who_does_not_come_back_from_the_host_is_shown_at_the_desk() -> None:
    """Five minutes after the meeting officer 1's lamp asks: no time of a step runs on the way."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")
    stand.wait(299)
    assert lamps(stand.rules, stand.state)["officer-1"] == "off"
    stand.wait(1)
    assert lamps(stand.rules, stand.state)["officer-1"] == "slow"
    stand.card(CARDS[0])
    stand.press("officer-1", "done")
    assert stand.outcomes() == ["completed"]


def test_a_copied_card_alone_opens_no_locker() -> None:
    """The card's number can be copied: without the officer's button the locker stays shut."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    store_belongings(stand)
    screen(stand)
    meet(stand)
    pulses = len(stand.of(UnlockLocker))
    stand.wait(3600)
    stand.card(CARDS[0])
    assert len(stand.of(UnlockLocker)) == pulses == 1
    stand.press("officer-1", "done")
    assert len(stand.of(UnlockLocker)) == 2


def test_an_office_may_have_the_card_alone_open_the_locker() -> None:
    """``return_needs = "card"``: the card opens the locker at once."""
    stand = Stand(rules(return_button=False))
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    store_belongings(stand)
    screen(stand)
    meet(stand)
    assert len(stand.of(UnlockLocker)) == 2


def test_without_a_card_no_locker_opens_before_the_guest_is_back() -> None:
    """Reception vouched for the card: the end of the meeting opens no locker, the officer does."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    stand.press("reception", "accept")
    stand.press("reception", "done")
    stand.press("officer-1", "done")
    store_belongings(stand)
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")
    stand.wait(1000)
    assert len(stand.of(UnlockLocker)) == 1
    stand.press("officer-1", "done")
    assert len(stand.of(UnlockLocker)) == 2
    stand.opened(1)
    stand.wait(20)
    stand.closed_door(1)
    stand.press("officer-1", "done")
    assert (stand.outcomes(), stand.steps()[-1].duration_s) == (["completed"], 20.0)


def test_a_refused_guest_who_runs_off_was_refused_by_security() -> None:
    """The reason of the outcome stays on the way out; the step has the reason of its own end."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.detector("alarm", "clear", "passage")
    stand.press("officer-3", "refuse")
    stand.press("officer-1", "leave")
    stand.press("officer-1", "leave")
    assert (stand.outcomes(), stand.closed[0].reason) == (["refused"], "security")
    assert [(step.outcome, step.reason) for step in stand.steps()[-2:]] == [
        ("refused", "security"),
        ("abandoned", "guest-left"),
    ]


def test_a_skipped_step_gives_the_visit_no_reason() -> None:
    """*nothing-to-store* is about the locker: a visit that the host ends later has its reason."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    assert next(iter(stand.state.visits.values())).reason is None


def test_alarm_and_second_pass_count_two_attempts_and_take_a_still() -> None:
    """An alarm requires another pass; the record has both attempts and the still."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    store_belongings(stand)
    stand.call()
    stand.detector("alarm", "clear", "passage")
    assert "metal-detector" in stand.state.alarms
    stand.wait(20)
    stand.detector("passage")
    stand.press("officer-3", "done")
    screening = stand.steps()[3]
    assert screening.attempts == 2
    assert sorted(screening.evidence) == ["aiphone", "alarm", "button", "passage", "passage"]
    assert [still.purpose for still in screening.stills] == ["alarm"]
    assert stand.state.alarms == {}
    assert len(stand.said("gardu.alarm.raised.v1")) == 1
    assert len(stand.said("gardu.alarm.cleared.v1")) == 1


def test_refused_guest_gets_belongings_and_card_back_first() -> None:
    """A guest refused by security gets belongings and card back before the visit ends."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    store_belongings(stand)
    stand.call()
    stand.detector("alarm", "clear", "passage")
    stand.press("officer-3", "refuse")
    stand.card(CARDS[0])
    give_back(stand)
    assert [step.outcome for step in stand.steps()] == [
        "completed", "completed", "completed", "refused", "completed",
    ]  # fmt: skip
    assert stand.steps()[-1].number == 6
    assert stand.outcomes() == ["refused"]
    assert stand.closed[0].reason == "security"
    assert stand.state.cards == {}


def test_nothing_to_store_is_recorded_as_skipped_and_needs_no_locker_later() -> None:
    """A guest without belongings: step 3 is skipped with its reason, and no locker is unlocked."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    meet(stand)
    give_back(stand, locker=None)
    assert (stand.steps()[2].outcome, stand.steps()[2].reason) == ("skipped", "nothing-to-store")
    assert stand.of(UnlockLocker) == []
    assert stand.outcomes() == ["completed"]


@pytest.mark.parametrize(
    ("presses", "outcome", "reason"),
    [
        ([("answer", "decline"), ("press", "decline")], "declined", "host-declined"),
        ([("answer", "decline"), ("press", "reschedule")], "rescheduled", "host-declined"),
        ([("press", "absent"), ("press", "decline")], "declined", "host-absent"),
        ([("press", "absent"), ("press", "reschedule")], "rescheduled", "host-absent"),
        ([("wait", "60"), ("press", "decline")], "declined", "no-answer"),
        ([("wait", "60"), ("press", "reschedule")], "rescheduled", "no-answer"),
        ([("press", "leave")], "abandoned", "guest-left"),
    ],
)
@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "eselon-4-asn"])
def test_a_visit_that_does_not_go_in_ends_with_its_outcome_and_reason(
    procedure: str, presses: list[tuple[str, str]], outcome: str, reason: str
) -> None:
    """Declined, absent, no answer, rescheduled, left: each ends with its own outcome and reason."""
    stand = Stand()
    stand.press("reception", "arrive", procedure)
    for kind, value in presses:
        match kind:
            case "answer":
                stand.answer(value)
            case "wait":
                stand.wait(float(value))
            case _:
                stand.press("reception", value)
    assert stand.outcomes() == [outcome]
    assert stand.closed[0].reason == reason
    assert [(s.number, s.outcome) for s in stand.steps()] == [(1, outcome)]


@pytest.mark.parametrize(
    ("presses", "outcome", "reason"),
    [
        ([("answer", "decline"), ("press", "reschedule")], "rescheduled", "host-declined"),
        ([("answer", "decline"), ("press", "decline")], "declined", "host-declined"),
        ([("press", "absent"), ("press", "reschedule")], "rescheduled", "host-absent"),
    ],
)
def test_jatim_offers_to_reschedule_as_step_5b(
    presses: list[tuple[str, str]], outcome: str, reason: str
) -> None:
    """A declined or absent host leads to step 5b, where the guest is offered another time."""
    stand = Stand()
    stand.press("security", "arrive", "jatim")
    stand.press("security", "done")
    stand.press("reception", "done")
    for kind, value in presses:
        stand.answer(value) if kind == "answer" else stand.press("reception", value)
    assert [(s.number, s.step) for s in stand.steps()][-1] == (5, "penjadwalan-ulang")
    assert stand.outcomes() == [outcome]
    assert stand.closed[0].reason == reason


def test_jatim_security_may_refuse() -> None:
    """Security may refuse a guest who does not meet the rules; no card is out at that step."""
    stand = Stand()
    stand.press("security", "arrive", "jatim")
    stand.press("security", "refuse")
    assert stand.outcomes() == ["refused"]


def test_no_answer_can_be_tried_again() -> None:
    """No answer is its own state: reception may ring again, and the attempt is counted."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.wait(60)
    stand.press("reception", "done")
    assert len(stand.of(RingAide)) == 2
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.press("reception", "done")
    assert stand.steps()[0].attempts == 2


def test_host_declines_at_the_door_and_everything_is_given_back() -> None:
    """Declined at step 5: the guest still gets belongings back and returns the card."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    store_belongings(stand)
    screen(stand)
    stand.answer("decline")
    stand.card(CARDS[0])
    give_back(stand)
    assert stand.outcomes() == ["declined"]
    assert [s.number for s in stand.steps()] == [1, 2, 3, 4, 5, 6]


def test_aide_is_reminded_before_the_limit_and_at_it() -> None:
    """The law: "mengingatkan batas waktu menghadap". One ring before ten minutes, one at ten."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.wait(700)
    assert [ring.pattern for ring in stand.of(RingAide)] == ["call", "reminder", "limit"]
    assert len(stand.said("gardu.step.overdue.v1")) == 1
    stand.answer("decline")
    assert stand.steps()[-1].over_s == 100.0


def test_locker_that_does_not_open_is_tried_once_more_and_then_replaced() -> None:
    """A locker that stays closed gets a second pulse, then the guest gets another locker."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "locker")
    stand.wait(20)
    stand.press("officer-2", "locker")
    stand.wait(20)
    stand.press("officer-2", "locker")
    assert [unlock.locker for unlock in stand.of(UnlockLocker)] == [1, 1, 2]
    assert [fault.device for fault in stand.data(EquipmentChanged)] == ["locker/1"]
    stand.opened(2)
    stand.closed_door(2)
    assert stand.steps()[-1].outcome == "completed"


def test_without_a_beam_the_officers_button_marks_the_passage() -> None:
    """A lobby without a passage contact: officer 3's done is the evidence."""
    stand = Stand(rules(passage=False))
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.press("officer-3", "done")
    assert stand.steps()[-1].evidence == ("aiphone", "button")


def test_stills_are_asked_for_where_the_procedure_says() -> None:
    """A still of the desk belongs to step 1."""
    stand = Stand()
    visit(stand, "pimpinan", screened=True)
    assert [still.purpose for still in stand.of(TakeStill)] == ["desk"]
    assert [still.purpose for still in stand.steps()[0].stills] == ["desk"]


def test_every_accepted_press_beeps_once() -> None:
    """Officers hear whether a press was accepted or refused."""
    stand = Stand()
    assert Beep("accepted") in stand.press("reception", "arrive", "pimpinan")
    assert Beep("refused") in stand.press("officer-3", "done")
