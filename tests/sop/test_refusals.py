"""Reasons of refusals: the officer chooses one by button, and it holds for the refusal alone."""

import pytest
from msgspec.structs import replace

from edge.sop.effects import Beep
from edge.sop.procedures.model import Transition
from tests.sop.data_centre import PROCEDURE, DataCentre, data_centre


def at_security() -> tuple[DataCentre, str]:
    """A guest stands at security."""
    stand = DataCentre()
    return stand, stand.guest(after="pendataan")


@pytest.mark.parametrize(
    ("presses", "reason"),
    [
        (["refuse"], "security"),
        (["reason-1", "refuse"], "forbidden-items"),
        (["reason-3", "reason-2", "refuse"], "declines-check"),
        (["choice-2", "reason-1", "choice-1", "refuse"], "forbidden-items"),
    ],
)
def test_the_officer_who_refuses_chooses_the_reason(presses: list[str], reason: str) -> None:
    """Without a choice the usual reason; the last choice counts, also over another measurement."""
    stand, _visit = at_security()
    for press in presses:
        assert stand.press("security", press)[-1] == Beep("accepted")
    assert (stand.outcomes(), stand.closed[0].reason) == (["refused"], reason)
    assert (stand.steps()[-1].outcome, stand.steps()[-1].reason) == ("refused", reason)


def test_a_choice_ends_where_the_guest_goes_on() -> None:
    """The reason of a refusal that did not come never stands in a later record."""
    stand, visit = at_security()
    stand.press("security", "reason-1")
    assert stand.visit(visit).chosen == "forbidden-items"
    stand.press("security", "done")
    assert (stand.outcomes(), stand.closed[0].reason) == (["completed"], None)
    assert stand.steps()[-1].reason is None


def refused_at(phase: str) -> DataCentre:
    """A data centre whose reception can refuse a guest too, in *phase* of the third step."""
    refuse = Transition(event="button.refuse", to="@refused", reason="no-identity")
    third = PROCEDURE.step("pendataan")
    phases = [
        replace(one, on=(*one.on, refuse)) if one.id == phase else one for one in third.phases
    ]
    steps = [
        replace(step, phases=tuple(phases)) if step is third else step for step in PROCEDURE.steps
    ]
    return DataCentre(data_centre(replace(PROCEDURE, steps=tuple(steps))))


def test_a_choice_of_one_station_is_none_of_the_next() -> None:
    """The guest was not refused at reception; security refuses for its own usual reason."""
    stand = refused_at("selesai")
    visit = stand.guest(after="persetujuan")
    stand.enter(visit, "category", "vendor")
    stand.enter(visit, "items", 0.0)
    stand.press("reception", "reason-1")
    assert stand.visit(visit).chosen == "forbidden-items"
    stand.press("reception", "done")
    stand.press("security", "refuse")
    assert stand.closed[0].reason == "security"


def test_a_reason_of_reception_is_none_of_a_refusal() -> None:
    """Security could not come at first, then accepted; the guest is refused for another reason."""
    stand = refused_at("jenis")
    stand.guest(after="penerimaan")
    stand.wait(130)
    stand.press("reception", "reason-1")
    stand.press("reception", "accept")
    stand.press("reception", "refuse")
    assert (stand.outcomes(), stand.closed[0].reason) == (["refused"], "no-identity")


def test_a_guest_who_leaves_was_not_refused() -> None:
    """The choice is no reason for another end."""
    stand, _visit = at_security()
    stand.press("security", "reason-1")
    stand.press("security", "leave")
    assert (stand.outcomes(), stand.closed[0].reason) == (["abandoned"], "guest-left")


def test_there_are_only_as_many_reasons_as_the_procedure_has() -> None:
    """A fourth button without a reason is refused."""
    stand, visit = at_security()
    assert Beep("refused") in stand.press("security", "reason-4")
    assert stand.visit(visit).chosen is None


def test_reception_chooses_among_the_reasons_of_declines() -> None:
    """The same buttons have the other list where the lamp asks for the decision of reception."""
    stand = DataCentre()
    stand.guest(after="penerimaan")
    stand.wait(130)
    stand.press("reception", "reason-1")
    stand.press("reception", "decline")
    assert stand.closed[0].reason == "host-in-meeting"


def test_where_no_decision_is_open_no_reason_can_be_chosen() -> None:
    """While the aide is called, reception cannot turn the guest away by button."""
    stand = DataCentre()
    stand.guest()
    assert Beep("refused") in stand.press("reception", "reason-1")
