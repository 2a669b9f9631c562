"""The channels on the Pi's own pins, through gpiozero.

Rules of this module
--------------------
1. gpiozero's DigitalInputDevice compares with a memory of its own, so that after a change that was
   found by polling it would swallow the next edge; InputDevice with the pin's own edge callback is
   the same minus that memory.
2. The libraries have one thread for the edges of all pins, and with lgpio an exception in a
   callback ends it: every input goes silent. So the callback only hands over, and an exception is
   logged there.
3. A closed output was put at rest before. Then its pin is a floating input, which the relay's own
   pull resistor holds, or it stays driven (``header.py``, rule 2).
"""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from gpiozero import DigitalOutputDevice, Factory, InputDevice

from edge.clock import Clock
from edge.config.sections.pins import Contact, Output
from edge.drivers.channels import OnEdge
from edge.drivers.gpio.blinking import Blinking
from edge.drivers.gpio.claiming import IN_USE, claiming, pin_errors
from edge.errors import DeviceFault, DeviceUnavailable

T = TypeVar("T")

# gpiozero's pull_up by the config's words. None switches the Pi's own resistor off.
_PULLS = {"up": True, "down": False, "external-up": None, "external-down": None}

# GPIO 2 and 3 have 1.8 kOhm pull-ups on the board, which no setting can switch off.
_FIXED_PULL_UPS = (2, 3)

_NOT_OPEN = "It opens by itself once the device is there."

_log = logging.getLogger(__name__)


class PinChannels:
    """The pins of *factory*.

    :ivar factory: gpiozero's factory of the pins
    """

    def __init__(self, factory: Factory, clock: Clock) -> None:
        self.factory = factory
        self._clock = clock
        self._origin = factory.ticks()
        self._origin_s = clock.boot_ns() / 1e9

    def claim_input(self, contact: Contact, on_edge: OnEdge) -> "PinInput":
        """Claim the pin of *contact* and follow its edges.

        :raises DeviceUnavailable: if the pin cannot be claimed
        """
        with claiming(f"GPIO {contact.bcm}"):
            return PinInput(self, contact, on_edge)

    def claim_output(self, output: Output) -> "PinOutput":
        """Claim the pin of *output* at rest.

        :raises DeviceUnavailable: if the pin cannot be claimed
        """
        with claiming(f"GPIO {output.bcm}"):
            return PinOutput(self, output, self._clock)

    def close(self) -> None:
        """Release all pins."""
        self.factory.close()

    def moment(self, ticks: float) -> float:
        """Return the moment of a factory's *ticks*, seconds of the clock since boot."""
        since_s = float(self.factory.ticks_diff(ticks, self._origin)) / self._clock.real(1.0)
        return self._origin_s + since_s


class PinInput:
    """One pin as an input."""

    def __init__(self, pins: PinChannels, contact: Contact, on_edge: OnEdge) -> None:
        self._pins = pins
        self._number = contact.bcm
        self._on_edge = on_edge
        self._device = device = _input_device(contact, pins.factory)
        try:
            # In seconds of the pin factory's own time: real ones on a Pi, the clock's in the
            # simulator, where the pins use the same clock. So it is not scaled here.
            device.pin.bounce = contact.bounce_s or None
            device.pin.edges = "both"
            device.pin.when_changed = self._changed
        except BaseException:
            device.close()
            raise

    def level(self) -> bool:
        """Read the pin's level.

        :raises DeviceUnavailable: if it is closed, or cannot be read
        """
        pin = self._device.pin  # None: closed meanwhile
        if pin is None:
            raise DeviceUnavailable(f"GPIO {self._number} is not open", _NOT_OPEN)
        with claiming(f"GPIO {self._number}"):
            return bool(pin.state)

    def close(self) -> None:
        """Release the pin; no edge is handed over afterwards."""
        pin = self._device.pin
        if pin is not None:
            pin.when_changed = None
        self._device.close()

    def _changed(self, ticks: float, state: float) -> None:
        try:
            self._on_edge(self._pins.moment(ticks), bool(state))
        except Exception:  # noqa: BLE001  # rule 2
            _log.exception("the change of pin %d could not be reported", self._number)


class PinOutput:
    """One pin as an output."""

    def __init__(self, pins: PinChannels, output: Output, clock: Clock) -> None:
        self._number = output.bcm
        self._clock = clock
        self._blinking: Blinking | None = None
        self._device: Any = DigitalOutputDevice(
            output.bcm,
            active_high=output.active_level,
            initial_value=False,
            pin_factory=pins.factory,
        )

    @property
    def on(self) -> bool:
        """True while it is on, also in the lit half of a blink.

        :raises DeviceFault: if the pin cannot be read
        """
        return bool(self._call(lambda: self._device.value))

    def set(self, *, on: bool, at_most_s: float | None = None) -> None:  # noqa: ARG002
        """Switch on or off, ending a blink.

        :param at_most_s: not used: nothing but this machine ends the pulse of a pin
        :raises DeviceFault: if the pin cannot be driven
        """
        self._end_blinking()
        self._turn(on)

    def blink(self, on_s: float, off_s: float) -> None:
        """Turn on and off until the next call, beginning with on; returns at once.

        :raises DeviceFault: if the pin cannot be driven
        """
        real = self._clock.real
        self._end_blinking()
        self._turn(True)
        self._blinking = Blinking(self._turn, real(on_s), real(off_s))

    def close(self) -> None:
        """Switch off and release the pin."""
        self._end_blinking()
        try:
            self._device.off()
        finally:
            self._device.close()

    def _turn(self, on: bool) -> None:  # noqa: FBT001 - a level, as in drive(True)
        self._call(self._device.on if on else self._device.off)

    def _end_blinking(self) -> None:
        blinking, self._blinking = self._blinking, None
        if blinking is not None:
            blinking.end()

    def _call(self, call: Callable[[], T]) -> T:
        try:
            return call()
        except pin_errors() as error:
            raise DeviceFault(f"pin {self._number} cannot be driven: {error}", IN_USE) from error


def _input_device(contact: Contact, factory: Factory) -> Any:
    pin, pull_up = contact.bcm, _PULLS[contact.pull]
    if pull_up is None and pin in _FIXED_PULL_UPS:
        pull_up = True
    # gpiozero requires active_state exactly where there is no pull, and refuses it elsewhere.
    active_state = contact.active_level if pull_up is None else None
    return InputDevice(pin, pull_up=pull_up, active_state=active_state, pin_factory=factory)
