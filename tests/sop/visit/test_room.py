"""Places with limited room: first come, first served, and never more persons than allowed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from edge.sop.effects import Beep
from edge.sop.lamps import lamps, occupancy
from edge.sop.visit.room import persons_in
from tests.restored import stored
from tests.sop.archive import archive_rules, registered, visit
from tests.sop.stand import Stand

ROOM = "ruang-baca"


def inside(stand: Stand) -> list[int]:
    """Return the numbers of the visits that are in the reading room."""
    return [one.number for one in stand.state.visits.values() if one.inside == ROOM]


def test_a_guest_waits_until_somebody_leaves() -> None:
    """Two read, the third waits with a dark lamp, and enters when the first comes out."""
    stand = Stand(archive_rules())
    for _ in range(3):
        registered(stand)
    assert inside(stand) == [1, 2]
    third = max(stand.state.visits)
    assert visit(stand, third).phase == "menunggu"
    stand.wait(120)
    stand.press("officer-1", "done")
    assert inside(stand) == [2, 3]
    assert visit(stand, third).phase == "di-dalam"
    stand.wait(60)
    stand.press("officer-1", "done")
    stand.press("officer-1", "done")
    last = stand.steps()[-1]
    assert (last.step, last.waited_s, last.duration_s) == ("membaca", 120.0, 60.0)
    assert last.evidence == ("button",)


def test_room_is_given_in_the_order_of_coming() -> None:
    """A single guest does not overtake a group that waits for more room."""
    stand = Stand(archive_rules(at_most=3))
    registered(stand, 2)
    registered(stand, 3)
    registered(stand, 1)
    assert inside(stand) == [1]
    stand.press("officer-1", "done")
    assert inside(stand) == [2]
    stand.press("officer-1", "done")
    assert inside(stand) == [3]


def test_a_group_larger_than_the_place_asks_and_holds_no_guest_up() -> None:
    """Five persons never fit in two places: the lamp asks, others enter, the officer decides."""
    stand = Stand(archive_rules())
    group = registered(stand, 5)
    assert lamps(stand.rules, stand.state)["officer-1"] == "slow"
    registered(stand)
    assert inside(stand) == [2]
    assert Beep("accepted") in stand.press("officer-1", "refuse")
    assert group not in stand.state.visits
    assert stand.outcomes() == ["rescheduled"]


def test_a_guest_who_leaves_the_house_leaves_the_place() -> None:
    """*leave* within the place makes room too: no person is counted who is gone."""
    stand = Stand(archive_rules(at_most=1))
    registered(stand)
    registered(stand)
    assert inside(stand) == [1]
    stand.press("officer-1", "leave")
    # The guest who is present leaves first, so that the one who waits has entered.
    assert inside(stand) == [2]


def test_back_returns_the_guest_to_the_place() -> None:
    """A *done* by mistake: the guest is in the room again, and the next one does not enter too."""
    stand = Stand(archive_rules(at_most=1))
    first = registered(stand)
    stand.press("officer-1", "done")
    assert inside(stand) == []
    stand.press("reception", "back")
    assert visit(stand, first).phase == "di-dalam"
    registered(stand)
    assert inside(stand) == [1]


def test_back_out_of_the_place_makes_room() -> None:
    """A guest who is sent back to the desk is not in the room any more."""
    stand = Stand(archive_rules(at_most=1))
    registered(stand)
    second = registered(stand)
    stand.press("officer-1", "back")
    assert inside(stand) == [2]
    assert visit(stand, second).phase == "di-dalam"


def test_a_restart_remembers_who_is_in_the_place() -> None:
    """After a power cut the room is still full, and the stored form has the same counts."""
    stand = Stand(archive_rules())
    for _ in range(3):
        registered(stand)
    stand.state = stored(stand.state)
    stand.restart()
    assert inside(stand) == [1, 2]
    assert occupancy(stand.rules, stand.state)["places"] == [
        {"place": ROOM, "at_most": 2, "persons": 2, "waiting": 1}
    ]


@pytest.mark.parametrize(("limits", "expected"), [({ROOM: 3}, [1, 2, 3]), ({}, [1, 2, 3])])
def test_another_config_after_a_restart(limits: dict[str, int], expected: list[int]) -> None:
    """More room, or a place that is no longer in the config: who waits enters at the start."""
    stand = Stand(archive_rules())
    for _ in range(3):
        registered(stand)
    stand.rules = replace(stand.rules, limits=limits)
    stand.restart()
    assert inside(stand) == expected


def test_places_are_shown_only_where_there_are_some() -> None:
    """The topic of a checkpoint without such places is as it was."""
    stand = Stand()
    assert "places" not in occupancy(stand.rules, stand.state)


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["register", "done", "out", "leave", "back", "next", "restart", "more"]),
        st.integers(1, 4),
    ),
    max_size=40,
)


@settings(deadline=None)
@given(moves=MOVES, at_most=st.integers(1, 4))
def test_no_visit_enters_a_full_place(moves: list[tuple[str, int]], at_most: int) -> None:
    """However guests come and go: who enters fits, and who fits first in line does not wait."""
    stand = Stand(archive_rules(at_most=at_most))
    for move, number in moves:
        before = set(inside(stand))
        match move:
            case "register":
                registered(stand, number)
            case "out":
                stand.press("reception", "done")
            case "restart":
                stand.restart()
            case "more":
                stand.press("officer-1", "more")
            case _:
                stand.press("officer-1" if number % 2 else "reception", move)
        entered = set(inside(stand)) - before
        there = persons_in(stand.state, ROOM)
        if entered and move != "back":
            assert there <= at_most
        fitting = [
            one
            for one in sorted(stand.state.visits.values(), key=lambda one: one.place)
            if one.phase == "menunggu" and one.persons <= at_most
        ]
        assert not fitting or fitting[0].persons + there > at_most
