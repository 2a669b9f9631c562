"""Outputs: on only when switched on, and always off in the end."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Self, cast

import pytest
from gpiozero.exc import PinSetInput

from edge import waits
from edge.clock import Clock
from edge.config.sections.pins import Output
from edge.drivers.channels import Channels
from edge.drivers.wired.outputs import WiredOutput
from edge.errors import DeviceFault, DeviceUnavailable
from tests.drivers.conftest import PATIENCE_S, Pins
from tests.own_time import Own


@pytest.fixture
def relay(pins: Pins, clock: Clock) -> Iterator[WiredOutput]:
    """Yield an open active-low relay on pin 5."""
    relay = WiredOutput(Output(pin=5, active="low"), pins.channels(clock), clock)
    relay.open()
    yield relay
    relay.close()


def test_an_active_low_relay_never_blips(pins: Pins, relay: WiredOutput) -> None:
    """From claiming to closing an active-low relay is on (low) only while it is switched on."""
    relay.play((0.5,))
    relay.close()
    assert pins[5].driven == [True, False, True, True]
    assert pins[5].function == "input"


def test_a_pattern_is_on_and_off_by_turns(pins: Pins, clock: Clock) -> None:
    """A pattern is on, off, on, and is off at its end, with any length."""
    output = WiredOutput(Output(pin=5), pins.channels(clock), clock)
    output.open()
    output.play((0.1, 0.1, 0.1))
    output.play((0.1, 0.1))
    output.close()
    assert [state.state for state in pins[5].states] == [
        False, True, False, True, False, True, False,
    ]  # fmt: skip


def test_closing_ends_a_long_pattern(pins: Pins, relay: WiredOutput, clock: Clock) -> None:
    """A daemon that stops must not leave a solenoid energised until the pulse is over."""
    errors: list[Exception] = []

    def play() -> None:
        try:
            relay.play((1e6,))
        except DeviceUnavailable as error:
            errors.append(error)

    thread = waits.thread(play, "play")
    while not relay.on:
        clock.sleep(0.01)
    relay.close()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert len(errors) == 1
    assert pins[5].driven[-1] is True


class _ClosedInTheFirstTone:
    """Channels of one output that is closed by another thread while it is switched on."""

    def __init__(self, clock: Clock) -> None:
        self.changes: list[bool] = []
        self.closing: Callable[[], None] = lambda: None
        self._clock = clock
        self._thread: Thread | None = None

    def claim_output(self, _config: Output) -> Self:
        """Return the channel of the output."""
        return self

    @property
    def on(self) -> bool:
        """True while it is on."""
        return self.changes[-1]

    def set(self, *, on: bool, at_most_s: float | None = None) -> None:
        """Switch it; the first time, let the other thread come as far as it can."""
        del at_most_s
        self.changes.append(on)
        if self._thread is None:
            self._thread = waits.thread(self.closing, "close")
            self._clock.sleep(0.001)

    def close(self) -> None:
        """Switch it off."""
        self.changes.append(False)


def test_closing_in_a_pattern_plays_none_of_its_other_tones(own_time: Own) -> None:
    """The tones that were left once came without pauses: the relay chattered as it was closed."""
    channels = _ClosedInTheFirstTone(own_time.clock)
    relay = WiredOutput(Output(pin=5), cast("Channels", channels), own_time.clock)
    channels.closing = relay.close
    relay.open()
    with pytest.raises(DeviceUnavailable, match=r"closed meanwhile|not open"):
        relay.play((0.4,) * 9)
    assert channels.changes.count(True) == 1
    assert not channels.on


def test_a_pin_that_cannot_be_driven_is_a_fault(
    pins: Pins, relay: WiredOutput, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error of the pin library is raised as a DeviceFault that names the pin."""

    def refuse(_: object) -> None:
        raise PinSetInput("broken on purpose")

    with monkeypatch.context() as broken:
        broken.setattr(pins[5], "_set_state", refuse)
        with pytest.raises(DeviceFault, match="pin 5"):
            relay.set(on=True)
    relay.set(on=False)


@pytest.mark.parametrize("call", ["set", "blink", "play"])
def test_a_closed_output_says_so(relay: WiredOutput, call: str) -> None:
    """A closed output raises; it does not ignore the call."""
    relay.close()
    calls = {
        "set": lambda: relay.set(on=True),
        "blink": lambda: relay.blink(1, 1),
        "play": lambda: relay.play((1,)),
    }
    with pytest.raises(DeviceUnavailable, match="pin 5"):
        calls[call]()
