"""The gpiod factory's contract: on a chip in memory and, where the kernel has it, on gpio-sim."""

import logging
import threading
from collections.abc import Iterator
from time import monotonic
from typing import Any

import gpiod
import pytest
from gpiod.line import Bias, Direction, Edge, Value
from gpiozero import Button, DigitalOutputDevice, GPIOPinInUse, InputDevice, OutputDevice
from gpiozero.exc import PinSetInput
from gpiozero.pins.local import LocalPiFactory

from edge.clock import Clock
from edge.config.sections.pins import Contact, Output
from edge.drivers.gpio.gpiod_factory import GpiodFactory
from edge.drivers.gpio.pin_channels import PinChannels
from edge.errors import DeviceUnavailable
from tests.drivers.gpio.boards import CONFIGFS, Board, FakeBoard, sim_board

RELAY, DOOR, BUTTON = 5, 17, 12
# A pulse as quick as a test can make it, and far longer.
SHORT_S = 0.5


class Edges:
    """Collects the edges of one pin; waits for them."""

    def __init__(self, then: Any = None) -> None:
        self.seen: list[tuple[float, bool]] = []
        self._news = threading.Condition()
        self._then = then

    def __call__(self, ticks: float, level: float) -> None:
        """Handle an edge, as gpiozero hands it over."""
        with self._news:
            self.seen.append((ticks, bool(level)))
            self._news.notify_all()
        if self._then is not None:
            self._then()

    def levels(self, *expected: bool) -> bool:
        """Wait until the levels are as *expected*, 10 s at most."""
        with self._news:
            return self._news.wait_for(lambda: [level for _, level in self.seen] == [*expected], 10)

    def last(self, level: bool) -> bool:
        """Wait until the last level is *level*, 10 s at most."""
        with self._news:
            return self._news.wait_for(lambda: bool(self.seen) and self.seen[-1][1] == level, 10)


@pytest.fixture(params=["memory", "gpio-sim"])
def board(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Board]:
    """Make a board; gpiozero believes it to be on a Pi 4B."""
    monkeypatch.setattr(LocalPiFactory, "_get_revision", lambda _: 0xC03111)
    if request.param == "memory":
        yield FakeBoard()
    elif not CONFIGFS.is_dir():
        pytest.skip("this kernel has no gpio-sim (modprobe gpio-sim; mount configfs)")
    else:
        with sim_board() as made:
            yield made


@pytest.fixture
def factory(board: Board) -> Iterator[GpiodFactory]:
    """Make the factory on the board's chip."""
    made = GpiodFactory(board.open())
    yield made
    made.close()


class Follow:
    """Follows edges of pins as Gardu's channels do; closes the devices in the end."""

    def __init__(self, factory: GpiodFactory) -> None:
        self._factory = factory
        self._made: list[tuple[Any, Edges]] = []  # gpiozero holds handlers weakly

    def __call__(
        self, pin: int, edges: Edges, bounce_s: float = 0.0, directions: str = "both"
    ) -> Any:
        """Claim *pin* and hand its edges to *edges*; return gpiozero's device."""
        device = InputDevice(pin, pull_up=True, pin_factory=self._factory)
        self._made.append((device, edges))
        device.pin.bounce = bounce_s or None
        device.pin.edges = directions
        device.pin.when_changed = edges
        return device

    def close(self) -> None:
        """Close all devices."""
        for device, _ in self._made:
            device.close()


@pytest.fixture
def follow(factory: GpiodFactory) -> Iterator[Follow]:
    """Follow pins of the factory."""
    made = Follow(factory)
    yield made
    made.close()


def in_memory(board: Board) -> FakeBoard:
    """Return the board in memory; skip the test on another one."""
    if not isinstance(board, FakeBoard):
        pytest.skip("only the chip in memory shows this")
    return board


@pytest.mark.parametrize("active_high", [True, False])
def test_an_output_has_its_level_from_the_first_moment(
    board: Board, factory: GpiodFactory, active_high: bool
) -> None:
    """An active-low relay claimed low first would open a locker at each start."""
    relay = DigitalOutputDevice(RELAY, active_high=active_high, pin_factory=factory)
    rest = not active_high
    assert board.level(RELAY) == rest
    relay.on()
    assert board.level(RELAY) != rest
    assert relay.value == 1
    relay.off()
    assert board.level(RELAY) == rest
    relay.close()


def test_each_claim_is_one_request(board: Board, factory: GpiodFactory, follow: Follow) -> None:
    """Between two requests a line would have a level or a pull that was not asked for."""
    chip = in_memory(board).chip
    relay = DigitalOutputDevice(RELAY, active_high=False, pin_factory=factory)
    edges = Edges()
    follow(BUTTON, edges, 0.02)
    follow(3, edges)
    assert [(put.pin, put.what) for put in chip.done] == [
        (RELAY, "request"), (BUTTON, "request"), (3, "request"),
    ]  # fmt: skip
    output, button, fixed = (put.settings for put in chip.done)
    assert (output.direction, output.output_value) == (Direction.OUTPUT, Value.ACTIVE)
    for settings in (button, fixed):
        assert settings.direction is Direction.INPUT
        assert settings.edge_detection is Edge.BOTH
        assert settings.bias is Bias.PULL_UP
    relay.close()


@pytest.mark.parametrize(
    ("pull", "bias"),
    [("up", Bias.PULL_UP), ("down", Bias.PULL_DOWN), ("external-up", Bias.DISABLED),
     ("external-down", Bias.DISABLED)],
)  # fmt: skip
def test_the_pull_of_a_contact(board: Board, factory: GpiodFactory, pull: Any, bias: Bias) -> None:
    """A resistor outside works alone: the Pi's own is off."""
    chip = in_memory(board).chip
    channels = PinChannels(factory, Clock())
    channel = channels.claim_input(Contact(pin=DOOR, pull=pull), lambda _at, _level: None)
    assert [put.settings.bias for put in chip.done] == [bias]
    channel.close()


def test_edges_come_in_order_with_the_kernels_stamps(
    board: Board, factory: GpiodFactory, follow: Follow
) -> None:
    """The moments are ticks of the factory: they lie between the acts that caused them."""
    board.wire(BUTTON, high=True)
    edges = Edges()
    follow(BUTTON, edges)
    acts = [factory.ticks()]
    for level in (False, True, False):
        board.wire(BUTTON, high=level)
        acts.append(factory.ticks())
        assert edges.last(level)
    assert edges.levels(False, True, False)
    for (at, _), before, after in zip(edges.seen, acts[:-1], acts[1:], strict=True):
        assert before <= at
        # gpio-sim runs its interrupt a moment after the write.
        assert at <= after or not isinstance(board, FakeBoard)


def test_the_level_found_is_no_edge(board: Board, follow: Follow) -> None:
    """A door found open reads open, without an event."""
    in_memory(board)  # in gpio-sim the pull of the claim decides the level
    board.wire(DOOR, high=False)
    edges = Edges()
    device = follow(DOOR, edges)
    assert not device.pin.state
    board.wire(DOOR, high=True)
    assert edges.levels(True)


def test_a_short_pulse_vanishes_and_reading_shows_it(board: Board, follow: Follow) -> None:
    """A bounce does not count; but reading must find an edge that was lost."""
    board.wire(BUTTON, high=True)
    edges = Edges()
    device = follow(BUTTON, edges, SHORT_S)
    board.wire(BUTTON, high=False)
    assert not device.pin.state
    board.wire(BUTTON, high=True)
    assert device.pin.state
    board.wire(BUTTON, high=False)
    assert edges.levels(False)
    (at, _) = edges.seen[0]
    assert at <= monotonic() - SHORT_S


def test_bounces_are_judged_by_their_stamps(board: Board, follow: Follow) -> None:
    """A press of 30 ms that is read late stays a press, and one of 10 ms stays none."""
    chip = in_memory(board).chip
    edges = Edges()
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        free.wait(10)

    follow(DOOR, Edges(hold))
    follow(BUTTON, edges, 0.02)
    board.wire(DOOR, high=False)
    held.wait(10)
    begin = 10**9
    for level, at in ((False, 0), (True, 10), (False, 100), (True, 130)):
        chip.wire(BUTTON, level, begin + at * 10**6)
    free.set()
    assert edges.levels(False, True)
    assert [at for at, _ in edges.seen] == [1.1, 1.13]


def test_after_too_many_edges_the_last_level_is_right(
    board: Board, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    """The kernel drops what was not read in time: that is noticed, and the end is not lost."""
    board.wire(BUTTON, high=True)
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        free.wait(30)

    edges = Edges(hold)
    device = follow(BUTTON, edges)
    board.wire(BUTTON, high=False)
    assert held.wait(10)
    with caplog.at_level(logging.WARNING):
        for _ in range(600):
            board.wire(BUTTON, high=True)
            board.wire(BUTTON, high=False)
        board.wire(BUTTON, high=True)
        free.set()
        assert edges.last(True)
        device.close()
    assert "edges were lost" in caplog.text


def test_an_exception_in_a_callback_changes_nothing_else(
    board: Board, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    """With lgpio it silences every input; here it is logged."""

    def fail() -> None:
        raise ZeroDivisionError

    bad, good = Edges(fail), Edges()
    follow(BUTTON, bad)
    follow(DOOR, good)
    for level in (False, True, False):
        board.wire(BUTTON, high=level)
        assert bad.last(level)
    board.wire(DOOR, high=False)
    assert good.last(False)
    assert "could not be reported" in caplog.text


def test_a_chip_that_goes_away_ends_its_lines_only(
    board: Board,
    follow: Follow,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error of one line must not end the thread of all, nor keep it busy."""
    chip = in_memory(board).chip
    good = Edges()
    follow(DOOR, good)
    follow(BUTTON, Edges())

    def fail(_most: int) -> list[gpiod.EdgeEvent]:
        raise OSError(19, "No such device")

    monkeypatch.setattr(chip.lines[BUTTON].user, "read_edge_events", fail)
    board.wire(BUTTON, high=False)
    for level in (False, True):
        board.wire(DOOR, high=level)
        assert good.last(level)
    assert caplog.text.count("no longer followed") == 1


def test_a_closed_pin_hands_no_edge_over(board: Board, follow: Follow) -> None:
    """A device that was closed must not report any more; claimed again, it does."""
    board.wire(BUTTON, high=True)
    edges, again = Edges(), Edges()
    device = follow(BUTTON, edges)
    device.close()
    board.wire(BUTTON, high=False)
    board.wire(BUTTON, high=True)
    device = follow(BUTTON, again)
    board.wire(BUTTON, high=False)
    assert again.last(False)
    assert edges.seen == []


def test_changed_settings_keep_the_line(
    board: Board, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler set anew, another direction: the line is never released in between."""
    board.wire(BUTTON, high=True)
    edges = Edges()
    device = follow(BUTTON, edges)
    pin = device.pin
    pin.when_changed = None
    board.wire(BUTTON, high=False)
    board.wire(BUTTON, high=True)
    pin.when_changed = edges
    board.wire(BUTTON, high=False)
    assert edges.levels(False)
    assert "lost" not in caplog.text
    pin.output_with_state(True)
    assert board.level(BUTTON)
    pin.function = "input"
    with pytest.raises(PinSetInput):
        pin.state = True
    if isinstance(board, FakeBoard):
        whats = [put.what for put in board.chip.done]
        assert whats == ["request"] + ["reconfigure"] * (len(whats) - 1)


def test_only_the_edges_asked_for(board: Board, follow: Follow) -> None:
    """Gpiozero's own devices may ask for one direction."""
    board.wire(BUTTON, high=True)
    edges = Edges()
    follow(BUTTON, edges, directions="rising")
    board.wire(BUTTON, high=False)
    board.wire(BUTTON, high=True)
    assert edges.levels(True)


def test_gpiozeros_button(board: Board, factory: GpiodFactory) -> None:
    """The factory serves gpiozero's own devices too."""
    board.wire(BUTTON, high=True)
    pressed = threading.Event()
    button = Button(BUTTON, bounce_time=0.001, pin_factory=factory)
    button.when_pressed = pressed.set
    board.wire(BUTTON, high=False)
    assert pressed.wait(10)
    button.close()
    button.close()


def test_closing_releases_the_lines(board: Board, factory: GpiodFactory) -> None:
    """What was closed can be claimed by another program."""
    channels = PinChannels(factory, Clock())
    relay = channels.claim_output(Output(pin=RELAY, active="low"))
    contact = channels.claim_input(Contact(pin=BUTTON), lambda _at, _level: None)
    other = GpiodFactory(board.open())
    other.pins = {}
    for pin in (RELAY, BUTTON):
        with pytest.raises(DeviceUnavailable, match=rf"GPIO {pin} is busy: gardu has it") as raised:
            other.pin(pin).output_with_state(True)
        assert "gpioinfo" in raised.value.remedy
    relay.close()
    contact.close()
    for pin in (RELAY, BUTTON):
        other.pin(pin).output_with_state(True)
        assert board.level(pin)
    other.close()


def test_a_pin_has_one_device(factory: GpiodFactory) -> None:
    """Two devices of one pin are refused before the kernel is asked."""
    device = OutputDevice(RELAY, pin_factory=factory)
    with pytest.raises(GPIOPinInUse):
        OutputDevice(RELAY, pin_factory=factory)
    device.close()
    OutputDevice(RELAY, pin_factory=factory).close()


def test_nothing_runs_while_nothing_happens(
    board: Board, factory: GpiodFactory, follow: Follow
) -> None:
    """No polling: the thread waits without a limit, also after a level has counted."""
    board.wire(BUTTON, high=True)
    edges = Edges()
    follow(BUTTON, edges, 0.001)
    board.wire(BUTTON, high=False)
    assert edges.last(False)
    assert factory.edge_thread._wait_s(monotonic()) is None
