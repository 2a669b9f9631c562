"""The core as a whole: pure, restarts, stills, faults, lamps and counts; lockers for several."""

from edge.sop import events
from edge.sop.effects import Beep, StartTimer, UnlockLocker
from edge.sop.engine import step
from edge.sop.lamps import lamps, occupancy
from tests.sop.stand import CARDS, Stand
from tests.sop.visit.test_course import give_back, meet, register, screen, store_belongings


def test_lockers_go_to_one_visit_each_and_come_back() -> None:
    """Three guests, three lockers, each its own; afterwards all are free."""
    stand = Stand()
    for card in CARDS[:3]:
        register(stand, "pimpinan", card)
        stand.press("officer-1", "done")
    for locker in (1, 2, 3):
        store_belongings(stand, locker)
    assert [unlock.locker for unlock in stand.of(UnlockLocker)] == [1, 2, 3]
    for locker, card in zip((1, 2, 3), CARDS[:3], strict=True):
        screen(stand)
        meet(stand, card)
        give_back(stand, locker)
    assert stand.outcomes() == ["completed"] * 3
    assert [unlock.locker for unlock in stand.of(UnlockLocker)] == [1, 2, 3, 1, 2, 3]


def test_full_lockers_are_said_and_the_next_one_freed_is_given() -> None:
    """No locker is free: the lamp asks, no locker is unlocked; the next free one is given."""
    stand = Stand()
    for number, card in enumerate(CARDS[:4], 1):
        register(stand, "pimpinan", card)
        stand.press("officer-1", "done")
        if number < 4:
            store_belongings(stand, number)
    stand.press("officer-2", "locker")
    assert lamps(stand.rules, stand.state)["officer-2"] == "slow"
    assert len(stand.of(UnlockLocker)) == 3
    screen(stand)
    meet(stand, CARDS[0])
    give_back(stand, 1)
    stand.press("officer-2", "locker")
    assert stand.of(UnlockLocker)[-1].locker == 1


def test_locker_forced_open_raises_an_alarm_until_it_is_closed() -> None:
    """A door that opens without an unlock is an alarm, with or without a visit."""
    stand = Stand()
    stand.opened(2)
    assert "locker-forced-2" in stand.state.alarms
    assert Beep("alarm") in stand.effects
    stand.closed_door(2)
    assert stand.state.alarms == {}


def test_overdue_is_said_once_and_the_lamp_is_urgent() -> None:
    """Beyond the standard time: one record, a red lamp, and the step goes on."""
    stand = Stand()
    register(stand, "pimpinan")
    stand.wait(1000)
    assert len(stand.said("gardu.step.overdue.v1")) == 1
    assert lamps(stand.rules, stand.state)["officer-1"] == "red"
    stand.press("officer-1", "done")
    assert lamps(stand.rules, stand.state)["officer-1"] == "off"


def test_restart_sets_every_timer_again_and_does_nothing_else() -> None:
    """After a crash every timer starts again; no pulse, no ring, no still."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "locker")
    before = dict(stand.timers)
    stand.state = stand.state.__class__(
        **{name: getattr(stand.state, name) for name in stand.state.__struct_fields__}
    )
    effects = stand.send(events.Started(stand.now))
    assert [e for e in effects if not isinstance(e, StartTimer)] == []
    assert {e.key for e in effects if isinstance(e, StartTimer)} == set(before)


def test_restart_in_the_middle_of_an_unlock_asks_the_door_not_the_lock() -> None:
    """Killed after the decision: the door's contact reports the opening; no second pulse."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.press("officer-1", "done")
    stand.press("officer-2", "locker")
    pulses = len(stand.of(UnlockLocker))
    stand.send(events.Started(stand.now))
    stand.send(events.LockerOpened(stand.now, 1, initial=True))
    stand.closed_door(1)
    assert len(stand.of(UnlockLocker)) == pulses
    assert stand.steps()[-1].step == "penitipan"


def test_stills_lost_in_a_restart_are_owned_up_to() -> None:
    """A still that was requested and never came is recorded as missed."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    stand.send(events.Started(stand.now))
    assert len(stand.said("gardu.still.missed.v1")) == 1
    assert stand.state.stills == {}


def test_still_gets_its_digest_while_the_step_lasts() -> None:
    """The step's record carries the still's digest when the picture came in time."""
    stand = Stand()
    stand.press("reception", "arrive", "pimpinan")
    stand.answer("accept")
    stand.card(CARDS[0])
    (still,) = stand.state.stills
    stand.send(events.StillTaken(stand.now, still, "ab" * 32, 1000))
    stand.press("reception", "done")
    assert stand.steps()[0].stills[0].sha256 == "ab" * 32


def test_device_fault_is_recorded_once_until_restored() -> None:
    """A device that fails repeatedly is one fault and one restoration."""
    stand = Stand()
    for _ in range(3):
        stand.send(events.DeviceFailed(stand.now, "camera/lobby", "no answer"))
    stand.send(events.DeviceRestored(stand.now, "camera/lobby"))
    stand.send(events.DeviceRestored(stand.now, "camera/lobby"))
    kinds = [record.type for record in stand.records]
    assert kinds == ["gardu.equipment.fault.v1", "gardu.equipment.restored.v1"]


def test_the_core_is_pure() -> None:
    """The same state and event give the same result, and the state passed in does not change."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    frozen = stand.state
    event = events.ButtonPressed(stand.now, "officer-1", "done")
    first = step(stand.rules, frozen, event)
    second = step(stand.rules, frozen, event)
    assert first == second
    assert stand.state is frozen
    assert first.state != frozen


def test_occupancy_counts_only() -> None:
    """The live occupancy has counts only: no visit id, no card number."""
    stand = Stand()
    register(stand, "pimpinan", CARDS[0])
    seen = occupancy(stand.rules, stand.state)
    assert seen["visits"] == 1
    assert seen["cards_out"] == 1
    assert CARDS[0] not in str(seen)
    assert next(iter(stand.state.visits)) not in str(seen)
