"""Shared by the driver tests: their own time, the posted events, and pins that record levels."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest
from gpiozero.pins import mock
from gpiozero.pins.mock import MockFactory, MockPin

from edge import waits
from edge.clock import Clock, Stamp
from edge.drivers.gpio.pin_channels import PinChannels
from edge.sop.events import Event
from tests.own_time import Own, own_time

__all__ = ["own_time"]

E = TypeVar("E", bound=Event)

# An upper limit; a passing test never waits so long.
PATIENCE_S = 10.0
# The same in simulated time, which costs nothing.
_OWN_PATIENCE_S = 600.0

_OMITTED = ("at", "remedy")


class Posted:
    """In the place of the bridge: collects the events that drivers post, from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._news = waits.condition()
        self._patience_s = _OWN_PATIENCE_S if clock.own else PATIENCE_S
        self.events: list[Event] = []

    def __call__(self, make: Callable[[Stamp], Event]) -> None:
        """Make the event and add it (a ``Post``)."""
        with self._news:
            self.events.append(make(self._clock.now()))
            self._news.notify_all()

    def wait(self, count: int) -> list[Event]:
        """Return the events once there are *count* of them."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.events) >= count, self._patience_s), (
                self.events
            )
            return list(self.events)

    def until(self, true: Callable[[list[Event]], bool]) -> None:
        """Wait until *true* returns True for the events so far."""
        with self._news:
            assert self._news.wait_for(lambda: true(self.events), self._patience_s), self.events

    def wait_for(self, kind: type[E]) -> E:
        """Return the first event of *kind* once there is one."""
        with self._news:
            found: list[E] = []

            def there() -> bool:
                found[:] = [event for event in self.events if isinstance(event, kind)]
                return bool(found)

            assert self._news.wait_for(there, self._patience_s), self.events
            return found[0]

    def take(self) -> list[Event]:
        """Return the events so far and remove them."""
        with self._news:
            taken, self.events = self.events, []
            return taken


# Fields that only some events use, with the value of the others: left out then.
_SELDOM: dict[str, Any] = {"count": 1, "changes": None, "lasted_s": None}


def told(events: list[Event]) -> list[tuple[Any, ...]]:
    """Return *events* without moments, remedies and tallies of one: class, then fields."""
    return [said(event) for event in events]


def said(event: Event) -> tuple[Any, ...]:
    """Return one event as :func:`told` does."""
    fields = {
        name: getattr(event, name) for name in event.__struct_fields__ if name not in _OMITTED
    }
    used = [value for name, value in fields.items() if (name, value) not in _SELDOM.items()]
    return (type(event), *used)


class DiaryPin(MockPin):  # type: ignore[misc]  # gpiozero has no types
    """A mock pin that records every level it drives as an output; if *muted*, it misses edges.

    Becoming an output without a level drives low first, as on the kernel's own interface.
    """

    def __init__(self, factory: Any, info: Any) -> None:
        self.driven: list[bool] = []
        self.muted = False
        super().__init__(factory, info)

    def output_with_state(self, state: Any) -> None:
        """Become an output that is at *state* from the start."""
        self._function = "output"
        self._set_state(state)

    def _set_function(self, value: str) -> None:
        super()._set_function(value)
        if value == "output":
            self._set_state(value=False)

    def _set_state(self, value: Any) -> None:
        super()._set_state(value)
        self.driven.append(bool(value))
        self._factory.diary.append((self._number, bool(value)))

    def _call_when_changed(self) -> None:
        if not self.muted:
            super()._call_when_changed()


class Pins:
    """The outside of the pins: drives inputs, and reads outputs.

    :ivar diary: pin and level of each output change, in order
    """

    def __init__(self) -> None:
        self.diary: list[tuple[int, bool]] = []
        self.factory = MockFactory(pin_class=DiaryPin)
        self.factory.diary = self.diary

    def channels(self, clock: Clock) -> PinChannels:
        """Return the channels on these pins."""
        return PinChannels(self.factory, clock)

    def __getitem__(self, pin: int) -> Any:
        return self.factory.pin(pin)

    def drive(self, pin: int, *, high: bool) -> None:
        """Apply a level to an input from outside."""
        if high:
            self[pin].drive_high()
        else:
            self[pin].drive_low()


@pytest.fixture
def clock(own_time: Own) -> Clock:
    """Return the clock of the test's own time."""
    return own_time.clock


@pytest.fixture
def posted(clock: Clock) -> Posted:
    """Return the collector of the driver's events."""
    return Posted(clock)


@pytest.fixture
def pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pins]:
    """Yield fresh mock pins, whose moments are those of the test's time."""
    monkeypatch.setattr(mock, "monotonic", waits.monotonic)
    pins = Pins()
    yield pins
    pins.factory.close()
