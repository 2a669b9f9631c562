"""The contract of an aiphone; every driver of one passes it on a bench of its own."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from edge.clock import Clock
from edge.drivers import base
from edge.drivers.aiphone import RINGS, GpioAiphone
from edge.errors import DeviceUnavailable
from edge.sections.aiphone import Aiphone
from edge.sections.pins import Contact, Output
from edge.sop.events import HostAnswered

from .conftest import Pins, Posted, told

ANSWERS = {"accept": 25, "decline": 16, "release": 20}


class Bench(Protocol):
    """The station ``adc`` behind a driver, seen from outside: its bell and its keys."""

    @property
    def driver(self) -> base.Aiphone:
        """The driver under test."""

    def key(self, answer: str, *, down: bool) -> None:
        """Press or let go of an answering key."""

    def rings(self) -> int:
        """How often the bell sounded since the bench was built."""

    def ringing(self) -> bool:
        """Whether the bell sounds now."""


class GpioBench:
    """An active-low relay on 8, contacts to ground."""

    def __init__(self, pins: Pins, clock: Clock, posted: Posted) -> None:
        self.pins = pins
        config = Aiphone(
            procedures=["pimpinan"],
            ring=Output(pin=8, active="low"),
            **{answer: Contact(pin=pin) for answer, pin in ANSWERS.items()},
        )
        self.driver = GpioAiphone("aiphone/adc", config, pins.factory, clock, posted)

    def key(self, answer: str, *, down: bool) -> None:
        """Press or let go of an answering key."""
        self.pins.drive(ANSWERS[answer], high=not down)

    def rings(self) -> int:
        """How often the relay was driven low."""
        return int(self.pins[8].driven.count(False))

    def ringing(self) -> bool:
        """Whether the relay is held low."""
        return self.pins[8].function == "output" and not self.pins[8].state


BENCHES: list[Callable[[Any, Clock, Posted], Bench]] = [GpioBench]


@pytest.fixture(params=BENCHES)
def bench(
    request: pytest.FixtureRequest, pins: Pins, clock: Clock, posted: Posted
) -> Iterator[Bench]:
    """An aiphone in use."""
    bench: Bench = request.param(pins, clock, posted)
    bench.driver.open()
    yield bench
    bench.driver.close()


@pytest.mark.parametrize("pattern", RINGS)
def test_every_pattern_rings_and_ends_silent(bench: Bench, pattern: str) -> None:
    """A relay left on is an aide's telephone that never stops."""
    bench.driver.ring(pattern)
    assert bench.rings() == (len(RINGS[pattern]) + 1) // 2
    assert not bench.ringing()


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_posted_once(bench: Bench, posted: Posted, answer: str) -> None:
    """A key's press counts, its release does not."""
    bench.key(answer, down=True)
    bench.key(answer, down=False)
    assert told(posted.take()) == [(HostAnswered, "adc", answer)]


def test_a_key_that_is_stuck_at_opening_answers_nothing(bench: Bench, posted: Posted) -> None:
    """Nobody has accepted a guest by a contact that was closed before the call."""
    bench.driver.close()
    bench.key("accept", down=True)
    bench.driver.open()
    assert posted.take() == []


def test_opening_and_closing_do_not_ring(bench: Bench) -> None:
    """A restart must not call the aide, and closing twice is allowed."""
    bench.driver.close()
    bench.driver.close()
    assert bench.rings() == 0
    with pytest.raises(DeviceUnavailable):
        bench.driver.ring("call")
