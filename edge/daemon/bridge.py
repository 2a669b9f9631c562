"""Bridge: brings events from all threads to the consumer; no other module does this.

gpiozero calls back, and devices are driven, on threads of their own. :meth:`Bridge.post` stamps
the moment, hands the event over, and returns: it does no other work and must not raise, because
with lgpio an exception in its dispatch thread silences every pin for good.

The consumer runs on the worker's thread. What must happen on the loop (timers, live topics, the
release of doors in a fire) goes there through :meth:`Bridge.on_loop`.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice

from edge.clock import Clock, Stamp
from edge.daemon.repeats import Repeats
from edge.sop.events import Event
from edge.worker import Worker, notify

log = logging.getLogger(__name__)

# A lobby produces a few events a second; this many waiting means a flood or a hung disk.
LIMIT = 10_000


class Bridge:
    """Queues events from any thread, in order, for the one consumer on *worker*.

    :ivar dropped: number of events that found the queue full
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: Clock, worker: Worker, limit: int = LIMIT
    ) -> None:
        self.dropped = 0
        self._loop = loop
        self._clock = clock
        self._worker = worker
        self._limit = limit
        self._lock = threading.Lock()
        self._queue: deque[Event] = deque()
        self._repeats = Repeats()
        self._handled = 0
        self._passed: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._urgent: tuple[type[Event], ...] = ()
        self._on_urgent: Callable[[Event], None] = log.error

    def watch(self, kinds: tuple[type[Event], ...], on_event: Callable[[Event], None]) -> None:
        """Have *on_event* called on the loop with each event of *kinds*, before its turn."""
        self._urgent, self._on_urgent = kinds, on_event

    def post(self, make: Callable[[Stamp], Event]) -> None:
        """Queue ``make(now)``; may be called from any thread. Never raises."""
        try:
            event = make(self._clock.now())
            if isinstance(event, self._urgent):
                self.on_loop(self._on_urgent, event)
            self._put(event)
            self._worker.nudge()
        except Exception:  # the caller may be a library's only dispatch thread
            log.exception("an event was lost between a driver and the consumer")

    def _put(self, event: Event) -> None:
        with self._lock:
            if len(self._queue) < self._limit:
                self._queue.append(self._repeats.sift(event))
                return
            self.dropped += 1
            first = self.dropped == 1
        if first:
            log.warning("more than %d events wait; dropping: %r", self._limit, event)

    def on_loop(self, call: Callable[..., None], *arguments: object) -> None:
        """Run *call* on the loop; from any thread. After the loop has closed it is dropped."""
        notify(self._loop, partial(call, *arguments))

    # -- for the consumer

    def first(self, most: int) -> list[Event]:
        """Return the first *most* events that wait; they wait until :meth:`done`."""
        with self._lock:
            return list(islice(self._queue, most))

    def done(self, count: int) -> None:
        """Remove the first *count* events: they are handled."""
        with self._lock:
            for _ in range(count):
                self._repeats.answered(self._queue.popleft())
            self._handled += count
            waited_for = bool(self._passed)
        if waited_for:
            self.on_loop(self._settle)

    # -- for the loop

    async def settled(self) -> None:
        """Wait until the consumer has handled every event that was posted before now."""
        with self._lock:
            if not self._queue:
                return
            passed = self._loop.create_future()
            self._passed.append((self._handled + len(self._queue), passed))
        await passed

    def _settle(self) -> None:
        with self._lock:
            while self._passed and self._passed[0][0] <= self._handled:
                passed = self._passed.popleft()[1]
                if not passed.done():
                    passed.set_result(None)

    @property
    def waiting(self) -> int:
        """Number of events that are not handled yet."""
        return len(self._queue)
