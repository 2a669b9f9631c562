"""The contract of a metal detector; every driver of one passes it on a bench of its own."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from edge.clock import Clock
from edge.drivers import base
from edge.drivers.metal_detector import GpioMetalDetector
from edge.sections.metal_detector import MetalDetector
from edge.sections.pins import Contact
from edge.sop.events import DetectorAlarmed, DetectorCleared, PassageMade

from .conftest import Pins, Posted, told


class Bench(Protocol):
    """A detector behind a driver, seen from outside: its alarm, its beam, its cable."""

    @property
    def driver(self) -> base.MetalDetector:
        """The driver under test."""

    def alarm(self, *, active: bool) -> None:
        """Let the detector alarm or not."""

    def beam(self, *, broken: bool) -> None:
        """Stand in the beam or not."""


class GpioBench:
    """Alarm normally-closed on 23, so that a cut wire alarms; beam on 24."""

    def __init__(self, pins: Pins, clock: Clock, posted: Posted) -> None:
        self.pins = pins
        config = MetalDetector(
            alarm=Contact(pin=23, wired="normally-closed"), passage=Contact(pin=24)
        )
        self.driver = GpioMetalDetector("metal-detector", config, pins.factory, clock, posted)

    def alarm(self, *, active: bool) -> None:
        """Open the loop for an alarm."""
        self.pins.drive(23, high=active)

    def beam(self, *, broken: bool) -> None:
        """Close the contact for a broken beam."""
        self.pins.drive(24, high=not broken)


BENCHES: list[Callable[[Any, Clock, Posted], Bench]] = [GpioBench]


@pytest.fixture(params=BENCHES)
def bench(
    request: pytest.FixtureRequest, pins: Pins, clock: Clock, posted: Posted
) -> Iterator[Bench]:
    """A detector in use, at rest, nothing posted since."""
    bench: Bench = request.param(pins, clock, posted)
    bench.driver.open()
    bench.alarm(active=False)
    posted.take()
    yield bench
    bench.driver.close()


def test_an_alarm_is_posted_with_both_edges(bench: Bench, posted: Posted) -> None:
    """A contact that never returns is a stuck one: the end matters too."""
    bench.alarm(active=True)
    bench.alarm(active=False)
    assert told(posted.take()) == [(DetectorAlarmed, False), (DetectorCleared, False)]


def test_a_passage_is_made_when_the_beam_is_free_again(bench: Bench, posted: Posted) -> None:
    """Somebody who stands in the frame has not passed yet."""
    bench.beam(broken=True)
    assert posted.take() == []
    bench.beam(broken=False)
    assert told(posted.take()) == [(PassageMade,)]


def test_opening_posts_the_alarm_as_initial_and_no_passage(bench: Bench, posted: Posted) -> None:
    """A cut wire (here: nothing connected) is an alarm, and a restart is nobody's passage."""
    bench.driver.close()
    bench.driver.open()
    assert told(posted.take()) == [(DetectorAlarmed, True)]


def test_opening_at_rest_says_clear(pins: Pins, clock: Clock, posted: Posted) -> None:
    """An alarm that ended while the daemon was down must not stay on."""
    config = MetalDetector(alarm=Contact(pin=23))
    driver = GpioMetalDetector("metal-detector", config, pins.factory, clock, posted)
    driver.open()
    driver.close()
    assert told(posted.take()) == [(DetectorCleared, True)]


def test_a_missed_alarm_is_reconciled(pins: Pins, clock: Clock, posted: Posted) -> None:
    """Nobody walks past an alarm because an edge was lost."""
    bench = GpioBench(pins, clock, posted)
    bench.driver.open()
    bench.alarm(active=False)
    posted.take()
    pins[23].muted = True
    bench.alarm(active=True)
    bench.driver.reconcile()
    assert told(posted.take()) == [(DetectorAlarmed, False)]
    bench.driver.close()
