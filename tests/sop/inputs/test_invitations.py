"""Invitations: each opens one visit, once; a refusal is heard, seen and counted."""

import pytest

from edge.clock import Stamp
from edge.sop import events
from edge.sop.effects import Beep, FlashLamp, KeepDetails, RingAide
from edge.sop.engine import initial_state, step
from edge.sop.inputs.invitations import MOST_REMEMBERED
from tests.sop.stand import CARDS, OPENING_MS, Stand, rules

REFUSED = [Beep("refused"), FlashLamp("reception")]


@pytest.mark.parametrize("procedure", ["pimpinan", "eselon-2-3", "eselon-4-asn"])
def test_an_invitation_opens_a_visit_as_the_button_does(procedure: str) -> None:
    """The aide is called, one beep sounds, and the first step has the invitation as evidence."""
    stand = Stand()
    effects = stand.invited("one", procedure)
    assert effects[-1] == Beep("accepted")
    assert len([effect for effect in effects if isinstance(effect, RingAide)]) == 1
    (visit,) = stand.state.visits.values()
    assert visit.procedure == procedure
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.press("reception", "done")
    assert stand.steps()[0].evidence == ("invitation", "aiphone", "card", "button")


def test_an_invitation_takes_the_place_of_the_arrival_button() -> None:
    """Jatim's first step is the arrival itself: it is done, with the invitation as evidence."""
    stand = Stand()
    stand.invited("one", "jatim")
    assert [(s.number, s.evidence) for s in stand.steps()] == [(1, ("invitation",))]


def test_an_invitation_opens_at_most_one_visit() -> None:
    """Shown again: two beeps, two flashes, counted; also after a restart."""
    stand = Stand()
    stand.invited("one")
    assert stand.invited("one") == REFUSED
    stand.restart()
    assert stand.invited("one") == REFUSED
    assert len(stand.state.visits) == 1
    assert stand.state.refusals == {"invitation/gate/shown before": 2}


def test_an_invitation_for_a_procedure_that_is_not_here_is_refused_and_not_used_up() -> None:
    """It can be used once the config has the procedure."""
    stand = Stand()
    assert stand.invited("one", "arsip") == REFUSED
    assert stand.state.invitations == {}
    assert stand.state.refusals == {"invitation/gate/unknown procedure": 1}


@pytest.mark.parametrize("synced", [True, False])
def test_an_invitation_is_forgotten_when_a_trusted_clock_says_it_has_expired(synced: bool) -> None:
    """Not before it expires, and never by an untrusted clock: it could be shown again."""
    stand = Stand()
    stand.invited("one", valid_s=60)
    at = Stamp(int(61e9), OPENING_MS + 61_000, synced, "boot")
    result = step(
        stand.rules,
        stand.state,
        events.InvitationPresented(at, "gate", "two", "pimpinan", OPENING_MS + 120_000),
    )
    assert set(result.state.invitations) == ({"two"} if synced else {"one", "two"})


def test_no_more_invitations_are_remembered_than_fit() -> None:
    """Beyond MOST_REMEMBERED they are refused, none is dropped; the guest arrives by button."""
    state = initial_state(rules())
    at = Stamp(0, OPENING_MS, True, "boot")
    for number in range(MOST_REMEMBERED + 1):
        event = events.InvitationPresented(at, "gate", f"{number}", "pimpinan", OPENING_MS + 1)
        state = step(rules(), state, event).state
        if state.visits:
            state = step(rules(), state, events.ButtonPressed(at, "reception", "leave")).state
    assert len(state.invitations) == MOST_REMEMBERED
    assert state.refusals == {"invitation/gate/too many": 1}
    later = events.InvitationPresented(
        Stamp(int(1e9), OPENING_MS + 1000, True, "boot"), "gate", "new", "pimpinan", OPENING_MS * 2
    )
    assert set(step(rules(), state, later).state.invitations) == {"new"}


def test_what_is_no_valid_invitation_is_refused_at_the_scanners_panel() -> None:
    """Heard, seen, counted under the scanner's reason; no record."""
    stand = Stand()
    assert stand.send(events.InvitationRefused(stand.now, "gate", "expired")) == REFUSED
    assert stand.state.refusals == {"invitation/gate/expired": 1}
    assert stand.records == []


def test_the_guest_book_is_told_which_visit_an_invitation_opened() -> None:
    """The effect names the visit that the record names; a refused invitation has no effect."""
    state = initial_state(rules())
    at = Stamp(0, OPENING_MS, True, "boot")
    event = events.InvitationPresented(at, "gate", "one", "pimpinan", OPENING_MS + 60_000)
    result = step(rules(), state, event)
    (visit,) = result.state.visits
    kept = [effect for effect in result.effects if isinstance(effect, KeepDetails)]
    assert kept == [KeepDetails("one", visit)]
    again = step(rules(), result.state, event)
    assert not [effect for effect in again.effects if isinstance(effect, KeepDetails)]
