"""The rounds of polls that simulated time leaves out."""

import pytest

from edge.own_time import NEVER
from sim.stage.rounds import next_deferred, next_round

EVERY = 20
"""The period of the polls here."""


@pytest.mark.parametrize(
    ("due", "changed", "other", "moment"),
    [
        pytest.param(1000, 500, 2000, 1980, id="nothing happens before 2000"),
        pytest.param(1000, 500, 2007, 1980, id="a whole period is left before 2007"),
        pytest.param(1000, 500, 1999, 1960, id="on the beat of the driver"),
        pytest.param(1000, 500, 1039, 1000, id="the next but one is too late"),
        pytest.param(1000, 500, 1010, 1000, id="its own is the last before 1010"),
        pytest.param(1000, 995, 2000, 1000, id="nothing is polled yet after the change at 995"),
        pytest.param(1000, 980, 2000, 1000, id="polled at the moment of the change, before it"),
        pytest.param(1000, 979, 2000, 1980, id="polled since the change"),
        pytest.param(1000, 500, NEVER, 1000, id="nothing else is waited for"),
        pytest.param(1000, 500, 900, 1000, id="the next moment is before"),
    ],
)
def test_only_rounds_near_an_event_are_played(
    due: int, changed: int, other: int, moment: int
) -> None:
    """A round that is left out could find nothing, and readings are fresh when anything happens."""
    assert next_round(due, EVERY, changed, other) == moment


@pytest.mark.parametrize(
    ("due", "changed", "moment"),
    [
        pytest.param(1000, 500, 5000, id="nothing has happened since the last check"),
        pytest.param(1000, 980, 1000, id="something has happened since the last check"),
        pytest.param(1000, 1000, 1000, id="it happens at the moment of the check"),
        pytest.param(1000, 1001, 1020, id="a late check is on the next beat"),
        pytest.param(1000, 1700, 1700, id="a late check, on a beat"),
        pytest.param(1000, 4990, 5000, id="the pause ends in any case"),
    ],
)
def test_checks_are_made_only_after_something_has_happened(
    due: int, changed: int, moment: int
) -> None:
    """A check that could find nothing costs no time, and one that could is on its beat."""
    assert next_deferred(due, EVERY, 5000, changed) == moment
