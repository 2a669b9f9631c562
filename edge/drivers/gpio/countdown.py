"""A countdown that a driver starts, starts anew and stops; what it calls is on a thread of its own.

Rules
-----
1. Everything here happens with the owner's lock held, the call at the end too: whoever stops a
   countdown knows that it has ended before, or will not end any more.
2. Its seconds are those of the clock, so that it keeps step with a simulated lobby.
"""

import threading
from collections.abc import Callable

from edge.clock import Clock


class Countdown:
    """Calls *over* once, with *lock* held.

    :param lock: the owner's lock, held by whoever calls :meth:`start` or :meth:`stop`
    """

    def __init__(self, clock: Clock, lock: threading.Lock, over: Callable[[], None]) -> None:
        self._clock = clock
        self._lock = lock
        self._over = over
        self._timer: threading.Timer | None = None

    def start(self, seconds: float) -> None:
        """Count down *seconds* from now, whatever was counted before."""
        self.stop()
        self._timer = threading.Timer(self._clock.real(seconds), self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        with self._lock:
            if self._timer is threading.current_thread():
                self._timer = None
                self._over()
