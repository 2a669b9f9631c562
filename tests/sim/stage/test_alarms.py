"""The verdict on alarms: as often in the records as caused in the lobby, with the count inside."""

from typing import Any

import pytest

from sim.stage.alarms import judge
from sim.stage.received import Received
from sim.world.incidents import Count, Incidents


def received(*changes: tuple[str, str], **data: Any) -> Received:
    """Return what the office has received: (``raised`` or ``cleared``, alarm) in turn."""
    received = Received()
    for sequence, (change, alarm) in enumerate(changes, start=1):
        usual = {"alarm": alarm, "visit": None, "visits": None, "persons": None}
        event = {"type": f"gardu.alarm.{change}.v1", "time": "", "data": usual | data}
        received.take({**event, "sequence": sequence, "streamid": "s"})
    return received


def differences(incidents: Incidents, received: Received) -> list[str]:
    """Return the findings that are not ok, in words."""
    return [one.words for one in judge(incidents, received) if not one.ok]


def fire(*inside: Count, over: bool = True, times: int = 1) -> Incidents:
    """Return incidents with a fire alarm that was caused *times* times."""
    incidents = Incidents()
    for _ in range(times):
        incidents.cause("fire", lambda: over, *inside)
    return incidents


ONCE = (("raised", "fire"), ("cleared", "fire"))


def test_an_alarm_as_often_as_caused_is_no_difference() -> None:
    """Once and twice; and one that stands at the end has no record of its end."""
    assert differences(fire(), received(*ONCE)) == []
    assert differences(fire(times=2), received(*ONCE, *ONCE)) == []
    assert differences(fire(over=False), received(("raised", "fire"))) == []


@pytest.mark.parametrize(
    ("incidents", "changes", "words"),
    [
        (fire(), (), "alarm fire: raised 0 times, caused 1 times"),
        (fire(), (*ONCE, *ONCE), "alarm fire: raised 2 times, caused 1 times"),
        (fire(), ONCE[:1], "alarm fire: cleared 0 times, expected 1"),
        (fire(over=False), ONCE, "alarm fire: cleared 1 times, expected 0"),
        (Incidents(), ONCE, "alarm fire: raised 1 times, and nothing in the lobby has caused it"),
    ],
)
def test_an_alarm_too_few_or_too_many_is_a_difference(
    incidents: Incidents, changes: tuple[tuple[str, str], ...], words: str
) -> None:
    """Missing, repeated, not ended, ended too early, without a cause: each is told."""
    assert differences(incidents, received(*changes)) == [words]


def test_a_faulty_contact_may_be_an_alarm_or_not() -> None:
    """The alarm of a loose contact is possible; one that was caused must be there all the same."""
    incidents = Incidents()
    incidents.allow_at("locker/2")
    forced = (("raised", "locker-forced-2"), ("cleared", "locker-forced-2"))
    assert differences(incidents, received()) == []
    assert differences(incidents, received(*forced, *forced)) == []
    incidents.cause("locker-forced-2", lambda: True)
    assert differences(incidents, received()) != []
    assert differences(incidents, received(*forced, ("raised", "locker-forced-3"))) != []


def test_the_count_inside_is_that_of_the_people() -> None:
    """The evacuation count of a fire is one of the counts that people made about then."""
    incidents = fire(Count(2, 5), Count(3, 6))
    assert differences(incidents, received(*ONCE, visits=3, persons=5)) == []
    found = differences(incidents, received(*ONCE, visits=4, persons=5))
    assert found == ["alarm fire: 4 visits are recorded as inside, 2 to 3 are"]


def test_alarms_of_the_machine_are_not_judged() -> None:
    """A hot processor is no matter of the lobby; an alarm of a visit is its guest's."""
    hot = received(("raised", "too-hot"))
    assert judge(Incidents(), hot) == []
    assert judge(Incidents(), received(("raised", "metal-detector"), visit="v1")) == []
    assert len(judge(Incidents(), received(("raised", "metal-detector")))) == 1
