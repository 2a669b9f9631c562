"""Lanes of the flow chart: a lane of a called station belongs to a person whom some step calls."""

from msgspec.structs import replace

from edge.config.places import default_config_folder
from edge.sop.procedures.lane_rules import lane_problems
from edge.sop.procedures.loading import load_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import verify
from tests.sop.data_centre import PROCEDURE

EXAMPLE = load_procedure(default_config_folder() / "sop" / "examples" / "pusat-data.toml")


def called(aiphone: str, procedure: Procedure = EXAMPLE) -> Procedure:
    """Return *procedure* with *aiphone* in the first lane of the example."""
    lane, *others = EXAMPLE.lanes
    return replace(procedure, lanes=(replace(lane, aiphone=aiphone), *others))


def test_a_station_that_no_step_calls_is_a_problem() -> None:
    """A misspelt station would move the question into the receptionist's lane without a word."""
    assert verify(called("kepala-keaman")) == [
        (
            "lanes[0].aiphone: is 'kepala-keaman', which no step calls (did you mean "
            "kepala-keamanan?); allowed: kepala-keamanan"
        )
    ]


def test_without_another_person_no_lane_has_a_station() -> None:
    """The host's aide has the lane of the role ``aide``, and needs no station."""
    steps = tuple(replace(step, aiphone=None) for step in PROCEDURE.steps)
    (problem, _) = lane_problems(called("keamanan", replace(PROCEDURE, steps=steps)))
    assert problem == "lanes[0].aiphone: is 'keamanan', which no step calls; allowed: none"


def test_the_example_has_no_such_problem() -> None:
    """The lane of the head of security is that of the second approval."""
    assert list(lane_problems(EXAMPLE)) == []
