"""Alarms: raised, acknowledged, cleared; each a record and a retained state, seen and heard."""

from typing import Any

import pytest

from edge.sop import events
from edge.sop.alarms import ALARM_REPEAT_S, SILENT, standing
from edge.sop.effects import Beep
from edge.sop.lamps import lamps
from edge.sop.records import AlarmChanged
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import register, screen, store_belongings


def shown(stand: Stand, panel: str = "officer-3") -> str:
    """Return the mode of the lamp of *panel*."""
    return lamps(stand.rules, stand.state)[panel]


def topic(stand: Stand, kind: str) -> dict[str, Any]:
    """Return the retained state of the alarm *kind*."""
    return standing(stand.state)[f"state/alarm/{kind}"]


def beeps(stand: Stand) -> int:
    """Return the number of alarm beeps since the last call."""
    count = stand.effects.count(Beep("alarm"))
    stand.effects.clear()
    return count


def screening(stand: Stand) -> None:
    """A guest stands at the metal detector, and it sounds."""
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.detector("alarm", "clear")


def test_the_metal_detector_is_acknowledged_at_its_officers_panel() -> None:
    """Fast until acknowledged, then slow; the retained state has the time of acknowledgement."""
    stand = Stand()
    screening(stand)
    assert shown(stand) == "fast"
    assert shown(stand, "reception") == "off"
    assert Beep("refused") in stand.press("reception", "acknowledge")
    assert topic(stand, "metal-detector")["acknowledged"] is None
    assert Beep("accepted") in stand.press("officer-3", "acknowledge")
    assert shown(stand) == "slow"
    assert topic(stand, "metal-detector")["acknowledged"] == stand.now.iso()
    (record,) = stand.said("gardu.alarm.acknowledged.v1")
    assert isinstance(record.data, AlarmChanged)
    assert (record.data.alarm, record.data.panel) == ("metal-detector", "officer-3")


def test_a_second_pass_clears_it_and_one_that_sounds_again_wants_to_be_seen_again() -> None:
    """A second alarm after the acknowledgement is fast and heard; a clear pass ends both."""
    stand = Stand()
    screening(stand)
    stand.press("officer-3", "acknowledge")
    stand.press("officer-3", "done")
    stand.effects.clear()
    stand.detector("alarm", "clear")
    assert shown(stand) == "fast"
    assert beeps(stand) == 1
    stand.detector("passage")
    stand.detector("passage")
    assert (stand.state.alarms, shown(stand)) == ({}, "on")
    assert len(stand.said("gardu.alarm.raised.v1")) == 1
    assert len(stand.said("gardu.alarm.cleared.v1")) == 1


def test_refusing_the_guest_ends_the_alarm() -> None:
    """The alarm ends with the guest's step, acknowledged or not."""
    stand = Stand()
    screening(stand)
    stand.press("officer-3", "refuse")
    assert stand.state.alarms == {}
    assert stand.steps()[-1].outcome == "refused"


def two_in_alarm(*, passage: bool = True) -> Stand:
    """Return a stand: a guest who must pass again after an alarm, and a second guest in alarm."""
    stand = Stand(rules(passage=passage))
    screening(stand)
    stand.press("officer-3", "done")
    register(stand, "eselon-2-3", CARDS[1])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.press("officer-3", "next")
    stand.detector("alarm", "clear")
    return stand


@pytest.mark.parametrize("passage", [True, False])
def test_one_alarm_may_be_that_of_two_guests(passage: bool) -> None:
    """It stands, and can be acknowledged, until the last of the guests is clear or gone."""
    stand = two_in_alarm(passage=passage)
    assert shown(stand) == "fast"
    assert shown(stand, "reception") == "off"
    assert Beep("accepted") in stand.press("officer-3", "acknowledge")
    assert shown(stand) == "slow"
    stand.press("officer-3", "refuse")
    assert list(stand.state.alarms) == ["metal-detector"]
    assert shown(stand) == "slow"
    stand.press("officer-3", "refuse")
    assert stand.state.alarms == {}
    assert len(stand.said("gardu.alarm.cleared.v1")) == 1


def test_an_alarm_that_was_nobodys_becomes_that_of_the_guest_who_is_screened() -> None:
    """It stood already when the guest's pass sounded: it ends with the guest, not the contact."""
    stand = Stand()
    stand.detector("alarm")
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    stand.call()
    stand.detector("alarm", "clear")
    assert topic(stand, "metal-detector")["visit"] == next(iter(stand.state.visits))
    assert shown(stand) == "fast"
    stand.press("officer-3", "refuse")
    assert stand.state.alarms == {}


def test_without_a_beam_the_alarm_stays_at_its_officer_through_the_second_pass() -> None:
    """Only the panel that showed the alarm goes on showing it."""
    stand = Stand(rules(passage=False))
    screening(stand)
    stand.press("officer-3", "done")
    assert {panel for panel in stand.rules.panels if shown(stand, panel) == "fast"} == {"officer-3"}
    stand.press("officer-3", "acknowledge")
    assert shown(stand) == "slow"


def test_who_was_taken_back_into_an_alarm_needs_a_decision_only() -> None:
    """*refuse* by mistake, then *back*: no alarm sounds, so the lamp asks only for a decision."""
    stand = Stand()
    screening(stand)
    stand.press("officer-3", "refuse")
    stand.press("officer-1", "back")
    assert shown(stand) == "slow"
    assert Beep("refused") in stand.press("officer-3", "acknowledge")
    stand.detector("alarm", "clear")
    assert shown(stand) == "fast"


def test_a_forced_locker_alarms_until_it_is_shut_whatever_its_guest_does() -> None:
    """The alarm stays while the door is open, also after its guest went on to the next step."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    store_belongings(stand, 1)
    stand.opened(1)
    screen(stand)
    stand.answer("accept")
    assert list(stand.state.alarms) == ["locker-forced-1"]
    stand.closed_door(1)
    assert stand.state.alarms == {}


def test_the_buzzer_repeats_until_the_alarm_is_acknowledged() -> None:
    """It sounds at once and then every 15 s, and stops with the acknowledgement."""
    stand = Stand()
    screening(stand)
    assert beeps(stand) == 1
    stand.wait(3 * ALARM_REPEAT_S)
    assert beeps(stand) == 3
    stand.press("officer-3", "acknowledge")
    stand.wait(10 * ALARM_REPEAT_S)
    assert beeps(stand) == 0
    assert list(stand.state.alarms) == ["metal-detector"]


def test_the_buzzer_stops_with_the_alarm() -> None:
    """After the locker is closed again the buzzer is silent."""
    stand = Stand()
    stand.opened(2)
    stand.closed_door(2)
    stand.effects.clear()
    stand.wait(100)
    assert beeps(stand) == 0


@pytest.mark.parametrize("seen", [False, True])
def test_after_a_restart_only_what_nobody_has_seen_is_heard_again(seen: bool) -> None:
    """An acknowledged alarm stays acknowledged; any other one sounds again."""
    stand = Stand()
    stand.opened(2)
    if seen:
        stand.press("officer-2", "acknowledge")
    stand.restart()
    stand.effects.clear()
    stand.wait(ALARM_REPEAT_S)
    assert beeps(stand) == (0 if seen else 1)
    assert shown(stand) == ("slow" if seen else "fast")


def test_the_lobbys_alarms_are_shown_everywhere_and_seen_anywhere() -> None:
    """A forced locker has no officer of its own: every panel shows it, any can acknowledge it."""
    stand = Stand()
    stand.opened(2)
    stand.door("opened")
    assert set(lamps(stand.rules, stand.state).values()) == {"fast"}
    stand.press("escort", "acknowledge")
    assert set(lamps(stand.rules, stand.state).values()) == {"slow"}
    acknowledged = [record.data for record in stand.said("gardu.alarm.acknowledged.v1")]
    assert {d.alarm for d in acknowledged if isinstance(d, AlarmChanged)} == {
        "locker-forced-2", "door-forced-office",
    }  # fmt: skip


def test_an_alarm_is_acknowledged_once() -> None:
    """A second press is refused and makes no record."""
    stand = Stand()
    stand.opened(2)
    stand.press("officer-2", "acknowledge")
    stand.press("officer-2", "acknowledge")
    assert len(stand.said("gardu.alarm.acknowledged.v1")) == 1
    assert stand.state.refusals == {"button/officer-2/acknowledge": 1}


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_a_silent_alarm_is_not_betrayed_by_the_button(kind: Any) -> None:
    """A person at the panel cannot learn from the button that a silent alarm was raised."""
    stand = Stand()
    calm = [*stand.press("officer-3", "acknowledge")]
    stand.alarmed(kind)
    assert stand.press("officer-3", "acknowledge") == calm
    assert stand.state.alarms[kind].acknowledged is None
    assert set(lamps(stand.rules, stand.state).values()) == {"off"}


def test_the_checkpoints_own_alarms_are_no_matter_of_the_panels() -> None:
    """A full disk sounds once and is published; no panel shows it, for no officer can mend it."""
    stand = Stand()
    stand.send(events.SystemAlarmRaised(stand.now, "disk-full", "0 bytes"))
    stand.wait(100)
    assert beeps(stand) == 1
    assert set(lamps(stand.rules, stand.state).values()) == {"off"}
    stand.press("reception", "acknowledge")
    assert stand.said("gardu.alarm.acknowledged.v1") == []


def test_fire_carries_the_evacuation_count_while_it_stands() -> None:
    """Three visits with four persons when it is raised; the retained state follows departures."""
    stand = Stand()
    for procedure in ("pimpinan", "eselon-2-3", "eselon-4-asn"):
        stand.press("reception", "arrive", procedure)
    stand.press("reception", "more")
    stand.alarmed("fire")
    assert [(d.visits, d.persons) for d in stand.data(AlarmChanged)] == [(3, 4)]
    assert (topic(stand, "fire")["visits"], topic(stand, "fire")["persons"]) == (3, 4)
    stand.press("reception", "leave")
    assert topic(stand, "fire")["visits"] == 2
    stand.press("reception", "acknowledge")
    stand.restored("fire")
    counts = [d.visits for d in stand.data(AlarmChanged) if d.alarm == "fire"]
    assert counts == [3, 2, 2]


def test_only_fire_carries_a_count() -> None:
    """Every other alarm has no count of visits."""
    stand = Stand()
    stand.alarmed("enclosure-tamper")
    assert stand.data(AlarmChanged)[0].visits is None
    assert "visits" not in topic(stand, "enclosure-tamper")
