"""Records the events that drivers post while a tool examines them."""

from collections.abc import Callable

from edge import waits
from edge.clock import Clock, Stamp
from edge.sop.events import Event

Hear = Callable[[Event], None]


class Recorder:
    """Collects events from any thread; :meth:`post` is a :data:`~edge.drivers.base.Post`.

    :param tell: called with each event, on the driver's thread: must not block
    """

    def __init__(self, clock: Clock, tell: Hear = lambda _event: None) -> None:
        self._clock = clock
        self._tell = tell
        self._news = waits.condition()
        self._events: list[Event] = []

    def post(self, make: Callable[[Stamp], Event]) -> None:
        """Record an event."""
        event = make(self._clock.now())
        with self._news:
            self._events.append(event)
            self._news.notify_all()
        self._tell(event)

    def take(self) -> list[Event]:
        """Return the events so far and remove them."""
        with self._news:
            taken, self._events = self._events, []
            return taken

    def wait(self, wanted: Callable[[Event], bool], seconds: float) -> Event | None:
        """Wait up to *seconds* of the clock for a *wanted* event; return the first, None if none.

        Events that were recorded before the call also count.
        """
        with self._news:
            self._news.wait_for(lambda: any(map(wanted, self._events)), self._clock.real(seconds))
            return next(filter(wanted, self._events), None)
