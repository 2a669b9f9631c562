"""Sounded alarms: an alarm sounds at once on the loop, or in its event's turn, but not twice."""

import threading

from edge.sop.events import Event

# Events are visited twice, within seconds; the bound is for those that never get a turn.
_MOST = 1000


class Sounded:
    """The events whose alarms have sounded already; from any thread."""

    def __init__(self) -> None:
        self._events: dict[Event, None] = {}
        self._lock = threading.Lock()

    def first(self, event: Event) -> bool:
        """Return True at the first call for *event*: its alarm is to sound now."""
        with self._lock:
            if event in self._events:
                return False
            self._events[event] = None
            if len(self._events) > _MOST:
                del self._events[next(iter(self._events))]
            return True
