"""The contract of a buzzer; every driver of one passes it on a bench of its own."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Protocol

import pytest

from edge.clock import Clock
from edge.drivers import base
from edge.drivers.buzzer import GpioBuzzer
from edge.errors import DeviceUnavailable
from edge.sections.pins import Output

from .conftest import Pins


class Bench(Protocol):
    """A buzzer behind a driver, as it is heard."""

    @property
    def driver(self) -> base.Buzzer:
        """The driver under test."""

    def heard(self) -> list[float]:
        """Return how long each beep so far was, seconds of the clock."""


class GpioBench:
    """An active-high buzzer on 26."""

    def __init__(self, pins: Pins, clock: Clock) -> None:
        self.pins = pins
        self.clock = clock
        self.driver = GpioBuzzer("buzzer", Output(pin=26), pins.factory, clock)

    def heard(self) -> list[float]:
        """Return how long the pin was high each time."""
        states = self.pins[26].states
        # A pin's state notes how long the one before it lasted.
        return [
            later.timestamp * self.clock.speed for state, later in pairwise(states) if state.state
        ]


BENCHES: list[Callable[[Any, Clock], Bench]] = [GpioBench]


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest, pins: Pins, clock: Clock) -> Iterator[Bench]:
    """A buzzer in use."""
    bench: Bench = request.param(pins, clock)
    bench.driver.open()
    yield bench
    bench.driver.close()


@pytest.mark.parametrize(
    ("pattern", "beeps", "least_s"), [("accepted", 1, 0.1), ("refused", 2, 0.1), ("alarm", 1, 1.0)]
)
def test_every_pattern_is_told_from_the_others(
    bench: Bench, pattern: base.BeepPattern, beeps: int, least_s: float
) -> None:
    """Officers know the answer by count and length, without looking."""
    bench.driver.beep(pattern)
    heard = bench.heard()
    assert len(heard) == beeps
    assert min(heard) >= least_s


def test_opening_and_closing_make_no_sound(bench: Bench) -> None:
    """A restart is silent, and closing twice is allowed."""
    bench.driver.close()
    bench.driver.close()
    assert bench.heard() == []
    with pytest.raises(DeviceUnavailable):
        bench.driver.beep("accepted")
