"""Patient worker: runs the store's calls; what cannot be stored now waits, and is not lost.

A change waits while the disk is full, while another program holds the database, and while the data
folder is not at its path. It is tried again after WAIT_S while the alarm sounds: no decision has an
effect before it is recorded. Calls that only read go on meanwhile.

The alarm :data:`UNAVAILABLE` is shown to the central office at once, as a live topic; it is
recorded after the wait, because a record is a change too.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from edge import waits
from edge.errors import StoreError, StoreFull, StoreUnavailable
from edge.sop.events import Post, SystemAlarmCleared, SystemAlarmRaised
from edge.store.disk_space import ALARM, Space
from edge.worker import P, T, Worker

log = logging.getLogger(__name__)

UNAVAILABLE = "database-unavailable"

# Seconds between two tries of a change that waits.
WAIT_S = 1.0

Show = Callable[[str, str | None], None]
"""Shows the alarm of a kind, with its detail, before it is recorded; None: shows it no more."""


class PatientStore(Protocol):
    """The part of the store that is used here.

    :ivar commits: number of transactions committed
    """

    space: Space

    @property
    def commits(self) -> int: ...  # noqa: D102

    def free_space(self) -> bool: ...  # noqa: D102


class PatientWorker(Worker):
    """Runs the calls of *store*, in order; a change that cannot be stored now waits.

    :ivar waiting: why changes wait; empty if they do not
    :ivar tries: number of tries that failed so far: while it grows, the thread is alive
    """

    def __init__(self, name: str, store: PatientStore) -> None:
        super().__init__(name)
        self.waiting = ""
        self.tries = 0
        self._store = store
        self._sound: Callable[[], None] = _silent
        self._post: Post | None = None
        self._show: Show | None = None
        self._short: bool | None = None  # True while the alarm stands; None after a start
        self._unavailable = False  # the same of the other alarm
        self._since = 0.0

    def report(self, sound: Callable[[], None], post: Post, show: Show | None = None) -> None:
        """Report waits from now on.

        :param sound: sounds the alarm; called once for every failed try, on the thread
        :param post: called with the events that raise and clear an alarm
        :param show: called on the thread, before the alarm can be recorded and when that is over
        """
        self._sound, self._post, self._show = sound, post, show

    async def do(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run *call* on the thread; a change that cannot be stored now is tried again until it is.

        Other exceptions of *call* are raised.
        """
        results: list[T] = []

        def once() -> bool:
            done = self.attempt(lambda: results.append(call(*args, **kwargs)))
            if done:
                self.review()
            return done

        while not await super().do(once):  # noqa: ASYNC110 - room and locks are other programs'
            await asyncio.sleep(WAIT_S)
        return results[0]

    def attempt(self, call: Callable[[], object]) -> bool:
        """Run *call* on the present thread, the worker's; on a full disk make room and repeat it.

        :return: False if it cannot be stored now: the alarm has sounded; try again after WAIT_S
        """
        before = self._store.commits
        while True:
            try:
                call()
            except StoreFull as error:
                if not self._store.free_space():
                    self._wait(error)
                    return False
            except StoreUnavailable as error:
                self._wait(error)
                self._raise_unavailable(str(error))
                return False
            else:
                if self.waiting and self._store.commits != before:  # more than a call that reads
                    self._end_wait()
                return True

    def review(self) -> None:
        """Make the reserve again if there is room; raise or clear the alarm if that changed.

        It reads the disk: must not be called between an event and its effects.
        """
        space = self._store.space
        if self._post is None or (self._short is False and space.reserved):
            return
        short = not space.reserve()
        if short == self._short:
            return
        self._short = short
        if short:
            detail = f"{space.free_bytes // 2**20} MiB are free"
            self._post(partial(SystemAlarmRaised, kind=ALARM, detail=detail))
        else:
            self._post(partial(SystemAlarmCleared, kind=ALARM))

    def _wait(self, error: StoreError) -> None:
        if not self.waiting:
            self._since = waits.monotonic()
            log.error("%s; changes wait", error)
        self.waiting = str(error)
        self.tries += 1
        self._sound()

    def _end_wait(self) -> None:
        log.warning("changes are stored again, after %.0f s", waits.monotonic() - self._since)
        self.waiting = ""
        if not self._unavailable:
            return
        self._unavailable = False
        if self._post is not None:
            self._post(partial(SystemAlarmCleared, kind=UNAVAILABLE))
        if self._show is not None:
            self._show(UNAVAILABLE, None)

    def _raise_unavailable(self, detail: str) -> None:
        if self._unavailable or self._post is None:
            return
        self._unavailable = True
        self._post(partial(SystemAlarmRaised, kind=UNAVAILABLE, detail=detail))
        if self._show is not None:
            self._show(UNAVAILABLE, detail)


def _silent() -> None:
    """Sound no alarm: nothing is connected yet."""
