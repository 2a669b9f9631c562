"""A countdown that a driver starts, restarts and stops; its callback runs on a thread of its own.

Rules
-----
1. Everything here happens with the owner's lock held, also the callback at the end. So a countdown
   that has been stopped either ended before or will not end any more.
2. Its seconds are those of the clock, so that it stays in step with a simulated lobby.
"""

import threading
from collections.abc import Callable

from edge.clock import Clock


class Countdown:
    """Calls *over* once, with *lock* held.

    :param lock: the owner's lock; callers of :meth:`start` and :meth:`stop` must hold it
    """

    def __init__(self, clock: Clock, lock: threading.Lock, over: Callable[[], None]) -> None:
        self._clock = clock
        self._lock = lock
        self._over = over
        self._timer: threading.Timer | None = None

    def start(self, seconds: float) -> None:
        """Count down *seconds* of the clock from now; an earlier countdown is stopped."""
        self.stop()
        self._timer = threading.Timer(self._clock.real(seconds), self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Stop the countdown, if one is running."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        with self._lock:
            if self._timer is threading.current_thread():
                self._timer = None
                self._over()
