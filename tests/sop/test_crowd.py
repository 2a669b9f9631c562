"""Sixty visits at once: served in the order of arrival, and the stored state stays small."""

import random
import sys
from collections import Counter

import msgspec
import pytest

from edge.sop.engine import step
from edge.sop.events import ButtonPressed, StillTaken
from edge.sop.records import StepCompleted, VisitClosed
from edge.sop.state import Rules
from tests.sop.stand import Stand, rules

CROWD = 60
POOL = [f"0100A4C{number:03X}" for number in range(2 * CROWD)]
TANJUNG = ("pimpinan", "eselon-2-3", "eselon-4-asn")

# Limits of the stored state in bytes: a restart reads all of it, a decision writes parts of it.
MOST_OF_A_VISIT = 1200
MOST_OF_THE_REST = 11_000


def crowded() -> Rules:
    """Return the rules of a checkpoint with two cards and a locker for each visit."""
    return rules(cards=frozenset(POOL), lockers=tuple(range(1, CROWD + 1)))


def full_house(stand: Stand, guests: int = CROWD) -> None:
    """All arrive in one burst, two persons each, for all procedures, and are registered in turn."""
    for number in range(guests):
        stand.press("reception", "arrive", TANJUNG[number % 3])
        stand.press("reception", "more")
    for _ in range(guests):
        stand.answer("accept")
    for card in POOL[: 2 * guests]:
        stand.wait(5)
        stand.card(card)
    for _ in range(guests):
        stand.press("reception", "done")
    for still in list(stand.state.stills):
        stand.send(StillTaken(stand.now, still, "00" * 32, 1))


def test_a_burst_is_served_in_the_order_of_arrival() -> None:
    """Sixty guests pass each station one at a time, in the order of their arrival."""
    stand = Stand(crowded())
    full_house(stand)
    arrived = list(stand.state.visits)
    for _ in range(CROWD):
        stand.press("officer-1", "done")
        stand.press("officer-2", "nothing")
    for name in ("penerimaan", "menunggu", "penitipan"):
        assert [data.visit for data in stand.steps() if data.step == name] == arrived
    assert {visit.persons for visit in stand.state.visits.values()} == {2}


def test_the_state_of_a_full_house_is_small() -> None:
    """Sixty visits with cards and lockers in use need kilobytes, and no visit's document grows."""
    stand = Stand(crowded())
    full_house(stand)
    for number in range(1, CROWD + 1):
        stand.press("officer-1", "done")
        stand.press("officer-2", "locker")
        stand.opened(number)
        stand.closed_door(number)
    for _ in range(50):  # a visit that goes back and forth
        stand.press("officer-3", "back")
        stand.press("officer-2", "nothing")
    assert all(locker.visit is not None for locker in stand.state.lockers.values())
    sizes = [len(msgspec.json.encode(visit)) for visit in stand.state.visits.values()]
    assert max(sizes) < MOST_OF_A_VISIT, sizes
    bare = msgspec.structs.replace(stand.state, visits={})
    assert len(msgspec.json.encode(bare)) < MOST_OF_THE_REST


def test_the_work_of_a_decision_grows_with_the_visits_and_no_faster() -> None:
    """Counted in function calls, independent of the clock: twice the guests, twice the work."""
    some, all_of_them = (_calls_of_a_press(count) for count in (CROWD // 2, CROWD))
    assert all_of_them < 2.2 * some
    assert all_of_them < 100 * CROWD


def _calls_of_a_press(guests: int) -> int:
    stand = Stand(crowded())
    full_house(stand, guests)
    calls = 0

    def count(_frame: object, event: str, _what: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        step(stand.rules, stand.state, ButtonPressed(stand.now, "officer-1", "done"))
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("seed", range(3))
def test_a_crowd_with_mistakes_adds_up(seed: int) -> None:
    """Many guests and random events: in the end every visit, card and locker is settled."""
    chance = random.Random(seed)
    stand = Stand(crowded())
    full_house(stand)
    for _ in range(4000):
        _something(stand, chance)
    _home(stand)
    closed = stand.data(VisitClosed)
    assert len(closed) == stand.state.opened == CROWD
    assert {data.persons for data in closed} == {2}
    steps = Counter(data.visit for data in stand.data(StepCompleted))
    assert {data.visit: data.steps for data in closed} == steps
    for card in list(stand.state.cards):
        stand.card(card)
    for number, locker in stand.state.lockers.items():
        if locker.visit is not None:
            stand.opened(number)
            stand.closed_door(number)
    assert (stand.state.cards, stand.state.lost) == ({}, {})
    assert all(locker.visit is None for locker in stand.state.lockers.values())


def _something(stand: Stand, chance: random.Random) -> None:
    """Perform one random action, except that no guest leaves."""
    panel = chance.choice(["officer-1", "officer-1", "officer-2", "officer-3"])
    action = chance.choice(["done", "locker", "nothing", "next", "back", "accept"])
    what = chance.randrange(8)
    stand.wait(1)
    if what < 4:
        stand.press(panel, action)
    elif what == 4:
        stand.card(chance.choice(POOL))
    elif what == 5:
        stand.answer("accept" if chance.random() < 0.8 else "decline")
    elif what == 6:
        stand.detector(*(("passage",) if chance.random() < 0.9 else ("alarm", "clear")))
    else:
        for number, locker in stand.state.lockers.items():
            if locker.unlocking:
                stand.opened(number)
            elif locker.door == "open":
                stand.closed_door(number)


def _home(stand: Stand) -> None:
    """The day ends: every guest who is still here leaves."""
    for _ in range(4 * CROWD):
        for panel in ("officer-1", "officer-2", "officer-3", "reception"):
            stand.press(panel, "leave")
        stand.answer("decline")
        if not stand.state.visits:
            return
