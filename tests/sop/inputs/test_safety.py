"""Safety inputs: each its own alarm; duress silent; fire is in test_doors.py too."""

from typing import get_args

import pytest

from edge.sop.effects import Beep, FlashLamp
from edge.sop.events import InputKind
from edge.sop.lamps import lamps
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import register

SOUNDED = {"fire", "enclosure-tamper", "detector-tamper", "beam-blocked"}


@pytest.mark.parametrize("kind", get_args(InputKind))
def test_an_input_is_an_alarm_for_as_long_as_it_says_so(kind: InputKind) -> None:
    """Raised once and cleared once, however often it is reported; only some kinds sound."""
    stand = Stand()
    stand.alarmed(kind)
    stand.alarmed(kind, initial=True)
    assert list(stand.state.alarms) == [kind]
    assert (Beep("alarm") in stand.effects) == (kind in SOUNDED)
    stand.restored(kind)
    stand.restored(kind)
    assert stand.state.alarms == {}
    assert [record.subject for record in stand.records] == [f"alarm/{kind}"] * 2


def test_duress_is_silent() -> None:
    """No beep and no lamp at any panel shows that the officer has called for help."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    before = lamps(stand.rules, stand.state)
    stand.effects.clear()
    assert stand.alarmed("duress") == []
    assert lamps(stand.rules, stand.state) == before
    assert [record.type for record in stand.records if "alarm" in record.type] == [
        "gardu.alarm.raised.v1"
    ]
    assert not [effect for effect in stand.effects if isinstance(effect, Beep | FlashLamp)]


def test_visits_go_on_in_a_fire() -> None:
    """A fire stops no visit; officers decide how guests are guided."""
    stand = Stand()
    stand.alarmed("fire")
    register(stand, "pimpinan", CARDS[0])
    assert [step.outcome for step in stand.steps()] == ["completed"]


def test_an_inputs_alarm_outlives_every_visit() -> None:
    """It belongs to no visit: it does not end with a guest who comes and goes."""
    stand = Stand()
    stand.alarmed("enclosure-tamper")
    stand.press("reception", "arrive", "pimpinan")
    stand.press("reception", "leave")
    assert list(stand.state.alarms) == ["enclosure-tamper"]


def test_an_input_that_was_taken_out_of_the_config_is_not_in_alarm() -> None:
    """It could never be cleared; a fire loop that is gone must not hold doors for ever."""
    stand = Stand()
    for kind in get_args(InputKind):
        stand.alarmed(kind)
    stand.rules = rules(inputs=frozenset({"duress"}))
    stand.restart()
    assert list(stand.state.alarms) == ["duress"]
