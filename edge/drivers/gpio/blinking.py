"""The blinking of one output, on a thread of its own.

gpiozero's own blinking waits inside the library, where a simulation cannot see it.
"""

import logging
from collections.abc import Callable

from edge import waits

_log = logging.getLogger(__name__)


class Blinking:
    """Turns an output, which is on, off and on again until :meth:`end`.

    :param turn: switches the output on (True) or off
    :param on_s: real seconds on
    :param off_s: real seconds off
    """

    def __init__(self, turn: Callable[[bool], None], on_s: float, off_s: float) -> None:
        self._turn = turn
        self._seconds = {True: on_s, False: off_s}
        self._ended = waits.event()
        self._thread = waits.thread(self._run, "gardu-blink")

    def end(self) -> None:
        """End it; the output stays as it is."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        on = True
        period_s = sum(self._seconds.values())
        while not waits.pause_blink(self._ended, self._seconds[on], period_s):
            on = not on
            try:
                self._turn(on)
            except Exception:  # noqa: BLE001 - the next call of the driver reports the fault
                _log.exception("an output stops blinking")
                return
