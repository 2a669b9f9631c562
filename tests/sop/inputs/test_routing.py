"""Routing of events to visits: each rule of docs/routing.md has a test with its number."""

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import (
    Beep,
    FlashLamp,
    ReleaseDoor,
    RingAide,
    StartTimer,
    TakeStill,
    UnlockLocker,
)
from edge.sop.engine import step
from edge.sop.inputs import routing
from edge.sop.records import (
    CardLost,
    LockerOpened,
    VisitClosed,
    VisitCorrected,
    VisitJoined,
    VisitOpened,
    VisitReconciled,
)
from edge.sop.state import Detector, Host, Visit
from tests.sop.data_centre import DataCentre
from tests.sop.stand import CARDS, SUPERVISOR, Stand, rules
from tests.sop.visit.test_course import give_back, meet, register, screen, store_belongings

PAGE = Path(__file__).parents[3] / "docs" / "routing.md"
REFUSED = Beep("refused")
ACCEPTED = Beep("accepted")


def registered(*cards: str) -> Stand:
    """A stand with a guest before officer 1 for each of *cards*."""
    stand = Stand()
    for card in cards:
        register(stand, "pimpinan", card)
    return stand


def to_the_door(stand: Stand) -> None:
    """The guest before officer 1 has no belongings, is screened, and stands at the host's door."""
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)


def stored(stand: Stand, card: str = CARDS[0], locker: int = 1) -> Visit:
    """A guest with belongings in a locker stands before officer 3; return the visit."""
    register(stand, "pimpinan", card)
    stand.press("officer-1", "done")
    store_belongings(stand, locker)
    return by_card(stand, card)


def by_card(stand: Stand, card: str) -> Visit:
    """Return the open visit that has *card*."""
    return stand.state.visits[stand.state.cards[card]]


def at(stand: Stand, card: str) -> tuple[str, str]:
    """Return step and phase of the visit that has *card*."""
    visit = by_card(stand, card)
    return visit.step, visit.phase


def away(stand: Stand, card: str = CARDS[0], locker: int = 1) -> str:
    """A guest left unannounced, with card and a full locker; return the closed visit."""
    visit = stored(stand, card, locker)
    stand.press("officer-3", "leave")
    return visit.id


def numbers(text: str) -> list[int]:
    """Return the numbers of the rules in *text*, in its order."""
    return [int(number) for number in re.findall(r"(?m)^(\d+)\.\s", text)]


def test_the_page_the_core_and_the_tests_have_the_same_rules() -> None:
    """The page, the core's docstring and the tests have the same rule numbers."""
    tested = [int(name[10:12]) for name in globals() if name.startswith("test_rule_")]
    assert numbers(routing.__doc__ or "") == list(range(1, max(tested) + 1))
    assert numbers(PAGE.read_text()) == numbers(routing.__doc__ or "")
    assert sorted(set(tested)) == numbers(routing.__doc__ or "")


def test_rule_01_first_in_first_served() -> None:
    """Two guests wait for officer 1: the press is for the one who came there first."""
    stand = registered(CARDS[0], CARDS[1])
    stand.press("officer-1", "done")
    assert at(stand, CARDS[0])[0] == "penitipan"
    assert at(stand, CARDS[1])[0] == "menunggu"


def test_rule_01_who_goes_on_at_the_same_station_keeps_the_place() -> None:
    """Reception serves one guest through all of its steps before the next in line."""
    stand = Stand()
    for _ in range(2):
        stand.press("security", "arrive", "jatim")
    for _ in range(2):
        stand.press("security", "done")
    first, second = stand.state.visits
    stand.press("reception", "done")
    stand.answer("accept")
    assert stand.state.visits[first].step == "kartu-tamu"
    assert stand.card(CARDS[0])
    assert stand.state.visits[first].cards == (CARDS[0],)
    assert stand.state.visits[second].step == "buku-tamu"


def test_rule_02_a_button_is_for_the_first_for_whom_it_means_something() -> None:
    """A guest who is still in the office does not block officer 1's button for other guests."""
    stand = registered(CARDS[0])
    to_the_door(stand)
    stand.answer("accept")
    stand.answer("decline")  # the aide ends the meeting; the guest is on the way back
    register(stand, "pimpinan", CARDS[1])
    stand.press("officer-1", "done")
    assert stand.steps()[-1].step == "menunggu"


def test_rule_02_leave_is_for_a_guest_who_is_there() -> None:
    """A guest in a meeting is not the one who walks away from officer 1."""
    panels = ("reception", "officer-2", "officer-3")
    kept = {"officer-1": ("officer-1", "aide"), **{name: (name,) for name in panels}}
    stand = Stand(rules(panels=kept))
    register(stand, "pimpinan", CARDS[0])
    to_the_door(stand)
    stand.answer("accept")
    register(stand, "pimpinan", CARDS[1])
    meeting, waiting = stand.state.visits.values()
    stand.press("officer-1", "leave")
    assert list(stand.state.visits) == [meeting.id]
    stand.press("officer-1", "leave")
    assert stand.outcomes() == ["abandoned", "abandoned"]
    assert waiting.id in {visit.visit for visit in stand.closed}


def test_rule_02_leave_is_for_the_guest_whose_card_was_shown_last() -> None:
    """The guest of the last card leaves the waiting room, although another guest comes back."""
    stand = registered(CARDS[0])
    to_the_door(stand)
    stand.answer("accept")
    stand.answer("decline")
    register(stand, "pimpinan", CARDS[1])
    back, waiting = by_card(stand, CARDS[0]), by_card(stand, CARDS[1])
    assert stand.card(CARDS[1]) == [ACCEPTED]
    stand.press("officer-1", "leave")
    assert [(end.visit, end.outcome) for end in stand.data(VisitClosed)] == [
        (waiting.id, "abandoned")
    ]
    assert stand.state.visits[back.id].phase == back.phase


@pytest.mark.parametrize("other", [True, False])
def test_rule_07_a_card_picks_until_the_next_event(other: bool) -> None:
    """The pick ends with the next event of its guest, or when another card is shown."""
    stand = registered(CARDS[0], CARDS[1])
    stand.card(CARDS[1])
    assert [by_card(stand, card).picked for card in CARDS[:2]] == [False, True]
    if other:
        stand.card(CARDS[0])
        assert [by_card(stand, card).picked for card in CARDS[:2]] == [True, False]
    else:
        stand.press("officer-1", "done")
        assert at(stand, CARDS[1])[0] == "penitipan"
        assert not by_card(stand, CARDS[1]).picked


def test_rule_02_leave_once_more_is_for_the_guest_who_has_left_without_a_card() -> None:
    """Another guest is on the way back too: the second press is not for that one."""
    stand = Stand()
    for card in CARDS[:2]:
        register(stand, "pimpinan", card)
        to_the_door(stand)
        stand.answer("accept")
        stand.answer("decline")
    first, second = stand.state.visits
    stand.press("officer-1", "leave")
    stand.press("officer-1", "leave")
    assert [(end.visit, end.outcome, end.card_out) for end in stand.closed] == [
        (first, "abandoned", True)
    ]
    assert stand.state.visits[second].phase == "kartu"


def test_rule_03_the_detector_speaks_of_who_is_being_screened() -> None:
    """Two guests before officer 3: the alarm is the first guest's and ends with that guest."""
    stand = registered(*CARDS[:2])
    for _ in range(2):
        stand.press("officer-1", "done")
        stand.press("officer-2", "nothing")
        stand.call()
    first, _ = stand.state.visits
    stand.detector("alarm", "clear", "passage")
    assert stand.state.alarms["metal-detector"].visit == first
    stand.press("officer-3", "leave")
    assert stand.state.alarms == {}
    assert first not in stand.state.visits


def test_rule_03_an_alarm_of_nobody_stands_by_itself() -> None:
    """A stray alarm stands until the contact clears it; a stray passage changes no state."""
    stand = Stand()
    before = stand.state
    stand.detector("passage")
    assert stand.state is before
    stand.detector("alarm")
    assert list(stand.state.alarms) == ["metal-detector"]
    stand.detector("clear")
    assert stand.state.alarms == {}


def test_rule_03_a_walk_out_is_never_the_passage_of_a_guest_who_waits() -> None:
    """Two guests before officer 3, and a third goes home: neither of the two has passed."""
    stand = registered(*CARDS[:2])
    for _ in range(2):
        stand.press("officer-1", "done")
        stand.press("officer-2", "nothing")
        stand.call()
    before = stand.state.visits
    stand.detector("exit")
    assert stand.state.visits == before


def test_rule_03_a_detector_is_about_the_guests_of_its_stations() -> None:
    """A walk through a detector of another station is about no guest here."""
    elsewhere = {"exit": Detector(stations=("exit",), walks=frozenset({"in"}))}
    stand = registered(CARDS[0])
    stand.rules = replace(stand.rules, detectors={**stand.rules.detectors, **elsewhere})
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.detector("passage", at="exit")
    assert at(stand, CARDS[0]) == ("pemeriksaan", "lewat")
    stand.detector("passage")
    assert at(stand, CARDS[0]) == ("pemeriksaan", "bersih")


def test_rule_04_the_aide_answers_the_call_that_rings() -> None:
    """A decline while the aiphone rings is for the new guest, not for the meeting under way."""
    stand = registered(CARDS[0])
    to_the_door(stand)
    stand.answer("accept")
    stand.press("reception", "arrive", "pimpinan")
    meeting, caller = stand.state.visits.values()
    stand.answer("decline")
    assert stand.state.visits[meeting.id].phase == "bertemu"
    assert stand.state.visits[caller.id].phase == "ditolak"
    stand.answer("decline")
    assert stand.state.visits[meeting.id].step == "pengembalian"


@pytest.mark.parametrize("at_door", [True, False])
def test_rule_04_a_guest_at_the_door_before_a_call_that_nobody_answered(at_door: bool) -> None:
    """*accept* is for the guest at the door; without one it is a late answer to the call."""
    stand = registered(CARDS[0])
    stand.press("reception", "arrive", "pimpinan")
    *_, caller = stand.state.visits
    stand.wait(46)
    if at_door:
        to_the_door(stand)
    assert stand.state.visits[caller].phase == "tidak-dijawab"
    stand.answer("accept")
    assert stand.state.visits[caller].phase == ("tidak-dijawab" if at_door else "kartu")
    assert (at(stand, CARDS[0]) == ("menghadap", "bertemu")) is at_door


def test_rule_04_an_aide_answers_for_the_own_hosts_guests_only() -> None:
    """Two aides of one procedure: an answer goes to no guest of the other's host."""
    stand = two_aides()
    stand.press("reception", "arrive", "pimpinan", "bupati")
    stand.press("reception", "arrive", "pimpinan", "wakil-bupati")
    stand.answer("accept", "adc-2")
    phases = {visit.host: visit.phase for visit in stand.state.visits.values()}
    assert phases == {"bupati": "hubungi", "wakil-bupati": "kartu"}


def test_rule_04_accept_calls_the_first_in_the_waiting_room_last_of_all_but_a_late_answer() -> None:
    """Ringing call, guest at the door, waiting room in order of the line, call without answer."""
    stand = registered(*CARDS[:3])
    to_the_door(stand)
    for _ in range(2):
        stand.press("officer-1", "done")
        stand.press("officer-2", "nothing")
    stand.press("reception", "arrive", "pimpinan")
    stand.wait(46)
    stand.press("reception", "arrive", "pimpinan")
    *_, unanswered, ringing = stand.state.visits
    told = []
    for _ in range(5):
        before = {key: visit.phase for key, visit in stand.state.visits.items()}
        stand.answer("accept")
        told += [
            (list(before).index(key), visit.phase)
            for key, visit in stand.state.visits.items()
            if visit.phase != before[key]
        ]
    assert stand.state.visits[unanswered].phase == stand.state.visits[ringing].phase == "kartu"
    assert told == [(4, "kartu"), (0, "bertemu"), (1, "lewat"), (2, "lewat"), (3, "kartu")]


def test_rule_04_decline_ends_the_meeting_before_it_turns_a_waiting_guest_away() -> None:
    """One guest with the host, one in the waiting room: the first *decline* ends the meeting."""
    stand = registered(*CARDS[:2])
    to_the_door(stand)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.answer("accept")
    assert at(stand, CARDS[0]) == ("menghadap", "bertemu")
    stand.answer("decline")
    assert at(stand, CARDS[0])[0] == "pengembalian"
    assert at(stand, CARDS[1]) == ("pemeriksaan", "menunggu-panggilan")
    stand.answer("decline")
    assert at(stand, CARDS[1]) == ("pemeriksaan", "tidak-dipanggil")


def test_rule_05_doors_speak_of_the_visit_they_were_opened_for() -> None:
    """The second guest's locker opens first: the first one's visit still waits for its own."""
    stand = registered(*CARDS[:2])
    for _ in range(2):
        stand.press("officer-1", "done")
        stand.press("officer-2", "locker")
    stand.opened(2)
    assert at(stand, CARDS[0]) == ("penitipan", "buka")
    assert at(stand, CARDS[1]) == ("penitipan", "simpan")


def test_rule_06_a_free_card_goes_to_the_first_who_waits_for_one() -> None:
    """Two guests at reception, both accepted: the first card is the first guest's."""
    stand = Stand()
    for _ in range(2):
        stand.press("reception", "arrive", "pimpinan")
        stand.answer("accept")
    first, second = stand.state.visits
    stand.card(CARDS[0])
    stand.card(CARDS[1])
    assert stand.state.cards == {CARDS[0]: first, CARDS[1]: second}


def test_rule_07_a_card_picks_its_visit() -> None:
    """The second guest holds the card to the reader: the next press is for that guest."""
    stand = registered(CARDS[0], CARDS[1])
    assert stand.card(CARDS[1]) == [ACCEPTED]
    stand.press("officer-1", "done")
    assert at(stand, CARDS[1])[0] == "penitipan"
    assert at(stand, CARDS[0])[0] == "menunggu"


def test_rule_07_a_card_that_was_shown_is_evidence_of_its_step() -> None:
    """The law lists the card at step 2: the record shows who showed it, and who did not."""
    stand = registered(CARDS[0], CARDS[1])
    stand.card(CARDS[1])
    stand.press("officer-1", "done")
    stand.press("officer-1", "done")
    assert [step.evidence for step in stand.steps() if step.number == 2] == [
        ("card", "button"),
        ("button",),
    ]


def test_rule_07_a_card_is_what_its_visit_waits_for_at_any_reader() -> None:
    """Of two guests with the host, the one who shows the card comes back."""
    stand = Stand()
    for card in CARDS[:2]:
        register(stand, "pimpinan", card)
        to_the_door(stand)
        stand.answer("accept")
    stand.send(events.CardPresented(stand.now, "gate", CARDS[1]))
    first, second = stand.state.visits.values()
    assert (first.step, first.cards) == ("menghadap", (CARDS[0],))
    assert (second.step, second.cards) == ("pengembalian", ())  # no locker: all is given back


def test_rule_07_a_card_that_comes_back_is_served_next() -> None:
    """One guest waits to be shown the way, another gives back the card: done is for the latter."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    to_the_door(stand)
    register(stand, "pimpinan", CARDS[1])
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.press("officer-1", "done")
    assert stand.outcomes() == ["completed"]
    assert at(stand, CARDS[1])[0] == "menunggu"


def test_rule_08_a_card_is_never_given_to_two_guests() -> None:
    """A second guest waits for a card: the first guest's is refused, seen, heard and counted."""
    stand = registered(CARDS[0])  # its guest stands before officer 1, at the same reader
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    before = stand.state.visits
    assert stand.card(CARDS[0]) == [REFUSED, FlashLamp("reception")]
    assert list(stand.state.cards) == [CARDS[0]]
    assert stand.state.visits == before
    assert stand.state.refusals == {"card/desk/in use": 1}
    stand.card(CARDS[1])
    assert len(set(stand.state.cards.values())) == 2


def test_rule_09_a_card_of_yesterday_is_free_and_opens_what_it_owes() -> None:
    """The guest left with the card: later it opens the owed locker once; then both are free."""
    stand = Stand(rules(return_button=False))
    holder = away(stand)
    (closed,) = stand.data(VisitClosed)
    assert (closed.card_out, closed.locker_out) == (True, 1)
    stand.wait(86_400)
    stand.restart()
    assert stand.card(CARDS[0])[0] == UnlockLocker(1, holder)
    stand.opened(1)
    stand.closed_door(1)
    assert stand.state.cards == {}
    assert stand.state.lockers[1].visit is None
    assert [data.returned for data in stand.data(VisitReconciled)] == [
        "card", "identity", "locker/1",
    ]  # fmt: skip
    register(stand, "pimpinan", CARDS[0])
    assert CARDS[0] in stand.state.cards


def test_rule_10_the_guest_at_the_desk_has_lost_the_card() -> None:
    """Declared lost at the return: belongings are given back, the card leaves the pool."""
    stand = Stand()
    visit = stored(stand)
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")
    stand.press("officer-1", "leave")
    stand.press("officer-1", "lost")
    stand.press("officer-1", "done")
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-1", "done")
    assert stand.outcomes() == ["completed"]
    assert (stand.state.cards, stand.state.lost) == ({}, {CARDS[0]: visit.id})
    assert [data.visit for data in stand.data(CardLost)] == [visit.id]


def test_rule_10_else_the_card_that_is_owed_longest_is_lost() -> None:
    """Two guests left with their cards: one press each, the older first; a third is refused."""
    stand = Stand()
    holders = [away(stand, card, locker) for card, locker in ((CARDS[3], 1), (CARDS[0], 2))]
    register(stand, "pimpinan", CARDS[5])
    stand.press("reception", "lost")
    assert stand.state.lost == {CARDS[3]: holders[0]}
    assert stand.press("reception", "lost") == [ACCEPTED]
    assert REFUSED in stand.press("reception", "lost")
    assert list(stand.state.cards) == [CARDS[5]]


def lost_card() -> Stand:
    """A stand where a card was declared lost after its guest had gone."""
    stand = Stand()
    away(stand)
    stand.press("reception", "lost")
    return stand


def test_rule_11_a_lost_card_is_refused_with_an_alarm() -> None:
    """A lost card opens neither locker nor visit; the alarm ends after a minute."""
    stand = lost_card()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    effects = stand.card(CARDS[0])
    assert REFUSED in effects
    assert Beep("alarm") in effects
    assert not any(isinstance(effect, UnlockLocker) for effect in effects)
    assert stand.state.alarms["lost-card"].detail == "shown at desk"
    assert stand.state.cards == {}
    stand.wait(30)
    stand.restart()
    stand.wait(29)
    assert "lost-card" in stand.state.alarms
    stand.wait(2)
    assert stand.state.alarms == {}


def test_rule_11_a_supervisor_takes_a_lost_card_back() -> None:
    """Supervisor's card, then the lost one: it is in the pool again, and recorded as back."""
    stand = lost_card()
    stand.card(CARDS[0])
    stand.card(SUPERVISOR)
    assert stand.card(CARDS[0])[-1] == ACCEPTED
    assert (stand.state.lost, stand.state.alarms) == ({}, {})
    assert [data.returned for data in stand.data(VisitReconciled)] == ["card", "identity"]
    register(stand, "pimpinan", CARDS[0])
    assert CARDS[0] in stand.state.cards


def test_rule_11_its_own_guest_finds_it_in_a_pocket() -> None:
    """Declared lost, found before the guest has gone: the card is back, without an alarm."""
    stand = Stand()
    stored(stand)
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")
    stand.press("officer-1", "leave")
    stand.press("officer-1", "lost")
    assert stand.card(CARDS[0])[-1] == ACCEPTED
    assert (stand.state.lost, stand.state.cards, stand.state.alarms) == ({}, {}, {})


def test_rule_12_next_lets_the_next_in_line_go_first() -> None:
    """The guest in front is not ready: the second is served, then the third, then the first."""
    stand = registered(*CARDS[:3])
    stand.press("officer-1", "next")
    for card in (CARDS[1], CARDS[2], CARDS[0]):
        assert at(stand, card)[0] == "menunggu"
        stand.press("officer-1", "done")
        assert at(stand, card)[0] == "penitipan"


def test_rule_12_next_needs_somebody_who_is_next() -> None:
    """Alone in line: refused, and no visit changes."""
    stand = registered(CARDS[0])
    before = stand.state.visits
    assert stand.press("officer-1", "next") == [REFUSED, FlashLamp("officer-1")]
    assert stand.state.visits == before
    assert stand.data(VisitCorrected) == []


def test_rule_13_back_takes_the_visit_in_front_one_step_back() -> None:
    """Officer 1 pressed done for the wrong guest: that guest is first before officer 1 again."""
    stand = registered(*CARDS[:2])
    stand.press("officer-1", "done")
    stand.press("officer-2", "back")
    assert at(stand, CARDS[0]) == ("menunggu", "arahkan")
    stand.press("officer-1", "done")
    assert at(stand, CARDS[0])[0] == "penitipan"
    assert [s.attempts for s in stand.steps() if s.step == "menunggu"] == [1, 2]


def test_rule_13_back_waits_where_the_visit_was_and_not_for_a_closed_door() -> None:
    """*back* leads to officer 2's question and not the closed door; to the meeting, not a call."""
    stand = Stand()
    stored(stand)
    stand.press("officer-3", "back")
    assert at(stand, CARDS[0]) == ("penitipan", "tanya")
    store_belongings(stand, 1)  # the same locker: it is still the visit's
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")  # too early: the guest is still inside
    stand.press("officer-1", "back")
    assert at(stand, CARDS[0]) == ("menghadap", "bertemu")
    stand.wait(481)
    assert stand.of(RingAide)[-1].pattern == "reminder"


def test_rule_13_back_takes_a_decision_back_too() -> None:
    """Declined by mistake at the office door: the visit has no outcome yet, and meets."""
    stand = Stand()
    stored(stand)
    screen(stand)
    stand.answer("decline")
    assert by_card(stand, CARDS[0]).outcome == "declined"
    stand.press("officer-1", "back")
    visit = by_card(stand, CARDS[0])
    assert (visit.step, visit.outcome, visit.reason) == ("menghadap", None, None)
    meet(stand)
    give_back(stand)
    assert stand.outcomes() == ["completed"]


def test_rule_14_back_after_a_card_was_bound_takes_that_back() -> None:
    """The wrong card, or the wrong guest: the card is free again, and another is bound."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.press("reception", "back")
    (visit,) = stand.state.visits.values()
    assert (visit.phase, visit.cards, stand.state.cards) == ("kartu", (), {})
    stand.card(CARDS[1])
    assert list(stand.state.cards) == [CARDS[1]]
    (corrected,) = stand.data(VisitCorrected)
    assert (corrected.correction, corrected.from_step) == ("card", corrected.to_step)


def test_rule_15_back_undoes_and_repeats_no_effect() -> None:
    """No ring, no pulse, no still, no door; the card and the locker stay with the visit."""
    stand = Stand()
    visit = stored(stand)
    effects = stand.press("officer-3", "back")
    deeds = (RingAide, TakeStill, UnlockLocker, ReleaseDoor)
    assert not [effect for effect in effects if isinstance(effect, deeds)]
    after = by_card(stand, CARDS[0])
    assert (after.cards, after.lockers) == (visit.cards, visit.lockers)
    assert stand.state.lockers[1].visit == visit.id


def test_rule_15_back_once_is_enough() -> None:
    """The step before was corrected already, or there is none before: refused."""
    stand = registered(CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "back")
    assert REFUSED in stand.press("officer-1", "back")
    stand.press("reception", "arrive", "pimpinan")
    assert REFUSED in stand.press("reception", "back")
    assert len(stand.data(VisitCorrected)) == 1


def test_rule_15_what_was_given_back_is_not_taken_again() -> None:
    """The card is in the box and the locker is empty: the guest cannot be back in the office."""
    stand = Stand()
    stored(stand)
    screen(stand)
    meet(stand)
    stand.press("officer-1", "done")
    stand.opened(1)
    stand.closed_door(1)
    assert stand.state.cards == {}
    assert REFUSED in stand.press("officer-1", "back")
    stand.press("officer-1", "done")
    assert stand.outcomes() == ["completed"]


def test_rule_16_a_correction_is_a_record_and_erases_none() -> None:
    """The mistaken step's record stays; the correction names both steps and the station."""
    stand = registered(*CARDS[:2])
    stand.press("officer-1", "done")
    before = list(stand.records)
    stand.press("officer-2", "back")
    assert stand.records[: len(before)] == before
    (record,) = stand.records[len(before) :]
    assert record.type == "gardu.visit.corrected.v1"
    assert isinstance(record.data, VisitCorrected)
    assert (record.data.from_step, record.data.to_step) == ("penitipan", "menunggu")
    assert (record.data.correction, record.data.station) == ("back", "officer-2")
    stand.press("officer-1", "next")
    assert [data.correction for data in stand.data(VisitCorrected)] == ["back", "next"]


def test_rule_17_more_counts_the_heads_of_the_group_that_is_received() -> None:
    """A group of three after a single guest: one visit with three persons."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.press("reception", "arrive", "eselon-4-asn")
    stand.press("reception", "more")
    stand.press("reception", "more")
    first, group = stand.state.visits.values()
    assert (first.persons, group.persons) == (1, 3)
    stand.press("reception", "absent")
    stand.press("reception", "absent")
    stand.press("reception", "absent")
    stand.press("reception", "absent")
    assert [data.persons for data in stand.data(VisitOpened)] == [1, 1]
    assert [data.persons for data in stand.data(VisitJoined)] == [2, 3]
    assert sorted(data.persons for data in stand.data(VisitClosed)) == [1, 3]


def test_rule_17_who_is_in_the_guest_book_is_counted_too() -> None:
    """Details for four persons raise the count to four, for a fire; fewer do not lower it."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    group = next(iter(stand.state.visits))
    for persons in (4, 2, 4, 100):
        stand.send(events.DetailsAttached(stand.now, group, persons))
    stand.send(events.DetailsAttached(stand.now, "unknown", 3))
    assert stand.state.visits[group].persons == 4
    assert [data.persons for data in stand.data(VisitJoined)] == [4]


def test_rule_17_a_group_is_complete_with_its_card() -> None:
    """No person joins before the visit or after its card; a stuck button stops at 99."""
    stand = Stand()
    assert REFUSED in stand.press("reception", "more")
    stand.press("reception", "arrive", "pimpinan")
    for _ in range(120):
        stand.press("reception", "more")
    assert next(iter(stand.state.visits.values())).persons == 99
    stand.answer("accept")
    stand.card(CARDS[0])
    assert REFUSED in stand.press("reception", "more")


def supervised(stand: Stand, *presses: str) -> list[object]:
    """Show a supervisor's card at the desk, then press *presses*; return the last effects."""
    effects: list[object] = list(stand.card(SUPERVISOR))
    for action in presses:
        effects = list(stand.press("officer-1", action))
    return effects


def test_rule_17_who_joins_after_the_screening_is_screened_before_the_meeting() -> None:
    """The guest book has one more person: the visit is before officer 3 again."""
    stand = registered(CARDS[0])
    to_the_door(stand)
    (visit,) = stand.state.visits
    stand.send(events.DetailsAttached(stand.now, visit, 2))
    assert at(stand, CARDS[0]) == ("pemeriksaan", "lewat")
    stand.detector("passage")
    stand.press("officer-3", "done")
    assert at(stand, CARDS[0]) == ("menghadap", "panggil")


def test_rule_18_a_supervisor_opens_the_locker_counted_to() -> None:
    """Card, locker three times, reason: the third locker; the record has person and reason."""
    stand = Stand()
    effects = supervised(stand, "locker", "locker", "locker", "reason-3")
    assert effects[0] == UnlockLocker(3, None)
    (opened,) = stand.data(LockerOpened)
    assert (opened.locker, opened.visit) == (3, None)
    assert (opened.who, opened.why) == ("duty-officer", "inspection")
    stand.opened(3)
    stand.closed_door(3)
    assert stand.state.alarms == {}
    assert SUPERVISOR not in str(stand.records)


def test_rule_18_not_counted_it_is_what_is_owed_longest() -> None:
    """Two guests left belongings: the card and *done* open the older locker, "forgotten"."""
    stand = Stand()
    older, _ = away(stand, CARDS[0], 1), away(stand, CARDS[1], 2)
    effects = supervised(stand, "done")
    assert effects[0] == UnlockLocker(1, older)
    assert stand.data(LockerOpened)[0].why == "forgotten"


@pytest.mark.parametrize(
    ("presses", "wait"),
    [
        (["reason-1"], 0),  # no locker is owed, and none was counted
        (["locker"] * 4, 0),  # there are three
        (["locker", "reason-1"], 31),  # too late: then both are for guests
    ],
)
def test_rule_18_what_a_supervisor_cannot_open_is_refused(presses: list[str], wait: float) -> None:
    """No locker counted, beyond the last, too late: two beeps and no pulse."""
    stand = Stand()
    stand.card(SUPERVISOR)
    stand.wait(wait)
    effects = [stand.press("officer-1", action) for action in presses][-1]
    assert REFUSED in effects
    assert stand.of(UnlockLocker) == []
    assert stand.data(LockerOpened) == []


def test_rule_18_other_panels_serve_their_guests_meanwhile() -> None:
    """A supervisor's card at the desk does not claim the buttons of officer 2."""
    stand = registered(CARDS[0])
    stand.press("officer-1", "done")
    stand.card(SUPERVISOR)
    stand.press("officer-2", "locker")
    assert at(stand, CARDS[0]) == ("penitipan", "buka")
    stand.press("reception", "arrive", "pimpinan")
    assert len(stand.state.visits) == 2


def test_rule_18_a_copied_card_alone_opens_nothing() -> None:
    """Card again and again, and presses at the reader's own panel: the locker stays shut."""
    stand = Stand()
    away(stand)
    before = len(stand.of(UnlockLocker))
    for _ in range(3):
        stand.card(SUPERVISOR)
        for action in ("reason-1", "done"):
            stand.press("reception", action)
    assert len(stand.of(UnlockLocker)) == before


def test_rule_18_a_panel_that_is_the_only_one_beside_its_reader_opens() -> None:
    """Where no other panel is beside the reader, its own panel's press opens the locker."""
    stand = Stand(rules(readers={"desk": ("reception",)}))
    holder = away(stand)
    stand.card(SUPERVISOR)
    assert UnlockLocker(1, holder) in stand.press("reception", "done")


def test_rule_18_a_locker_that_does_not_open_is_a_fault() -> None:
    """An owed locker that does not open is a fault within 15 s, and is still owed."""
    stand = Stand(rules(return_button=False))
    holder = away(stand)
    stand.card(CARDS[0])
    pulses = len(stand.of(UnlockLocker))
    stand.restart()  # no second pulse after a restart, but the door is waited for
    stand.wait(16)
    assert len(stand.of(UnlockLocker)) == pulses
    assert "locker/1" in stand.state.faults
    assert stand.state.lockers[1].visit == holder
    supervised(stand, "reason-2")
    stand.opened(1)
    stand.closed_door(1)
    assert stand.state.faults == {}
    assert stand.state.lockers[1].visit is None


def test_rule_19_forgotten_belongings_are_settled_by_a_supervisor() -> None:
    """The card is still out; the locker is emptied, recorded as such, and free."""
    stand = Stand()
    away(stand)
    supervised(stand, "reason-1")
    stand.opened(1)
    stand.closed_door(1)
    assert stand.state.lockers[1].visit is None
    assert [data.returned for data in stand.data(VisitReconciled)] == ["locker/1"]
    assert stand.state.alarms == {}
    effects = stand.card(CARDS[0])
    assert effects == [ACCEPTED]  # the card is back; there is no locker any more


def test_rule_19_an_open_visit_keeps_its_locker() -> None:
    """Inspected while the guest is inside: it is not reconciled and stays the guest's."""
    stand = Stand()
    visit = stored(stand)
    supervised(stand, "locker", "reason-3")
    stand.opened(1)
    stand.closed_door(1)
    assert stand.state.lockers[1].visit == visit.id
    assert stand.state.alarms == {}
    assert stand.data(VisitReconciled) == []
    assert stand.data(LockerOpened)[0].visit == visit.id


@pytest.mark.parametrize("action", ["next", "back", "more", "lost", "done", "accept"])
def test_rule_20_nothing_leads_past_the_screening(action: str) -> None:
    """Before officer 3: no card, no button at any panel and no aide brings the guest in."""
    stand = Stand()
    stored(stand)
    for panel in ("reception", "officer-1", "officer-2", "security", "escort"):
        stand.press(panel, action)
    stand.card(CARDS[0])
    stand.card(SUPERVISOR)
    stand.answer("accept")
    stand.answer("release")
    assert at(stand, CARDS[0])[0] == "pemeriksaan"
    stand.press("officer-3", "back")
    stand.answer("accept")
    assert at(stand, CARDS[0])[0] == "penitipan"


def test_rule_21_a_card_stays_out_only_if_an_officer_says_so() -> None:
    """At the return only the card, or *leave* first, ends the visit."""
    stand = Stand()
    stored(stand)
    screen(stand)
    stand.answer("accept")
    stand.answer("decline")
    for action in ("done", "next", "more", "lost", "accept", "nothing"):
        stand.press("officer-1", action)
    stand.wait(3600)
    assert at(stand, CARDS[0]) == ("pengembalian", "belum-datang")
    stand.press("officer-1", "leave")
    stand.press("officer-1", "done")
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-1", "done")
    (closed,) = stand.data(VisitClosed)
    assert (closed.outcome, closed.card_out, closed.locker_out) == ("completed", True, None)


def test_rule_22_what_means_nothing_changes_nothing_but_a_counter() -> None:
    """A press without a meaning now: two beeps, a flash and a count."""
    stand = Stand()
    before = stand.state
    assert stand.press("officer-3", "done") == [REFUSED, FlashLamp("officer-3")]
    assert stand.state.refusals == {"button/officer-3/done": 1}
    assert stand.state.visits == before.visits
    assert stand.records == []


def test_rule_22_an_unknown_card_is_refused_and_counted() -> None:
    """A card that is not of the pool: two beeps, a counter, no change for any visit."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    assert stand.card("FFFFFFFFFF") == [REFUSED, FlashLamp("reception")]
    assert stand.state.refusals == {"card/desk/unknown": 1}
    assert stand.state.cards == {}


def test_rule_22_two_cards_at_once_are_refused_and_counted() -> None:
    """Two cards are ambiguous: two beeps at the reader's panel, and no visit changes."""
    stand = registered(CARDS[0], CARDS[1])
    before = stand.state.visits
    said = stand.send(events.TwoCardsPresented(stand.now, "desk"))
    assert said == [REFUSED, FlashLamp("reception")]
    assert stand.state.refusals == {"card/desk/two at once": 1}
    assert stand.state.visits == before


def test_a_corrected_visit_has_timers_and_is_taken_up_after_a_restart() -> None:
    """The time of the step starts again at the correction, also over a restart."""
    stand = registered(CARDS[0])
    stand.press("officer-1", "done")
    stand.wait(50)
    stand.press("officer-2", "back")
    keys = {key for key in stand.timers if key.startswith(by_card(stand, CARDS[0]).id)}
    effects = stand.restart()
    assert keys <= {effect.key for effect in effects if isinstance(effect, StartTimer)}
    stand.wait(119)
    assert stand.said("gardu.step.overdue.v1") == []
    stand.wait(2)
    assert len(stand.said("gardu.step.overdue.v1")) == 1


def test_a_correction_is_pure() -> None:
    """The state that is passed in does not change."""
    stand = registered(CARDS[0])
    stand.press("officer-1", "done")
    frozen = stand.state
    result = step(stand.rules, frozen, events.ButtonPressed(stand.now, "officer-2", "back"))
    assert stand.state is frozen
    assert result.state != frozen


def two_aides() -> Stand:
    """Return a checkpoint where one procedure has two hosts, each with an aide."""
    hosts = {
        "bupati": Host(procedures=("pimpinan",), aiphone="adc"),
        "wakil-bupati": Host(procedures=("pimpinan",), aiphone="adc-2"),
    }
    return Stand(rules(hosts=hosts))


def test_rule_23_the_choice_is_for_the_guest_who_waits_for_it() -> None:
    """Before a guest in front who has a host already."""
    stand = two_aides()
    stand.press("reception", "arrive", "pimpinan", "bupati")
    stand.press("reception", "arrive", "pimpinan")
    stand.press("reception", "host")
    stand.press("reception", "host")
    assert [visit.host for visit in stand.state.visits.values()] == ["bupati", "wakil-bupati"]
    assert [visit.phase for visit in stand.state.visits.values()] == ["hubungi", "terpilih"]


def test_rule_23_else_the_first_in_line_whose_host_can_change() -> None:
    """The new host's aide is called; a guest of a procedure with one host is passed over."""
    stand = two_aides()
    stand.press("reception", "arrive", "pimpinan", "bupati")
    stand.press("reception", "arrive", "pimpinan", "bupati")
    stand.answer("accept")
    stand.press("reception", "host")
    assert [visit.host for visit in stand.state.visits.values()] == ["wakil-bupati", "bupati"]
    assert [ring.aiphone for ring in stand.of(RingAide)] == ["adc", "adc", "adc-2"]
    assert len(stand.said("gardu.host.chosen.v1")) == 3
    stand.press("officer-3", "host")
    assert stand.state.refusals == {"button/officer-3/host": 1}


def test_rule_24_a_choice_is_for_the_first_guest_who_waits_for_it() -> None:
    """Of two guests at one station the first in line; then the next who waits for a choice."""
    stand = DataCentre()
    first, second, third = (stand.guest(after="persetujuan") for _ in range(3))
    stand.press("reception", "choice-3")
    assert stand.visit(first).values["category"].value == "officer"
    stand.press("reception", "choice-1")  # the first guest's number of devices: none
    assert stand.visit(first).values["items"].value == 0
    stand.press("reception", "choice-1")
    assert stand.visit(second).values["category"].value == "vendor"
    assert stand.visit(third).values == {}
