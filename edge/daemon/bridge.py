"""Bridge: brings events from other threads to the loop; no other module does this.

gpiozero calls back, and devices are driven, on threads of their own. :meth:`Bridge.post` stamps
the moment, hands the event over, and returns: it does no other work and must not raise, because
an exception in lgpio's dispatch thread silences every pin for good.
"""

import asyncio
import logging
from collections.abc import Callable

from edge.clock import Clock, Stamp
from edge.sop.events import Event

log = logging.getLogger(__name__)

# A lobby produces a few events a second; this many waiting means a flood or a hung disk.
LIMIT = 10_000


class Bridge:
    """Queues events from any thread, in order, for the one consumer on *loop*."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, limit: int = LIMIT) -> None:
        self._loop = loop
        self._clock = clock
        self._queue: asyncio.Queue[Event | asyncio.Future[None]] = asyncio.Queue(limit)
        self._on_event: Callable[[Event], None] | None = None
        self.dropped = 0

    def watch(self, on_event: Callable[[Event], None]) -> None:
        """Have *on_event* called on the loop with each event as it comes, before it is queued."""
        self._on_event = on_event

    def post(self, make: Callable[[Stamp], Event]) -> None:
        """Queue ``make(now)``; may be called from any thread. Never raises."""
        try:
            event = make(self._clock.now())
            self._loop.call_soon_threadsafe(self._put, event)
        except Exception:  # the caller may be a library's only dispatch thread
            log.exception("an event was lost between a driver and the loop")

    def _put(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.dropped += 1
            if self.dropped == 1:
                log.warning("more than %d events wait; dropping: %r", self._queue.maxsize, event)

    async def next(self) -> Event:
        """Return the next event; wait until there is one."""
        while isinstance(entry := await self._queue.get(), asyncio.Future):
            if not entry.done():
                entry.set_result(None)
        return entry

    async def settled(self) -> None:
        """Wait until the consumer has handled every event that was posted before now."""
        passed = self._loop.create_future()
        await self._queue.put(passed)
        await passed

    @property
    def waiting(self) -> int:
        """Number of events that wait for the consumer."""
        return self._queue.qsize()
