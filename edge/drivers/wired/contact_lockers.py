"""Lockers with door contacts on channels; each subclass drives the locks in its own way.

Rules of this driver
--------------------
1. One solenoid at a time (supply current): an unlock waits until the one before is over.
2. Only the door's contact shows that a door opened.
3. A locker with a loose contact is out of order (LockerFailed) until the contact has rested: it
   is given to no guest. A locker can be out of order for several causes; it is in use again
   (LockerRestored) once none is left. On opening either is posted for every locker: the state
   before a restart may have changed.
"""

import logging
import threading
from collections.abc import Sequence
from functools import partial
from typing import Literal, Protocol

from edge import waits
from edge.clock import Clock
from edge.config.sections.pins import Contact
from edge.drivers.channels import Channels
from edge.drivers.wired.contacts import WiredContact
from edge.drivers.wired.device import WiredDevice
from edge.drivers.wired.outputs import WiredOutput
from edge.drivers.wired.plausibility import LIMITS, Level, Loose, loose_words
from edge.errors import DeviceFault
from edge.sop.events import LockerClosed, LockerFailed, LockerOpened, LockerRestored, Post

log = logging.getLogger(__name__)

Cause = Literal["board", "contact"]
"""Why a locker is out of order."""


class LockerWithDoor(Protocol):
    """A locker's number and door contact, as in the config of every such driver."""

    @property
    def number(self) -> int:
        """The number on its door."""

    @property
    def door(self) -> Contact:
        """The contact that is active while the door is open."""


class ContactLockers(WiredDevice):
    """The lockers of one checkpoint.

    Posts LockerOpened, LockerClosed, LockerFailed and LockerRestored.
    """

    def __init__(
        self,
        name: str,
        lockers: Sequence[LockerWithDoor],
        outputs: Sequence[WiredOutput],
        channels: Channels,
        clock: Clock,
        post: Post,
    ) -> None:
        self._post = post
        self._open_doors: set[int] = set()
        self._numbers = {locker.number for locker in lockers}
        self._one_at_a_time = waits.lock()
        self._causes_lock = threading.Lock()
        self._causes: dict[int, set[Cause]] = {}
        doors = [
            WiredContact(
                locker.door, channels, clock, partial(self._door_moved, locker.number),
                LIMITS["locker"], on_loose=partial(self._loosened, locker),
            )
            for locker in lockers
        ]  # fmt: skip
        super().__init__(name, outputs, doors)

    def unlock(self, locker: int) -> None:
        """Energise the lock of *locker* for its pulse; returns when it is over.

        :raises DeviceFault: if there is no such lock or it cannot be driven
        :raises DeviceUnavailable: if the lockers are not open for use
        """
        if locker not in self._numbers:
            raise DeviceFault(
                f"{self.name}: no lock is wired for locker {locker}",
                "Add the locker to [lockers] in the config, and run gardu check.",
            )
        with self._one_at_a_time:
            self.energise(locker)

    def energise(self, locker: int) -> None:
        """Energise the lock of *locker* for its pulse; returns when it is over."""
        raise NotImplementedError

    def _door_moved(self, locker: int, level: Level) -> None:
        (self._open_doors.add if level.active else self._open_doors.discard)(locker)
        kind = LockerOpened if level.active else LockerClosed
        self._post(lambda at: kind(at, locker, level.initial))

    def _loosened(self, locker: LockerWithDoor, loose: Loose) -> None:
        if loose.over:
            self._in_order(locker.number, "contact", loose)
        else:
            why, remedy = loose_words(locker.door.place, loose), LIMITS["locker"].remedy
            log.warning("%s: locker %d: %s. %s", self.name, locker.number, why, remedy)
            self._open_doors.add(locker.number)  # it is not known to be shut
            self._out_of_order(locker.number, "contact", why, remedy)

    def _out_of_order(self, locker: int, cause: Cause, why: str, remedy: str = "") -> None:
        """Post LockerFailed, unless *locker* is out of order for another cause already."""
        with self._causes_lock:
            causes = self._causes.setdefault(locker, set())
            causes.add(cause)
            if causes == {cause}:
                self._post(partial(LockerFailed, locker=locker, why=why, remedy=remedy))

    def _in_order(self, locker: int, cause: Cause, loose: Loose | None = None) -> None:
        """End *cause*; post LockerRestored if it was the last."""
        changes = loose.changes if loose else None
        lasted_s = round(loose.lasted_s, 1) if loose else None
        with self._causes_lock:
            causes = self._causes.setdefault(locker, set())
            causes.discard(cause)
            if not causes:
                self._post(lambda at: LockerRestored(at, locker, changes, lasted_s))
