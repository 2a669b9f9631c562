"""Timers: each posts an event when it is due."""

import asyncio
from functools import partial

from edge.clock import Clock, Stamp
from edge.sop.events import Post, TimerFired


class Timers:
    """Posts TimerFired when a timer is due; lives on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, post: Post) -> None:
        self._loop = loop
        self._clock = clock
        self._post = post
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def start(self, key: str, since: Stamp, seconds: float) -> None:
        """Fire *key* once *seconds* have passed since moment *since*; at once if they have.

        After a reboot in between, the time passed is by :meth:`Stamp.since`: the least that is
        certain. So a timer fires late rather than early, and never later than *seconds* from now.
        """
        self.cancel(key)
        left = max(0.0, seconds - self._clock.now().seconds_since(since))
        self._handles[key] = self._loop.call_later(self._clock.real(left), self._fire, key)

    def cancel(self, key: str) -> None:
        """Cancel the timer *key*, if there is one."""
        handle = self._handles.pop(key, None)
        if handle is not None:
            handle.cancel()

    def stop(self) -> None:
        """Cancel all timers."""
        for key in list(self._handles):
            self.cancel(key)

    def _fire(self, key: str) -> None:
        self._handles.pop(key, None)
        self._post(partial(TimerFired, key=key))
