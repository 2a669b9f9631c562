"""Access doors: released for a visit by its host, forced, held open, and in a fire."""

import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, HoldDoor, ReleaseDoor
from edge.sop.lamps import lamps
from edge.sop.procedures.model import Procedure
from edge.sop.state import Door
from tests.sop.stand import CARDS, PROCEDURES, Stand, rules

FORCED = "door-forced-office"
HELD = "door-held-office"


def escorted(stand: Stand, card: str = CARDS[0]) -> str:
    """A guest of Jawa Timur stands before the access door; return the visit."""
    stand.press("security", "arrive", "jatim")
    stand.press("security", "done")
    stand.press("reception", "done")
    stand.answer("accept")
    stand.card(card)
    stand.press("reception", "done")
    return max(stand.state.visits.values(), key=lambda visit: visit.number).id


def step_of(stand: Stand, visit: str) -> str:
    """Return the step that *visit* is at."""
    return stand.state.visits[visit].step


def test_the_host_releases_and_the_guest_goes_in() -> None:
    """Step 6: one release for the visit; the step completes when the door has opened and closed."""
    stand = Stand()
    visit = escorted(stand)
    stand.answer("release")
    assert stand.of(ReleaseDoor) == [ReleaseDoor("office", visit)]
    stand.wait(3)
    stand.door("opened", "closed")
    assert stand.steps()[-1].evidence == ("door-release", "door-opened", "door-closed")
    assert step_of(stand, visit) == "pengembalian-kartu"
    assert stand.state.alarms == {}


@pytest.mark.parametrize("seen", [(), ("opened",)])
def test_the_escorts_done_stands_for_what_no_contact_saw(seen: tuple[str, ...]) -> None:
    """*done* completes the step without a contact, or while the door is still open."""
    stand = Stand()
    visit = escorted(stand)
    stand.answer("release")
    stand.door(*seen)
    stand.press("escort", "done")
    assert step_of(stand, visit) == "pengembalian-kartu"
    assert stand.steps()[-1].evidence[0] == "door-release"


def test_without_a_door_the_host_still_releases_and_the_escort_goes_on() -> None:
    """The office has its own lock: Gardu releases no door and waits for no contact."""
    stand = Stand(rules(doors={}))
    visit = escorted(stand)
    stand.answer("release")
    stand.press("escort", "done")
    assert stand.of(ReleaseDoor) == []
    assert step_of(stand, visit) == "pengembalian-kartu"


def test_who_was_too_slow_is_released_once_more() -> None:
    """The strike has locked again: a second release by the host is another attempt at the step."""
    stand = Stand()
    visit = escorted(stand)
    stand.answer("release")
    stand.wait(60)
    stand.answer("release")
    stand.door("opened", "closed")
    assert stand.of(ReleaseDoor) == [ReleaseDoor("office", visit)] * 2
    assert stand.steps()[-1].attempts == 2
    assert stand.state.alarms == {}


def test_a_door_that_does_not_open_ends_the_visit_with_the_card_given_back() -> None:
    """The escort declines: the visit goes on to the return of the card, with its reason."""
    stand = Stand()
    visit = escorted(stand)
    stand.answer("release")
    stand.press("escort", "decline")
    assert step_of(stand, visit) == "pengembalian-kartu"
    assert stand.state.visits[visit].reason == "no-door-release"


def test_a_door_that_opens_without_a_release_was_forced() -> None:
    """Alarm, with its sound, until the door is closed."""
    stand = Stand()
    stand.door("closed", initial=True)
    stand.door("opened")
    assert FORCED in stand.state.alarms
    assert Beep("alarm") in stand.effects
    stand.door("closed")
    assert stand.state.alarms == {}


def test_one_release_is_good_for_one_opening() -> None:
    """A second opening after one release is forced."""
    stand = Stand()
    escorted(stand)
    stand.answer("release")
    stand.door("opened", "closed", "opened")
    assert FORCED in stand.state.alarms


def test_two_guests_have_an_opening_each() -> None:
    """Two releases, two openings, each the evidence of its own visit."""
    stand = Stand()
    first, second = escorted(stand, CARDS[0]), escorted(stand, CARDS[1])
    stand.answer("release")
    stand.door("opened")
    stand.answer("release")
    stand.door("closed")
    assert step_of(stand, first) == "pengembalian-kartu"
    assert step_of(stand, second) == "pengantaran"
    stand.door("opened", "closed")
    assert step_of(stand, second) == "pengembalian-kartu"
    assert [effect.visit for effect in stand.of(ReleaseDoor)] == [first, second]
    assert stand.state.alarms == {}


def test_a_release_that_nobody_used_does_not_explain_an_opening_at_night() -> None:
    """A release explains an opening within release_s plus held_s (35 s); a later one is forced."""
    stand = Stand()
    escorted(stand)
    stand.answer("release")
    stand.wait(34)
    stand.door("opened", "closed")
    assert stand.state.alarms == {}
    escorted(stand, CARDS[1])
    stand.answer("release")
    stand.wait(36)
    stand.door("opened")
    assert FORCED in stand.state.alarms


def test_a_door_that_stands_open_is_held_until_it_closes() -> None:
    """The alarm comes after held_s, released or not, and ends when the door closes."""
    stand = Stand()
    escorted(stand)
    stand.answer("release")
    stand.door("opened")
    stand.wait(29)
    assert stand.state.alarms == {}
    stand.wait(2)
    assert stand.state.alarms[HELD].detail == "open for more than 30 s"
    stand.door("closed")
    assert stand.state.alarms == {}


def test_a_door_found_open_at_the_start_is_watched_but_was_not_forced() -> None:
    """A door found open is no proof of force; it is held open after held_s."""
    stand = Stand()
    stand.door("opened", initial=True)
    assert stand.state.alarms == {}
    stand.wait(31)
    assert list(stand.state.alarms) == [HELD]


def test_the_time_that_a_door_stands_open_runs_on_over_a_restart() -> None:
    """Open for 20 s before the restart: the alarm comes 10 s after it."""
    stand = Stand()
    escorted(stand)
    stand.answer("release")
    stand.door("opened")
    stand.wait(20)
    stand.restart()
    stand.door("opened", initial=True)
    stand.wait(11)
    assert list(stand.state.alarms) == [HELD]


def test_a_release_survives_a_restart_between_it_and_the_opening() -> None:
    """The guest opens the door after the restart: no alarm, and the step has its evidence."""
    stand = Stand()
    visit = escorted(stand)
    stand.answer("release")
    stand.restart()
    stand.door("closed", initial=True)
    stand.door("opened", "closed")
    assert step_of(stand, visit) == "pengembalian-kartu"
    assert stand.state.alarms == {}


def test_fire_holds_every_door_and_opens_are_no_alarms_meanwhile() -> None:
    """In a fire an open door is neither forced nor held open; afterwards both count again."""
    stand = Stand()
    assert HoldDoor("office", released=True) in stand.alarmed("fire")
    stand.door("opened")
    stand.wait(600)
    assert list(stand.state.alarms) == ["fire"]
    assert HoldDoor("office", released=False) in stand.restored("fire")
    stand.wait(29)
    assert stand.state.alarms == {}
    stand.wait(2)
    assert list(stand.state.alarms) == [HELD]
    stand.door("closed", "opened")
    assert list(stand.state.alarms) == [FORCED]


def test_a_fire_that_outlasts_a_restart_holds_the_doors_again() -> None:
    """Held at once by the stored state, again by the fire loop, and locked when the loop closes."""
    stand = Stand()
    stand.alarmed("fire")
    assert stand.restart()[0] == HoldDoor("office", released=True)
    assert HoldDoor("office", released=True) in stand.alarmed("fire", initial=True)
    assert len(stand.said("gardu.alarm.raised.v1")) == 1
    stand.restart()
    assert HoldDoor("office", released=False) in stand.restored("fire", initial=True)
    assert stand.state.alarms == {}


def test_a_quiet_start_moves_no_door() -> None:
    """The first reading of a closed fire loop has no effect."""
    stand = Stand()
    stand.restart()
    assert stand.restored("fire", initial=True) == []
    assert stand.of(HoldDoor) == []


def test_a_door_that_was_taken_out_of_the_config_is_not_in_alarm() -> None:
    """It could never be closed here: its alarms end at the start, its events are ignored."""
    stand = Stand()
    stand.door("opened")
    stand.wait(60)
    assert set(stand.state.alarms) == {FORCED, HELD}
    stand.rules = rules(doors={})
    stand.restart()
    assert stand.state.alarms == {}
    before = stand.state
    stand.door("opened", "closed")
    stand.send(events.TimerFired(stand.now, "door/office/open/0"))
    assert stand.state is before


def test_the_escort_is_asked_for_while_the_door_waits() -> None:
    """The escort's lamp is on while the released door waits for the guest."""
    stand = Stand()
    escorted(stand)
    stand.answer("release")
    assert lamps(stand.rules, stand.state)["escort"] == "on"


TWO = {
    name: Door(procedures=("jatim",), release_s=5.0, held_s=30.0) for name in ("office", "stairs")
}


def only(door: str) -> dict[str, Procedure]:
    """Return the procedure of Jawa Timur, in which the host releases *door* only."""
    whole = PROCEDURES["jatim"]
    steps = tuple(
        replace(
            step,
            phases=tuple(
                replace(
                    phase,
                    do=tuple(f"{word}:{door}" if word == "release-door" else word
                             for word in phase.do),
                )
                for phase in step.phases
            ),
        )
        for step in whole.steps
    )  # fmt: skip
    return {"jatim": replace(whole, steps=steps)}


def moved(stand: Stand, door: str) -> None:
    """*door* opens and closes."""
    stand.send(events.DoorOpened(stand.now, door))
    stand.send(events.DoorClosed(stand.now, door))


@pytest.mark.parametrize("door", ["office", "stairs"])
def test_several_doors_of_one_procedure_are_all_released(door: str) -> None:
    """The host releases both, the guest takes either; the other one is not forced meanwhile."""
    stand = Stand(rules(doors=TWO))
    visit = escorted(stand)
    stand.answer("release")
    assert stand.of(ReleaseDoor) == [ReleaseDoor("office", visit), ReleaseDoor("stairs", visit)]
    moved(stand, door)
    assert step_of(stand, visit) == "pengembalian-kartu"
    moved(stand, "stairs" if door == "office" else "office")
    assert stand.state.alarms == {}


def test_an_opening_is_about_the_visit_that_was_released_last() -> None:
    """The first guest took one door; the other, which was released for both, is the second's."""
    stand = Stand(rules(doors=TWO))
    first, second = escorted(stand), escorted(stand, CARDS[1])
    stand.answer("release")
    moved(stand, "office")
    assert (step_of(stand, first), step_of(stand, second)) == ("pengembalian-kartu", "pengantaran")
    stand.answer("release")
    moved(stand, "stairs")
    assert step_of(stand, second) == "pengembalian-kartu"
    moved(stand, "stairs")  # a person of the first group takes the other door
    assert stand.state.alarms == {}
    moved(stand, "stairs")
    assert stand.said("gardu.alarm.raised.v1")[0].subject == "alarm/door-forced-stairs"


def test_a_procedure_can_release_one_door_by_name() -> None:
    """``release-door:stairs`` leaves the other door locked: who opens that one forces it."""
    stand = Stand(rules(only("stairs"), doors=TWO))
    visit = escorted(stand)
    stand.answer("release")
    assert stand.of(ReleaseDoor) == [ReleaseDoor("stairs", visit)]
    stand.send(events.DoorOpened(stand.now, "office"))
    assert list(stand.state.alarms) == ["door-forced-office"]
    assert step_of(stand, visit) == "pengantaran"
    moved(stand, "stairs")
    assert step_of(stand, visit) == "pengembalian-kartu"


def test_a_door_that_is_gone_from_the_config_is_not_released() -> None:
    """A visit under an old text names a door that was removed: no effect, no failure."""
    stand = Stand(rules(only("garage"), doors=TWO))
    visit = escorted(stand)
    stand.answer("release")
    assert stand.of(ReleaseDoor) == []
    stand.press("escort", "done")
    assert step_of(stand, visit) == "pengembalian-kartu"
