"""The panel on bare pins: times, missed edges, the lamp test; and the table of the lamps.

The contract of a panel is in tests/contract/panel.py.
"""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import get_args

import pytest
from gpiozero.exc import PinSetInput

from edge import waits
from edge.clock import Clock
from edge.config.sections.panels import Button, LampName, Lamps, Panel
from edge.config.sections.pins import Output
from edge.drivers.gpio.devices import GpioPanel
from edge.drivers.wired.lamps import PLAIN, TEST_S, rhythms
from edge.drivers.wired.presses import AGAIN_S, HOLD_S, MOMENT_S
from edge.drivers.wired.presses import TEST_S as CHORD_S
from edge.errors import DeviceFault, DeviceUnavailable
from edge.sop.effects import LampMode
from edge.sop.events import ButtonPressed
from tests.drivers.conftest import PATIENCE_S, Pins, Posted, told

ARRIVE, DECLINE = 4, 18
GREEN, RED = 9, 10

ARRIVED = (ButtonPressed, "reception", "arrive", "pimpinan", None, "lansia")
DECLINED = (ButtonPressed, "reception", "decline", None, None, None)
ABSENT = (ButtonPressed, "reception", "absent", None, None, None)

BUTTONS = [
    Button(pin=ARRIVE, press="arrive", procedure="pimpinan", guest_kind="lansia"),
    Button(pin=DECLINE, press="decline", hold="absent"),
]
# As long as a quick finger presses, seconds.
_FINGER_S = 0.05

LAMPS = Lamps(green=Output(pin=GREEN), red=Output(pin=RED))


@pytest.fixture
def panel(pins: Pins, clock: Clock, posted: Posted) -> Iterator[GpioPanel]:
    """Yield an open panel; opening it has posted no event."""
    config = Panel(stations=["reception"], lamps=LAMPS, buttons=BUTTONS)
    panel = GpioPanel("panel/reception", config, pins.factory, clock, posted)
    panel.open()
    assert posted.take() == []
    yield panel
    panel.close()


def press(pins: Pins, *buttons: int) -> None:
    """Press *buttons*, one right after the other."""
    for pin in buttons:
        pins.drive(pin, high=False)


def let_go(pins: Pins, *buttons: int) -> None:
    """Release *buttons*, a moment after they were pressed: long enough for a finger."""
    waits.sleep(_FINGER_S)
    for pin in buttons:
        pins.drive(pin, high=True)


@pytest.mark.usefixtures("panel")
def test_a_press_counts_when_let_go_or_a_moment_later(pins: Pins, posted: Posted) -> None:
    """A press is posted at its release or a moment later, so that a long one brings no delay."""
    press(pins, ARRIVE)
    posted.wait(1)
    assert told(posted.take()) == [ARRIVED]
    let_go(pins, ARRIVE)
    press(pins, DECLINE)
    let_go(pins, DECLINE)
    assert told(posted.take()) == [DECLINED]


@pytest.mark.usefixtures("panel")
def test_a_held_button_counts_while_it_is_down(pins: Pins, posted: Posted) -> None:
    """A hold is posted while the button is down; its release posts no event."""
    press(pins, DECLINE)
    posted.wait(1)
    assert told(posted.take()) == [ABSENT]
    let_go(pins, DECLINE)
    assert posted.take() == []


@pytest.mark.usefixtures("panel")
def test_a_second_press_too_soon_is_the_same_press(
    pins: Pins, posted: Posted, clock: Clock
) -> None:
    """Presses of one button too close together are one; another button or a later press counts."""
    for _ in range(3):
        press(pins, DECLINE)
        let_go(pins, DECLINE)
    press(pins, ARRIVE)
    let_go(pins, ARRIVE)
    assert told(posted.take()) == [DECLINED, ARRIVED]
    clock.sleep(AGAIN_S * 1.5)
    press(pins, DECLINE)
    let_go(pins, DECLINE)
    assert told(posted.take()) == [DECLINED]


@pytest.mark.usefixtures("panel")
@pytest.mark.parametrize("order", [(ARRIVE, DECLINE), (DECLINE, ARRIVE)])
def test_two_at_once_mean_nothing(
    pins: Pins, posted: Posted, clock: Clock, order: tuple[int, int]
) -> None:
    """Two at once are ignored in any order of press and release, and start no lamp test."""
    press(pins, *order)
    clock.sleep(HOLD_S * 1.5)
    let_go(pins, *order)
    clock.sleep(CHORD_S)
    assert posted.take() == []
    assert not pins[RED].state


@pytest.mark.usefixtures("panel")
def test_a_button_that_has_counted_is_in_nobodys_way(pins: Pins, posted: Posted) -> None:
    """A button that sticks does not block the others."""
    press(pins, ARRIVE)
    posted.wait(1)
    posted.take()
    press(pins, DECLINE)
    let_go(pins, DECLINE)
    assert told(posted.take()) == [DECLINED]


@pytest.mark.parametrize("stuck", [(ARRIVE,), (ARRIVE, DECLINE)])
def test_a_button_stuck_at_opening_means_nothing(
    panel: GpioPanel, pins: Pins, posted: Posted, clock: Clock, stuck: tuple[int, ...]
) -> None:
    """A button stuck at opening posts no event, nor does its release; the next press counts."""
    panel.close()
    press(pins, *stuck)
    panel.open()
    clock.sleep(CHORD_S * 1.2)
    let_go(pins, *stuck)
    assert posted.take() == []
    assert not pins[RED].state
    clock.sleep(AGAIN_S * 1.5)
    press(pins, ARRIVE)
    let_go(pins, ARRIVE)
    assert told(posted.take()) == [ARRIVED]


def test_a_press_is_forgotten_by_closing(
    panel: GpioPanel, pins: Pins, posted: Posted, clock: Clock
) -> None:
    """A closed panel posts no event, not even of a hold that had begun."""
    press(pins, DECLINE)
    panel.close()
    clock.sleep(2 * HOLD_S)
    assert posted.take() == []


def test_a_missed_press_and_release_are_reconciled(
    panel: GpioPanel, pins: Pins, posted: Posted
) -> None:
    """A press whose edges the library lost is posted once."""
    pins[DECLINE].muted = True
    press(pins, DECLINE)
    panel.reconcile()
    let_go(pins, DECLINE)
    panel.reconcile()
    assert told(posted.take()) == [DECLINED]


def test_two_buttons_held_together_light_every_lamp(
    panel: GpioPanel, pins: Pins, posted: Posted
) -> None:
    """A lamp test posts no event; then the lamps show the mode that was set meanwhile."""
    panel.show("on")
    press(pins, ARRIVE, DECLINE)
    _until(lambda: bool(pins[GREEN].state and pins[RED].state))
    panel.show("red")
    assert pins[GREEN].state
    _until(lambda: not pins[GREEN].state)
    assert pins[RED].state
    let_go(pins, ARRIVE, DECLINE)
    assert posted.take() == []


def test_the_only_button_held_long_is_the_lamp_test(
    pins: Pins, clock: Clock, posted: Posted
) -> None:
    """With one button the lamp test follows its meaning for holding."""
    config = Panel(stations=["x"], lamp=Output(pin=GREEN), buttons=BUTTONS[1:])
    panel = GpioPanel("panel/reception", config, pins.factory, clock, posted)
    panel.open()
    press(pins, DECLINE)
    _until(lambda: bool(pins[GREEN].state))
    assert told(posted.take()) == [ABSENT]
    _until(lambda: not pins[GREEN].state)
    panel.close()


def test_closing_ends_a_lamp_test(panel: GpioPanel, pins: Pins, clock: Clock) -> None:
    """Closing ends a lamp test for good; opened again, the lamps are dark until a mode is set."""
    panel.show("on")
    panel.test()
    panel.close()
    clock.sleep(TEST_S * 1.5)
    assert not pins[GREEN].state
    panel.open()
    assert not pins[GREEN].state
    panel.show("on")
    assert pins[GREEN].state


def test_showing_the_same_mode_again_changes_nothing(panel: GpioPanel, pins: Pins) -> None:
    """Setting the same mode again does not restart its blinking, so that it can be seen."""
    before = len(pins[RED].states)

    def blinks() -> bool:
        panel.show("fast")
        return len(pins[RED].states) >= before + 4

    _until(blinks)


@pytest.mark.parametrize(("mode", "lit"), [("off", False), ("on", True), ("red", False)])
def test_a_refusal_flashes_twice_and_the_lamps_go_on_as_before(
    panel: GpioPanel, pins: Pins, mode: LampMode, lit: bool
) -> None:
    """Two flashes show that a press was refused; then the lamps show their mode as before."""
    panel.show(mode)
    before, red = len(pins[GREEN].states), len(pins[RED].states)
    panel.flash()
    _until(lambda: len(pins[GREEN].states) - before == 4)
    assert len(pins[RED].states) == red
    assert pins[GREEN].state == lit


@pytest.mark.parametrize(("mode", "levels"), [("off", [True, False]), ("on", [False, True])])
def test_a_press_is_heard_at_once_and_once(
    panel: GpioPanel, pins: Pins, posted: Posted, mode: LampMode, levels: list[bool]
) -> None:
    """The lamp is reversed for a moment by a press that counts; trembling adds no second sign."""
    panel.show(mode)
    before = len(pins[GREEN].states)
    for _ in range(3):
        press(pins, DECLINE)
        let_go(pins, DECLINE)
    _until(lambda: len(pins[GREEN].states) == before + 2)
    assert [change.state for change in pins[GREEN].states[before:]] == levels
    assert told(posted.take()) == [DECLINED]


def test_a_press_does_not_wait_for_a_lamp(
    panel: GpioPanel, pins: Pins, posted: Posted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A press is posted, and the pin thread is free, while a call is stuck in a lamp's pin."""
    stuck, free = waits.event(), waits.event()

    def hang(_: object) -> None:
        stuck.set()
        assert free.wait(PATIENCE_S)

    with monkeypatch.context() as hanging:
        hanging.setattr(pins[GREEN], "_set_state", hang)
        showing = waits.thread(lambda: panel.show("on"), "show")
        assert stuck.wait(PATIENCE_S)
        for button in (ARRIVE, DECLINE):
            press(pins, button)
            let_go(pins, button)
        assert told(posted.take()) == [ARRIVED, DECLINED]
        free.set()
        showing.join(PATIENCE_S)
    panel.close()


def test_a_press_counts_although_its_lamp_fails(
    panel: GpioPanel,
    pins: Pins,
    posted: Posted,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A lamp that fails costs no press; it is a fault until it shows its mode again."""

    def refuse(_: object) -> None:
        raise PinSetInput("broken on purpose")

    panel.show("on")
    with monkeypatch.context() as broken:
        broken.setattr(pins[GREEN], "_set_state", refuse)
        press(pins, DECLINE)
        let_go(pins, DECLINE)
        _until(lambda: "broken on purpose" in caplog.text)
        _until(lambda: _fault(panel) == f"pin {GREEN} cannot be driven: broken on purpose")
    assert told(posted.take()) == [DECLINED]
    _until(lambda: _fault(panel) is None and bool(pins[GREEN].state))


def test_a_closed_panel_says_so(panel: GpioPanel, pins: Pins) -> None:
    """A closed panel raises: after a fault it is opened again and needs its mode again."""
    panel.show("on")
    panel.close()
    assert not pins[GREEN].state
    with pytest.raises(DeviceUnavailable):
        panel.show("on")
    with pytest.raises(DeviceUnavailable):
        panel.flash()
    with pytest.raises(DeviceUnavailable):
        panel.test()


def test_a_panel_without_a_lamp_shows_nothing(pins: Pins, clock: Clock, posted: Posted) -> None:
    """A lamp is optional: without one no pin is claimed for it, and a press counts as ever."""
    config = Panel(stations=["reception"], buttons=BUTTONS[1:])
    panel = GpioPanel("panel/reception", config, pins.factory, clock, posted)
    panel.open()
    panel.show("fast")
    panel.flash()
    panel.test()
    press(pins, DECLINE)
    let_go(pins, DECLINE)
    panel.reconcile()
    assert len(pins.factory.pins) == len(config.buttons)
    assert told(posted.take()) == [DECLINED]
    panel.close()


COLOURS = get_args(LampName)[1:]
FITTED: list[frozenset[LampName]] = [
    frozenset({"lamp"}),
    *(
        frozenset(lamps)
        for count in range(1, 6)
        for lamps in combinations(COLOURS, count)
        if not set(PLAIN).isdisjoint(lamps)
    ),
]


@pytest.mark.parametrize("fitted", FITTED, ids=lambda fitted: "-".join(sorted(fitted)))
def test_every_mode_looks_different_on_every_panel(fitted: frozenset[LampName]) -> None:
    """Only overdue and alarm may be alike, where one lamp shows both."""
    modes = [mode for mode in get_args(LampMode) if mode != "test"]
    seen = {mode: rhythms(mode, fitted) for mode in modes}
    alike = {(one, other) for one, other in combinations(modes, 2) if seen[one] == seen[other]}
    assert alike == (set() if {"amber", "red"} & fitted else {("red", "fast")})
    assert set(rhythms("test", fitted)) == fitted


@pytest.mark.parametrize("fitted", FITTED, ids=lambda fitted: "-".join(sorted(fitted)))
def test_what_calls_for_somebody_is_never_colour_alone(fitted: frozenset[LampName]) -> None:
    """A decision, a reminder and an alarm blink: they can be seen without colours."""
    for mode in ("slow", "amber", "fast"):
        assert "steady" not in {
            rhythm for lamp, rhythm in rhythms(mode, fitted).items() if lamp != "white"
        }


def test_a_single_press_is_decided_before_a_hold() -> None:
    """The times are in order: a movement, a trembling, a hold, a lamp test."""
    assert MOMENT_S < AGAIN_S < HOLD_S < CHORD_S


def _fault(panel: GpioPanel) -> str | None:
    """Return the fault that the daemon finds when it reads the levels again."""
    try:
        panel.reconcile()
    except DeviceFault as error:
        return str(error)
    return None


def _until(condition: Callable[[], bool]) -> None:
    end = waits.monotonic() + PATIENCE_S
    while not condition():
        assert waits.monotonic() < end
        waits.sleep(0.01)
