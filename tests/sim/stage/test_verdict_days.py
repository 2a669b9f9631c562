"""The verdict blames no guest of a good day: every branch, and a crowd."""

import pytest
from msgspec.structs import replace

from edge.config.sections.hosts import Host
from edge.config.sections.panels import Button
from sim.stage.alarms import judge
from tests.longer import slow
from tests.sim.fake_lobby import make_config
from tests.sim.people.running import EXPECTED
from tests.sim.people.texts import SHIPPED
from tests.sim.stage.played import Played

BRANCHES = tuple(EXPECTED)
# Guests who stay for hours are in no crowd: two of them at one desk are taken for each other.
CROWD = tuple(one for one in BRANCHES if one not in ("stays", "vanishes", "overnight"))


def differences(played: Played) -> list[str]:
    """Return each finding that is not ok, in words."""
    guests = [one.words for one in played.judge(played.events) if not one.ok]
    alarms = judge(played.incidents, played.received(played.events))
    return guests + [one.words for one in alarms if not one.ok]


@slow
@pytest.mark.parametrize("groups", [0.0, 1.0])
@pytest.mark.parametrize("procedure", SHIPPED)
def test_no_branch_is_a_difference_by_itself(procedure: str, groups: float) -> None:
    """One guest, or group, of every branch at every procedure of the office: all as intended."""
    assert differences(Played([procedure], *BRANCHES, groups=groups)) == []


@pytest.mark.parametrize("first", [0, 9, 18])
def test_a_crowd_at_a_jammed_locker_is_as_intended(first: int) -> None:
    """Few lockers, one of them jammed, many guests: the people still know whose press is whose."""
    order = (*CROWD[first:], *CROWD[:first])[:20]
    assert differences(Played(["eselon-4-asn"], *order, groups=0.5, gap_s=200, jammed=1)) == []


def test_each_choice_of_a_host_is_a_press() -> None:
    """The second host of a procedure takes two presses; guests of both hosts are as intended."""
    one = make_config(["pimpinan"])
    reception = one.panels["reception"]
    button = Button(pin=2, press="host")
    config = replace(
        one,
        aiphone={"adc": replace(one.aiphone["adc"], procedures=[]), "adc-2": one.aiphone["adc"]},
        hosts=[
            Host(id=host, title=host, procedures=["pimpinan"], aiphone=aiphone)
            for host, aiphone in (("bupati", "adc"), ("wakil", "adc-2"))
        ],
        panels={
            **one.panels,
            "reception": replace(reception, buttons=[*reception.buttons, button]),
        },
    )
    played = Played(["pimpinan"], *("normal", "host-declines") * 4, config=config)
    assert {guest.host for guest in played.guests} == {"bupati", "wakil"}
    assert differences(played) == []
