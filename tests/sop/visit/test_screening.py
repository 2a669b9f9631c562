"""The screening of a group: each person passes clear, before the group meets its host."""

import pytest

from edge.sop import events
from edge.sop.records import VisitCorrected
from edge.sop.state import Visit
from tests.sop.stand import CARDS, Stand, rules

SCREENED = ("pimpinan", "eselon-2-3")


def group(stand: Stand, persons: int, procedure: str = "pimpinan", card: str = CARDS[0]) -> str:
    """A group without belongings stands before the metal detector; return its visit.

    :param card: the first of its cards
    """
    stand.press("reception", "arrive", procedure)
    visit = max(stand.state.visits.values(), key=lambda visit: visit.number).id
    for _ in range(persons - 1):
        stand.press("reception", "more")
    stand.answer("accept")
    first = CARDS.index(card)
    for each in CARDS[first : first + persons]:
        stand.card(each)
    stand.press("reception", "done")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    return visit


def of(stand: Stand, visit: str) -> Visit:
    """Return the open visit."""
    return stand.state.visits[visit]


@pytest.mark.parametrize("procedure", SCREENED)
def test_a_group_of_four_needs_four_walks(procedure: str) -> None:
    """Measured before: a group of four went in after one walk. Each person walks now."""
    stand = Stand()
    visit = group(stand, 4, procedure)
    for passed in (1, 2, 3):
        stand.detector("passage")
        assert of(stand, visit).passed == passed
        stand.press("officer-3", "done")
        assert of(stand, visit).step == "pemeriksaan"
    stand.detector("passage")
    stand.press("officer-3", "done")
    assert of(stand, visit).step == "menghadap"
    screening = stand.steps()[-1]
    assert (screening.persons, screening.passed) == (4, 4)
    assert screening.evidence == ("aiphone", *["passage"] * 4, "button")


def test_one_in_alarm_does_not_stop_the_count_of_the_others() -> None:
    """The alarm stands until all have passed clear; who walks clear meanwhile is counted."""
    stand = Stand()
    visit = group(stand, 3)
    stand.detector("passage")
    stand.wait(3)
    stand.detector("alarm", "passage", "clear")  # the second one carries metal
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("ulang", 1)
    stand.detector("passage")  # the third one is clear
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("ulang", 2)
    assert "metal-detector" in stand.state.alarms
    stand.press("officer-3", "done")
    assert of(stand, visit).step == "pemeriksaan"
    stand.detector("passage")  # the second one again, without metal
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("bersih", 3)
    assert stand.state.alarms == {}


def test_an_alarm_right_after_a_walk_takes_that_person_out_of_the_count() -> None:
    """Metal behind a person alarms when the beam is free already: that walk was not clear."""
    stand = Stand()
    visit = group(stand, 2)
    stand.detector("passage")
    stand.wait(0.3)
    stand.detector("alarm", "clear")
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("alarm", 0)
    stand.press("officer-3", "done")  # its passage came before the alarm
    for _ in range(2):
        assert of(stand, visit).step == "pemeriksaan"
        stand.wait(5)
        stand.detector("passage")
    stand.press("officer-3", "done")
    assert of(stand, visit).step == "menghadap"
    assert stand.steps()[-1].passed == 2


def test_an_alarm_later_is_the_next_persons() -> None:
    """The next person comes with metal: who passed clear before stays counted."""
    stand = Stand()
    visit = group(stand, 2)
    stand.detector("passage")
    stand.wait(3)
    stand.detector("alarm", "passage", "clear")
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("ulang", 1)


def test_the_officer_vouches_for_one_person_whose_passage_the_beam_missed() -> None:
    """*accept* counts one: it is no way past the walks of the others."""
    stand = Stand()
    visit = group(stand, 3)
    stand.detector("passage")
    stand.press("officer-3", "accept")
    assert of(stand, visit).passed == 2
    stand.detector("passage")
    stand.press("officer-3", "done")
    assert stand.steps()[-1].evidence == ("aiphone", "passage", "button", "passage", "button")


def test_who_runs_is_not_counted() -> None:
    """Too fast is no passage; the others' walks count on."""
    stand = Stand()
    visit = group(stand, 2)
    stand.detector("passage", "too-fast")
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("terlalu-cepat", 1)
    stand.detector("passage")
    assert of(stand, visit).phase == "bersih"


def test_without_a_beam_the_officer_counts_each_person_or_vouches_for_all() -> None:
    """*done* counts one person, *accept* (held) all that are left."""
    stand = Stand(rules(passage=False))
    one_by_one = group(stand, 3)
    for _ in range(2):
        stand.press("officer-3", "done")
        assert of(stand, one_by_one).step == "pemeriksaan"
    stand.press("officer-3", "done")
    assert of(stand, one_by_one).step == "menghadap"
    stand.answer("accept")
    at_once = group(stand, 3, card=CARDS[3])
    stand.press("officer-3", "done")
    stand.press("officer-3", "accept")
    assert of(stand, at_once).step == "menghadap"
    assert [data.passed for data in stand.steps() if data.step == "pemeriksaan"] == [3, 3]


def test_a_group_that_is_refused_has_the_count_so_far() -> None:
    """Two of three had passed clear when the officer refused entry."""
    stand = Stand()
    group(stand, 3)
    stand.detector("passage", "passage")
    stand.wait(3)
    stand.detector("alarm")
    stand.press("officer-3", "refuse")
    screening = stand.steps()[-1]
    assert (screening.outcome, screening.persons, screening.passed) == ("refused", 3, 2)


def test_only_a_screening_has_a_count() -> None:
    """Other steps have the head count, and no count of walks."""
    stand = Stand()
    group(stand, 2)
    assert {(data.persons, data.passed) for data in stand.steps()} == {(2, None)}


def details(stand: Stand, visit: str, persons: int) -> None:
    """The guest book says how many they are."""
    stand.send(events.DetailsAttached(stand.now, visit, persons))


@pytest.mark.parametrize("passage", [True, False])
def test_who_joins_when_all_are_clear_has_to_walk_too(passage: bool) -> None:
    """*done* does not lead on any more until the new person has passed."""
    stand = Stand(rules(passage=passage))
    visit = group(stand, 1)
    if passage:
        stand.detector("passage")
        assert of(stand, visit).phase == "bersih"
    details(stand, visit, 2)
    stand.press("officer-3", "done")
    assert of(stand, visit).step == "pemeriksaan"
    if passage:
        stand.detector("passage")
    stand.press("officer-3", "done")
    assert of(stand, visit).step == "menghadap"
    assert stand.steps()[-1].passed == 2


def test_who_joins_before_the_meeting_brings_the_visit_back_to_the_screening() -> None:
    """The guest book has one more person than walked: the group waits at the aide's no more."""
    stand = Stand()
    visit = group(stand, 2)
    stand.detector("passage", "passage")
    stand.press("officer-3", "done")
    details(stand, visit, 3)
    assert (of(stand, visit).step, of(stand, visit).phase) == ("pemeriksaan", "lewat")
    assert of(stand, visit).passed == 2
    assert [data.correction for data in stand.data(VisitCorrected)] == ["back"]
    stand.answer("accept")  # the aide cannot admit the group now
    assert of(stand, visit).step == "pemeriksaan"
    stand.detector("passage")
    stand.press("officer-3", "done")
    assert of(stand, visit).step == "menghadap"


def test_who_joins_during_the_meeting_is_counted_and_stops_nothing() -> None:
    """The host sees the group already: the records show persons above passed."""
    stand = Stand()
    visit = group(stand, 2)
    stand.detector("passage", "passage")
    stand.press("officer-3", "done")
    stand.answer("accept")
    details(stand, visit, 3)
    assert (of(stand, visit).step, of(stand, visit).phase) == ("menghadap", "bertemu")
    assert (of(stand, visit).persons, of(stand, visit).passed) == (3, 2)


def test_back_leads_to_a_screening_that_is_complete() -> None:
    """*done* for the wrong group is reversed: its count is kept, and no person walks again."""
    stand = Stand(rules(panels={"all": ("officer-3", "aide"), "desk": ("reception", "officer-1"),
                                "store": ("officer-2",)}))  # fmt: skip
    stand.press("desk", "arrive", "pimpinan")
    stand.press("desk", "more")
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.card(CARDS[1])
    stand.press("desk", "done")
    stand.press("desk", "done")
    stand.press("store", "nothing")
    stand.call()
    stand.detector("passage", "passage")
    stand.press("all", "done")
    stand.press("all", "back")
    (visit,) = stand.state.visits.values()
    assert (visit.step, visit.phase, visit.passed) == ("pemeriksaan", "bersih", 2)
    stand.press("all", "done")
    (visit,) = stand.state.visits.values()
    assert visit.step == "menghadap"


def test_who_comes_again_to_the_screening_is_counted_from_the_beginning() -> None:
    """The group went back to the lockers: what was in a bag may be in a pocket now."""
    stand = Stand()
    visit = group(stand, 2)
    stand.detector("passage")
    stand.press("officer-3", "back")
    assert of(stand, visit).step == "penitipan"
    stand.press("officer-2", "nothing")
    stand.call()
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("lewat", 0)
