"""A second approval by another person: who is rung, whose answer counts, what the record says."""

import msgspec
import pytest

from edge.sop import events
from edge.sop.effects import RingAide
from tests.restored import stored
from tests.sop.data_centre import DataCentre
from tests.sop.stand import Stand


def test_the_other_person_is_called_once_the_host_has_accepted() -> None:
    """The aide of the host first, then the person of the step: each at the own called station."""
    stand = DataCentre()
    stand.guest(after="penerimaan")
    assert stand.of(RingAide) == [RingAide("pengelola", "call"), RingAide("keamanan", "call")]


def test_reminders_go_to_the_person_who_has_not_answered() -> None:
    """The reminder of the step rings there too."""
    stand = DataCentre()
    stand.guest(after="penerimaan")
    stand.wait(60)
    assert stand.of(RingAide)[-1] == RingAide("keamanan", "reminder")


@pytest.mark.parametrize("answer", ["accept", "decline", "release", "extend"])
def test_the_answer_of_one_person_is_no_answer_of_another(answer: str) -> None:
    """While security is asked the host's aide moves nothing, and the other way round."""
    stand = DataCentre()
    visit = stand.guest(after="penerimaan")
    before = stand.visit(visit)
    stand.answer(answer, "pengelola")
    assert stand.visit(visit) == before
    assert stand.state.refusals[f"aiphone/pengelola/{answer}"] == 1
    other = stand.guest()
    before = stand.visit(other)
    stand.answer("decline", "keamanan")
    assert stand.visit(other) == before
    assert visit not in stand.state.visits


def test_two_visits_at_two_persons_do_not_mix() -> None:
    """One guest's host is called while security is asked about another guest, in any order."""
    stand = DataCentre()
    first = stand.guest(after="penerimaan")
    second = stand.guest()
    stand.answer("accept", "pengelola")
    assert (stand.visit(first).step, stand.visit(second).step) == ("persetujuan", "persetujuan")
    stand.answer("accept", "keamanan")
    assert (stand.visit(first).step, stand.visit(second).step) == ("pendataan", "persetujuan")


def test_the_guests_of_two_hosts_meet_at_the_same_person() -> None:
    """Security answers for the guests of every host, first come, first served."""
    stand = DataCentre()
    first = stand.guest(after="penerimaan", host="kepala")
    second = stand.guest(after="penerimaan")
    stand.answer("decline", "keamanan")
    assert (first in stand.state.visits, second in stand.state.visits) == (False, True)


def test_the_record_says_who_was_asked_and_how_it_was_decided() -> None:
    """The step of the other person names the called station; other steps have no such field."""
    stand = DataCentre()
    stand.guest(after="persetujuan")
    plain = [msgspec.json.decode(msgspec.json.encode(step)) for step in stand.steps()]
    assert [step.get("aiphone", "absent") for step in plain] == ["absent", "keamanan"]
    assert [step["evidence"] for step in plain] == [["aiphone"], ["aiphone"]]
    stand.guest(after="penerimaan")
    stand.answer("decline", "keamanan")
    assert (stand.outcomes(), stand.closed[0].reason) == (["declined"], "not-cleared")


def test_a_person_who_is_announced_to_be_away_is_not_called() -> None:
    """The need of the host is about the person of the step: reception decides."""
    stand = DataCentre()
    stand.send(events.AvailabilitySet(stand.now, "keamanan", receiving=False))
    visit = stand.guest(after="penerimaan")
    assert stand.visit(visit).phase == "putuskan"
    assert stand.of(RingAide) == [RingAide("pengelola", "call")]
    stand.press("reception", "again")
    assert stand.of(RingAide)[-1] == RingAide("keamanan", "call")


def test_the_host_who_is_away_does_not_keep_the_other_person_from_being_called() -> None:
    """The announcement about the host came after the host had accepted."""
    stand = DataCentre()
    visit = stand.guest()
    stand.send(events.AvailabilitySet(stand.now, "pengelola", receiving=False))
    stand.answer("accept", "pengelola")
    assert stand.visit(visit).phase == "hubungi"


def test_a_line_in_use_is_about_the_person_who_was_called() -> None:
    """The called station of the step is busy: its call goes on to the decision."""
    stand = DataCentre()
    visit = stand.guest(after="penerimaan")
    stand.send(events.StationBusy(stand.now, "pengelola"))
    assert stand.visit(visit).phase == "hubungi"
    stand.send(events.StationBusy(stand.now, "keamanan"))
    assert stand.visit(visit).phase == "putuskan"


def test_a_restart_does_not_mix_the_persons() -> None:
    """The state alone says whose answer counts."""
    stand = DataCentre()
    visit = stand.guest(after="penerimaan")
    stand.state = stored(stand.state)
    stand.restart()
    stand.answer("accept", "pengelola")
    assert stand.visit(visit).step == "persetujuan"
    stand.answer("accept", "keamanan")
    assert stand.visit(visit).step == "pendataan"


def test_the_shipped_procedures_record_no_new_field() -> None:
    """Records and the state have the fields only where they are used."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("decline")
    state = msgspec.json.decode(msgspec.json.encode(stand.state))
    (visit,) = state["visits"].values()
    assert {"counts", "values", "stated"}.isdisjoint(visit)
    stand.press("reception", "decline")
    (step,) = stand.steps()
    assert {"aiphone", "values"}.isdisjoint(msgspec.json.decode(msgspec.json.encode(step)))
