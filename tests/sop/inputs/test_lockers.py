"""Every state of a locker: closed, open, did not open, left open, forced, out of order."""

import pytest

from edge.sop import events
from edge.sop.effects import UnlockLocker
from edge.sop.records import EquipmentChanged
from tests.sop.stand import CARDS, Stand, rules
from tests.sop.visit.test_course import register, store_belongings

LEFT_OPEN = "locker-left-open-2"
FORCED = "locker-forced-2"


def failed(stand: Stand, locker: int) -> None:
    """The locker's board stops answering."""
    stand.send(events.LockerFailed(stand.now, locker, "board 1 does not answer"))


def back(stand: Stand, locker: int) -> None:
    """The locker's board answers again."""
    stand.send(events.LockerRestored(stand.now, locker))


def told(stand: Stand) -> list[str]:
    """Return the equipment records so far, in short."""
    kinds = {"gardu.equipment.fault.v1": "fault", "gardu.equipment.restored.v1": "restored"}
    return [
        f"{kinds[record.type]} {record.data.device}"
        for record in stand.records
        if record.type in kinds and isinstance(record.data, EquipmentChanged)
    ]


def usable(stand: Stand, locker: int) -> bool:
    """Return True if the locker has not jammed."""
    return stand.state.lockers[locker].usable


def at_the_lockers(stand: Stand, card: str = CARDS[0]) -> None:
    """A guest stands before officer 2."""
    register(stand, "pimpinan", card)
    stand.press("officer-1", "done")


def jam(stand: Stand) -> None:
    """A guest's locker does not open, not even at the second pulse."""
    at_the_lockers(stand)
    stand.press("officer-2", "locker")
    stand.wait(20)
    stand.press("officer-2", "locker")
    stand.wait(20)


def test_a_locker_whose_board_is_silent_is_given_to_nobody() -> None:
    """A locker without its board is not given; it is available again when the board answers."""
    stand = Stand()
    failed(stand, 1)
    at_the_lockers(stand)
    store_belongings(stand, 2)
    assert [unlock.locker for unlock in stand.of(UnlockLocker)] == [2]
    back(stand, 1)
    at_the_lockers(stand, CARDS[1])
    stand.press("officer-2", "locker")
    assert stand.of(UnlockLocker)[-1].locker == 1
    assert told(stand) == ["fault locker/1", "restored locker/1"]


def test_all_boards_silent_is_no_free_locker() -> None:
    """The step is skipped for want of a free locker, and no locker is unlocked."""
    stand = Stand()
    for locker in (1, 2, 3):
        failed(stand, locker)
    at_the_lockers(stand)
    stand.press("officer-2", "locker")
    stand.press("officer-2", "nothing")
    assert stand.steps()[-1].reason == "no-free-locker"
    assert stand.of(UnlockLocker) == []


def test_a_silent_board_is_told_once() -> None:
    """Repeated failures and repeated restorations make one record each."""
    stand = Stand()
    for _ in range(3):
        failed(stand, 1)
    back(stand, 1)
    back(stand, 1)
    assert told(stand) == ["fault locker/1", "restored locker/1"]


def test_a_jam_stays_until_its_door_was_opened_and_closed() -> None:
    """A board that answers again ends no jam and records no restoration."""
    stand = Stand()
    jam(stand)
    assert not usable(stand, 1)
    failed(stand, 1)
    back(stand, 1)
    assert not usable(stand, 1)
    assert told(stand) == ["fault locker/1"]
    stand.opened(1)
    stand.closed_door(1)
    assert usable(stand, 1)
    assert told(stand) == ["fault locker/1", "restored locker/1"]


def test_a_locker_that_was_only_unreachable_has_not_jammed() -> None:
    """Its lock works: it is usable as soon as its board answers, without a repair."""
    stand = Stand()
    at_the_lockers(stand)
    stand.press("officer-2", "locker")
    failed(stand, 1)
    stand.wait(20)
    stand.press("officer-2", "locker")
    stand.wait(20)
    assert stand.state.lockers[1].visit is None
    back(stand, 1)
    assert usable(stand, 1)
    assert told(stand) == ["fault locker/1", "restored locker/1"]


def test_a_door_that_nobody_closes_is_an_alarm_until_it_is_closed() -> None:
    """Raised once, after left_open_s and not before; cleared when the door closes."""
    stand = Stand()
    stand.opened(2)
    stand.wait(119)
    assert LEFT_OPEN not in stand.state.alarms
    stand.wait(2)
    assert stand.state.alarms[LEFT_OPEN].detail == "open for more than 120 s"
    stand.wait(1000)
    assert len([r for r in stand.said("gardu.alarm.raised.v1") if LEFT_OPEN in r.subject]) == 1
    stand.closed_door(2)
    assert LEFT_OPEN not in stand.state.alarms


def test_a_guest_who_takes_time_to_store_belongings_raises_no_alarm() -> None:
    """The visit waits for that door, and its officer's lamp shows it: no alarm in addition."""
    stand = Stand()
    at_the_lockers(stand)
    stand.press("officer-2", "locker")
    stand.opened(1)
    stand.wait(500)
    assert stand.state.alarms == {}
    stand.press("officer-2", "nothing")  # the officer vouches: the visit goes on, the door is open
    stand.wait(121)
    assert "locker-left-open-1" in stand.state.alarms
    stand.closed_door(1)
    assert stand.state.alarms == {}


def test_a_closed_door_leaves_no_timer_behind() -> None:
    """The timer of one opening does not count for the next."""
    stand = Stand()
    stand.opened(2)
    stand.wait(100)
    (key,) = [key for key in stand.timers if key.startswith("locker/")]
    stand.closed_door(2)
    stand.wait(1)
    stand.opened(2)
    stand.send(events.TimerFired(stand.now, key))  # it was on its way when the door closed
    assert LEFT_OPEN not in stand.state.alarms


def test_the_time_runs_on_over_a_restart() -> None:
    """Open for 100 s before the restart: the alarm comes when the driver has read the open door."""
    stand = Stand()
    stand.opened(2)
    stand.wait(100)
    stand.restart()
    stand.wait(300)
    assert LEFT_OPEN not in stand.state.alarms  # the driver has not read the door yet
    stand.send(events.LockerOpened(stand.now, 2, initial=True))
    stand.wait(0)
    assert LEFT_OPEN in stand.state.alarms
    assert FORCED in stand.state.alarms  # raised at the opening; it survives a restart


def test_a_door_that_was_closed_meanwhile_is_no_alarm() -> None:
    """A door that was closed while the daemon was down raises no alarm after the restart."""
    stand = Stand()
    stand.opened(2)
    stand.wait(119)
    stand.restart()
    stand.wait(10)
    stand.send(events.LockerClosed(stand.now, 2, initial=True))
    stand.wait(1000)
    assert stand.state.alarms == {}


def test_lockers_that_were_taken_out_of_the_config_are_not_in_alarm_nor_given() -> None:
    """A locker that was removed from the config has no alarm and is given to no guest."""
    stand = Stand()
    stand.opened(2)
    stand.wait(200)
    stand.closed_door(1)
    stand.rules = rules(lockers=(3,))
    stand.restart()
    assert stand.state.alarms == {}
    at_the_lockers(stand)
    stand.press("officer-2", "locker")
    assert stand.of(UnlockLocker)[-1].locker == 3


@pytest.mark.parametrize("kind", [events.LockerFailed, events.LockerRestored])
def test_a_locker_that_nobody_knows_changes_nothing(kind: type[events.Event]) -> None:
    """An unknown locker number changes neither state nor effects."""
    stand = Stand()
    before = stand.state
    why = {"why": "gone"} if kind is events.LockerFailed else {}
    assert stand.send(kind(at=stand.now, locker=99, **why)) == []  # type: ignore[call-arg]
    assert stand.state is before
