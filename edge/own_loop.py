"""The event loop of a process in a simulation with its own time (edge/own_time.py)."""

import asyncio
import os
import selectors
import threading
from collections.abc import Callable

from edge.own_time import OwnTime, Waiter, due

# The loop counts in float seconds, exact to less than this, seconds.
_RESOLUTION_S = 1e-6

LEAST_BEAT_S = 5.0
"""The shortest beat of checks that are made again and again, seconds."""


class _Selector(selectors.EpollSelector):
    """The selector of the process's event loop: where that loop waits.

    It receives the keeper's messages too, without a change of threads.
    """

    def __init__(self, own: OwnTime) -> None:
        super().__init__()
        self._own = own
        self._keeper = own.end_listening()
        self.register(self._keeper, selectors.EVENT_READ)
        self._opened = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.register(self._opened, selectors.EVENT_READ)
        self._waiter = _LoopWaiter(self._opened, self._ready)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if events or (timeout is not None and timeout <= 0):
            return self._others(events)
        waiter, own = self._waiter, self._own
        if own.park(waiter, due(own.now(), timeout)):
            while waiter.parked and not events:
                events = self._others(super().select(None))
            own.resume(waiter)
        return events

    def close(self) -> None:
        os.close(self._opened)
        super().close()
        self._own.listen()

    def _ready(self) -> bool:
        return bool(super().select(0))

    def _others(
        self, events: list[tuple[selectors.SelectorKey, int]]
    ) -> list[tuple[selectors.SelectorKey, int]]:
        """Return *events* without those of :class:`OwnTime`, which are handled."""
        others = []
        for key, mask in events:
            if key.fileobj is self._keeper:
                self._own.receive(self._keeper)
            elif key.fd == self._opened:
                os.eventfd_read(self._opened)
            else:
                others.append((key, mask))
        return others


class _LoopWaiter(Waiter):
    def __init__(self, opened: int, can_read: Callable[[], bool]) -> None:
        super().__init__(can_read)
        self._opened = opened
        self._thread = threading.get_ident()

    def open(self) -> None:
        if threading.get_ident() != self._thread:  # else the loop has received the message itself
            os.eventfd_write(self._opened, 1)


class OwnLoop(asyncio.SelectorEventLoop):
    """An event loop on the simulated time; a process has one at a time."""

    def __init__(self, own: OwnTime) -> None:
        self._own = own
        super().__init__(_Selector(own))
        self._clock_resolution = _RESOLUTION_S

    def time(self) -> float:
        """Return the present moment, seconds."""
        return self._own.now() / 1e9


class DeferrableTimer(Waiter):
    """A call of the running loop after a deferrable pause.

    The pause is over on a beat of *every_s*, or of LEAST_BEAT_S, so that most checks come together.

    :param at_most_s: it is over on the first beat after so many seconds in any case
    """

    def __init__(
        self, own: OwnTime, every_s: float, call: Callable[[], object], at_most_s: float
    ) -> None:
        super().__init__()
        self.deferrable = True
        self._own, self._call = own, call
        self._cancelled = False
        self._loop = asyncio.get_running_loop()
        with own.locked():
            now, self.every = own.now(), due(0, max(every_s, LEAST_BEAT_S))
            beats = now // self.every + 1
            more = max(0, due(0, at_most_s) // self.every - 1)
            self.end = (beats + more) * self.every
            own.schedule(self, beats * self.every)

    def open(self) -> None:
        """Have the loop make the call; :class:`OwnTime` has counted it as a busy thread."""
        self._loop.call_soon_threadsafe(self._run)

    def cancel(self) -> None:
        """Do not call; without effect after the call."""
        with self._own.locked():
            self._own.cancel(self)
            self._cancelled = True

    def _run(self) -> None:
        try:
            if not self._cancelled:
                self._call()
        finally:
            self._own.done()
