"""The contract of lockers. Every driver passes it, on its twin and on the bench of a technician.

A test module subclasses :class:`LockersContract` (or :class:`BoardLockersContract`, for drivers
of a board on a line) as ``Test…`` and gives it a fixture ``bench`` with its driver open, all doors
closed and no event posted since.
"""

from functools import partial
from typing import Protocol

import pytest

from edge import waits
from edge.clock import Stamp
from edge.drivers import base
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.events import Event, LockerClosed, LockerFailed, LockerOpened, LockerRestored

# An upper limit; a passing test never waits so long.
PATIENCE_S = 10.0

UNKNOWN = 999
"""The number of a locker that no bench has."""


class Bench(Protocol):
    """Lockers 1 and 2 behind a driver, seen from outside: doors and solenoids."""

    @property
    def driver(self) -> base.Lockers:
        """The driver under test."""

    def open_door(self, locker: int) -> None:
        """Open a door without the lock, with a key."""

    def close_door(self, locker: int) -> None:
        """Push a door shut."""

    def is_open(self, locker: int) -> bool:
        """Return True if a door is open."""

    def jam(self, locker: int) -> None:
        """Jam a latch, so that its lock cannot open."""

    def pulses(self, locker: int) -> int:
        """Return the number of pulses of a solenoid since the test began."""

    def most_at_once(self) -> int:
        """Return the highest number of solenoids energised at once since the test began."""

    def wait_for_current(self, locker: int, *, flowing: bool) -> None:
        """Wait until a solenoid is energised, or is not."""

    def posted(self, *events: Event) -> list[Event]:
        """Wait until all *events* are posted; return everything posted since the last call.

        Events are compared without their moments.
        """

    def take_away(self) -> None:
        """Make the device unavailable (its plug is pulled, or its pins are occupied)."""

    def bring_back(self) -> None:
        """Make it available again."""


class BoardBench(Bench, Protocol):
    """Lockers with a board on a line between; lockers 1 and 2 are on different boards."""

    def silence(self, locker: int) -> None:
        """Switch off the board of a locker."""

    def speak(self, locker: int) -> None:
        """Switch it on again."""

    def disturb(self) -> None:
        """Put noise on the line."""


def opened(locker: int, *, initial: bool = False) -> LockerOpened:
    """Return an event to compare with; its moment does not matter."""
    return LockerOpened(Stamp(0, 0), locker, initial)


def closed(locker: int, *, initial: bool = False) -> LockerClosed:
    """Return an event to compare with; its moment does not matter."""
    return LockerClosed(Stamp(0, 0), locker, initial)


def restored(locker: int) -> LockerRestored:
    """Return an event to compare with; its moment does not matter."""
    return LockerRestored(Stamp(0, 0), locker)


def doors(events: list[Event]) -> list[tuple[type[Event], int, bool]]:
    """Return class, locker and initial of every door event in *events*."""
    return [
        (type(event), event.locker, event.initial)
        for event in events
        if isinstance(event, LockerOpened | LockerClosed)
    ]


def failures(events: list[Event]) -> list[int]:
    """Return the lockers that *events* report as failed."""
    return sorted(event.locker for event in events if isinstance(event, LockerFailed))


class LockersContract:
    """Tests for every driver of lockers."""

    def test_opening_posts_every_door_as_initial(self, bench: Bench) -> None:
        """Opening posts every door's state: after a crash the checkpoint needs it to act."""
        bench.driver.close()
        bench.open_door(2)
        bench.posted()
        bench.driver.open()
        events = bench.posted(closed(1, initial=True), opened(2, initial=True))
        assert sorted(doors(events), key=lambda event: event[1]) == [
            (LockerClosed, 1, True),
            (LockerOpened, 2, True),
        ]

    def test_unlocking_springs_that_door_and_no_other(self, bench: Bench) -> None:
        """Only the ordered door opens: a guest must never get another guest's belongings."""
        bench.driver.unlock(2)
        assert doors(bench.posted(opened(2))) == [(LockerOpened, 2, False)]
        assert (bench.is_open(1), bench.is_open(2)) == (False, True)

    def test_an_unlock_is_one_pulse(self, bench: Bench) -> None:
        """An unlock is one pulse on one lock, off when the call returns, and never repeated."""
        bench.driver.unlock(2)
        bench.wait_for_current(2, flowing=False)
        bench.close_door(2)
        bench.posted(opened(2), closed(2))
        assert (bench.pulses(1), bench.pulses(2)) == (0, 1)

    def test_one_solenoid_at_a_time(self, bench: Bench) -> None:
        """The supply carries one solenoid: two unlocks at once run one after the other."""
        orders = (1, 2, 1, 2)
        threads = [waits.thread(partial(bench.driver.unlock, n), f"unlock {n}") for n in orders]
        for thread in threads:
            thread.join(PATIENCE_S)
        assert (bench.pulses(1), bench.pulses(2)) == (2, 2)
        assert bench.most_at_once() == 1

    def test_a_door_is_posted_each_way_in_order(self, bench: Bench) -> None:
        """Opened and closed are posted in order: they are the evidence of storing and fetching."""
        bench.driver.unlock(1)
        events = bench.posted(opened(1))
        bench.close_door(1)
        events += bench.posted(closed(1))
        bench.driver.unlock(1)
        events += bench.posted(opened(1))
        assert [kind for kind, _, _ in doors(events)] == [LockerOpened, LockerClosed, LockerOpened]

    def test_a_door_that_is_forced_is_seen(self, bench: Bench) -> None:
        """A door that is broken open is posted, although no unlock was ordered."""
        bench.open_door(1)
        assert doors(bench.posted(opened(1))) == [(LockerOpened, 1, False)]
        assert bench.pulses(1) == 0

    def test_a_jammed_lock_posts_nothing_and_is_not_pulsed_again(self, bench: Bench) -> None:
        """A jammed lock is pulsed once: an officer decides; a solenoid pulsed for ever burns."""
        bench.jam(1)
        bench.driver.unlock(1)
        bench.open_door(2)  # events come in order: an event of locker 1 would come before this one
        assert doors(bench.posted(opened(2))) == [(LockerOpened, 2, False)]
        assert (bench.pulses(1), bench.is_open(1)) == (1, False)

    def test_nothing_is_energised_by_opening_or_closing(self, bench: Bench) -> None:
        """A restart must not open a locker."""
        bench.driver.close()
        bench.driver.open()
        bench.driver.close()
        assert (bench.pulses(1), bench.pulses(2)) == (0, 0)

    def test_closing_in_a_pulse_leaves_everything_at_rest(self, bench: Bench) -> None:
        """A daemon that is stopped must not leave a solenoid energised."""
        failed: list[OSError] = []

        def unlock() -> None:
            try:
                bench.driver.unlock(1)
            except DeviceUnavailable as error:
                failed.append(error)

        unlocking = waits.thread(unlock, "unlock")
        bench.wait_for_current(1, flowing=True)
        bench.driver.close()
        unlocking.join(PATIENCE_S)
        bench.wait_for_current(1, flowing=False)
        assert not unlocking.is_alive()
        assert bench.pulses(1) == 1

    def test_an_unknown_locker_is_a_fault(self, bench: Bench) -> None:
        """An unlock of a locker that is not wired raises; it is not ignored."""
        with pytest.raises(DeviceFault, match=f"locker {UNKNOWN}"):
            bench.driver.unlock(UNKNOWN)

    def test_closed_lockers_cannot_be_unlocked(self, bench: Bench) -> None:
        """A closed driver refuses to unlock, and closing twice is allowed."""
        bench.driver.close()
        bench.driver.close()
        with pytest.raises(DeviceUnavailable):
            bench.driver.unlock(1)
        assert bench.pulses(1) == 0

    def test_a_device_that_is_not_there_is_unavailable_until_it_is(self, bench: Bench) -> None:
        """A missing device raises DeviceUnavailable at opening; once there, it opens and works."""
        bench.driver.close()
        bench.take_away()
        with pytest.raises(DeviceUnavailable, match="lockers"):
            bench.driver.open()
        bench.bring_back()
        bench.posted()
        bench.driver.open()
        bench.posted(closed(1, initial=True), closed(2, initial=True))
        bench.driver.unlock(1)
        bench.posted(opened(1))


class BoardLockersContract(LockersContract):
    """Tests for lockers with a board on a line between."""

    def test_a_silent_board_fails_its_own_lockers(self, bench: BoardBench) -> None:
        """A silent board fails its own lockers only, and before an unlock is needed."""
        bench.silence(1)
        assert failures(bench.posted(LockerFailed(Stamp(0, 0), 1, ""))) == [1]
        with pytest.raises((DeviceUnavailable, DeviceFault), match="lockers"):
            bench.driver.unlock(1)
        bench.driver.unlock(2)
        bench.posted(opened(2))
        assert bench.pulses(1) == 0

    def test_a_board_that_answers_again_is_restored(self, bench: BoardBench) -> None:
        """A board that answers again is restored without a restart and without a pulse."""
        bench.silence(1)
        bench.posted(LockerFailed(Stamp(0, 0), 1, ""))
        bench.speak(1)
        bench.posted(restored(1))
        assert bench.pulses(1) == 0
        bench.driver.unlock(1)
        assert doors(bench.posted(opened(1))) == [(LockerOpened, 1, False)]

    def test_a_port_that_is_pulled_fails_all_until_it_is_back(self, bench: BoardBench) -> None:
        """A port that comes back under another number is found by its name in the config."""
        bench.take_away()
        either = [LockerFailed(Stamp(0, 0), number, "") for number in (1, 2)]
        assert failures(bench.posted(*either)) == [1, 2]
        with pytest.raises(DeviceUnavailable):
            bench.driver.unlock(1)
        bench.bring_back()
        bench.posted(restored(1), restored(2))
        bench.driver.unlock(1)
        bench.posted(opened(1))
        assert bench.pulses(1) == 1

    def test_noise_never_moves_a_door(self, bench: BoardBench) -> None:
        """Noise of a motor beside the cable must not open lockers, nor post door events."""
        for _ in range(10):
            bench.disturb()
        bench.open_door(2)
        assert doors(bench.posted(opened(2))) == [(LockerOpened, 2, False)]
        assert (bench.pulses(1), bench.pulses(2)) == (0, 0)
