"""Counts and comparisons: the first transition whose conditions are met is followed."""

import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, RingAide
from edge.sop.procedures.model import Procedure, Transition
from tests.restored import stored
from tests.sop.data_centre import PROCEDURE, DataCentre, data_centre


def changed(step: str, **values: object) -> Procedure:
    """Return the data centre's procedure with other *values* of *step*."""
    steps = [replace(one, **values) if one.id == step else one for one in PROCEDURE.steps]
    return replace(PROCEDURE, steps=tuple(steps))


def with_procedure(procedure: Procedure) -> DataCentre:
    """Return a data centre with that text of its procedure."""
    return DataCentre(data_centre(procedure))


@pytest.mark.parametrize("restarts", [False, True])
def test_after_the_third_call_without_an_answer_the_guest_is_declined(*, restarts: bool) -> None:
    """The count is state: a restart between two calls does not begin it again."""
    stand = DataCentre()
    stand.guest()
    for _call in range(3):
        assert stand.outcomes() == []
        if restarts:
            stand.state = stored(stand.state)
            stand.restart()
        stand.wait(31)
    assert stand.of(RingAide) == [RingAide("pengelola", "call")] * 3
    assert (stand.outcomes(), stand.closed[0].reason) == (["declined"], "no-answer")
    assert stand.steps()[0].attempts == 3


def test_another_host_is_called_as_often() -> None:
    """The calls to the host before do not count for the new one."""
    stand = DataCentre()
    visit = stand.guest()
    stand.wait(61)
    stand.send(events.HostNamed(stand.now, visit, "kepala"))
    stand.wait(61)
    assert stand.outcomes() == []
    stand.wait(31)
    assert [ring.aiphone for ring in stand.of(RingAide)] == ["pengelola"] * 3 + ["kepala"] * 3
    assert stand.outcomes() == ["declined"]


@pytest.mark.parametrize(("again", "phase"), [(True, "banyak"), (False, "selesai")])
def test_a_loop_begins_the_count_again_only_if_the_procedure_says_so(
    *, again: bool, phase: str
) -> None:
    """``count_again`` of the step: else the count of the visit goes on."""
    stand = with_procedure(changed("pendataan", count_again=again))
    visit = stand.guest(after="persetujuan")
    stand.press("reception", "done")
    stand.enter(visit, "items", 15.0)
    assert stand.visit(visit).phase == "banyak"
    stand.press("reception", "done")  # more than ten: security is asked once more
    stand.answer("accept", "keamanan")
    stand.press("reception", "done")
    stand.enter(visit, "items", 15.0)
    assert stand.visit(visit).phase == phase


def test_a_correction_gives_no_further_try() -> None:
    """*back* into a step leaves its counts as they are."""
    stand = DataCentre()
    visit = stand.guest()
    stand.wait(61)
    counts = stand.visit(visit).counts
    stand.answer("accept", "pengelola")
    stand.press("reception", "back")
    assert stand.visit(visit).step == "penerimaan"
    assert stand.visit(visit).counts == counts


def test_a_press_is_refused_once_its_count_is_used_up() -> None:
    """Without another transition for the event it does not apply any more: two beeps."""
    (first, *others) = PROCEDURE.step("penerimaan").phases
    again = Transition(event="button.again", to="hubungi", at_most=1)
    stand = with_procedure(
        changed("penerimaan", phases=(replace(first, on=(*first.on, again)), *others))
    )
    visit = stand.guest()
    assert stand.press("reception", "again")[-1] == Beep("accepted")
    before = stand.visit(visit)
    assert Beep("refused") in stand.press("reception", "again")
    assert stand.visit(visit) == before


def test_an_earlier_value_decides_a_later_press() -> None:
    """The comparison of a press uses the value that was entered last."""
    stand = DataCentre()
    visit = stand.guest(after="persetujuan")
    stand.press("reception", "done")
    stand.enter(visit, "items", 5.0)
    stand.press("reception", "done")  # not above ten: once more
    assert stand.visit(visit).phase == "perangkat"
    stand.enter(visit, "items", 5.0)  # the count of "banyak" is used up
    assert stand.visit(visit).phase == "selesai"
