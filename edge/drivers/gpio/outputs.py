"""A relay, lamp or buzzer on a pin.

Rules of this driver
--------------------
1. The pin is claimed at rest (off) and closed at rest; a pulse ends off, also after an error.
2. Closing ends a pulse or pattern that is under way at once.
3. After closing, the pin is a floating input: the relay's own pull resistor holds it at rest.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from gpiozero import DigitalOutputDevice, Factory

from edge.clock import Clock
from edge.config.sections.pins import Output
from edge.drivers.gpio.pins import pin_errors
from edge.errors import DeviceFault, DeviceUnavailable


class GpioOutput:
    """One output; all seconds are seconds of *clock*."""

    def __init__(self, config: Output, factory: Factory, clock: Clock) -> None:
        self._config = config
        self._factory = factory
        self._clock = clock
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._device: Any = None

    def open(self) -> None:
        """Claim the pin at rest.

        :raises gpiozero.GPIOZeroError: if the pin cannot be claimed
        """
        self._closing.clear()
        self._device = DigitalOutputDevice(
            self._config.pin,
            active_high=self._config.active == "high",
            initial_value=False,
            pin_factory=self._factory,
        )

    def close(self) -> None:
        """Switch off and release the pin. May be called at any time, also twice."""
        self._closing.set()
        with self._lock:
            device, self._device = self._device, None
            if device is None:
                return
            try:
                device.off()
            finally:
                device.close()

    @property
    def on(self) -> bool:
        """True while it is on, also in a blink.

        :raises DeviceUnavailable: if the output is not open
        :raises DeviceFault: if the pin cannot be read
        """
        with self._lock:
            return bool(self._call(lambda device: device.value))

    def set(self, *, on: bool) -> None:
        """Switch on or off, ending a blink.

        :raises DeviceUnavailable: if the output is not open
        :raises DeviceFault: if the pin cannot be driven
        """
        with self._lock:
            self._call(lambda device: device.on() if on else device.off())

    def blink(self, on_s: float, off_s: float) -> None:
        """Turn on and off repeatedly until the next call, beginning with on; returns at once.

        :param on_s: seconds on
        :param off_s: seconds off
        :raises DeviceUnavailable: if the output is not open
        :raises DeviceFault: if the pin cannot be driven
        """
        with self._lock:
            on_real_s, off_real_s = self._clock.real(on_s), self._clock.real(off_s)
            self._call(lambda device: device.blink(on_real_s, off_real_s))

    def play(self, pattern: Sequence[float]) -> None:
        """Turn on and off alternately; returns when the pattern is over.

        :param pattern: seconds on, off, on ...
        :raises DeviceUnavailable: if the output is not open, or was closed meanwhile
        :raises DeviceFault: if the pin cannot be driven
        """
        try:
            for place, seconds in enumerate(pattern):
                self.set(on=place % 2 == 0)
                self._closing.wait(self._clock.real(seconds))
        finally:
            self.set(on=False)

    def _call(self, call: Callable[[Any], Any]) -> Any:
        if self._device is None:
            raise DeviceUnavailable(f"the output on pin {self._config.pin} is not open")
        try:
            return call(self._device)
        except pin_errors() as error:
            raise DeviceFault(f"pin {self._config.pin} cannot be driven: {error}") from error
