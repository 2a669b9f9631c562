"""Groups: a card for each person, as many lockers as are needed, and all of it comes back."""

import pytest
from msgspec.structs import replace

from edge.sop import events
from edge.sop.effects import Beep, UnlockLocker
from edge.sop.evacuation import Inside, inside
from edge.sop.lamps import lamps, occupancy
from edge.sop.records import (
    AlarmChanged,
    CardLost,
    StepCompleted,
    VisitClosed,
    VisitCorrected,
    VisitJoined,
    VisitReconciled,
)
from edge.sop.state import Visit
from tests.sop.stand import CARDS, PROCEDURES, SUPERVISOR, Stand, rules

REFUSED = Beep("refused")
TANJUNG = ("pimpinan", "eselon-2-3", "eselon-4-asn")


def only(stand: Stand) -> Visit:
    """Return the only open visit."""
    (visit,) = stand.state.visits.values()
    return visit


def accepted(stand: Stand, persons: int, procedure: str = "pimpinan") -> None:
    """A group arrives and its host accepts."""
    stand.press("reception", "arrive", procedure)
    for _ in range(persons - 1):
        stand.press("reception", "more")
    stand.answer("accept")


def registered(stand: Stand, persons: int, procedure: str = "pimpinan") -> None:
    """A group has a card for each person, and reception is done."""
    accepted(stand, persons, procedure)
    for card in CARDS[:persons]:
        stand.card(card)
    stand.press("reception", "done")
    stand.press("officer-1", "done")


def stored(stand: Stand, *lockers: int) -> None:
    """Belongings are in *lockers*; the officer then goes on."""
    for number in lockers:
        stand.press("officer-2", "locker")
        stand.opened(number)
        stand.closed_door(number)
    stand.press("officer-2", "nothing")


def with_host(stand: Stand, persons: int, *lockers: int) -> None:
    """The group is with the host."""
    registered(stand, persons)
    stored(stand, *lockers)
    stand.call()
    stand.detector(*["passage"] * persons)
    stand.press("officer-3", "done")
    stand.answer("accept")


@pytest.mark.parametrize("procedure", TANJUNG)
def test_rule_06_each_person_gets_a_card_before_the_group_goes_on(procedure: str) -> None:
    """*done* is refused until the last of them has a card; the record has one card for each."""
    stand = Stand()
    accepted(stand, 3, procedure)
    for card in CARDS[:2]:
        stand.card(card)
        assert REFUSED in stand.press("reception", "done")
    stand.card(CARDS[2])
    assert only(stand).cards == tuple(CARDS[:3])
    assert REFUSED in stand.card(CARDS[3]), "a card more than persons"
    stand.press("reception", "done")
    (step,) = stand.steps()
    assert (step.persons, step.evidence.count("card")) == (3, 3)


def test_reception_vouches_for_the_persons_without_a_card() -> None:
    """The reader fails after the first card: *accept* lets the others in without one."""
    stand = Stand()
    accepted(stand, 3)
    stand.card(CARDS[0])
    stand.press("reception", "accept")
    stand.press("reception", "done")
    assert (only(stand).step, only(stand).cards) == ("menunggu", (CARDS[0],))


def test_a_person_without_an_identity_turns_no_card_into_a_debt() -> None:
    """One of two has no ID: the card that was given is taken back before the visit ends."""
    stand = Stand()
    accepted(stand, 2)
    stand.card(CARDS[0])
    assert REFUSED in stand.press("reception", "decline")
    stand.press("reception", "back")
    stand.press("reception", "decline")
    (closed,) = stand.closed
    assert (closed.outcome, closed.reason, closed.cards_out) == ("declined", "no-identity", 0)
    assert stand.state.cards == {}


def test_a_procedure_may_give_one_card_to_a_whole_group() -> None:
    """``cards = "one"``: the first card is enough, and is all that comes back."""
    one = {name: replace(procedure, cards="one") for name, procedure in PROCEDURES.items()}
    stand = Stand(rules(procedures=one))
    accepted(stand, 3)
    stand.card(CARDS[0])
    assert (only(stand).phase, only(stand).cards) == ("selesai", (CARDS[0],))
    assert REFUSED in stand.press("reception", "more")


def test_a_group_stores_in_as_many_lockers_as_it_needs() -> None:
    """*locker* again after each closed door, at most one for each person; *nothing* goes on."""
    stand = Stand()
    registered(stand, 3)
    for number in (1, 2):
        stand.press("officer-2", "locker")
        stand.opened(number)
        stand.closed_door(number)
        assert (only(stand).phase, only(stand).locker) == ("lagi", number)
    stand.press("officer-2", "nothing")
    assert (only(stand).step, only(stand).lockers) == ("pemeriksaan", (1, 2))


def test_a_locker_for_each_person_is_the_last() -> None:
    """Two persons with two lockers go on at once, as one person does after one."""
    for persons, lockers in ((1, (1,)), (2, (1, 2))):
        stand = Stand()
        registered(stand, persons)
        for number in lockers:
            stand.press("officer-2", "locker")
            stand.opened(number)
            stand.closed_door(number)
        assert (only(stand).step, only(stand).lockers) == ("pemeriksaan", lockers)


def test_without_another_free_locker_the_group_keeps_the_first() -> None:
    """The lamp asks; *locker* tries again once another guest has emptied one, *nothing* goes on."""
    stand = Stand(rules(lockers=(1,)))
    registered(stand, 2)
    stand.press("officer-2", "locker")
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-2", "locker")
    assert only(stand).phase == "penuh-lain"
    assert lamps(stand.rules, stand.state)["officer-2"] == "slow"
    assert REFUSED not in stand.press("officer-2", "locker")
    stand.press("officer-2", "nothing")
    assert (stand.steps()[-1].outcome, only(stand).lockers) == ("completed", (1,))


def test_a_second_locker_that_jams_takes_nothing_from_the_first() -> None:
    """It is out of order, the group takes a third or goes on; the first keeps its belongings."""
    stand = Stand()
    registered(stand, 3)
    stand.press("officer-2", "locker")
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-2", "locker")
    stand.wait(15)
    stand.press("officer-2", "nothing")
    assert (only(stand).phase, only(stand).lockers) == ("rusak-lain", (1,))
    assert not stand.state.lockers[2].usable
    stand.press("officer-2", "locker")
    stand.opened(3)
    stand.closed_door(3)
    stand.press("officer-2", "nothing")
    assert (stand.steps()[-1].outcome, only(stand).lockers) == ("completed", (1, 3))


def test_rule_05_the_door_of_the_groups_other_locker_is_not_the_one_at_hand() -> None:
    """While the second is filled, the first that opens is forced: an alarm, and no step further."""
    stand = Stand()
    registered(stand, 3)
    stand.press("officer-2", "locker")
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-2", "locker")
    stand.opened(1)
    assert only(stand).phase == "tambah"
    (alarm,) = stand.data(AlarmChanged)
    assert (alarm.alarm, alarm.visit) == ("locker-forced-1", only(stand).id)
    stand.closed_door(1)
    assert only(stand).phase == "tambah"
    stand.opened(2)
    assert only(stand).phase == "simpan"


def test_all_cards_come_back_before_the_lockers_open() -> None:
    """Each card counts once; the lamp asks and the count is shown until the last one is here."""
    stand = Stand()
    with_host(stand, 3, 1, 2)
    for missing, card in ((2, CARDS[1]), (2, CARDS[1]), (1, CARDS[0])):
        stand.card(card)
        assert only(stand).phase == "kurang"
        assert occupancy(stand.rules, stand.state)["cards_missing"] == missing
        assert lamps(stand.rules, stand.state)["officer-1"] == "slow"
        assert REFUSED in stand.press("officer-1", "done")
    unlocked = len(stand.of(UnlockLocker))
    stand.card(CARDS[2])
    assert occupancy(stand.rules, stand.state)["cards_missing"] == 0
    assert len(stand.of(UnlockLocker)) == unlocked, "not before the officer's button"
    for number in (2, 1):
        if number == 2:
            stand.press("officer-1", "done")
        assert stand.of(UnlockLocker)[-1].locker == number
        stand.opened(number)
        stand.closed_door(number)
    assert len(stand.of(UnlockLocker)) == unlocked + 2
    stand.press("officer-1", "done")
    (closed,) = stand.closed
    assert (closed.outcome, closed.persons) == ("completed", 3)
    assert (closed.card_out, closed.cards_out) == (False, 0)
    assert (closed.locker_out, closed.lockers_out) == (None, ())
    assert stand.state.cards == {}
    assert all(locker.visit is None for locker in stand.state.lockers.values())


def test_by_the_card_alone_the_lockers_open_at_the_last_card() -> None:
    """``return_needs = "card"``: the first cards of a group open nothing."""
    stand = Stand(rules(return_button=False))
    with_host(stand, 2, 1)
    unlocked = len(stand.of(UnlockLocker))
    stand.card(CARDS[0])
    assert len(stand.of(UnlockLocker)) == unlocked
    stand.card(CARDS[1])
    assert len(stand.of(UnlockLocker)) == unlocked + 1


def test_rule_10_the_missing_card_alone_is_declared_lost() -> None:
    """Two of three are here: *leave*, *lost*; those two are free, one is lost, lockers open."""
    stand = Stand()
    with_host(stand, 3, 1, 2)
    for card in (CARDS[0], CARDS[2]):
        stand.card(card)
    stand.press("officer-1", "leave")
    stand.press("officer-1", "lost")
    assert (stand.state.cards, list(stand.state.lost)) == ({}, [CARDS[1]])
    assert len(stand.data(CardLost)) == 1
    stand.press("officer-1", "done")
    for number in (2, 1):
        assert stand.of(UnlockLocker)[-1].locker == number
        stand.opened(number)
        stand.closed_door(number)
    stand.press("officer-1", "done")
    (closed,) = stand.closed
    assert (closed.outcome, closed.cards_out, closed.lockers_out) == ("completed", 0, ())


def test_a_card_that_turns_up_after_leave_counts() -> None:
    """*leave*, and then the card is found in a pocket: the return goes on as if it had not been."""
    stand = Stand()
    with_host(stand, 2, 1)
    stand.card(CARDS[0])
    stand.press("officer-1", "leave")
    assert list(stand.state.cards) == [CARDS[1]], "the card that was shown is back"
    stand.card(CARDS[1])
    assert only(stand).phase == "serahkan"
    stand.press("officer-1", "done")
    stand.opened(1)
    stand.closed_door(1)
    stand.press("officer-1", "done")
    assert (stand.closed[0].outcome, stand.state.cards) == ("completed", {})


def test_rule_09_a_group_that_leaves_owes_each_card_and_locker() -> None:
    """The record lists them; cards that come back are settled one by one, the last opens both."""
    stand = Stand()
    with_host(stand, 2, 1, 2)
    stand.answer("decline")
    stand.press("officer-1", "leave")
    stand.press("officer-1", "leave")
    (closed,) = stand.closed
    assert (closed.card_out, closed.cards_out) == (True, 2)
    assert (closed.locker_out, closed.lockers_out) == (1, (1, 2))
    unlocked = len(stand.of(UnlockLocker))
    stand.card(CARDS[0])
    assert len(stand.of(UnlockLocker)) == unlocked
    stand.card(CARDS[1])
    assert [effect.locker for effect in stand.of(UnlockLocker)[unlocked:]] == [1, 2]
    for number in (1, 2):
        stand.opened(number)
        stand.closed_door(number)
    returned = [data.returned for data in stand.data(VisitReconciled)]
    assert returned == ["card", "identity", "card", "identity", "locker/1", "locker/2"]


def test_a_lost_card_that_is_found_is_told_from_one_that_was_owed() -> None:
    """Records have no card number: they say whether the card had been declared lost."""
    stand = Stand()
    with_host(stand, 2)
    stand.answer("decline")
    for action in ("leave", "leave", "lost"):
        stand.press("officer-1", action)
    (lost,) = stand.state.lost
    (owed,) = stand.state.cards
    stand.card(owed)
    stand.card(SUPERVISOR)
    stand.card(lost)
    cards = [data for data in stand.data(VisitReconciled) if data.returned == "card"]
    assert [data.found for data in cards] == [False, True]


def test_rule_14_back_frees_the_cards_of_a_group_one_by_one() -> None:
    """The last card first; each can be bound again."""
    stand = Stand()
    accepted(stand, 2)
    for card in CARDS[:2]:
        stand.card(card)
    for left, phase in ((CARDS[:1], "kartu-lain"), ([], "kartu")):
        stand.press("reception", "back")
        assert (list(stand.state.cards), only(stand).phase) == (left, phase)
    assert [data.correction for data in stand.data(VisitCorrected)] == ["card", "card"]
    for card in CARDS[2:4]:
        stand.card(card)
    assert (only(stand).cards, only(stand).phase) == (tuple(CARDS[2:4]), "selesai")


def test_rule_17_who_joins_while_cards_are_handed_out_gets_one_too() -> None:
    """*more* counts until the last card; the guest book, with more persons, asks for more cards."""
    stand = Stand()
    accepted(stand, 2)
    stand.card(CARDS[0])
    assert REFUSED not in stand.press("reception", "more")
    for card in CARDS[1:3]:
        stand.card(card)
    assert only(stand).phase == "selesai"
    stand.send(events.DetailsAttached(stand.now, only(stand).id, 4))
    assert only(stand).phase == "kartu-lain"
    stand.card(CARDS[3])
    assert (only(stand).phase, len(only(stand).cards)) == ("selesai", 4)
    assert [data.persons for data in stand.data(VisitJoined)] == [2, 3, 4]


def test_in_a_fire_every_person_of_a_group_is_counted() -> None:
    """The count of visits and of persons, and the live number of persons inside."""
    stand = Stand()
    registered(stand, 4)
    accepted(stand, 1)
    assert inside(stand.state.visits.values()) == Inside(visits=2, persons=5)
    assert occupancy(stand.rules, stand.state)["persons"] == 5
    stand.alarmed("fire")
    (fire,) = stand.data(AlarmChanged)
    assert (fire.visits, fire.persons) == (2, 5)


def test_every_step_of_a_group_is_recorded_with_its_persons() -> None:
    """From the first step to the last, and at the end of the visit."""
    stand = Stand()
    with_host(stand, 3)
    for card in CARDS[:3]:
        stand.card(card)
    stand.press("officer-1", "done")
    assert [step.persons for step in stand.data(StepCompleted)] == [3] * 6
    assert [closed.persons for closed in stand.data(VisitClosed)] == [3]
