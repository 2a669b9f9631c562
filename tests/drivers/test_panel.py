"""The contract of a panel; every driver of one passes it on a bench of its own."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import pytest

from edge.clock import Clock
from edge.drivers import base
from edge.drivers.base import LampMode
from edge.drivers.panel import HOLD_S, GpioPanel
from edge.errors import DeviceUnavailable
from edge.sections.panels import Button, Panel
from edge.sections.pins import Output
from edge.sop.events import ButtonPressed

from .conftest import PATIENCE_S, Pins, Posted, told

ARRIVE, DECLINE = 4, 18
LAMP = 9


class Bench(Protocol):
    """The panel ``reception`` behind a driver, seen from outside.

    One button means *arrive* (for pimpinan); the other *decline*, or *absent* when held.
    """

    @property
    def driver(self) -> base.Panel:
        """The driver under test."""

    def button(self, pin: int, *, down: bool) -> None:
        """Press or let go of a button."""

    def lit(self) -> bool:
        """Whether the lamp is lit now."""

    def toggles(self) -> int:
        """How often the lamp has changed since the bench was built."""


class GpioBench:
    """Buttons to ground, a lamp on 9."""

    def __init__(self, pins: Pins, clock: Clock, posted: Posted) -> None:
        self.pins = pins
        config = Panel(
            stations=["reception"],
            lamp=Output(pin=LAMP),
            buttons=[
                Button(pin=ARRIVE, press="arrive", procedure="pimpinan"),
                Button(pin=DECLINE, press="decline", hold="absent"),
            ],
        )
        self.driver = GpioPanel("panel/reception", config, pins.factory, clock, posted)

    def button(self, pin: int, *, down: bool) -> None:
        """Press or let go of a button."""
        self.pins.drive(pin, high=not down)

    def lit(self) -> bool:
        """Whether the lamp's pin is high."""
        return bool(self.pins[LAMP].state)

    def toggles(self) -> int:
        """How often the lamp's pin has changed."""
        return len(self.pins[LAMP].states) - 1


BENCHES: list[Callable[[Any, Clock, Posted], Bench]] = [GpioBench]


@pytest.fixture
def clock() -> Clock:
    """Slow enough that a test's press is never held by accident: a hold takes a fifth second."""
    return Clock.scaled(5)


@pytest.fixture(params=BENCHES)
def bench(
    request: pytest.FixtureRequest, pins: Pins, clock: Clock, posted: Posted
) -> Iterator[Bench]:
    """A panel in use; opening it has posted nothing."""
    bench: Bench = request.param(pins, clock, posted)
    bench.driver.open()
    assert posted.take() == []
    yield bench
    bench.driver.close()


def test_a_button_with_one_meaning_counts_at_once(bench: Bench, posted: Posted) -> None:
    """And carries its procedure; letting go means nothing."""
    bench.button(ARRIVE, down=True)
    assert told(posted.take()) == [(ButtonPressed, "reception", "arrive", "pimpinan")]
    bench.button(ARRIVE, down=False)
    assert posted.take() == []


def test_a_short_press_counts_on_release(bench: Bench, posted: Posted) -> None:
    """While it is down, it may still become a hold."""
    bench.button(DECLINE, down=True)
    assert posted.take() == []
    bench.button(DECLINE, down=False)
    assert told(posted.take()) == [(ButtonPressed, "reception", "decline", None)]


def test_a_held_button_has_its_other_meaning(bench: Bench, posted: Posted, clock: Clock) -> None:
    """It counts while still down, and the release adds nothing."""
    bench.button(DECLINE, down=True)
    posted.wait(1)
    bench.button(DECLINE, down=False)
    assert told(posted.take()) == [(ButtonPressed, "reception", "absent", None)]
    bench.button(DECLINE, down=True)
    bench.button(DECLINE, down=False)
    assert told(posted.take()) == [(ButtonPressed, "reception", "decline", None)]


def test_a_button_stuck_at_opening_means_nothing(bench: Bench, posted: Posted) -> None:
    """Nor does its release: it counts from the next press."""
    bench.driver.close()
    bench.button(ARRIVE, down=True)
    bench.button(DECLINE, down=True)
    bench.driver.open()
    bench.button(ARRIVE, down=False)
    bench.button(DECLINE, down=False)
    assert posted.take() == []


def test_a_press_is_forgotten_by_closing(bench: Bench, posted: Posted, clock: Clock) -> None:
    """No event comes from a closed panel, not even from a hold that had begun."""
    bench.button(DECLINE, down=True)
    bench.driver.close()
    clock.sleep(2 * HOLD_S)
    assert posted.take() == []


def test_the_lamp_shows_every_mode(bench: Bench) -> None:
    """On and off stay; slow and fast blink until another mode is shown."""
    bench.driver.show("on")
    assert bench.lit()
    bench.driver.show("fast")
    before = bench.toggles()
    _until(lambda: bench.toggles() >= before + 3)
    bench.driver.show("slow")
    bench.driver.show("off")
    after = bench.toggles()
    assert not bench.lit()
    assert bench.toggles() == after


def test_showing_the_same_mode_again_changes_nothing(bench: Bench) -> None:
    """A lamp that begins to blink anew at every event would never be seen to blink."""
    before = bench.toggles()

    def blinks() -> bool:
        bench.driver.show("fast")
        return bench.toggles() >= before + 4

    _until(blinks)


@pytest.mark.parametrize(("mode", "lit"), [("off", False), ("on", True)])
def test_a_refusal_flashes_twice_and_the_lamp_goes_on_as_before(
    bench: Bench, mode: LampMode, lit: bool
) -> None:
    """Two flashes say "this means nothing now", and leave no trace on what the lamp says."""
    bench.driver.show(mode)
    before = bench.toggles()
    bench.driver.flash()
    assert bench.toggles() - before == 4
    assert bench.lit() == lit
    bench.driver.show(mode)
    assert bench.lit() == lit


def test_the_lamp_is_off_after_closing_and_shows_again_after_opening(bench: Bench) -> None:
    """After a fault the panel is opened anew and must be told its mode anew."""
    bench.driver.show("on")
    bench.driver.close()
    assert not bench.lit()
    with pytest.raises(DeviceUnavailable):
        bench.driver.show("on")
    bench.driver.open()
    bench.driver.show("on")
    assert bench.lit()


def test_a_panel_without_a_lamp_shows_nothing(pins: Pins, clock: Clock, posted: Posted) -> None:
    """A lamp is optional; asking for it is no error."""
    panel = GpioPanel("panel/x", Panel(stations=["x"]), pins.factory, clock, posted)
    panel.open()
    panel.show("fast")
    panel.close()


def test_a_missed_press_and_release_are_reconciled(
    pins: Pins, clock: Clock, posted: Posted
) -> None:
    """An officer presses once, whatever the library lost."""
    bench = GpioBench(pins, clock, posted)
    bench.driver.open()
    pins[DECLINE].muted = True
    bench.button(DECLINE, down=True)
    bench.driver.reconcile()
    assert posted.take() == []
    bench.button(DECLINE, down=False)
    bench.driver.reconcile()
    assert told(posted.take()) == [(ButtonPressed, "reception", "decline", None)]
    bench.driver.close()


def _until(condition: Callable[[], bool]) -> None:
    clock = Clock()
    end = clock.boot_ns() + PATIENCE_S * 1e9
    while not condition():
        assert clock.boot_ns() < end
        clock.sleep(0.001)
