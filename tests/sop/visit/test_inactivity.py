"""Inactivity: noticed by time, asked at the panel, recorded; no visit ends by time."""

from msgspec.structs import replace

from edge.sop.lamps import lamps
from edge.sop.records import VisitUnseen
from tests.sop.stand import CARDS, PROCEDURES, Stand, rules
from tests.sop.visit.test_course import give_back, meet, register, screen

AFTER_S = 7200.0


def forgotten(card: str = CARDS[0]) -> Stand:
    """Return a stand with a guest who met the host and should be on the way back to officer 1."""
    stand = Stand()
    register(stand, "pimpinan", card)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")
    return stand


def waiting() -> Stand:
    """Return a stand with a guest whom officer 1 should show to the waiting room."""
    stand = Stand()
    register(stand, "pimpinan")
    return stand


def test_after_two_hours_of_silence_the_panel_asks_and_a_record_says_so() -> None:
    """The question comes after exactly two hours; the lamp is slow although the step is overdue."""
    stand = waiting()
    stand.wait(AFTER_S - 1)
    assert lamps(stand.rules, stand.state)["officer-1"] == "red"
    assert stand.data(VisitUnseen) == []
    stand.wait(1)
    assert lamps(stand.rules, stand.state)["officer-1"] == "slow"
    (said,) = stand.data(VisitUnseen)
    assert (said.step, said.station, said.unseen_s, said.asked) == (
        "menunggu", "officer-1", AFTER_S, 1,
    )  # fmt: skip


def test_leave_answers_the_question_even_if_another_guest_is_there() -> None:
    """The lamp asks about one guest: *leave* is for that guest, and the visit is abandoned."""
    stand = forgotten()
    stand.wait(AFTER_S)
    register(stand, "eselon-2-3", CARDS[1])
    stand.press("officer-1", "leave")  # this phase defines *leave* itself: is the card lost?
    stand.press("officer-1", "leave")
    assert stand.outcomes() == ["abandoned"]
    assert stand.state.cards[CARDS[0]] == stand.closed[0].visit
    assert len(stand.state.visits) == 1


def test_acknowledge_says_that_the_guest_is_still_here() -> None:
    """*acknowledge* ends the question; it comes again after two more hours, as at first."""
    stand = waiting()
    stand.wait(AFTER_S)
    stand.press("officer-1", "acknowledge")
    assert lamps(stand.rules, stand.state)["officer-1"] == "red"
    stand.wait(AFTER_S - 1)
    assert len(stand.data(VisitUnseen)) == 1
    stand.wait(1)
    assert [said.asked for said in stand.data(VisitUnseen)] == [1, 1]


def test_any_evidence_answers_too() -> None:
    """The card comes back: no further question, and the visit ends as usual."""
    stand = forgotten()
    stand.wait(AFTER_S)
    stand.card(CARDS[0])
    assert next(iter(stand.state.visits.values())).asked == 0
    give_back(stand, locker=None)
    stand.wait(10 * AFTER_S)
    assert stand.outcomes() == ["completed"]
    assert len(stand.data(VisitUnseen)) == 1


def test_a_question_that_nobody_answers_is_asked_rarer_and_ends_no_visit() -> None:
    """Asked after 2 hours, after 4 more and after 8 more; a day later the visit is still open."""
    stand = forgotten()
    stand.wait(12 * AFTER_S)
    assert [said.unseen_s / AFTER_S for said in stand.data(VisitUnseen)] == [1, 3, 7]
    assert len(stand.state.visits) == 1


def test_a_meeting_within_its_limit_is_not_asked_for() -> None:
    """With 300 s for inactivity, a meeting with a limit of 600 s is not asked about within it."""
    stand = Stand(rules(abandoned_after_s=300.0))
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("accept")
    stand.wait(599)
    assert stand.data(VisitUnseen) == []
    stand.wait(299)
    assert [said.step for said in stand.data(VisitUnseen)] == ["menghadap"]


def test_a_procedure_may_have_a_time_of_its_own() -> None:
    """One minute in the procedure, two hours for the checkpoint: the procedure's time applies."""
    quick = replace(PROCEDURES["jatim"], abandoned_after_s=60.0)
    stand = Stand(rules(PROCEDURES | {"jatim": quick}))
    stand.press("security", "arrive", "jatim")
    stand.wait(121)
    assert [said.procedure for said in stand.data(VisitUnseen)] == ["jatim"]


def test_a_restart_forgets_no_silence() -> None:
    """Killed after one hour: the question comes after the second hour, once."""
    stand = forgotten()
    stand.wait(AFTER_S / 2)
    stand.restart()
    stand.wait(AFTER_S / 2)
    stand.restart()
    stand.wait(10)
    assert len(stand.data(VisitUnseen)) == 1


def test_nobody_is_asked_for_in_a_visit_that_ended() -> None:
    """A visit that ended leaves no inactivity timer."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    meet(stand)
    give_back(stand, locker=None)
    assert not [key for key in stand.timers if key.endswith("/unseen")]
