"""A countdown that a driver starts, restarts and stops; its callback runs on a thread of its own.

Rules
-----
1. At the end the level is confirmed first, without the owner's lock: reading a channel may take
   locks of its own. An edge that was missed is reported by that, and stops the countdown.
2. All else here happens with the owner's lock held, also the callback at the end. So a countdown
   that has been stopped either ended before or will not end any more.
3. Its seconds are those of the clock, so that it stays in step with a simulated lobby.
"""

import threading
from collections.abc import Callable

from edge.clock import Clock


class Countdown:
    """Confirms the level at the end, then calls *over* or *unread* once, with *lock* held.

    :param lock: the owner's lock; callers of :meth:`start` and :meth:`stop` must hold it
    :param unread: called if the level could not be read: no decision is made then
    :param confirm: reads the level, reports it if it has changed; returns False if it cannot be
        read
    :param over: called if the level could be read and has not stopped the countdown
    """

    def __init__(
        self,
        clock: Clock,
        lock: threading.Lock,
        unread: Callable[[], None],
        confirm: Callable[[], bool],
        over: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._unread = unread
        self._confirm = confirm
        self._over = over
        self._timer: threading.Timer | None = None

    @property
    def running(self) -> bool:
        """True until it ends or is stopped."""
        return self._timer is not None

    def start(self, seconds: float) -> None:
        """Count down *seconds* of the clock from now; an earlier countdown is stopped."""
        self.stop()
        self._timer = self._clock.timer(seconds, self._end)

    def stop(self) -> None:
        """Stop the countdown, if one is running."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, timer: threading.Timer) -> None:
        confirmed = self._confirm()
        with self._lock:
            if self._timer is timer:
                self._timer = None
                (self._over if confirmed else self._unread)()
