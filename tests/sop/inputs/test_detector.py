"""The metal detector: too fast, and alarms; the aiphone: a station that is in use."""

import pytest

from edge.sop import events
from edge.sop.effects import Beep, RingAide
from edge.sop.lamps import lamps
from tests.sop.stand import CARDS, PROCEDURES, Stand
from tests.sop.visit.test_course import register


def at_the_detector(stand: Stand, procedure: str = "pimpinan", card: str = CARDS[0]) -> None:
    """A guest without belongings has been called and stands before the metal detector."""
    register(stand, procedure, card)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()


def phase_of(stand: Stand) -> str:
    """Return the phase of the only visit."""
    (visit,) = stand.state.visits.values()
    return visit.phase


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3"])
def test_who_runs_passes_once_more(procedure: str) -> None:
    """Too fast is no passage: the lamp asks for a decision, the next pass is another attempt."""
    stand = Stand()
    at_the_detector(stand, procedure)
    stand.detector("too-fast")
    assert lamps(stand.rules, stand.state)["officer-3"] == "slow"
    stand.press("officer-3", "done")  # does not let the guest through
    assert phase_of(stand) == "terlalu-cepat"
    stand.detector("passage")
    stand.press("officer-3", "done")
    screening = stand.steps()[-1]
    assert screening.attempts == 2
    assert screening.evidence == ("aiphone", "too-fast", "passage", "button")


@pytest.mark.parametrize(
    ("walks", "phase", "attempts"),
    [
        (["too-fast", "too-fast"], "terlalu-cepat", 3),
        (["too-fast", "alarm"], "alarm", 2),
        (["alarm", "clear", "too-fast"], "ulang", 2),
        (["alarm", "clear", "passage", "too-fast"], "ulang", 3),
        (["passage", "too-fast"], "terlalu-cepat", 2),
        (["too-fast", "passage"], "bersih", 2),
    ],
)
def test_a_walk_that_is_too_fast_never_clears(walks: list[str], phase: str, attempts: int) -> None:
    """The guest must pass again after it; a standing alarm stays."""
    stand = Stand()
    at_the_detector(stand)
    stand.detector(*walks)
    (visit,) = stand.state.visits.values()
    assert (visit.phase, visit.attempts) == (phase, attempts)
    assert ("metal-detector" in stand.state.alarms) == (phase in ("alarm", "ulang"))


def test_under_a_stuck_alarm_a_fast_walk_is_an_alarm_too() -> None:
    """The contact was active before the guest came, so this guest causes no edge."""
    stand = Stand()
    stand.detector("alarm")
    at_the_detector(stand)
    stand.detector("too-fast")
    assert phase_of(stand) == "ulang"
    assert "alarm" in next(iter(stand.state.visits.values())).evidence


def test_running_while_nobody_is_screened_is_heard_and_counted() -> None:
    """Two beeps and a count; no alarm, no record."""
    stand = Stand()
    stand.detector("too-fast")
    assert stand.effects == [Beep("refused")]
    assert stand.state.refusals == {"metal-detector/too-fast": 1}
    assert stand.records == []


def busy(stand: Stand) -> None:
    """The aide's station is in use by another call."""
    stand.send(events.StationBusy(stand.now, "adc"))


def call(stand: Stand, procedure: str) -> None:
    """A guest comes, and the host's aide is called."""
    if procedure == "jatim":
        stand.press("security", "arrive", "jatim")
        stand.press("security", "done")
        stand.press("reception", "done")
    else:
        stand.press("reception", "arrive", procedure)


@pytest.mark.parametrize("procedure", PROCEDURES)
def test_a_busy_station_is_as_good_as_no_answer_and_known_at_once(procedure: str) -> None:
    """Reception is asked at once and may call again; a late answer still counts."""
    stand = Stand()
    call(stand, procedure)
    busy(stand)
    assert phase_of(stand) == "tidak-dijawab"
    assert lamps(stand.rules, stand.state)["reception"] == "slow"
    stand.press("reception", "done")
    assert phase_of(stand) == "hubungi"
    assert [ring.pattern for ring in stand.of(RingAide)] == ["call", "call"]
    busy(stand)
    stand.answer("accept")
    assert phase_of(stand) == "kartu"


def test_busy_is_said_of_the_call_that_was_made_last() -> None:
    """The aide speaks about the first guest; the call for the second one finds the line busy."""
    stand = Stand()
    call(stand, "pimpinan")
    stand.wait(5)
    call(stand, "eselon-2-3")
    busy(stand)
    assert [visit.phase for visit in stand.state.visits.values()] == ["hubungi", "tidak-dijawab"]


def test_a_reminder_that_finds_the_station_in_use_changes_nothing() -> None:
    """No call was waiting: the busy signal is counted, and the meeting goes on."""
    stand = Stand()
    at_the_detector(stand)
    stand.detector("passage")
    stand.press("officer-3", "done")
    stand.answer("accept")
    stand.wait(500)
    before = stand.state.visits
    busy(stand)
    assert stand.state.visits == before
    assert stand.state.refusals == {"aiphone/adc/busy": 1}
