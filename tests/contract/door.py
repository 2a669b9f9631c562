"""The contract of an access door, on its twin and on the bench of a technician.

A test module subclasses :class:`DoorContract` as ``Test…`` and gives it a fixture ``bench`` with
the door ``kantor``, released for five seconds at a time, its driver open, the door shut and no
event posted since.
"""

from typing import Any, Protocol

import pytest

from edge import waits
from edge.drivers import base
from edge.errors import DeviceUnavailable
from edge.sop.events import DoorClosed, DoorOpened

Said = tuple[Any, ...]

OPENED, CLOSED = (DoorOpened, "kantor", False), (DoorClosed, "kantor", False)


class Bench(Protocol):
    """The door behind a driver, as seen by persons in front of it."""

    fail: str
    """``secure`` or ``safe``: what the door does when its relay drops out."""

    @property
    def driver(self) -> base.Door:
        """The driver under test."""

    def push(self) -> bool:
        """Push the door once; True if it opens (a person goes through, it closes behind)."""

    def force(self) -> None:
        """Break it open; it closes by itself."""

    def wedge(self, *, wedged: bool) -> None:
        """Put a wedge under the open door, or remove it."""

    def wait_for_release(self, *, released: bool) -> None:
        """Wait until the strike is released, or is locked."""

    def posted(self, *wanted: Said) -> list[Said]:
        """Wait until all *wanted* are posted; return everything posted since the last call."""


class DoorContract:
    """Tests for every access door with a contact."""

    def test_opening_posts_the_door_as_initial_and_locks_it(self, bench: Bench) -> None:
        """After a restart the door's state is posted as initial, and the door is locked."""
        bench.driver.close()
        bench.posted()
        bench.driver.open()
        assert bench.posted((DoorClosed, "kantor", True)) == [(DoorClosed, "kantor", True)]
        bench.wait_for_release(released=False)
        assert not bench.push()

    def test_a_release_lets_somebody_through_and_locks_again(self, bench: Bench) -> None:
        """A release lets one person through; opening and closing are posted from the contact."""
        releasing = waits.thread(bench.driver.release, "release")
        bench.wait_for_release(released=True)
        assert bench.push()
        releasing.join()
        assert bench.posted(OPENED, CLOSED) == [OPENED, CLOSED]
        bench.wait_for_release(released=False)
        assert not bench.push()

    def test_a_hold_releases_until_it_ends(self, bench: Bench) -> None:
        """In a fire the door is open for everybody, however long."""
        bench.driver.hold(released=True)
        bench.wait_for_release(released=True)
        assert bench.push()
        assert bench.posted(OPENED, CLOSED) == [OPENED, CLOSED]
        bench.driver.hold(released=False)
        bench.wait_for_release(released=False)
        assert not bench.push()

    def test_a_hold_survives_a_release_that_ends(self, bench: Bench) -> None:
        """A guest's release must not lock the door in a fire."""
        releasing = waits.thread(bench.driver.release, "release")
        bench.wait_for_release(released=True)
        bench.driver.hold(released=True)
        releasing.join()
        bench.driver.release()
        assert bench.push()

    def test_a_release_survives_a_hold_that_ends(self, bench: Bench) -> None:
        """A release that is under way goes on although the fire alarm was reset meanwhile."""
        bench.driver.hold(released=True)
        releasing = waits.thread(bench.driver.release, "release")
        bench.driver.hold(released=False)
        assert bench.push() or not releasing.is_alive()
        releasing.join()
        bench.wait_for_release(released=False)

    def test_forcing_is_seen(self, bench: Bench) -> None:
        """A door that is broken open posts its opening, without a release before."""
        bench.force()
        assert bench.posted(OPENED, CLOSED) == [OPENED, CLOSED]

    def test_a_door_that_is_held_open_stays_open(self, bench: Bench) -> None:
        """A wedged door is posted as opened once, and as closed when the wedge is gone."""
        bench.force()
        bench.wedge(wedged=True)
        bench.posted(OPENED)
        bench.driver.release()
        assert bench.posted() == []
        bench.wedge(wedged=False)
        assert bench.posted(CLOSED) == [CLOSED]

    def test_closing_ends_release_and_hold(self, bench: Bench) -> None:
        """A closed driver leaves its relay at rest: released if ``fail`` is ``safe``."""
        releasing = waits.thread(bench.driver.release, "release")
        bench.wait_for_release(released=True)
        bench.driver.hold(released=True)
        bench.driver.close()
        bench.driver.close()
        releasing.join()
        bench.wait_for_release(released=bench.fail == "safe")
        bench.driver.open()
        bench.wait_for_release(released=False)

    def test_a_release_that_fails_leaves_nothing_behind(self, bench: Bench) -> None:
        """After a release that failed the door must not stay released for ever."""
        bench.driver.close()
        with pytest.raises(DeviceUnavailable):
            bench.driver.release()
        bench.driver.open()
        bench.driver.release()
        bench.wait_for_release(released=False)
        assert not bench.push()
