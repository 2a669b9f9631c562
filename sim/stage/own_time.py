"""The keeper of a simulation's own time.

It is the selector of the lobby's event loop: the one place where this process waits.

Rules
-----
1. Time moves only when this loop has no callback and no file to handle, and every process that
   takes part has reported that it is idle since the keeper's last message to it. edge/own_time.py
   describes the reports.
2. After this loop has sent bytes to a process, that gets a message, and time waits for its report.
3. Processes that take no part (the broker, the subscriber), and other threads of this process, are
   observed: after bytes may have been sent to them, time waits until the kernel shows all their
   threads asleep and not run between two looks.
4. A process that has been started counts as busy until it takes part or ends; one that has died,
   or has been killed, until its end has been noted. Threads that the simulated disk blocks do not
   count (sim/stage/parts.py).
5. If several moments are equal, this loop comes first, then the processes in the order of their
   joining.
6. Before :meth:`OwnTimeKeeper.begin` and after :meth:`OwnTimeKeeper.end` the loop's time is real
   time.
7. Rounds of polls that can find nothing are left out (sim/stage/rounds.py). All that this loop
   does counts as a change, except what :meth:`OwnTimeKeeper.polled` has been called for.
8. After such a change the onlooker looks (sim/stage/onlooker.py): no time moves by that.
9. If nothing happens for STUCK_S although time stands still, the keeper logs who is busy, and busy
   processes write the stacks of their threads to their logs.
"""

import asyncio
import logging
import os
import select
import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.clock import Clock
from edge.own_time import BLINK, NEVER, POLL, STACKS, due, map_now
from edge.waits import OWN_TIME
from sim.stage.keeper import Keeper
from sim.stage.keeper_loop import KeeperLoop, KeeperSelector
from sim.stage.observed import Look, asleep, look
from sim.stage.one_core import on_one_core
from sim.stage.onlooker import Onlooker, sooner
from sim.stage.pace import Pace
from sim.stage.parts import Part, Parts, set_behind
from sim.stage.rounds import next_round

log = logging.getLogger(__name__)

STUCK_S = 20.0
"""Real seconds without any event, while time stands still, after which the keeper asks why."""

# Boot time at the beginning of a simulation, nanoseconds: the same in each run.
_BEGIN_NS = 1_000_000_000_000

SET_UP_S = 600.0
"""Seconds between the beginning of the clock and that of the simulation's own time: more than the
parts of a simulation need to start on a busy machine, so that it is the same in each run."""

# Real seconds between two looks at the threads of observed processes.
_LOOK_S = 0.0002
# Real seconds without a report of a process of which the disk blocks a thread, before such looks.
_REPORT_S = 0.005


class OwnTimeKeeper(Keeper):
    """Keeps the time of one simulation.

    :param folder: an existing folder for the time's two files
    :param wall_ns: wall time at the beginning, nanoseconds since 1970 UTC
    :param pace: how fast time passes; None: as fast as the work is done
    :param every_poll: play each poll of a device, also those that can find nothing: changes may be
        made by threads that this loop does not see
    :ivar moves: how often time has moved
    """

    def __init__(
        self,
        folder: Path,
        wall_ns: int,
        pace: Pace | None = None,
        *,
        every_poll: bool = False,
    ) -> None:
        self.pace = pace or Pace()
        self._every_poll = every_poll
        self._folder = folder
        self._wall_ns = wall_ns
        self._now = map_now(folder, create=True)
        self._now[0] = _BEGIN_NS
        super().__init__(Clock(1.0, _BEGIN_NS, wall_ns, self.now))
        self.moves = 0
        self._offset_ns = _BEGIN_NS - time.monotonic_ns()
        self._own = False
        self._parts = Parts(folder)
        self._sent_to: set[object] = set()
        self._observed: dict[int, None] = {}
        self._touched = False
        self._deliveries: list[Callable[[], None]] = []
        self._waits: list[Callable[[], bool]] = []
        self._holds = 0
        self._worked = True
        self._happened = 0  # how much this loop has done, except for polls; and at the last move
        self._happened_before = 0
        self._changed_ns = 0
        self._onlooker: Onlooker | None = None
        self._happened_at = time.monotonic()
        self._selector = KeeperSelector(self)
        self._selector.register(self._parts.listener, selectors.EVENT_READ)

    @property
    def environment(self) -> str:
        """The value of ``GARDU_CLOCK`` for the processes of the simulation."""
        return f"{OWN_TIME},{_BEGIN_NS},{self._wall_ns},{self._folder}"

    def now(self) -> int:
        """Return the present moment (boot ns)."""
        if not self._own:
            self._now[0] = time.monotonic_ns() + self._offset_ns
        return self._now[0]

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Return the event loop of the lobby's process; there is one only."""
        return KeeperLoop(self, self._selector)

    def close(self) -> None:
        """Close the keeper's own files."""
        self._parts.close()

    def begin(self) -> None:
        """Let the simulation's own time begin, if it has not."""
        if not self._own:
            self._now[0] = max(self.now(), _BEGIN_NS + int(SET_UP_S * 1e9))
            self._happened += 1
            self._own = True

    def end(self) -> None:
        """Go back to real time, from the present moment on."""
        if self._own:
            self._offset_ns = self._now[0] - time.monotonic_ns()
            self._own = False

    def touch(self) -> None:
        """Note that bytes have been sent to a process that takes no part."""
        self._touched = True

    def observe(self, pid: int) -> None:
        """Observe the process *pid*, which takes no part."""
        self._observed[pid] = None

    def wait_while(self, busy: Callable[[], bool]) -> None:
        """Let time stand still while *busy* returns True."""
        self._waits.append(busy)

    def deliver_first(self, deliver: Callable[[], None]) -> None:
        """Call *deliver* before time moves: it makes bytes readable that are on their way here."""
        self._deliveries.append(deliver)

    def sent(self, to: object) -> None:
        """Note that bytes have been sent to the process that was expected as *to*."""
        self._sent_to.add(to)

    def polled(self) -> None:
        """Note that bytes have come here which were polls: they have changed nothing."""
        self._happened -= 1

    def look_on(self, onlooker: Onlooker) -> None:
        """Have *onlooker* see the lobby after each change."""
        self._onlooker = onlooker

    def expect(self, pid: int, name: object = None) -> None:
        """Count the process *pid* as busy until it takes part, or ends.

        :param name: what :meth:`sent` calls it; None: it is always asked
        """
        self._parts.expect(pid, name)

    def killed(self, pid: int) -> None:
        """Count the process *pid*, which has been killed, as busy until its end has been noted."""
        self._parts.killed(pid)

    def forget(self, pid: int) -> None:
        """Note that the process *pid* has ended."""
        self._parts.forget(pid)

    def block(self, thread: int) -> None:
        """Note that the simulated disk holds a request of *thread*: it does not count as busy."""
        self._parts.block(thread)

    def unblock(self, thread: int) -> None:
        """Note that the disk is about to answer that request: the thread counts as busy."""
        self._parts.unblock(thread)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let time stand still in this context."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1

    # -- for the selector

    def select(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events of the loop's files; move time when there is nothing else to do."""
        if not self._own:
            return self._events(timeout)
        events = self._events(0)
        if events or (timeout is not None and timeout <= 0):
            return self._working(events, callbacks=not events)
        own_due = due(self._now[0], timeout)
        self._ask()
        while not events:
            busy = not self._all_idle()
            look_s = self._onlooker.see(self._happened, busy=busy) if self._onlooker else None
            if busy:
                events = self._wait_for_reports(look_s)
            elif self._touched:
                events = self._settle()
            elif events := self._delivered():
                break
            else:
                to, wait_s = self.pace.limit(self._now[0], self._next(own_due))
                if wait_s != 0:
                    events = self._events(sooner(wait_s, look_s))
                elif self._move(to, own_due):
                    return self._working(events, callbacks=True)
        return self._working(events)

    def _working(
        self, events: list[tuple[selectors.SelectorKey, int]], *, callbacks: bool = False
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Note that the loop is about to handle *events*, or *callbacks*; return the events."""
        self._worked = True
        self._happened += len(events) + callbacks
        return events

    def _next(self, own_due: int) -> int | None:
        """Return the next moment to be played; None if there is none."""
        if self._happened != self._happened_before:
            self._happened_before, self._changed_ns = self._happened, self._now[0]
        deferred = min(map(self._next_deferred, self._parts), default=NEVER)
        other = min([own_due, *(part.due for part in self._parts)])
        other = other if other < NEVER else deferred
        rounds = [
            round_due
            if self._every_poll or (kind == BLINK and self.pace.watched)
            else next_round(round_due, every, self._changed_ns, other)
            for part in self._parts
            for round_due, every, kind in part.rounds
            if kind <= POLL
        ]
        moment = min([other, deferred, *rounds])
        return moment if moment < NEVER else None

    def _next_deferred(self, part: Part) -> int:
        """Return when the first of the deferrable pauses of *part* is to end."""
        return part.next_deferred(None if self._every_poll else self._changed_ns)

    def _delivered(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the events of bytes that were on their way here."""
        for deliver in self._deliveries:
            deliver()
        return self._events(0) if self._deliveries else []

    def _ask(self) -> None:
        """Send a message to each process to which this loop may have sent bytes."""
        if self._worked:
            self._worked = False
            for part in self._parts:
                if part.name is None or part.name in self._sent_to:
                    self._send(part)
            self._sent_to.clear()

    def _wait_for_reports(self, look_s: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        heard_at = self._happened_at
        events = self._events(sooner(_REPORT_S if self._parts.held_up() else STUCK_S, look_s))
        if self._happened_at == heard_at:
            events = self._look_behind()
        if time.monotonic() - self._happened_at >= STUCK_S:
            self._ask_why()
        return events

    def _look_behind(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Find threads that wait behind one that the disk blocks; return the loop's events."""
        pids = [*self._observed, *(part.pid for part in self._parts.held_up())]
        before = look(pids)
        events = self._glance()
        looks = look(pids)
        if not events and looks == before:
            set_behind(self._parts.held_up(), looks)
        return events

    def _move(self, to: int, own_due: int) -> bool:
        """Move time to *to*; return True if the loop has work then, else call the others."""
        self.moves += 1
        self._happened_at = time.monotonic()
        self._now[0] = max(self._now[0], to)
        if own_due <= self._now[0]:
            return True
        for next_of, deferred in ((lambda part: part.next, False), (self._next_deferred, True)):
            for part in self._parts:
                if next_of(part) <= self._now[0]:
                    self._send(part, deferred=deferred)
                    return False  # one after the other, so that a run can be repeated
        return False

    def _all_idle(self) -> bool:
        held = self._holds or any(busy() for busy in self._waits)
        return not held and self._parts.all_idle()

    def _events(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the loop's events, without those of the keeper's own files, which are handled."""
        others = []
        for key, mask in self._selector.poll(timeout):
            self._happened_at = time.monotonic()
            if key.fileobj is self._parts.listener:
                self._accept()
            elif (part := self._parts.get(key.fd)) is None:
                others.append((key, mask))
            elif not part.receive():
                self._drop(part)
        return others

    def _glance(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the loop's events after the time between two looks, or earlier."""
        select.select([self._selector.fileno()], [], [], _LOOK_S)
        return self._events(0)

    def _accept(self) -> None:
        for part in self._parts.accept():
            self._selector.register(part.connection, selectors.EVENT_READ)
            self._send(part)

    def _send(self, part: Part, *, deferred: bool = False) -> None:
        if not part.send(deferred=deferred):
            self._drop(part)

    def _drop(self, part: Part) -> None:
        self._parts.drop(part)
        self._selector.unregister(part.connection)
        part.close()

    def _settle(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until the observed threads sleep; return the loop's events if some come first."""
        before = self._look()
        events = self._glance()
        if not events and asleep(before) and before == self._look():
            self._touched = False
        return events

    def _look(self) -> dict[int, Look]:
        """Look at the threads of the observed processes, and at the others of this process."""
        looks = look((*self._observed, os.getpid()))
        looks.pop(os.getpid(), None)
        return looks

    def _ask_why(self) -> None:
        """Have each busy process write the stacks of its threads."""
        self._happened_at = time.monotonic()
        log.warning(
            "time stands still: %d holds, broker busy: %s, processes that start: %s, busy: %s",
            self._holds,
            any(busy() for busy in self._waits),
            sorted(self._parts.expected),
            [part.pid for part in self._parts if not part.idle],
        )
        for part in self._parts:
            if not part.idle:
                os.kill(part.pid, STACKS)


@contextmanager
def own_time(begins_ms: float, pace: Pace | None = None) -> Iterator[OwnTimeKeeper]:
    """Return the keeper of a simulation's own time that begins at *begins_ms* of the wall clock.

    :param begins_ms: milliseconds since 1970 UTC
    :param pace: how fast it passes; None: as fast as the work is done
    """
    wall_ns = round(begins_ms * 1e6 - SET_UP_S * 1e9)
    with (
        TemporaryDirectory(prefix="gardu-time-") as folder,
        on_one_core(),
        closing(OwnTimeKeeper(Path(folder), wall_ns, pace)) as keeper,
    ):
        yield keeper
