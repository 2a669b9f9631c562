"""Random well-formed procedures: their text loads, and a visit under each ends with an outcome."""

from random import Random

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sop.procedures.loading import parse_procedure
from edge.sop.procedures.model import Procedure
from edge.sop.procedures.verify import verify
from edge.sop.procedures.whole_text import whole_text
from edge.sop.records import Record
from tests.sop.procedures.generated import procedures
from tests.sop.stand import Stand, rules

PANELS = ("reception", "officer-1", "aide")
# Events after which the guest of a procedure that goes round in circles leaves.
PATIENCE = 200

few = settings(
    max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def text_of(procedure: Procedure) -> str:
    """Return *procedure* as an office would write it: keys with their defaults are left out."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            pairs = {key: bare(one) for key, one in value.items()}
            return {key: one for key, one in pairs.items() if one not in (None, "", [], {}, False)}
        return [bare(one) for one in value] if isinstance(value, list | tuple) else value

    found = bare(msgspec.to_builtins(procedure))
    assert isinstance(found, dict)
    return whole_text(found, {})


@few
@given(procedures())
def test_the_text_of_any_procedure_loads_as_that_procedure(procedure: Procedure) -> None:
    """Written and read again it is the same, and still without problems."""
    loaded = parse_procedure(text_of(procedure), "contoh.toml")
    assert verify(loaded) == []
    assert replace(loaded, version=procedure.version) == procedure


def move(stand: Stand, dice: Random, *, go: bool) -> None:
    """Let happen what the visit waits for, by dice; without *go*, or if it cannot, it leaves."""
    (visit,) = stand.state.visits.values()
    step = stand.rules.procedures[visit.procedure_key].step(visit.step)
    ways = [way.event for way in step.phase(visit.phase).on] if go else []
    possible = [one for one in ways if one.partition(".")[0] in ("button", "aiphone", "timeout")]
    kind, _, what = dice.choice(possible or ["button.leave"]).partition(".")
    match kind:
        case "button":
            stand.press(step.station, what)
        case "aiphone":
            stand.answer(what)
        case _:
            stand.wait(31)


@few
@given(procedures(most_steps=6), st.randoms(use_true_random=False))
def test_a_visit_under_any_procedure_ends_with_one_outcome(
    procedure: Procedure, dice: Random
) -> None:
    """By any way the guest gets out: one outcome, and only steps of the file in the records."""
    stand = Stand(rules({"contoh": procedure}, panels={name: (name,) for name in PANELS}))
    stand.press("reception", "arrive", "contoh")
    for number in range(2 * PATIENCE):
        if not stand.state.visits:
            break
        move(stand, dice, go=number < PATIENCE)
    assert len(stand.outcomes()) == 1
    assert all(isinstance(msgspec.json.encode(record), bytes) for record in stand.records)
    known = {step.id for step in procedure.steps}
    assert {record.step for record in stand.steps()} <= known
    assert isinstance(stand.records[0], Record)
