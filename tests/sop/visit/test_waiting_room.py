"""The waiting room: who is called when, by whom, and how the time is told apart."""

from collections.abc import Callable

import pytest

from edge.sop import events
from edge.sop.effects import Beep
from edge.sop.lamps import lamps
from edge.sop.state import Visit
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import give_back, register, store_belongings

SCREENED = ["pimpinan", "eselon-2-3"]
CALLED = [*SCREENED, "eselon-4-asn"]


def seated(stand: Stand, procedure: str = "pimpinan", card: str = CARDS[0]) -> str:
    """A guest without belongings sits in the waiting room; return the visit."""
    register(stand, procedure, card)
    stand.press("officer-1", "done")
    stand.press("officer-2", "nothing")
    return stand.state.cards[card]


def only(stand: Stand) -> Visit:
    """Return the only visit."""
    (visit,) = stand.state.visits.values()
    return visit


def waits(stand: Stand, visit: str) -> bool:
    """Return True if the guest of *visit* is in the waiting room."""
    return stand.state.visits[visit].phase == "menunggu-panggilan"


@pytest.mark.parametrize("procedure", CALLED)
def test_the_legal_time_runs_from_the_call_and_the_wait_is_told_apart(procedure: str) -> None:
    """Twenty minutes in the waiting room: no lamp, no overdue, and ``waited_s`` has them."""
    stand = Stand()
    seated(stand, procedure)
    stand.wait(1200)
    assert set(lamps(stand.rules, stand.state).values()) == {"off"}
    stand.call()
    stand.wait(60)
    if procedure in SCREENED:
        stand.detector("passage")
        stand.press("officer-3", "done")
    else:
        stand.answer("decline")
    step = stand.steps()[-1]
    assert step.number == 4
    assert (step.waited_s, step.duration_s, step.over_s) == (1200.0, 60.0, 0.0)
    assert step.evidence[0] == "aiphone"
    assert stand.said("gardu.step.overdue.v1") == []


@pytest.mark.parametrize("procedure", SCREENED)
def test_a_walk_at_the_detector_is_not_of_a_guest_who_waits(procedure: str) -> None:
    """Alarm and passage meanwhile change no visit; after the call they are the guest's."""
    stand = Stand()
    seated(stand, procedure)
    before = only(stand)
    stand.detector("passage", "too-fast", "alarm", "clear", "passage")
    assert only(stand) == before
    assert stand.state.alarms == {}
    stand.call()
    stand.detector("passage")
    assert only(stand).phase == "bersih"


@pytest.mark.parametrize("button", ["done", "refuse", "nothing", "locker"])
def test_no_other_button_begins_the_screening(button: str) -> None:
    """Officer 3 has a guest come in by *accept* alone: the aide has called aloud."""
    stand = Stand()
    visit = seated(stand)
    assert Beep("refused") in stand.press("officer-3", button)
    assert waits(stand, visit)
    assert Beep("accepted") in stand.press("officer-3", "accept")
    assert not waits(stand, visit)


def test_officers_vouch_for_the_guest_who_is_screened_before_they_call_another() -> None:
    """*accept* is for the walk that the beam missed; only without one it calls the next guest."""
    stand = Stand()
    first, second = seated(stand), seated(stand, "eselon-2-3", CARDS[1])
    stand.call()
    stand.press("officer-3", "accept")
    assert stand.state.visits[first].phase == "bersih"
    assert waits(stand, second)


@pytest.mark.parametrize("procedure", CALLED)
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_guest_who_is_not_called_is_told_and_gets_everything_back(
    procedure: str, *, confirmed: bool
) -> None:
    """The aide declines: an officer's lamp asks; by *done*, or after 300 s, the guest goes home."""
    panels = {"officer-1": ("officer-1", "aide"), "officer-2": ("officer-2",)}
    panels |= {"reception": ("reception",), "officer-3": ("officer-3",)}
    stand = Stand(rules(panels=panels))
    register(stand, procedure)
    stand.press("officer-1", "done")
    store_belongings(stand)
    stand.answer("decline")
    panel = "officer-3" if procedure in SCREENED else "officer-1"
    assert lamps(stand.rules, stand.state)[panel] == "slow"
    if confirmed:
        stand.press(panel, "done")
    else:
        stand.wait(300)
    stand.card(CARDS[0])
    give_back(stand)
    assert (stand.outcomes(), stand.closed[0].reason) == (["declined"], "host-declined")
    assert [step.outcome for step in stand.steps()[-2:]] == ["declined", "completed"]
    assert (stand.state.cards, stand.state.ids_held) == ({}, 0)


def test_an_aide_who_declined_by_mistake_calls_the_guest_all_the_same() -> None:
    """Until the guest was told, *accept* calls the guest in."""
    stand = Stand()
    seated(stand)
    stand.answer("decline")
    stand.call()
    assert (only(stand).phase, only(stand).outcome) == ("lewat", None)


def test_a_stuck_alarm_contact_meets_the_guest_who_is_called() -> None:
    """Without a beam no walk tells the next guest's alarm: it counts from the call on."""
    stand = Stand(rules(passage=False))
    stand.detector("alarm")
    visit = seated(stand)
    assert waits(stand, visit)
    stand.call()
    assert only(stand).phase == "alarm"


def test_a_restart_leaves_the_guest_in_the_waiting_room() -> None:
    """Killed and started again: the guest still waits, and is called as before."""
    stand = Stand()
    visit = seated(stand)
    stand.restart()
    assert waits(stand, visit)
    stand.call()
    assert only(stand).phase == "lewat"


def _aide(stand: Stand) -> None:
    stand.answer("decline")
    stand.wait(100)


def _card(_stand: Stand) -> None:
    """The card that is shown next ends the meeting."""


def _limit(stand: Stand) -> None:
    stand.wait(700)
    stand.answer("decline")
    stand.wait(100)


def _extension(stand: Stand) -> None:
    stand.answer("extend")
    stand.wait(700)
    stand.answer("decline")
    stand.wait(400)


ENDINGS: dict[str, Callable[[Stand], None]] = {
    "the aide's button": _aide,
    "the card at the reader": _card,
    "the limit": _limit,
    "an extension": _extension,
}


def returned(stand: Stand) -> tuple[float, float | None]:
    """Show the card, wait 25 s, press *done*; return the step's time, and over which wait."""
    stand.card(CARDS[0])
    stand.wait(25)
    stand.press("officer-1", "done")
    return stand.steps()[-1].duration_s, stand.steps()[-1].waited_s


@pytest.mark.parametrize("procedure", CALLED)
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_return_starts_when_the_card_is_shown_however_the_meeting_ended(
    procedure: str, ending: str
) -> None:
    """25 s at the desk are 25 s, after each way out of the meeting."""
    stand = Stand()
    seated(stand, procedure)
    stand.call()
    if procedure in SCREENED:
        stand.detector("passage")
        stand.press("officer-3", "done")
        stand.answer("accept")
    ENDINGS[ending](stand)
    assert returned(stand)[0] == 25.0
    assert stand.outcomes() == ["completed"]


@pytest.mark.parametrize("procedure", CALLED)
@pytest.mark.parametrize("away", [True, False])
def test_the_return_starts_when_the_card_is_shown_if_there_was_no_meeting(
    procedure: str, *, away: bool
) -> None:
    """Declined from the waiting room, also because the office has said that the host is away."""
    stand = Stand()
    seated(stand, procedure)
    if away:
        stand.send(events.AvailabilitySet(stand.now, procedure, receiving=False))
    stand.answer("decline")
    stand.wait(300)
    stand.wait(50)
    assert returned(stand) == (25.0, 50.0)
    assert (stand.outcomes(), stand.closed[0].reason) == (["declined"], "host-declined")


@pytest.mark.parametrize("procedure", SCREENED)
def test_the_return_starts_when_the_card_is_shown_after_a_decline_at_the_door(
    procedure: str,
) -> None:
    """Screened, and declined by the aide at the door."""
    stand = Stand()
    seated(stand, procedure)
    stand.call()
    stand.detector("passage")
    stand.press("officer-3", "done")
    stand.answer("decline")
    stand.wait(50)
    assert returned(stand) == (25.0, 50.0)
    assert (stand.outcomes(), stand.closed[0].reason) == (["declined"], "host-declined")


@pytest.mark.parametrize("ending", ["door", "escort", "no release"])
def test_the_return_of_jatim_starts_when_the_card_is_shown(ending: str) -> None:
    """The time with the host is a wait: the last step is the exchange at the desk."""
    stand = Stand()
    stand.press("security", "arrive", "jatim")
    stand.press("security", "done")
    stand.press("reception", "done")
    stand.answer("accept")
    stand.card(CARDS[0])
    stand.press("reception", "done")
    if ending == "no release":
        stand.press("escort", "decline")
    else:
        stand.answer("release")
        stand.door("opened", "closed") if ending == "door" else stand.press("escort", "done")
    stand.wait(900)
    stand.card(CARDS[0])
    stand.wait(25)
    stand.press("reception", "done")
    last = stand.steps()[-1]
    assert (last.number, last.duration_s, last.waited_s) == (7, 25.0, 900.0)
    assert stand.outcomes() == ["declined" if ending == "no release" else "completed"]


@pytest.mark.parametrize(
    ("ends", "outcome", "reason"),
    [
        (["decline", "done"], "declined", "host-declined"),
        (["accept", "refuse"], "refused", "security"),
        (["accept", "accept", "done", "decline"], "declined", "host-declined"),
    ],
)
def test_a_reason_once_given_is_not_overwritten_on_the_way_out(
    ends: list[str], outcome: str, reason: str
) -> None:
    """Not received, refused, declined at the door: a guest who then runs off changes neither."""
    stand = Stand()
    visit = seated(stand)
    for act in ends:
        if act == "decline":
            stand.answer("decline")
        else:
            stand.press("officer-3", act)
    assert stand.state.visits[visit].step == "pengembalian"
    stand.press("officer-1", "leave")
    stand.press("officer-1", "leave")
    (closed,) = stand.closed
    assert (closed.outcome, closed.reason) == (outcome, reason)
    assert (stand.steps()[-1].outcome, stand.steps()[-1].reason) == ("abandoned", "guest-left")
