"""Times: amber, red, overdue once, the aide's rings, and the effect of an extension."""

import pytest

from edge.sop.effects import RingAide
from edge.sop.lamps import lamps
from edge.sop.records import StepOverdue, VisitExtended
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import register, screen

PANELS = {"officer-1": ("officer-1",), "aide": ("aide",), "reception": ("reception",)}
KEPT = PANELS | {"officer-2": ("officer-2",), "officer-3": ("officer-3",)}


def lamp(stand: Stand, panel: str = "officer-1") -> str:
    """Return the mode of the lamp of *panel*."""
    return lamps(stand.rules, stand.state)[panel]


def rings(stand: Stand) -> list[str]:
    """Return the patterns that the aide has heard since the call."""
    return [ring.pattern for ring in stand.of(RingAide)][1:]


def meeting(procedure: str = "pimpinan") -> Stand:
    """Return a stand where a guest has just been admitted to the host; the aide has a panel."""
    stand = Stand(rules(panels=KEPT))
    register(stand, procedure)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    if procedure != "eselon-4-asn":
        screen(stand)
    stand.answer("accept")
    return stand


def test_amber_at_80_percent_and_red_beyond_the_standard() -> None:
    """120 s for officer 1: amber from 96 s on, red from 120 s on; the next step starts with on."""
    stand = Stand()
    register(stand, "pimpinan")
    shown = []
    for seconds in (95, 2, 22, 2):
        stand.wait(seconds)
        shown.append(lamp(stand))
    assert shown == ["on", "amber", "amber", "red"]
    stand.press("officer-1", "done")
    assert (lamp(stand), lamp(stand, "officer-2")) == ("off", "on")


def test_a_decision_goes_before_amber_and_after_red() -> None:
    """No answer at the aiphone: slow while amber is due, red once the step is overdue."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.wait(150)
    assert next(iter(stand.state.visits.values())).pace == "amber"
    assert lamp(stand, "reception") == "slow"
    stand.wait(31)
    assert lamp(stand, "reception") == "red"


def test_an_alarm_goes_before_red() -> None:
    """A metal detector alarm in an overdue step: the lamp is fast, not red."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.wait(200)
    assert lamp(stand, "officer-3") == "red"
    stand.detector("alarm")
    assert lamp(stand, "officer-3") == "fast"


def test_a_restart_sets_the_times_again_and_says_nothing_twice() -> None:
    """Killed while red: red again at once, and overdue is recorded only once."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.wait(100)
    stand.restart()
    stand.wait(21)
    stand.restart()
    stand.wait(100)
    assert lamp(stand) == "red"
    assert len(stand.data(StepOverdue)) == 1


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "eselon-4-asn"])
def test_the_aide_hears_the_reminder_two_minutes_before_the_limit_and_the_limit_at_it(
    procedure: str,
) -> None:
    """Mengingatkan batas waktu menghadap: 480 s and 600 s after the guest was admitted."""
    stand = meeting(procedure)
    heard = []
    for seconds in (479, 2, 118, 2):
        stand.wait(seconds)
        heard.append(rings(stand))
    assert heard == [[], ["reminder"], ["reminder"], ["reminder", "limit"]]


@pytest.mark.parametrize("by", ["aiphone", "button"])
def test_an_extension_moves_reminder_limit_and_lamps_by_five_minutes(by: str) -> None:
    """Extended at 500 s: the limit is at 900 s, and the record states the law's 600 s."""
    stand = meeting()
    stand.wait(500)
    assert lamp(stand, "aide") == "amber"
    stand.answer("extend") if by == "aiphone" else stand.press("aide", "extend")
    assert lamp(stand, "aide") == "off"
    stand.effects.clear()
    heard = []
    for seconds in (279, 2, 118, 2):  # 779, 781, 899, 901
        stand.wait(seconds)
        heard.append([ring.pattern for ring in stand.of(RingAide)])
    assert heard == [[], ["reminder"], ["reminder"], ["reminder", "limit"]]
    assert lamp(stand, "aide") == "red"
    (said,) = stand.data(VisitExtended)
    assert (said.extensions, said.extended_s, said.standard_s) == (1, 300.0, 600.0)
    stand.answer("decline")
    step = stand.steps()[-1]
    assert (step.standard_s, step.over_s, step.extended_s) == (600, 301.0, 300.0)


def test_an_extension_after_the_limit_counts_from_now() -> None:
    """Extended at 700 s, 100 s late: five minutes from then on, and overdue is recorded once."""
    stand = meeting()
    stand.wait(700)
    stand.answer("extend")
    assert stand.data(VisitExtended)[0].extended_s == 400.0
    assert lamp(stand, "aide") == "off"
    stand.wait(299)
    assert lamp(stand, "aide") == "amber"
    stand.wait(2)
    assert lamp(stand, "aide") == "red"
    assert len(stand.data(StepOverdue)) == 1


def test_a_meeting_is_extended_three_times_at_most() -> None:
    """The fourth press is refused: no record, and the limit stays."""
    stand = meeting()
    for _ in range(4):
        stand.press("aide", "extend")
    assert [said.extended_s for said in stand.data(VisitExtended)] == [300.0, 600.0, 900.0]
    assert stand.state.refusals == {"button/aide/extend": 1}


def test_nobody_extends_before_the_meeting() -> None:
    """While the guest waits at the door there is no limit to extend: the contact is refused."""
    stand = Stand(rules(panels=KEPT))
    register(stand, "pimpinan")
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    screen(stand)
    stand.answer("extend")
    assert stand.data(VisitExtended) == []
    assert stand.state.refusals == {"aiphone/adc/extend": 1}


def test_an_extension_outlives_a_restart() -> None:
    """Killed after an extension: the rings come at the moved limit."""
    stand = meeting()
    stand.wait(100)
    stand.answer("extend")
    stand.restart()
    stand.wait(679)
    assert rings(stand) == []
    stand.wait(122)
    assert rings(stand) == ["reminder", "limit"]
