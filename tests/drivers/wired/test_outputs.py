"""Outputs: on only when switched on, and always off in the end."""

from collections.abc import Iterator

import pytest
from gpiozero.exc import PinSetInput

from edge import waits
from edge.clock import Clock
from edge.config.sections.pins import Output
from edge.drivers.wired.outputs import WiredOutput
from edge.errors import DeviceFault, DeviceUnavailable
from tests.drivers.conftest import PATIENCE_S, Pins


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
