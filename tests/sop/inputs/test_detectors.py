"""Several metal detectors: each is about its own guests, and a walk out is never a passage."""

import msgspec
import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep
from edge.sop.events import WalkDirection
from edge.sop.lamps import lamps
from edge.sop.procedures.loading import load_procedures
from edge.sop.state import Detector, State, Visit
from tests.sop.stand import CARDS, CONFIG, PROCEDURES, Stand, rules
from tests.sop.visit.test_course import register

BOTH: frozenset[WalkDirection] = frozenset({"in", "out"})
FOLDER = CONFIG.parent / "sim/scenarios/days/arsip/sop"
ARCHIVE = load_procedures(FOLDER, ["arsip"])
TWO_BEAMS = {"": Detector(walks=BOTH)}
NAMED = {
    "lobby": Detector(stations=("officer-3",), walks=BOTH),
    "exit": Detector(stations=("exit",), walks=frozenset[WalkDirection]({"out"})),
}


def at_the_detector(stand: Stand, procedure: str = "pimpinan", card: str = CARDS[0]) -> str:
    """A guest without belongings stands before the metal detector; return the visit."""
    register(stand, procedure, card)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    return max(stand.state.visits.values(), key=lambda visit: visit.number).id


def leaving(stand: Stand, card: str = CARDS[1], persons: int = 1) -> str:
    """A guest of the archive comes out of the reading room; return the visit."""
    stand.press("reception", "arrive", "arsip")
    for _ in range(persons - 1):
        stand.press("reception", "more")
    stand.answer("accept")
    stand.card(card)
    stand.press("reception", "done")
    stand.answer("accept")
    stand.answer("decline")
    return max(stand.state.visits.values(), key=lambda visit: visit.number).id


def stand_with(detectors: dict[str, Detector]) -> Stand:
    """Return a stand with all procedures, the archive's too, and these *detectors*."""
    everything = rules({**PROCEDURES, **ARCHIVE}, detectors=detectors)
    return Stand(replace(everything, panels={**everything.panels, "exit": ("exit",)}))


def of(stand: Stand, visit: str) -> Visit:
    """Return the open visit."""
    return stand.state.visits[visit]


def test_a_walk_out_is_never_the_screening_of_the_next_guest() -> None:
    """A guest who leaves the building walks past a guest who waits: nothing changes but a count."""
    stand = stand_with(TWO_BEAMS)
    waiting = at_the_detector(stand)
    before = stand.state.visits
    beeps = len(stand.of(Beep))
    stand.detector("exit", "too-fast-out")
    assert stand.state.visits == before
    assert len(stand.of(Beep)) == beeps
    assert stand.state.refusals == {
        "metal-detector/exit of no visit": 1, "metal-detector/too-fast": 1,
    }  # fmt: skip
    stand.detector("passage")
    assert of(stand, waiting).phase == "bersih"


def test_a_walk_of_unknown_direction_counts_for_no_guest() -> None:
    """One beam that is passed both ways cannot tell; the officer's button counts each person."""
    stand = stand_with({"": Detector(walks=frozenset())})
    waiting = at_the_detector(stand)
    assert of(stand, waiting).phase == "lewat-tanpa-sinar"
    stand.detector("walk")
    assert (of(stand, waiting).phase, of(stand, waiting).passed) == ("lewat-tanpa-sinar", 0)
    assert stand.state.refusals == {"metal-detector/direction not known": 1}
    stand.press("officer-3", "done")
    assert of(stand, waiting).step == "menghadap"


def test_a_detector_is_about_the_guests_of_its_own_stations() -> None:
    """A walk at the exit does not clear the guest before the lobby's detector, nor the reverse."""
    stand = stand_with(NAMED)
    entering, out = at_the_detector(stand), leaving(stand)
    stand.detector("exit", at="lobby")
    stand.detector("passage", at="exit")
    assert (of(stand, entering).passed, of(stand, out).passed) == (0, 0)
    stand.detector("exit", at="exit")
    assert (of(stand, entering).passed, of(stand, out).passed) == (0, 1)
    stand.detector("passage", at="lobby")
    assert (of(stand, entering).phase, of(stand, out).phase) == ("bersih", "bersih")


def test_each_detector_has_its_own_alarm_with_its_name() -> None:
    """Two guests in alarm at two detectors are two alarms; one ends, the other stands."""
    stand = stand_with(NAMED)
    entering, out = at_the_detector(stand), leaving(stand)
    stand.detector("alarm", "clear", at="lobby")
    stand.detector("alarm", "clear", at="exit")
    alarms = {kind: alarm.visit for kind, alarm in stand.state.alarms.items()}
    assert alarms == {"metal-detector-lobby": entering, "metal-detector-exit": out}
    assert lamps(stand.rules, stand.state)["exit"] == "fast"
    stand.press("exit", "acknowledge")
    seen = {kind: alarm.acknowledged is not None for kind, alarm in stand.state.alarms.items()}
    assert seen == {"metal-detector-lobby": False, "metal-detector-exit": True}
    stand.detector("exit", "exit", at="exit")
    assert list(stand.state.alarms) == ["metal-detector-lobby"]
    stand.press("officer-3", "refuse")
    assert stand.state.alarms == {}


def test_two_detectors_at_one_step_have_two_alarms() -> None:
    """A frame and an X-ray for bags: both alarms stand for the guest, and end with the step."""
    stand = stand_with(
        {
            "frame": Detector(stations=("officer-3",), walks=frozenset[WalkDirection]({"in"})),
            "xray": Detector(stations=("officer-3",)),
        }
    )
    visit = at_the_detector(stand)
    stand.detector("alarm", "clear", "passage", at="frame")
    stand.detector("alarm", "clear", at="xray")
    alarms = {kind: alarm.visit for kind, alarm in stand.state.alarms.items()}
    assert alarms == {"metal-detector-frame": visit, "metal-detector-xray": visit}
    assert lamps(stand.rules, stand.state)["officer-3"] == "fast"
    stand.press("officer-3", "acknowledge")
    assert all(alarm.acknowledged is not None for alarm in stand.state.alarms.values())
    stand.press("officer-3", "done")  # the bag was searched
    stand.detector("passage", at="frame")
    assert stand.state.alarms == {}
    stand.press("officer-3", "done")
    assert stand.steps()[-1].outcome == "completed"
    assert stand.steps()[-1].evidence.count("alarm") == 2


def test_an_alarm_of_no_guest_at_a_named_detector_ends_with_its_contact() -> None:
    """Without a guest there the alarm is every panel's; a detector that is not known has none."""
    stand = stand_with(NAMED)
    at_the_detector(stand)
    stand.detector("alarm", at="exit")
    assert stand.state.alarms["metal-detector-exit"].visit is None
    assert set(lamps(stand.rules, stand.state).values()) == {"fast"}
    stand.detector("clear", at="exit")
    assert stand.state.alarms == {}


def test_a_tamper_and_a_blocked_beam_are_alarms_of_their_detector() -> None:
    """Their alarms have the detector's name, are shown, and end; also if it is no longer there."""
    named = ("detector-tamper-exit", "beam-blocked-exit")
    stand = stand_with(NAMED)
    stand.rules = replace(stand.rules, inputs=frozenset(named))
    kinds: tuple[events.InputKind, ...] = ("detector-tamper", "beam-blocked")
    for kind in kinds:
        stand.send(events.InputAlarmed(stand.now, kind, detector="exit"))
    assert tuple(stand.state.alarms) == named
    assert set(lamps(stand.rules, stand.state).values()) == {"fast"}
    stand.send(events.InputRestored(stand.now, "beam-blocked", detector="exit"))
    assert list(stand.state.alarms) == ["detector-tamper-exit"]
    stand.rules = replace(stand.rules, inputs=frozenset())
    stand.restart()
    assert stand.state.alarms == {}


def test_a_stuck_alarm_without_a_beam_meets_only_the_guests_of_that_detector() -> None:
    """The next guest at the stuck detector is in alarm at once; not the one at the other."""
    stand = stand_with({**NAMED, "exit": Detector(stations=("exit",))})
    stand.detector("alarm", at="exit")
    entering, out = at_the_detector(stand), leaving(stand)
    assert of(stand, entering).phase == "lewat"
    assert of(stand, out).phase == "alarm"
    assert stand.state.alarms["metal-detector-exit"].visit == out


@pytest.mark.parametrize("active", [True, False])
def test_the_state_of_an_older_database_is_taken_over(active: bool) -> None:
    """Before detectors had names the state had one flag: a stuck alarm is still one after that."""
    stand = Stand()
    old = msgspec.to_builtins(stand.state) | ({"alarming": True} if active else {})
    stand.state = msgspec.convert(old, State)
    stand.restart()
    assert not stand.state.alarming
    assert ("" in stand.state.detectors) == active
    at_the_detector(stand)
    stand.detector("passage")
    (visit,) = stand.state.visits.values()
    assert visit.phase == ("ulang" if active else "bersih")


def test_a_detector_that_is_no_longer_in_the_config_is_forgotten() -> None:
    """Its alarm without a visit would never end: it ends at the start."""
    stand = stand_with(NAMED)
    stand.detector("alarm", at="exit")
    stand.rules = replace(stand.rules, detectors={"lobby": NAMED["lobby"]})
    stand.restart()
    assert (stand.state.alarms, stand.state.detectors) == ({}, {})


def test_a_procedure_can_screen_at_the_exit() -> None:
    """The reading room: each person walks out; metal is an alarm; the record has the exits."""
    stand = stand_with(NAMED)
    visit = leaving(stand, persons=2)
    stand.detector("exit", at="exit")
    stand.press("exit", "done")
    assert of(stand, visit).step == "pemeriksaan-keluar"  # one of two
    stand.wait(3)
    stand.detector("too-fast-out", "alarm", "exit", "clear", at="exit")
    assert (of(stand, visit).phase, of(stand, visit).passed) == ("ulang", 1)
    stand.detector("exit", at="exit")
    assert stand.state.alarms == {}
    stand.press("exit", "done")
    stand.card(CARDS[1])
    stand.press("officer-1", "done")
    (screening,) = [data for data in stand.steps() if data.step == "pemeriksaan-keluar"]
    assert screening.evidence == ("exit", "too-fast", "alarm", "exit", "exit", "button")
    assert (screening.persons, screening.passed) == (2, 2)
    assert stand.outcomes() == ["completed"]


def test_an_exit_without_beams_is_screened_by_the_officer() -> None:
    """Without a beam that shows walks out, the officer counts the persons who leave."""
    stand = stand_with({**NAMED, "exit": Detector(stations=("exit",))})
    visit = leaving(stand, persons=2)
    assert of(stand, visit).phase == "keluar-tanpa-sinar"
    stand.press("exit", "done")
    assert of(stand, visit).step == "pemeriksaan-keluar"
    stand.press("exit", "done")
    assert of(stand, visit).step == "pengembalian"
